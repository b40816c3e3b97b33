from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ...core import Always, BaseDomain, Identity, Timestamp, record
from .._resource import ResourceLink

if TYPE_CHECKING:
    from ..droplets import BoundDroplet

__all__ = ["Snapshot", "SnapshotResourceType"]

SnapshotResourceType = Literal["droplet", "volume"]


@record
class Snapshot(BaseDomain, shown=("resource_type", "resource_id", "size_gigabytes", "created_at")):
    """A snapshot of a droplet, also available as an image, or of a volume. See "Snapshots" in the API reference."""

    id: Identity[str] = Identity()
    """ID of the snapshot: the ID of its image, or the UUID of the snapshot of a volume."""
    name: Always[str] = Always()
    """Name of the snapshot."""
    created_at: Timestamp[datetime] = Timestamp()
    """Time of creation."""
    regions: Always[list[str]] = Always()
    """Slugs of the regions in which the snapshot is available."""
    min_disk_size: Always[int] = Always()
    """Minimum size in GB of a disk or volume created from the snapshot."""
    size_gigabytes: Always[float] = Always()
    """Storage used, in GB."""
    resource_id: Always[str] = Always()
    """ID of the droplet or volume."""
    resource_type: Always[SnapshotResourceType] = Always()
    """Type of the resource: ``droplet`` or ``volume``."""
    tags: list[str] | None = None
    """Names of the tags."""
    resource: ResourceLink[BoundDroplet] = ResourceLink()
    """The droplet; None for a snapshot of a volume."""
