"""SSH keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

from hcloud.testing.error_responses import invalid
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, operation
from hcloud.testing.schema import Labels, Name, Record, Ref

__all__ = ["SSHKeyRef", "SSHKeys"]

SSHKeyRef = Annotated[Record, Ref("ssh_keys")]

_KINDS = ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-", "sk-ssh-ed25519@", "sk-ecdsa-sha2-")


def fingerprint(public_key: str) -> str:
    """The MD5 fingerprint of a public key in OpenSSH's format.

    :raises ErrorResponse: ``invalid_input`` if it is none.
    """
    kind, _, rest = public_key.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split()[0], validate=True) if kind.startswith(_KINDS) and rest.split() else b""
    except (binascii.Error, ValueError):
        blob = b""
    named = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    if not named or named != kind.encode():
        raise invalid("public_key", "is not a valid SSH public key")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


class SSHKeys(FakeResource):
    """Public keys that new servers let in."""

    collection = "ssh_keys"
    singular = "ssh_key"
    sortable: Names = ("id", "name")
    filters: Filters = (Filter("name"), Filter("fingerprint"))
    labelled = True
    unique: Names = ("name", "fingerprint")

    @operation("POST /")
    def create(self, *, name: Name, public_key: str, labels: Labels | None = None) -> Body:
        """Keep a key."""
        key = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "fingerprint": fingerprint(public_key),
                "public_key": public_key.strip(),
                "labels": labels or {},
                "created": self.now,
            }
        )
        return {"ssh_key": key}

    @operation("PUT /{id}")
    def update(self, key: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"ssh_key": self.change(key, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, key: Record) -> None:
        """Delete it; servers that have it keep it."""
        self.remove(key)
