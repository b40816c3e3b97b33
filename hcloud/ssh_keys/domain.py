from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..core import Always, Resource, Timestamp, record

__all__ = ["SSHKey", "SSHKeySort"]

SSHKeySort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class SSHKey(Resource, by_name=True, shown=("fingerprint",)):
    """A public key for the login to new servers. See "SSH Keys" in the API reference."""

    fingerprint: Always[str] = Always()
    """MD5 fingerprint of the key, as hexadecimal bytes separated by colons."""
    public_key: Always[str] = Always()
    """Public key in OpenSSH format."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
