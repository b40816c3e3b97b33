from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

from ..._exceptions import NotFoundError
from ...core import BaseDomain, BoundModelBase, Meta, bound, endpoint, every_item, every_page, instead
from ...core.coroutines import blocking, result_of
from .._resource import ResourceClient
from .domain import Tag, Taggable, TaggedResource

__all__ = ["BoundTag", "HasTags", "TagsClient", "TagsPageResult"]

Domain = TypeVar("Domain", bound=BaseDomain)


class TagsPageResult(NamedTuple):
    tags: list[BoundTag]
    meta: Meta


def _tagging(resources: Sequence[Taggable | TaggedResource]) -> Any:
    return instead(
        resources=[resource._reference() if isinstance(resource, Taggable) else resource for resource in resources]
    )


class TagsClient(ResourceClient):
    """Tags of an account."""

    _base_url = "/tags"

    @endpoint("GET /tags/{id}")
    def get_by_id(self, id: str) -> BoundTag:
        """Return a tag.

        :param id: Name of the tag
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

        :param name: Name of the new tag
        """

    @endpoint("DELETE /tags/{tag.name}")
    def delete(self, tag: Tag) -> bool:
        """Delete the tag, and remove it from all resources."""

    @endpoint("POST /tags/{tag.name}/resources")
    def assign_resources(self, tag: Tag, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Assign the tag to resources.

        :param resources: Resources such as images and droplets
        """
        return _tagging(resources)

    @endpoint("DELETE /tags/{tag.name}/resources", body={})
    def unassign_resources(self, tag: Tag, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Remove the tag from resources.

        :param resources: Resources such as images and droplets
        """
        return _tagging(resources)


class BoundTag(BoundModelBase[Tag], Tag, collection="tags", key="tag"):
    delete: Final = bound(TagsClient.delete)
    assign_resources: Final = bound(TagsClient.assign_resources)
    unassign_resources: Final = bound(TagsClient.unassign_resources)


class HasTags(BoundModelBase[Domain]):
    """Base class of the bound models of resources that can be tagged."""

    @blocking
    async def assign_tag(self, tag: Tag | str) -> bool:
        """Assign a tag to this resource, and create the tag if it does not exist. The field ``tags`` changes, too.

        :param tag: The tag, or its name
        """
        tags = self._tags()
        resources: Any = [self]
        try:
            await result_of(tags.assign_resources(_as_tag(tag), resources))
        except NotFoundError:
            # The API creates the tags of a new resource, but not those that are assigned later.
            created = await result_of(tags.create(_name_of(tag)))
            await result_of(tags.assign_resources(created, resources))
            tag = created
        self._change_tags(added=_name_of(tag))
        return True

    @blocking
    async def unassign_tag(self, tag: Tag | str) -> bool:
        """Remove a tag from this resource. The field ``tags`` changes, too.

        :param tag: The tag, or its name
        """
        resources: Any = [self]
        await result_of(self._tags().unassign_resources(_as_tag(tag), resources))
        self._change_tags(removed=_name_of(tag))
        return True

    def _change_tags(self, added: str | None = None, removed: str | None = None) -> None:
        """Change the field ``tags`` as the API did; if it was not fetched, the next read fetches it."""
        if self.is_fetched("tags"):
            resource: Any = self
            others = [name for name in resource.tags or () if name not in (added, removed)]
            resource.tags = others if added is None else [*others, added]

    def _tags(self) -> TagsClient:
        tags: TagsClient = self._client._parent.tags
        return tags


def _as_tag(tag: Tag | str) -> Tag:
    return Tag(tag) if isinstance(tag, str) else tag


def _name_of(tag: Tag | str) -> str:
    return tag if isinstance(tag, str) else tag.name or ""
