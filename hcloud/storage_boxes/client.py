from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .._exceptions import InvalidArgumentError
from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import BoundModelBase, HasNames, ListOf, Meta, bound, endpoint, every_entry, every_page, instead
from ..core.coroutines import blocking, result_of
from ..core.lookup import checked_key, get_existing, only_entry
from .domain import (
    CreateStorageBoxResponse,
    CreateStorageBoxSnapshotResponse,
    CreateStorageBoxSubaccountResponse,
    DeleteStorageBoxResponse,
    DeleteStorageBoxSnapshotResponse,
    DeleteStorageBoxSubaccountResponse,
    StorageBox,
    StorageBoxAccessSettings,
    StorageBoxFoldersResponse,
    StorageBoxSnapshot,
    StorageBoxSnapshotPlan,
    StorageBoxSnapshotSort,
    StorageBoxSort,
    StorageBoxSubaccount,
    StorageBoxSubaccountAccessSettings,
    StorageBoxSubaccountSort,
)

if TYPE_CHECKING:
    from ..locations import Location
    from ..ssh_keys import SSHKey
    from ..storage_box_types import StorageBoxType

__all__ = [
    "BoundStorageBox",
    "BoundStorageBoxSnapshot",
    "BoundStorageBoxSubaccount",
    "StorageBoxSnapshotsPageResult",
    "StorageBoxSubaccountsPageResult",
    "StorageBoxesClient",
    "StorageBoxesPageResult",
]


class StorageBoxesPageResult(NamedTuple):
    storage_boxes: list[BoundStorageBox]
    meta: Meta


class StorageBoxSnapshotsPageResult(NamedTuple):
    """The snapshots of a storage box; the API does not paginate them."""

    snapshots: list[BoundStorageBoxSnapshot]
    meta: Meta


class StorageBoxSubaccountsPageResult(NamedTuple):
    """The subaccounts of a storage box; the API does not paginate them."""

    subaccounts: list[BoundStorageBoxSubaccount]
    meta: Meta


class StorageBoxesClient(HasActions, HasNames["BoundStorageBox"]):
    """The storage boxes of a project, with their folders, snapshots and subaccounts."""

    _base_url = "/storage_boxes"
    _connection_name = "_client_hetzner"

    @endpoint("GET /storage_boxes")
    def get_list(
        self,
        *,
        name: str | None = None,
        label_selector: str | None = None,
        sort: Sequence[StorageBoxSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> StorageBoxesPageResult:
        """Return a page of storage boxes."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /storage_boxes")
    def create(
        self,
        *,
        name: str,
        password: str,
        location: Location | str | int,
        storage_box_type: StorageBoxType | str | int,
        ssh_keys: ListOf[SSHKey | str] | None = None,
        access_settings: StorageBoxAccessSettings | None = None,
        labels: dict[str, str] | None = None,
    ) -> CreateStorageBoxResponse:
        """Create a storage box.

        :param name: Name of the new storage box
        :param ssh_keys: SSH keys for the login: public keys in OpenSSH format, or SSH key objects with ``public_key``
        """
        return instead(ssh_keys=[_public_key(key) for key in ssh_keys] if ssh_keys is not None else None)

    @endpoint("PUT ~/{storage_box.id}")
    def update(
        self, storage_box: StorageBox | int, *, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundStorageBox:
        """Change the storage box's name or labels."""

    @endpoint("DELETE ~/{storage_box.id}")
    def delete(self, storage_box: StorageBox | int) -> DeleteStorageBoxResponse:
        """Delete the storage box and its contents."""

    @endpoint("GET ~/{storage_box.id}/folders")
    def get_folders(self, storage_box: StorageBox | int, *, path: str | None = None) -> StorageBoxFoldersResponse:
        """Return the folders in a folder of the storage box.

        :param path: Path of the parent folder; the root folder by default
        """

    @endpoint("GET ~/{storage_box.id}/actions")
    def get_actions_list(
        self,
        storage_box: StorageBox | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the storage box."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("POST ~/{storage_box.id}/actions/change_protection")
    def change_protection(self, storage_box: StorageBox | int, *, delete: bool | None = None) -> BoundAction:
        """Change the protection of the storage box."""

    @endpoint("POST ~/{storage_box.id}/actions/change_type")
    def change_type(self, storage_box: StorageBox | int, storage_box_type: StorageBoxType | str | int) -> BoundAction:
        """Change the type of the storage box; its contents must fit into the new type."""

    @endpoint("POST ~/{storage_box.id}/actions/reset_password")
    def reset_password(self, storage_box: StorageBox | int, password: str) -> BoundAction:
        """Change the password of the storage box."""

    @endpoint("POST ~/{storage_box.id}/actions/update_access_settings")
    def update_access_settings(
        self, storage_box: StorageBox | int, access_settings: StorageBoxAccessSettings
    ) -> BoundAction:
        """Change the access settings of the storage box; settings that are None stay unchanged."""

    @endpoint("POST ~/{storage_box.id}/actions/rollback_snapshot")
    def rollback_snapshot(self, storage_box: StorageBox | int, snapshot: StorageBoxSnapshot | str | int) -> BoundAction:
        """Roll back to a snapshot; later changes and later snapshots are lost.

        :param snapshot: Snapshot by ID or name
        """

    @endpoint("POST ~/{storage_box.id}/actions/disable_snapshot_plan")
    def disable_snapshot_plan(self, storage_box: StorageBox | int) -> BoundAction:
        """Disable the snapshot plan; existing snapshots are kept."""

    @endpoint("POST ~/{storage_box.id}/actions/enable_snapshot_plan")
    def enable_snapshot_plan(self, storage_box: StorageBox | int, snapshot_plan: StorageBoxSnapshotPlan) -> BoundAction:
        """Enable a snapshot plan, which replaces the present plan.

        :param snapshot_plan: New snapshot plan
        """

    def get_snapshot(self, storage_box: StorageBox | int, id_or_name: int | str) -> BoundStorageBoxSnapshot:
        """Return the snapshot with this ID or name of the storage box.

        :param storage_box: Storage box, as a bound object or a record, or its ID
        :param id_or_name: ID or name of the snapshot; a text in digits is an ID
        :raises NotFoundError: if there is no such snapshot
        :raises AmbiguousNameError: if several snapshots have this name
        """
        return self._get_part(self.get_snapshot_by_id, self.get_snapshot_list, storage_box, id_or_name)

    @endpoint("GET ~/{storage_box.id}/snapshots/{id}")
    def get_snapshot_by_id(self, storage_box: StorageBox | int, id: int) -> BoundStorageBoxSnapshot:
        """Return a snapshot of the storage box."""

    def get_snapshot_by_name(self, storage_box: StorageBox | int, name: str) -> BoundStorageBoxSnapshot | None:
        """Return the snapshot with this name of the storage box, or None.

        :param storage_box: Storage box, as a bound object or a record, or its ID
        :param name: Name of the snapshot
        """
        return self._get_first_by(self.get_snapshot_list, storage_box, name=name)

    @endpoint("GET ~/{storage_box.id}/snapshots")
    def get_snapshot_list(
        self,
        storage_box: StorageBox | int,
        *,
        name: str | None = None,
        is_automatic: bool | None = None,
        label_selector: str | None = None,
        sort: Sequence[StorageBoxSnapshotSort] | None = None,
    ) -> StorageBoxSnapshotsPageResult:
        """Return the snapshots of the storage box.

        :param is_automatic: If true, only return snapshots of a snapshot plan; if false, only return manual snapshots
        """

    get_snapshot_all: Final = every_entry(get_snapshot_list)

    @endpoint("POST ~/{storage_box.id}/snapshots")
    def create_snapshot(
        self, storage_box: StorageBox | int, *, description: str | None = None, labels: dict[str, str] | None = None
    ) -> CreateStorageBoxSnapshotResponse:
        """Create a snapshot of the storage box."""

    @endpoint("PUT ~/{snapshot.storage_box.id}/snapshots/{snapshot.id}")
    def update_snapshot(
        self, snapshot: StorageBoxSnapshot, *, description: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundStorageBoxSnapshot:
        """Change the snapshot's description or labels."""

    @endpoint("DELETE ~/{snapshot.storage_box.id}/snapshots/{snapshot.id}")
    def delete_snapshot(self, snapshot: StorageBoxSnapshot) -> DeleteStorageBoxSnapshotResponse:
        """Delete the snapshot."""

    def get_subaccount(self, storage_box: StorageBox | int, id_or_name: int | str) -> BoundStorageBoxSubaccount:
        """Return the subaccount with this ID or name of the storage box.

        :param storage_box: Storage box, as a bound object or a record, or its ID
        :param id_or_name: ID or name of the subaccount; a text in digits is an ID
        :raises NotFoundError: if there is no such subaccount
        :raises AmbiguousNameError: if several subaccounts have this name
        """
        return self._get_part(self.get_subaccount_by_id, self.get_subaccount_list, storage_box, id_or_name)

    @blocking
    async def _get_part(
        self,
        get_by_id: Callable[[StorageBox | int, int], Any],
        get_list: Callable[..., tuple[list[Any], Meta]],
        storage_box: StorageBox | int,
        id_or_name: int | str,
    ) -> Any:
        key = checked_key(id_or_name)
        where = f"{get_list.__name__}() of the storage box"
        if isinstance(key, int):
            return await get_existing(where, partial(get_by_id, storage_box), "ID", key)
        entries = (await result_of(get_list(storage_box, name=key)))[0]
        return only_entry(where, {"name": key}, entries)

    @endpoint("GET ~/{storage_box.id}/subaccounts/{id}")
    def get_subaccount_by_id(self, storage_box: StorageBox | int, id: int) -> BoundStorageBoxSubaccount:
        """Return a subaccount of the storage box."""

    def get_subaccount_by_name(self, storage_box: StorageBox | int, name: str) -> BoundStorageBoxSubaccount | None:
        """Return the subaccount with this name of the storage box, or None.

        :param storage_box: Storage box, as a bound object or a record, or its ID
        :param name: Name of the subaccount
        """
        return self._get_first_by(self.get_subaccount_list, storage_box, name=name)

    def get_subaccount_by_username(
        self, storage_box: StorageBox | int, username: str
    ) -> BoundStorageBoxSubaccount | None:
        """Return the subaccount with this username of the storage box, or None.

        :param storage_box: Storage box, as a bound object or a record, or its ID
        :param username: Username of the subaccount
        """
        return self._get_first_by(self.get_subaccount_list, storage_box, username=username)

    @endpoint("GET ~/{storage_box.id}/subaccounts")
    def get_subaccount_list(
        self,
        storage_box: StorageBox | int,
        *,
        name: str | None = None,
        username: str | None = None,
        label_selector: str | None = None,
        sort: Sequence[StorageBoxSubaccountSort] | None = None,
    ) -> StorageBoxSubaccountsPageResult:
        """Return the subaccounts of the storage box.

        :param username: Only return the subaccount with this username
        """

    get_subaccount_all: Final = every_entry(get_subaccount_list)

    @endpoint("POST ~/{storage_box.id}/subaccounts")
    def create_subaccount(
        self,
        storage_box: StorageBox | int,
        *,
        name: str | None = None,
        home_directory: str,
        password: str,
        access_settings: StorageBoxSubaccountAccessSettings | None = None,
        description: str | None = None,
        labels: dict[str, str] | None = None,
    ) -> CreateStorageBoxSubaccountResponse:
        """Create a subaccount of the storage box.

        :param name: Name of the subaccount; its username by default
        """

    @endpoint("PUT ~/{subaccount.storage_box.id}/subaccounts/{subaccount.id}")
    def update_subaccount(
        self,
        subaccount: StorageBoxSubaccount,
        *,
        name: str | None = None,
        description: str | None = None,
        labels: dict[str, str] | None = None,
    ) -> BoundStorageBoxSubaccount:
        """Change the subaccount's name, description or labels."""

    @endpoint("DELETE ~/{subaccount.storage_box.id}/subaccounts/{subaccount.id}")
    def delete_subaccount(self, subaccount: StorageBoxSubaccount) -> DeleteStorageBoxSubaccountResponse:
        """Delete the subaccount."""

    @endpoint("POST ~/{subaccount.storage_box.id}/subaccounts/{subaccount.id}/actions/change_home_directory")
    def change_subaccount_home_directory(self, subaccount: StorageBoxSubaccount, home_directory: str) -> BoundAction:
        """Change the home directory of the subaccount."""

    @endpoint("POST ~/{subaccount.storage_box.id}/subaccounts/{subaccount.id}/actions/reset_subaccount_password")
    def reset_subaccount_password(self, subaccount: StorageBoxSubaccount, password: str) -> BoundAction:
        """Change the password of the subaccount."""

    @endpoint("POST ~/{subaccount.storage_box.id}/subaccounts/{subaccount.id}/actions/update_access_settings")
    def update_subaccount_access_settings(
        self, subaccount: StorageBoxSubaccount, access_settings: StorageBoxSubaccountAccessSettings
    ) -> BoundAction:
        """Change the access settings of the subaccount; settings that are None stay unchanged."""


def _public_key(key: str | SSHKey) -> str:
    if isinstance(key, str):
        return key
    if key.public_key is None:
        raise InvalidArgumentError(
            f"{key!r} has no public_key, which the API requires here; get the SSH key from the client first"
        )
    return key.public_key


class _HasParts(HasBoundActions[StorageBox]):
    get_snapshot: Final = bound(StorageBoxesClient.get_snapshot)
    get_subaccount: Final = bound(StorageBoxesClient.get_subaccount)


class BoundStorageBox(_HasParts, StorageBox, collection="storage_boxes", key="storage_box"):
    get_actions_list: Final = bound(StorageBoxesClient.get_actions_list)
    get_actions: Final = bound(StorageBoxesClient.get_actions)
    update: Final = bound(StorageBoxesClient.update)
    delete: Final = bound(StorageBoxesClient.delete)
    get_folders: Final = bound(StorageBoxesClient.get_folders)
    change_protection: Final = bound(StorageBoxesClient.change_protection)
    change_type: Final = bound(StorageBoxesClient.change_type)
    reset_password: Final = bound(StorageBoxesClient.reset_password)
    update_access_settings: Final = bound(StorageBoxesClient.update_access_settings)
    rollback_snapshot: Final = bound(StorageBoxesClient.rollback_snapshot)
    disable_snapshot_plan: Final = bound(StorageBoxesClient.disable_snapshot_plan)
    enable_snapshot_plan: Final = bound(StorageBoxesClient.enable_snapshot_plan)
    get_snapshot_by_id: Final = bound(StorageBoxesClient.get_snapshot_by_id)
    get_snapshot_by_name: Final = bound(StorageBoxesClient.get_snapshot_by_name)
    get_snapshot_list: Final = bound(StorageBoxesClient.get_snapshot_list)
    get_snapshot_all: Final = bound(StorageBoxesClient.get_snapshot_all)
    create_snapshot: Final = bound(StorageBoxesClient.create_snapshot)
    get_subaccount_by_id: Final = bound(StorageBoxesClient.get_subaccount_by_id)
    get_subaccount_by_name: Final = bound(StorageBoxesClient.get_subaccount_by_name)
    get_subaccount_by_username: Final = bound(StorageBoxesClient.get_subaccount_by_username)
    get_subaccount_list: Final = bound(StorageBoxesClient.get_subaccount_list)
    get_subaccount_all: Final = bound(StorageBoxesClient.get_subaccount_all)
    create_subaccount: Final = bound(StorageBoxesClient.create_subaccount)


class BoundStorageBoxSnapshot(
    BoundModelBase[StorageBoxSnapshot], StorageBoxSnapshot, collection="storage_boxes.snapshots", key="snapshot"
):
    _parent_link = "storage_box"

    def _get_self(self) -> BoundStorageBoxSnapshot:
        return self._client.get_snapshot_by_id(self._known_value("storage_box"), self._identity())

    def _list_page(self, page: int) -> StorageBoxSnapshotsPageResult:
        return self._client.get_snapshot_list(self._known_value("storage_box"))  # has no pages

    update: Final = bound(StorageBoxesClient.update_snapshot, name="update")
    delete: Final = bound(StorageBoxesClient.delete_snapshot, name="delete")


class BoundStorageBoxSubaccount(
    BoundModelBase[StorageBoxSubaccount], StorageBoxSubaccount, collection="storage_boxes.subaccounts", key="subaccount"
):
    _parent_link = "storage_box"

    def _get_self(self) -> BoundStorageBoxSubaccount:
        return self._client.get_subaccount_by_id(self._known_value("storage_box"), self._identity())

    def _list_page(self, page: int) -> StorageBoxSubaccountsPageResult:
        return self._client.get_subaccount_list(self._known_value("storage_box"))  # has no pages

    update: Final = bound(StorageBoxesClient.update_subaccount, name="update")
    delete: Final = bound(StorageBoxesClient.delete_subaccount, name="delete")
    change_home_directory: Final = bound(
        StorageBoxesClient.change_subaccount_home_directory, name="change_home_directory"
    )
    reset_password: Final = bound(StorageBoxesClient.reset_subaccount_password, name="reset_password")
    update_access_settings: Final = bound(
        StorageBoxesClient.update_subaccount_access_settings, name="update_access_settings"
    )
