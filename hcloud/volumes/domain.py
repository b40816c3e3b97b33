from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Links, Protection, Resource, ResourceSort, Timestamp, record

if TYPE_CHECKING:
    from ..locations import BoundLocation
    from ..servers import BoundServer
    from .client import BoundVolume

__all__ = ["CreateVolumeResponse", "Volume", "VolumeFormat", "VolumeProtection", "VolumeSort", "VolumeStatus"]

VolumeFormat = Literal["ext4", "xfs"]
VolumeProtection = Protection
VolumeSort = ResourceSort
VolumeStatus = Literal["creating", "available"]


@record
class Volume(Resource):
    """A disk that a server can be given. See "Volumes" in the API reference."""

    STATUS_CREATING: ClassVar[VolumeStatus] = "creating"
    STATUS_AVAILABLE: ClassVar[VolumeStatus] = "available"

    server: Link[BoundServer | None] = Link("servers")
    """The server that it is attached to; None if it is not."""
    created: Timestamp = Timestamp()
    """When it was created."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is; only servers there can have it."""
    size: int | None = None
    """Size in GB."""
    linux_device: str | None = None
    """Path of the device on a server that it is attached to."""
    format: VolumeFormat | None = None
    """The file system that it was created with; None if it was created without."""
    protection: VolumeProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    status: VolumeStatus | None = None
    """Whether it can be used."""


@record
class CreateVolumeResponse(BaseDomain, WaitsForActions):
    """A new volume, and the actions that make it."""

    volume: Link[BoundVolume] = Link("volumes", complete=True)
    """The volume, still ``creating``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""
    next_actions: Links[list[BoundAction]] = Links("actions", complete=True)
    """What comes after that: attaching it, if a server was given."""
