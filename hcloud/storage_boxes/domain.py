from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Nested, Protection, Resource, ResourceSort, Timestamp, record

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
    """How a storage box can be reached; what is None stays as it is."""

    reachable_externally: bool | None = None
    """Whether it can be reached from outside Hetzner's network."""
    samba_enabled: bool | None = None
    """Whether it can be reached by Samba."""
    ssh_enabled: bool | None = None
    """Whether it can be reached by SSH."""
    webdav_enabled: bool | None = None
    """Whether it can be reached by WebDAV."""
    zfs_enabled: bool | None = None
    """Whether the folder with its snapshots is visible."""


@record
class StorageBoxStats(BaseDomain):
    """What is taken of a storage box."""

    size: int | None = None
    """Bytes in all."""
    size_data: int | None = None
    """Bytes of data."""
    size_snapshots: int | None = None
    """Bytes of snapshots."""


@record
class StorageBoxSnapshotPlan(BaseDomain):
    """When snapshots of a storage box are taken."""

    max_snapshots: int
    """How many of its snapshots are kept; the oldest go first."""
    hour: int
    """The hour, in UTC."""
    minute: int
    """The minute of the hour."""
    day_of_week: int | None = None
    """The day of the week, 1 for Monday to 7 for Sunday; None for each."""
    day_of_month: int | None = None
    """The day of the month; None for each."""

    def to_payload(self) -> dict[str, Any]:
        """The plan as it goes into a request: whole, for what is None has a meaning here."""
        return {name: getattr(self, name) for name in self.__api_properties__}


@record
class StorageBox(Resource):
    """Storage that is reached by SSH, Samba or WebDAV. See "Storage Boxes" in the API reference."""

    STATUS_ACTIVE: ClassVar[StorageBoxStatus] = "active"
    STATUS_INITIALIZING: ClassVar[StorageBoxStatus] = "initializing"
    STATUS_LOCKED: ClassVar[StorageBoxStatus] = "locked"

    name: str | None = None
    """Its name."""
    storage_box_type: Link[BoundStorageBoxType | StorageBoxType | None] = Link("storage_box_types", complete=True)
    """How much it holds."""
    location: Link[BoundLocation | Location | None] = Link("locations", complete=True)
    """Where it is."""
    system: str | None = None
    """The host that it is on; None while it is ``initializing``."""
    server: str | None = None
    """The domain name to reach it by; None while it is ``initializing``."""
    username: str | None = None
    """The name to log in with; None while it is ``initializing``."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    protection: StorageBoxProtection | None = None
    """What it is protected from."""
    snapshot_plan: Nested[StorageBoxSnapshotPlan | None] = Nested(StorageBoxSnapshotPlan)
    """When snapshots of it are taken; None if that is off."""
    access_settings: Nested[StorageBoxAccessSettings | None] = Nested(StorageBoxAccessSettings)
    """How it can be reached."""
    stats: Nested[StorageBoxStats | None] = Nested(StorageBoxStats)
    """What is taken of it."""
    status: StorageBoxStatus | None = None
    """Whether it can be used."""
    created: Timestamp = Timestamp()
    """When it was created."""


@record
class CreateStorageBoxResponse(BaseDomain, WaitsForActions):
    """A new storage box, and the action that creates it."""

    storage_box: Link[BoundStorageBox] = Link("storage_boxes", complete=True)
    """The storage box, still ``initializing``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""


@record
class DeleteStorageBoxResponse(ActionResponse):
    """The action that deletes a storage box."""


@record
class StorageBoxFoldersResponse(BaseDomain):
    """The folders in a folder of a storage box."""

    folders: list[str]
    """Their names."""


@record
class StorageBoxSnapshotStats(BaseDomain):
    """What a snapshot takes."""

    size: int
    """Bytes that it takes of the storage box."""
    size_filesystem: int
    """Bytes of the compressed file system in it."""


@record
class StorageBoxSnapshot(Resource, by_name=True):
    """A state of a storage box that it can go back to. See "Storage Box Snapshots" in the API reference."""

    name: str | None = None
    """Its name, which the API gives it."""
    description: str | None = None
    """What it is, in words."""
    is_automatic: bool | None = None
    """Whether a snapshot plan took it."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    storage_box: Link[BoundStorageBox | StorageBox | None] = Link("storage_boxes")
    """The storage box that it was taken of."""
    created: Timestamp = Timestamp()
    """When it was taken."""
    stats: Nested[StorageBoxSnapshotStats | None] = Nested(StorageBoxSnapshotStats)
    """What it takes."""


@record
class CreateStorageBoxSnapshotResponse(BaseDomain, WaitsForActions):
    """A new snapshot, and the action that takes it."""

    snapshot: Link[BoundStorageBoxSnapshot] = Link("storage_boxes.snapshots")
    """The snapshot; what it holds but its IDs is fetched when it is read."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that takes it."""


@record
class DeleteStorageBoxSnapshotResponse(ActionResponse):
    """The action that deletes a snapshot."""


@record
class StorageBoxSubaccountAccessSettings(BaseDomain):
    """How a subaccount can be reached; what is None stays as it is."""

    reachable_externally: bool | None = None
    """Whether it can be reached from outside Hetzner's network."""
    samba_enabled: bool | None = None
    """Whether it can be reached by Samba."""
    ssh_enabled: bool | None = None
    """Whether it can be reached by SSH."""
    webdav_enabled: bool | None = None
    """Whether it can be reached by WebDAV."""
    readonly: bool | None = None
    """Whether it can only be read."""


@record
class StorageBoxSubaccount(Resource):
    """A login to one folder of a storage box. See "Storage Box Subaccounts" in the API reference."""

    name: str | None = None
    """Its name; what it was given, else its :attr:`username`."""
    username: str | None = None
    """The name to log in with."""
    description: str | None = None
    """What it is, in words."""
    server: str | None = None
    """The domain name to reach it by."""
    home_directory: str | None = None
    """The folder that it sees, below the storage box's own."""
    access_settings: Nested[StorageBoxSubaccountAccessSettings | None] = Nested(StorageBoxSubaccountAccessSettings)
    """How it can be reached."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    storage_box: Link[BoundStorageBox | StorageBox | None] = Link("storage_boxes")
    """The storage box that it is of."""
    created: Timestamp = Timestamp()
    """When it was created."""


@record
class CreateStorageBoxSubaccountResponse(BaseDomain, WaitsForActions):
    """A new subaccount, and the action that creates it."""

    subaccount: Link[BoundStorageBoxSubaccount] = Link("storage_boxes.subaccounts")
    """The subaccount; what it holds but its IDs is fetched when it is read."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""


@record
class DeleteStorageBoxSubaccountResponse(ActionResponse):
    """The action that deletes a subaccount."""
