"""SSH keys."""

from __future__ import annotations

from collections.abc import Iterable

from ..error_responses import ErrorResponse, bad_request
from ..listing import Names
from ..resource import Body, operation
from ..resources.ssh_keys import fingerprint
from ..schema import Record
from .resource import FakeDigitalOceanResource

__all__ = ["SSHKeys"]


class SSHKeys(FakeDigitalOceanResource):
    """SSH keys of an account."""

    collection = "ssh_keys"
    singular = "ssh_key"
    root = "account/keys"
    paths: Names = ("id", "fingerprint")
    unique: Names = ("fingerprint",)

    @operation("POST /")
    def create(self, *, name: str, public_key: str) -> Body:
        """Add a key."""
        _check_name(name)
        try:
            digest = fingerprint(public_key)
        except ErrorResponse:
            raise bad_request("Key invalid, key should be of the format `type key [comment]`") from None
        if digest in self.taken["fingerprint"]:
            raise bad_request("SSH Key is already in use on your account")
        record = {"id": self.new_id(), "fingerprint": digest, "public_key": public_key.strip(), "name": name}
        return {"ssh_key": self.add(record)}

    @operation("PUT /{id}")
    def update(self, key: Record, *, name: str | None = None) -> Body:
        """Change the name of a key."""
        if name is not None:
            _check_name(name)
        return {"ssh_key": self.change(key, name=name)}

    @operation("DELETE /{id}")
    def delete(self, key: Record) -> None:
        """Delete a key; droplets keep it."""
        self.remove(key)

    def ids_of(self, identifiers: Iterable[int | str]) -> list[int]:
        """Return the IDs of the keys with these IDs or fingerprints.

        :raises ErrorResponse: if there is no such key
        """
        keys = {identifier: self._find_by(self.paths, str(identifier)) for identifier in identifiers}
        unknown = [str(identifier) for identifier, key in keys.items() if key is None]
        if unknown:
            raise bad_request(f"{', '.join(unknown)} are invalid key identifiers for Droplet creation.")
        return list(dict.fromkeys(key["id"] for key in keys.values() if key is not None))


def _check_name(name: str) -> None:
    if not name.strip():
        raise bad_request("Name can't be blank")
