from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core import BaseDomain, Timestamp, record
from .._resource import ResourceLink

if TYPE_CHECKING:
    from ..droplets import BoundDroplet

__all__ = ["Snapshot", "SnapshotResourceType"]

SnapshotResourceType = Literal["droplet", "volume"]


@record
class Snapshot(BaseDomain, shown=("resource_type", "resource_id", "size_gigabytes", "created_at")):
    """A snapshot of a droplet, also available as an image, or of a volume. See "Snapshots" in the API reference."""

    id: str | None = None
    """ID of the snapshot: the ID of its image, or the UUID of the snapshot of a volume."""
    name: str | None = None
    """Name of the snapshot."""
    created_at: Timestamp = Timestamp()
    """Time of creation."""
    regions: list[str] | None = None
    """Slugs of the regions in which the snapshot is available."""
    min_disk_size: int | None = None
    """Minimum size in GB of a disk or volume created from the snapshot."""
    size_gigabytes: float | None = None
    """Storage used, in GB."""
    resource_id: str | None = None
    """ID of the droplet or volume."""
    resource_type: SnapshotResourceType | None = None
    """Type of the resource: ``droplet`` or ``volume``."""
    tags: list[str] | None = None
    """Names of the tags."""
    resource: ResourceLink[BoundDroplet | None] = ResourceLink()
    """The droplet; None for a snapshot of a volume."""
