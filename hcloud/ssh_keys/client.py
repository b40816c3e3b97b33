from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from .._exceptions import InvalidArgumentError, OutcomeUnknownError, UniquenessError
from ..core import BoundModelBase, HasNames, Meta, bound, endpoint, every_page
from ..core.coroutines import blocking, result_of
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

    @blocking
    async def ensure(
        self, public_key: str, *, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundSSHKey:
        """Return the SSH key of the project with this public key; add it if there is none.

        It is looked up by its fingerprint. One that exists stays as it is, also if its name, its labels or its comment
        differ.

        :param public_key: Public key in OpenSSH format, such as the content of ``id_ed25519.pub``
        :param name: Name of a new SSH key; the comment of the public key by default
        :param labels: Labels of a new SSH key
        :raises InvalidArgumentError: if it is no public key, or has no comment and no name is passed
        :raises UniquenessError: if another SSH key has the name
        """
        from .._arguments import validate_labels
        from .public_key import read_public_key

        key = read_public_key(public_key)
        name = key.comment if name is None else name
        if not (name and name.__class__ is str):
            raise InvalidArgumentError("pass a name, since the public key has no comment; nothing was sent")
        validate_labels(labels)
        existing: BoundSSHKey | None = await result_of(self.get_by_fingerprint(key.fingerprint))
        if existing is not None:
            return existing
        try:
            created: BoundSSHKey = await result_of(self.create(name, key.text, labels))
        except (UniquenessError, OutcomeUnknownError) as error:
            # Another program may have added the key meanwhile, or this request did although its response was lost.
            existing = await result_of(self.get_by_fingerprint(key.fingerprint))
            if existing is not None:
                return existing
            if isinstance(error, UniquenessError):
                error.add_note(f"Another SSH key of the project has the name {name!r}: pass another name.")
            raise
        return created

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
