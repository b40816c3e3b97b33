from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core import BaseDomain, Timestamp, record
from .._resource import ResourceLink

if TYPE_CHECKING:
    from ..droplets import BoundDroplet

__all__ = ["Snapshot", "SnapshotResourceType"]

SnapshotResourceType = Literal["droplet", "volume"]


@record
class Snapshot(BaseDomain):
    """A snapshot of a droplet, which is an image, too, or of a volume. See "Snapshots" in the API reference."""

    id: str | None = None
    """ID of the snapshot: that of its image, or the UUID of a volume's snapshot."""
    name: str | None = None
    """What it is called."""
    created_at: Timestamp = Timestamp()
    """When it was taken."""
    regions: list[str] | None = None
    """The slugs of the regions that have it."""
    min_disk_size: int | None = None
    """Size of the disk or volume that is needed for it, in GB."""
    size_gigabytes: float | None = None
    """What it takes in storage, in GB."""
    resource_id: str | None = None
    """ID of what it was taken of."""
    resource_type: SnapshotResourceType | None = None
    """The kind of what it was taken of."""
    tags: list[str] | None = None
    """The names of its tags."""
    resource: ResourceLink[BoundDroplet | None] = ResourceLink()
    """The droplet that it was taken of; None if that is a volume."""
