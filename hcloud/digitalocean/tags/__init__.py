"""Tags: names that group resources."""

from .client import BoundTag, HasTags, TagsClient, TagsPageResult
from .domain import Tag, Taggable, TaggedResource, TaggedResourceType, TagResources, TagStatistics

__all__ = [
    "BoundTag",
    "HasTags",
    "Tag",
    "TagResources",
    "TagStatistics",
    "Taggable",
    "TaggedResource",
    "TaggedResourceType",
    "TagsClient",
    "TagsPageResult",
]
