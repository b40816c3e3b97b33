from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeVar, cast

from ..._exceptions import NotFoundError
from ...core import BaseDomain, BoundModelBase, Meta, bound, endpoint, every_item, every_page, instead
from ...core.coroutines import blocking, result_of
from ...core.documentation import implements
from ...core.lookup import get_existing
from .._resource import ResourceClient
from .domain import Tag, Taggable, TaggedResource

__all__ = ["BoundTag", "HasTags", "TagsClient", "TagsPageResult"]

Domain = TypeVar("Domain", bound=BaseDomain)
Method = TypeVar("Method", bound=Callable[..., Any])


class TagsPageResult(NamedTuple):
    tags: list[BoundTag]
    meta: Meta


def _tagging(resources: Sequence[Taggable | TaggedResource]) -> Any:
    return instead(
        resources=[resource._reference() if isinstance(resource, Taggable) else resource for resource in resources]
    )


def _changes_tags(change: Literal["added", "removed"]) -> Callable[[Method], Method]:
    """Let the field ``tags`` of the bound resources in a call change as the API changes it."""

    def decorate(method: Method) -> Method:
        @implements(method)
        async def call(self: Any, tag: Tag | str, resources: Any) -> Any:
            resources = list(resources)
            result = await result_of(method(self, tag, resources))
            for resource in resources:
                if isinstance(resource, HasTags):
                    resource._change_tags(**{change: _name_of(tag)})
            return result

        return cast(Method, blocking(call))

    return decorate


class TagsClient(ResourceClient):
    """Tags of an account."""

    _base_url = "/tags"

    def get(self, id_or_name: str) -> BoundTag:
        """Return the tag with this name.

        :param id_or_name: Name of the tag, which has no ID
        :raises NotFoundError: if there is no such tag
        """
        return self._get_tag(id_or_name)

    def get_by_name(self, name: str) -> BoundTag | None:
        """Return the tag with this name, None if there is none.

        :param name: Name of the tag
        """
        return self._find_tag(name)

    @blocking
    async def _get_tag(self, name: str) -> Any:
        return await get_existing(self._name_on_client, self.get_by_id, "name", name)

    @blocking
    async def _find_tag(self, name: str) -> Any:
        try:
            return await result_of(self.get_by_id(name))
        except NotFoundError:
            return None

    @endpoint("GET /tags/{id}")
    def get_by_id(self, id: str) -> BoundTag:
        """Return a tag.

        :param id: Name of the tag
        """

    @endpoint("GET /tags")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> TagsPageResult:
        """Return a page of tags."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)

    @endpoint("POST /tags")
    def create(self, name: str) -> BoundTag:
        """Create a tag.

        :param name: Name of the new tag
        """

    @endpoint("DELETE /tags/{tag.name}")
    def delete(self, tag: Tag | str) -> bool:
        """Delete the tag, and remove it from all resources."""

    @_changes_tags("added")
    @endpoint("POST /tags/{tag.name}/resources")
    def assign_resources(self, tag: Tag | str, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Assign the tag to resources. Their field ``tags`` changes, too.

        :param resources: Resources such as images and droplets
        """
        return _tagging(resources)

    @_changes_tags("removed")
    @endpoint("DELETE /tags/{tag.name}/resources", body={})
    def unassign_resources(self, tag: Tag | str, resources: Sequence[Taggable | TaggedResource]) -> bool:
        """Remove the tag from resources. Their field ``tags`` changes, too.

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
        return True

    @blocking
    async def unassign_tag(self, tag: Tag | str) -> bool:
        """Remove a tag from this resource. The field ``tags`` changes, too.

        :param tag: The tag, or its name
        """
        resources: Any = [self]
        await result_of(self._tags().unassign_resources(_as_tag(tag), resources))
        return True

    def _change_tags(self, added: str | None = None, removed: str | None = None) -> None:
        """Change the field ``tags`` as the API did; if it was not fetched, the next read fetches it."""
        if self.is_fetched("tags"):
            resource: Any = self
            others = [name for name in resource.tags or () if name not in (added, removed)]
            resource.tags = others if added is None else [*others, added]

    def _tags(self) -> TagsClient:
        tags: TagsClient = getattr(self._client, "_parent", self._client).tags  # UnboundError if there is no client
        return tags


def _as_tag(tag: Tag | str) -> Tag:
    return Tag(tag) if isinstance(tag, str) else tag


def _name_of(tag: Tag | str) -> str:
    return tag if isinstance(tag, str) else tag.name or ""
