from __future__ import annotations

from typing import Literal

from ..core import Resource, Timestamp, record

__all__ = ["SSHKey", "SSHKeySort"]

SSHKeySort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class SSHKey(Resource, by_name=True, shown=("fingerprint",)):
    """A public key for the login to new servers. See "SSH Keys" in the API reference."""

    fingerprint: str | None = None
    """MD5 fingerprint of the key, as hexadecimal bytes separated by colons."""
    public_key: str | None = None
    """Public key in OpenSSH format."""
    labels: dict[str, str] | None = None
    """Labels (keys and values) set by the user."""
    created: Timestamp = Timestamp()
    """Time of creation, UTC."""
