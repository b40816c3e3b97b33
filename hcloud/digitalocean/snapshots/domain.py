from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ...core import Always, BaseDomain, Identity, Link, Timestamp, record
from ...core.references import id_or_text
from .._resource import ResourceLink
from ..tags import Taggable, TaggedResourceType

if TYPE_CHECKING:
    from ..droplets import BoundDroplet
    from ..images import BoundImage

__all__ = ["Snapshot", "SnapshotResourceType"]

T = TypeVar("T")

SnapshotResourceType = Literal["droplet", "volume"]


class SnapshotIdentity(Identity[T]):
    """ID of a snapshot: of a droplet an integer, the ID of its image; of a volume a UUID. The API sends texts."""

    scalars: frozenset[type] = frozenset({int})

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        return _identity(super().convert(holder, raw))

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return _identity(value)

    def export(self, value: Any, raw: Any) -> Any:
        return str(value)


class ImageOfSnapshot(Link[T]):
    """Link to the image that a snapshot of a droplet is; None for a snapshot of a volume."""

    def __init__(self) -> None:
        super().__init__("images", source="id")

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        identity = _identity(raw)
        return None if isinstance(identity, str) else super().convert(holder, identity)

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        identity = _identity(raw)
        if not isinstance(identity, str):
            super().collect_partial_ids(identity, collection, ids)


def _identity(value: Any) -> Any:
    return id_or_text(value) if isinstance(value, str) else value


@record
class Snapshot(Taggable, shown=("resource_type", "resource_id", "size_gigabytes", "created_at")):
    """A snapshot of a droplet, also available as an image, or of a volume. See "Snapshots" in the API reference."""

    id: SnapshotIdentity[int | str] = SnapshotIdentity()
    """ID of the snapshot: of a droplet an integer, the ID of its image; of a volume a UUID."""
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
    resource: ResourceLink[BoundDroplet | None] = ResourceLink()
    """The droplet; None for a snapshot of a volume."""
    image: ImageOfSnapshot[BoundImage | None] = ImageOfSnapshot()
    """The same snapshot as an image; None for a snapshot of a volume."""

    def _resource_type(self) -> TaggedResourceType:
        return "volume_snapshot" if isinstance(self._identity(), str) else "image"
