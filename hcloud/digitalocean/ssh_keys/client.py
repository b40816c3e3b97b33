from __future__ import annotations

from typing import Final, NamedTuple

from ..._exceptions import NotFoundError
from ...core import BoundModelBase, Meta, bound, endpoint, every_item, every_page
from ...core.coroutines import blocking, result_of
from .._resource import ResourceClient
from .domain import SSHKey

__all__ = ["BoundSSHKey", "SSHKeysClient", "SSHKeysPageResult"]


_FINGERPRINT = "[0-9a-f]{2}(:[0-9a-f]{2}){15}"


class SSHKeysPageResult(NamedTuple):
    ssh_keys: list[BoundSSHKey]
    meta: Meta


class SSHKeysClient(ResourceClient):
    """The SSH keys of an account."""

    _base_url = "/account/keys"

    def get(self, id_or_name: int | str) -> BoundSSHKey:
        """Return the SSH key with this ID, fingerprint or name.

        :param id_or_name: ID, fingerprint or name of the SSH key; a text in digits is an ID
        :raises NotFoundError: if there is no such SSH key
        :raises AmbiguousNameError: if several SSH keys have this name
        """
        return self._get_by_id_or_name(id_or_name, _FINGERPRINT)

    def get_by_name(self, name: str) -> BoundSSHKey | None:
        """Return the SSH key with this name, None if there is none.

        :param name: Name of the SSH key
        :raises AmbiguousNameError: if several SSH keys have this name
        """
        return self._find_by_name(name)

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

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)

    @endpoint("POST /account/keys")
    def create(self, name: str, public_key: str) -> BoundSSHKey:
        """Add an SSH key.

        :param name: Name of the new SSH key
        :param public_key: Public key in OpenSSH format
        :raises UnprocessableEntityError: if the key exists in the account already
        """

    @endpoint("PUT /account/keys/{ssh_key.id_or_fingerprint}")
    def update(self, ssh_key: SSHKey | int | str, name: str | None = None) -> BoundSSHKey:
        """Change the SSH key's name."""

    @endpoint("DELETE /account/keys/{ssh_key.id_or_fingerprint}")
    def delete(self, ssh_key: SSHKey | int | str) -> bool:
        """Delete the SSH key; existing droplets continue to accept it."""


class BoundSSHKey(BoundModelBase[SSHKey], SSHKey, collection="ssh_keys", key="ssh_key"):
    update: Final = bound(SSHKeysClient.update)
    delete: Final = bound(SSHKeysClient.delete)
