from __future__ import annotations

from typing import ClassVar, Literal

from ..._exceptions import InvalidArgumentError
from ...core import BaseDomain, Identity, Nested, Received, record

__all__ = ["Tag", "TagResources", "TagStatistics", "Taggable", "TaggedResource", "TaggedResourceType"]

TaggedResourceType = Literal["droplet", "image", "volume", "volume_snapshot"]


@record
class TagStatistics(BaseDomain, Received):
    """Number of resources with a tag."""

    count: int | None = None
    """Number of resources."""
    last_tagged_uri: str | None = None
    """URL of the resource tagged most recently."""


@record
class TagResources(TagStatistics, shown=("count",)):
    """Number of resources with a tag, in total and by type."""

    droplets: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Droplets with the tag."""
    images: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Images with the tag."""
    volumes: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Volumes with the tag."""
    volume_snapshots: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Snapshots of volumes with the tag."""
    databases: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Database clusters with the tag."""


@record
class Tag(BaseDomain, identified_by="name", shown=("resources",)):
    """A name that groups resources. See "Tags" in the API reference."""

    name: Identity[str] = Identity()
    """Up to 255 letters, digits, ``:``, ``-`` and ``_``, in the case used when the tag was created."""
    resources: Nested[TagResources | None] = Nested(TagResources)
    """Number of resources with the tag."""


@record
class TaggedResource(BaseDomain):
    """Reference to a resource to tag, by ID and type."""

    resource_id: str
    """ID of the resource."""
    resource_type: TaggedResourceType
    """Type of the resource: ``droplet``, ``image``, ``volume`` or ``volume_snapshot``."""


class Taggable(BaseDomain):
    """Base class of the records of resources that can be tagged."""

    _tagged_as: ClassVar[TaggedResourceType]

    def _resource_type(self) -> TaggedResourceType:
        return self._tagged_as

    def _reference(self) -> TaggedResource:
        identity = self._identity()
        if identity is None:
            raise InvalidArgumentError(f"{self!r} can't be tagged: it has no id")
        return TaggedResource(str(identity), self._resource_type())
