from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import Always, BaseDomain, Link, Nested, Protection, Received, Resource, ResourceSort, Timestamp, record

if TYPE_CHECKING:
    from ..locations import BoundLocation, Location
    from ..storage_box_types import BoundStorageBoxType, StorageBoxType
    from .client import BoundStorageBox, BoundStorageBoxSnapshot, BoundStorageBoxSubaccount

__all__ = [
    "CreateStorageBoxResponse",
    "CreateStorageBoxSnapshotResponse",
    "CreateStorageBoxSubaccountResponse",
    "DeleteStorageBoxResponse",
    "DeleteStorageBoxSnapshotResponse",
    "DeleteStorageBoxSubaccountResponse",
    "StorageBox",
    "StorageBoxAccessSettings",
    "StorageBoxFoldersResponse",
    "StorageBoxProtection",
    "StorageBoxSnapshot",
    "StorageBoxSnapshotPlan",
    "StorageBoxSnapshotSort",
    "StorageBoxSnapshotStats",
    "StorageBoxSort",
    "StorageBoxStats",
    "StorageBoxStatus",
    "StorageBoxSubaccount",
    "StorageBoxSubaccountAccessSettings",
    "StorageBoxSubaccountSort",
]

StorageBoxProtection = Protection
StorageBoxSort = Literal[
    ResourceSort,
    "stats.size", "stats.size:asc", "stats.size:desc",
    "stats.size_filesystem", "stats.size_filesystem:asc", "stats.size_filesystem:desc",
]  # fmt: skip
StorageBoxStatus = Literal["active", "initializing", "locked"]
StorageBoxSnapshotSort = ResourceSort
StorageBoxSubaccountSort = Literal["id", "id:asc", "id:desc", "created", "created:asc", "created:desc"]


@record
class StorageBoxAccessSettings(BaseDomain):
    """Access settings of a storage box; None leaves a setting unchanged."""

    reachable_externally: Always[bool] = Always()
    """True if access from outside of the Hetzner network is allowed."""
    samba_enabled: Always[bool] = Always()
    """True if access by Samba is enabled."""
    ssh_enabled: Always[bool] = Always()
    """True if access by SSH is enabled."""
    webdav_enabled: Always[bool] = Always()
    """True if access by WebDAV is enabled."""
    zfs_enabled: Always[bool] = Always()
    """True if the folder with the snapshots is visible."""


@record
class StorageBoxStats(BaseDomain, Received):
    """Disk usage of a storage box."""

    size: Always[int] = Always()
    """Total disk usage, in bytes."""
    size_data: Always[int] = Always()
    """Disk usage of data, in bytes."""
    size_snapshots: Always[int] = Always()
    """Disk usage of snapshots, in bytes."""


@record
class StorageBoxSnapshotPlan(BaseDomain):
    """Schedule of the automatic snapshots of a storage box."""

    max_snapshots: int
    """Maximum number of automatic snapshots; the oldest are deleted first."""
    hour: int
    """Hour in UTC, from 0 to 23."""
    minute: int
    """Minute, from 0 to 59."""
    day_of_week: int | None = None
    """Day of the week, from 1 (Monday) to 7 (Sunday); None for every day."""
    day_of_month: int | None = None
    """Day of the month, from 1 to 31; None for every day."""

    def to_payload(self) -> dict[str, Any]:
        """Return the request payload with all fields, since None is a meaningful value here."""
        return {name: self._value(name) for name in self.__api_properties__}


@record
class StorageBox(Resource, shown=("status", "storage_box_type", "location", "server")):
    """Network storage, accessible by SSH, Samba and WebDAV. See "Storage Boxes" in the API reference."""

    STATUS_ACTIVE: ClassVar[Literal["active"]] = "active"
    """Status of a storage box that can be used."""
    STATUS_INITIALIZING: ClassVar[Literal["initializing"]] = "initializing"
    """Status of a storage box that is being created."""
    STATUS_LOCKED: ClassVar[Literal["locked"]] = "locked"
    """Status of a storage box that can't be used."""

    name: Always[str] = Always()
    """Name of the storage box."""
    storage_box_type: Link[BoundStorageBoxType | StorageBoxType] = Link("storage_box_types", complete=True)
    """Type of the storage box."""
    location: Link[BoundLocation | Location] = Link("locations", complete=True)
    """Location of the storage box."""
    system: str | None = None
    """Host system; None while the status is ``initializing``."""
    server: str | None = None
    """Domain name for the access; None while the status is ``initializing``."""
    username: str | None = None
    """Username for the login; None while the status is ``initializing``."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    protection: Always[StorageBoxProtection] = Always()
    """Protection against deletion."""
    snapshot_plan: Nested[StorageBoxSnapshotPlan | None] = Nested(StorageBoxSnapshotPlan)
    """Schedule of automatic snapshots; None if it is disabled."""
    access_settings: Nested[StorageBoxAccessSettings] = Nested(StorageBoxAccessSettings)
    """Access settings of the storage box."""
    stats: Nested[StorageBoxStats] = Nested(StorageBoxStats)
    """Disk usage of the storage box."""
    status: Always[StorageBoxStatus] = Always()
    """Status: ``active``, ``initializing`` or ``locked``."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""


@record
class CreateStorageBoxResponse(BaseDomain, Received, WaitsForActions):
    """A new storage box, and the action that creates it."""

    storage_box: Link[BoundStorageBox] = Link("storage_boxes", complete=True)
    """New storage box, with status ``initializing``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the storage box."""


@record
class DeleteStorageBoxResponse(ActionResponse):
    """The action that deletes a storage box."""


@record
class StorageBoxFoldersResponse(BaseDomain, Received):
    """The folders in a folder of a storage box."""

    folders: list[str]
    """Names of the folders."""


@record
class StorageBoxSnapshotStats(BaseDomain, Received):
    """Disk usage of a snapshot."""

    size: int
    """Disk usage of the snapshot, in bytes."""
    size_filesystem: int
    """Size of the compressed file system in the snapshot, in bytes."""


@record
class StorageBoxSnapshot(Resource, by_name=True, shown=("description", "is_automatic", "created", "storage_box")):
    """A snapshot of a storage box. See "Storage Box Snapshots" in the API reference."""

    name: Always[str] = Always()
    """Name of the snapshot; set by the API."""
    description: Always[str] = Always()
    """Description, as free text."""
    is_automatic: Always[bool] = Always()
    """True if a snapshot plan created the snapshot."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    storage_box: Link[BoundStorageBox | StorageBox] = Link("storage_boxes")
    """Storage box of the snapshot."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    stats: Nested[StorageBoxSnapshotStats] = Nested(StorageBoxSnapshotStats)
    """Disk usage of the snapshot."""


@record
class CreateStorageBoxSnapshotResponse(BaseDomain, Received, WaitsForActions):
    """A new snapshot, and the action that creates it."""

    snapshot: Link[BoundStorageBoxSnapshot] = Link("storage_boxes.snapshots")
    """New snapshot; its fields other than the IDs are fetched on access."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the snapshot."""


@record
class DeleteStorageBoxSnapshotResponse(ActionResponse):
    """The action that deletes a snapshot."""


@record
class StorageBoxSubaccountAccessSettings(BaseDomain):
    """Access settings of a subaccount; None leaves a setting unchanged."""

    reachable_externally: Always[bool] = Always()
    """True if access from outside of the Hetzner network is allowed."""
    samba_enabled: Always[bool] = Always()
    """True if access by Samba is enabled."""
    ssh_enabled: Always[bool] = Always()
    """True if access by SSH is enabled."""
    webdav_enabled: Always[bool] = Always()
    """True if access by WebDAV is enabled."""
    readonly: Always[bool] = Always()
    """True if the access is read-only."""


@record
class StorageBoxSubaccount(Resource, shown=("username", "description", "home_directory", "storage_box")):
    """A login with access to one folder of a storage box. See "Storage Box Subaccounts" in the API reference."""

    name: Always[str] = Always()
    """Name of the subaccount; its :attr:`username` by default."""
    username: Always[str] = Always()
    """Username for the login."""
    description: Always[str] = Always()
    """Description, as free text."""
    server: Always[str] = Always()
    """Domain name for the access."""
    home_directory: Always[str] = Always()
    """Home directory, relative to the root folder of the storage box."""
    access_settings: Nested[StorageBoxSubaccountAccessSettings] = Nested(StorageBoxSubaccountAccessSettings)
    """Access settings of the subaccount."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    storage_box: Link[BoundStorageBox | StorageBox] = Link("storage_boxes")
    """Storage box of the subaccount."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""


@record
class CreateStorageBoxSubaccountResponse(BaseDomain, Received, WaitsForActions):
    """A new subaccount, and the action that creates it."""

    subaccount: Link[BoundStorageBoxSubaccount] = Link("storage_boxes.subaccounts")
    """New subaccount; its fields other than the IDs are fetched on access."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the subaccount."""


@record
class DeleteStorageBoxSubaccountResponse(ActionResponse):
    """The action that deletes a subaccount."""
