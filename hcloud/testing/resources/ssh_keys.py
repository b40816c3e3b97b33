"""SSH keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

from ..error_responses import invalid
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, operation
from ..schema import Labels, Name, Record, Ref

__all__ = ["SSHKeyRef", "SSHKeys"]

SSHKeyRef = Annotated[Record, Ref("ssh_keys")]

_ALGORITHMS = ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-", "sk-ssh-ed25519@", "sk-ecdsa-sha2-")


def fingerprint(public_key: str) -> str:
    """Return the MD5 fingerprint of a public key in OpenSSH format.

    :raises ErrorResponse: ``invalid_input``
    """
    algorithm, _, rest = public_key.strip().partition(" ")
    fields = rest.split()
    try:
        blob = base64.b64decode(fields[0], validate=True) if algorithm.startswith(_ALGORITHMS) and fields else b""
    except (binascii.Error, ValueError):
        blob = b""
    # The blob begins with the name of its algorithm, after its length in four bytes.
    name = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    if not name or name != algorithm.encode():
        raise invalid("public_key", "is not a valid SSH public key")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


class SSHKeys(FakeResource):
    """SSH keys with access to new servers."""

    collection = "ssh_keys"
    singular = "ssh_key"
    sortable: Names = ("id", "name")
    filters: Filters = (Filter("name"), Filter("fingerprint"))
    labelled = True
    unique: Names = ("name", "fingerprint")

    @operation("POST /")
    def create(self, *, name: Name, public_key: str, labels: Labels | None = None) -> Body:
        """Add a key."""
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
        """Change the name or labels of an SSH key."""
        return {"ssh_key": self.change(key, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, key: Record) -> None:
        """Delete an SSH key; servers keep it."""
        self.remove(key)
