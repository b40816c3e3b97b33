"""Base classes of the resources: pagination by links, and links that name a type of resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from .._exceptions import InvalidArgumentError, NotFoundError
from ..core import BaseDomain, Link, Meta, ResourceClientBase
from ..core.coroutines import blocking, class_for, result_of
from ..core.fields import bound_model
from ..core.lookup import checked_key, get_existing, only_entry
from ..core.references import id_or_text

if TYPE_CHECKING:
    from ._client import Client

__all__ = ["ResourceClient", "ResourceLink"]

T = TypeVar("T")


class ResourceClient(ResourceClientBase):
    """Methods of one resource, over the connection of its client."""

    max_per_page = 200

    if TYPE_CHECKING:

        def __init__(self, client: Client) -> None: ...

    def _read_meta(self, response: Mapping[str, Any]) -> Meta:
        total = (response.get("meta") or {}).get("total")
        links = (response.get("links") or {}).get("pages") or {}
        pages = {relation: _int_in_query(url, "page") for relation, url in links.items()}
        next_page, previous_page = pages.get("next"), pages.get("prev")
        page = previous_page + 1 if previous_page else next_page - 1 if next_page else 1
        per_page = next((size for url in links.values() if (size := _int_in_query(url, "per_page"))), total)
        return Meta.from_dict(
            {
                "pagination": {
                    "page": page,
                    "per_page": per_page,
                    "previous_page": previous_page,
                    "next_page": next_page,
                    "last_page": pages.get("last") or (None if next_page else page),
                    "total_entries": total,
                }
            }
        )

    @blocking
    async def _get_many(self, ids: list[int]) -> list[Any]:
        """Return the resources with these IDs, which the API can't list: from the complete listing if that is shorter.

        A single one takes one request either way. In the worst case that is one request more than fetching each one.
        """
        missing: dict[int | None, None] = dict.fromkeys(ids)
        entries: list[Any] = []
        page: int | None = 1
        while page and len(missing) > 1:
            listed, meta = await result_of(self._list_page(page))
            wanted = [entry for entry in listed if missing.pop(entry.id, self) is None]
            entries += wanted
            pagination = meta.pagination
            page, last = (pagination.next_page, pagination.last_page or inf) if pagination else (None, inf)
            if page and not wanted and last - page >= len(missing):
                break
        return entries + [await result_of(self.get_by_id(id)) for id in missing]  # type: ignore[attr-defined]

    @blocking
    async def _find_by_name(self, name: str, /, *fields: str, **query: str) -> Any:
        """Return the only resource with this name, None if there is none.

        :param fields: Fields that can hold the name; ``name`` by default
        :param query: Filters of the listing that is searched
        :raises AmbiguousNameError: if several resources have this name
        """
        entries = await self._entries_named(name, *fields, **query)
        return only_entry(self._name_on_client, {"name": name}, entries, shown=_TOLD_APART_BY) if entries else None

    @blocking
    async def _get_by_name(self, name: str, /, *fields: str, **query: str) -> Any:
        """Return what :meth:`_find_by_name` does.

        :raises NotFoundError: if there is no such resource
        """
        entries = await self._entries_named(name, *fields, **query)
        return only_entry(self._name_on_client, {" or ".join(fields or ("name",)): name}, entries, shown=_TOLD_APART_BY)

    async def _entries_named(self, name: Any, /, *fields: str, **query: str) -> list[Any]:
        if not isinstance(name, str) or not name:
            raise InvalidArgumentError(f"name must be a non-empty string, not {name!r}; nothing was sent")
        entries = await result_of(self.get_all(**query))  # type: ignore[attr-defined]
        return [entry for entry in entries if name in [getattr(entry, field) for field in fields or ("name",)]]

    @blocking
    async def _get_by_id_or_name(self, id_or_name: int | str, ids: str, **query: str) -> Any:
        """Return the resource with this ID, or the only one with this name.

        :param ids: Regular expression of texts that can also be an ID or a slug: with one, ``get_by_id`` comes first
        :param query: Filters of the listing that is searched for the name
        """
        key = checked_key(id_or_name)
        if isinstance(key, int):
            return await get_existing(self._name_on_client, self.get_by_id, "ID", key)  # type: ignore[attr-defined]
        if re.fullmatch(ids, key):
            try:
                return await result_of(self.get_by_id(key))  # type: ignore[attr-defined]
            except NotFoundError:
                pass  # it may be a name
        return await result_of(self._get_by_name(key, **query))


_TOLD_APART_BY = ("created_at",)
"""Fields that are shown of resources with the same name."""


def _int_in_query(url: str, name: str) -> int | None:
    value = id_or_text(parse_qs(urlsplit(url).query).get(name, [""])[-1])
    return value if isinstance(value, int) else None


_COLLECTIONS = {"droplet": "droplets", "image": "images"}


class ResourceLink(Link[T]):
    """Link to the resource in ``resource_id`` and ``resource_type``; None if this library has no such type."""

    def __init__(self) -> None:
        super().__init__("", source=("resource_id", "resource_type"))

    def _target(self, raw: Mapping[str, Any]) -> tuple[str | None, int | None]:
        """Return the collection and the ID; None for a collection or an ID that is unknown or malformed."""
        resource_type, identity = raw.get("resource_type"), raw.get("resource_id")
        if isinstance(identity, str):
            identity = id_or_text(identity)
        collection = _COLLECTIONS.get(resource_type) if isinstance(resource_type, str) else None
        return collection, identity if identity.__class__ is int else None

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        if not isinstance(raw.get("resource_type"), str | None):
            raise self.malformed(holder, raw["resource_type"], "a link whose resource_type is a text")
        collection, identity = self._target(raw)
        if collection is None or raw.get("resource_id") is None:
            return None
        if identity is None:
            raise self.malformed(holder, raw["resource_id"], "a link whose resource_id is an integer")
        model = bound_model(self.owner.__module__.rsplit(".", 2)[0], collection)
        if holder._client is None:
            return model.model(id=identity)
        return class_for(holder._client, model)._linked(holder._client, {"id": identity}, holder._batch, complete=False)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return value

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        target, identity = self._target(raw)
        if target == collection and identity is not None:
            ids[identity] = None

    def can_link_to(self, collection: str, seen: set[type]) -> bool:
        return collection in _COLLECTIONS.values()
