from __future__ import annotations

from typing import ClassVar, Literal

from ..._exceptions import InvalidArgumentError
from ...core import BaseDomain, Nested, record

__all__ = ["Tag", "TagResources", "TagStatistics", "Taggable", "TaggedResource", "TaggedResourceType"]

TaggedResourceType = Literal["droplet", "image", "volume", "volume_snapshot"]


@record
class TagStatistics(BaseDomain):
    """How many resources have a tag."""

    count: int | None = None
    """Their number."""
    last_tagged_uri: str | None = None
    """Address of the one that was tagged last."""


@record
class TagResources(TagStatistics):
    """How many resources have a tag, in all and by kind."""

    droplets: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Droplets that have it."""
    images: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Images that have it."""
    volumes: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Volumes that have it."""
    volume_snapshots: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Snapshots of volumes that have it."""
    databases: Nested[TagStatistics | None] = Nested(TagStatistics)
    """Database clusters that have it."""


@record
class Tag(BaseDomain, identified_by="name"):
    """A name that groups resources. See "Tags" in the API reference."""

    name: str | None = None
    """Letters, digits, ``:``, ``-`` and ``_``, 255 at most; its case is that in which it was created."""
    resources: Nested[TagResources | None] = Nested(TagResources)
    """How many resources have it."""


@record
class TaggedResource(BaseDomain):
    """A resource to tag, where there is no object of it."""

    resource_id: str
    """ID of the resource."""
    resource_type: TaggedResourceType
    """Its kind."""


class Taggable(BaseDomain):
    """What records of resources have in common that can be tagged."""

    _tagged_as: ClassVar[TaggedResourceType]

    def _to_tag(self) -> TaggedResource:
        identity = self._identity()
        if identity is None:
            raise InvalidArgumentError(f"{self!r} can't be tagged: it has no id")
        return TaggedResource(str(identity), self._tagged_as)
