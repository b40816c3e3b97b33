"""SSH keys: who may log in to new servers."""

from __future__ import annotations

from .client import BoundSSHKey, SSHKeysClient, SSHKeysPageResult
from .domain import SSHKey, SSHKeySort

__all__ = ["BoundSSHKey", "SSHKey", "SSHKeySort", "SSHKeysClient", "SSHKeysPageResult"]
