from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, bound, endpoint, every_page
from .domain import SSHKey, SSHKeySort

__all__ = ["BoundSSHKey", "SSHKeysClient", "SSHKeysPageResult"]


class SSHKeysPageResult(NamedTuple):
    ssh_keys: list[BoundSSHKey]
    meta: Meta


class SSHKeysClient(HasNames["BoundSSHKey"]):
    """The SSH keys of a project."""

    _base_url = "/ssh_keys"

    @endpoint("GET /ssh_keys")
    def get_list(
        self,
        name: str | None = None,
        fingerprint: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        sort: Sequence[SSHKeySort] | None = None,
    ) -> SSHKeysPageResult:
        """Return a page of SSH keys.

        :param fingerprint: Only return the SSH key with this fingerprint
        """

    get_all: Final = every_page(get_list)

    def get_by_fingerprint(self, fingerprint: str) -> BoundSSHKey | None:
        """Return the SSH key with this fingerprint, or None.

        :param fingerprint: MD5 fingerprint of the SSH key, as hexadecimal bytes separated by colons
        """
        return self._get_first_by(self.get_list, fingerprint=fingerprint)

    @endpoint("POST /ssh_keys")
    def create(self, name: str, public_key: str, labels: dict[str, str] | None = None) -> BoundSSHKey:
        """Add an SSH key.

        :param public_key: Public key in OpenSSH format
        :raises UniquenessError: if the name or the key exists in the project already
        """

    @endpoint("PUT /ssh_keys/{ssh_key.id}")
    def update(
        self, ssh_key: SSHKey | int, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundSSHKey:
        """Change the SSH key's name or labels."""

    @endpoint("DELETE /ssh_keys/{ssh_key.id}")
    def delete(self, ssh_key: SSHKey | int) -> bool:
        """Delete the SSH key; existing servers continue to accept it."""


class BoundSSHKey(BoundModelBase[SSHKey], SSHKey, collection="ssh_keys", key="ssh_key"):
    update: Final = bound(SSHKeysClient.update)
    delete: Final = bound(SSHKeysClient.delete)
