from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

from ...core import BaseDomain, BoundModelBase, Meta, bound, endpoint, every_item, every_page, instead
from .._resource import ResourceClient
from .domain import Tag, Taggable, TaggedResource

__all__ = ["BoundTag", "HasTags", "TagsClient", "TagsPageResult"]

Domain = TypeVar("Domain", bound=BaseDomain)


class TagsPageResult(NamedTuple):
    tags: list[BoundTag]
    meta: Meta


def _to_tag(resources: Sequence[Taggable | TaggedResource]) -> Any:
    return instead(
        resources=[resource._to_tag() if isinstance(resource, Taggable) else resource for resource in resources]
    )


class TagsClient(ResourceClient):
    """The tags of an account."""

    _base_url = "/tags"

    @endpoint("GET /tags/{id}")
    def get_by_id(self, id: str) -> BoundTag:
        """Return a tag.

        :param id: name of the tag
        """

    @endpoint("GET /tags")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> TagsPageResult:
        """Return a page of tags."""

    @every_page(get_list)
    def get_all(self, *, per_page: int | None = None) -> list[BoundTag]: ...

    iter: Final = every_item(get_all)

    @endpoint("POST /tags")
    def create(self, name: str) -> BoundTag:
        """Create a tag.

        :param name: its name
        """

    @endpoint("DELETE /tags/{tag.name}")
    def delete(self, tag: Tag) -> bool:
        """Delete the tag, and take it off all resources."""

    @endpoint("POST /tags/{tag.name}/resources")
    def assign_resources(self, tag: Tag, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Put the tag on resources.

        :param resources: the resources, such as images and droplets
        """
        return _to_tag(resources)

    @endpoint("DELETE /tags/{tag.name}/resources", body={})
    def unassign_resources(self, tag: Tag, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Take the tag off resources.

        :param resources: the resources, such as images and droplets
        """
        return _to_tag(resources)


class BoundTag(BoundModelBase[Tag], Tag, collection="tags", key="tag"):
    delete: Final = bound(TagsClient.delete)
    assign_resources: Final = bound(TagsClient.assign_resources)
    unassign_resources: Final = bound(TagsClient.unassign_resources)


class HasTags(BoundModelBase[Domain]):
    """What the bound models of resources have in common that can be tagged."""

    def assign_tag(self, tag: Tag | str) -> bool:
        """Put an existing tag on this resource; :meth:`reload` it to read that in its ``tags``.

        :param tag: the tag, or its name
        """
        return self._tags().assign_resources(_tag(tag), [self])  # type: ignore[list-item]

    def unassign_tag(self, tag: Tag | str) -> bool:
        """Take a tag off this resource; :meth:`reload` it to read that in its ``tags``.

        :param tag: the tag, or its name
        """
        return self._tags().unassign_resources(_tag(tag), [self])  # type: ignore[list-item]

    def _tags(self) -> TagsClient:
        tags: TagsClient = self._client._parent.tags
        return tags


def _tag(tag: Tag | str) -> Tag:
    return Tag(tag) if isinstance(tag, str) else tag
