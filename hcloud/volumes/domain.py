from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import Always, BaseDomain, Link, Links, Protection, Received, Resource, ResourceSort, Timestamp, record

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
class Volume(Resource, shown=("status", "size", "location", "server")):
    """A disk that can be attached to a server. See "Volumes" in the API reference."""

    STATUS_CREATING: ClassVar[Literal["creating"]] = "creating"
    """Status of a volume that is being created."""
    STATUS_AVAILABLE: ClassVar[Literal["available"]] = "available"
    """Status of a volume that can be used."""

    server: Link[BoundServer | None] = Link("servers")
    """Server that the volume is attached to; None if it is not attached."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    location: Link[BoundLocation] = Link("locations", complete=True)
    """Location of the volume and of the servers that it can be attached to."""
    size: Always[int] = Always()
    """Size, in GB."""
    linux_device: Always[str] = Always()
    """Path of the device on a server."""
    format: VolumeFormat | None = None
    """File system that was created on the volume: ``ext4`` or ``xfs``; None if there was none."""
    protection: Always[VolumeProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    status: Always[VolumeStatus] = Always()
    """Status: ``creating`` or ``available``."""


@record
class CreateVolumeResponse(BaseDomain, Received, WaitsForActions):
    """A new volume, and the actions that create it."""

    volume: Link[BoundVolume] = Link("volumes", complete=True)
    """New volume, with status ``creating``."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the volume."""
    next_actions: Links[list[BoundAction]] = Links("actions", complete=True)
    """Actions that follow :attr:`action`, such as the attachment to a server."""
