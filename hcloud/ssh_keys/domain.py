from __future__ import annotations

from typing import Literal

from ..core import Resource, Timestamp, record

__all__ = ["SSHKey", "SSHKeySort"]

SSHKeySort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class SSHKey(Resource, by_name=True):
    """A public key that new servers let in. See "SSH Keys" in the API reference."""

    fingerprint: str | None = None
    """MD5 hash of the key: 16 pairs of hexadecimal digits with colons between."""
    public_key: str | None = None
    """The key as OpenSSH writes it, with its comment."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    created: Timestamp = Timestamp()
    """When it was created."""
