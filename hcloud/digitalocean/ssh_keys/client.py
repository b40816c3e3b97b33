from __future__ import annotations

from typing import Final, NamedTuple

from ..._exceptions import NotFoundError
from ...core import BoundModelBase, Meta, bound, endpoint, every_item, every_page
from ...core.coroutines import blocking, result_of
from .._resource import ResourceClient
from .domain import SSHKey

__all__ = ["BoundSSHKey", "SSHKeysClient", "SSHKeysPageResult"]


class SSHKeysPageResult(NamedTuple):
    ssh_keys: list[BoundSSHKey]
    meta: Meta


class SSHKeysClient(ResourceClient):
    """The SSH keys of an account."""

    _base_url = "/account/keys"

    @endpoint("GET /account/keys/{id}")
    def get_by_id(self, id: int | str) -> BoundSSHKey:
        """Return an SSH key.

        :param id: ID or fingerprint of the SSH key
        """

    @blocking
    async def get_by_fingerprint(self, fingerprint: str) -> BoundSSHKey | None:
        """Return the SSH key with this fingerprint, or None.

        :param fingerprint: MD5 fingerprint of the SSH key, as hexadecimal bytes separated by colons
        """
        try:
            return await result_of(self.get_by_id(fingerprint))
        except NotFoundError as error:
            if error.code != "not_found":  # of something between the API and this program
                raise
            return None

    @endpoint("GET /account/keys")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> SSHKeysPageResult:
        """Return a page of SSH keys."""

    @every_page(get_list)
    def get_all(self, *, per_page: int | None = None) -> list[BoundSSHKey]: ...

    iter: Final = every_item(get_all)

    @endpoint("POST /account/keys")
    def create(self, name: str, public_key: str) -> BoundSSHKey:
        """Add an SSH key.

        :param name: Name of the new SSH key
        :param public_key: Public key in OpenSSH format
        :raises UnprocessableEntityError: if the key exists in the account already
        """

    @endpoint("PUT /account/keys/{ssh_key.id_or_fingerprint}")
    def update(self, ssh_key: SSHKey, name: str | None = None) -> BoundSSHKey:
        """Change the SSH key's name."""

    @endpoint("DELETE /account/keys/{ssh_key.id_or_fingerprint}")
    def delete(self, ssh_key: SSHKey) -> bool:
        """Delete the SSH key; existing droplets continue to accept it."""


class BoundSSHKey(BoundModelBase[SSHKey], SSHKey, collection="ssh_keys", key="ssh_key"):
    update: Final = bound(SSHKeysClient.update)
    delete: Final = bound(SSHKeysClient.delete)
