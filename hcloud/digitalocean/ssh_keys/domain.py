from __future__ import annotations

from typing import Any

from ...core import Always, BaseDomain, Identity, record

__all__ = ["SSHKey"]


@record
class SSHKey(BaseDomain, shown=("name", "fingerprint")):
    """A public key for the login to new droplets. See "SSH Keys" in the API reference."""

    id: Identity[int] = Identity()
    """ID of the key."""
    fingerprint: str | None = None
    """MD5 fingerprint of the key, as hexadecimal bytes separated by colons; usable instead of the ID."""
    public_key: Always[str] = Always()
    """Public key in OpenSSH format."""
    name: Always[str] = Always()
    """Name of the key."""

    @property
    def id_or_fingerprint(self) -> int | str | None:
        """ID of the key, or its fingerprint if the ID is unknown."""
        identity: int | None = self._known_value("id")
        fingerprint: str | None = self._known_value("fingerprint")
        return fingerprint if identity is None else identity

    def to_payload(self) -> Any:
        """Return the ID for use in a request, or the fingerprint if the ID is unknown."""
        identity = self.id_or_fingerprint
        return super().to_payload() if identity is None else identity
