"""Base classes of the resources: pagination by links, and links that name a type of resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from .._exceptions import NotFoundError
from ..core import BaseDomain, Link, Meta, ResourceClientBase
from ..core.fields import bound_model

if TYPE_CHECKING:
    from ._client import Client

__all__ = ["ListedClient", "ResourceClient", "ResourceLink"]

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


class ListedClient(ResourceClient):
    """Methods of a resource that the API lists, but does not return by ID."""

    def _get_by_slug(self, entries: Iterator[T], slug: str) -> T:
        for entry in entries:
            if entry.slug == slug:  # type: ignore[attr-defined]
                return entry
        raise NotFoundError("not_found", f"no entry of {self._base_url} has the slug {slug!r}", None, http_status=404)


def _int_in_query(url: str, name: str) -> int | None:
    value = parse_qs(urlsplit(url).query).get(name, [""])[-1]
    return int(value) if value.isdecimal() else None


_COLLECTIONS = {"droplet": "droplets", "image": "images"}
_MAX_DIGITS = 20


class ResourceLink(Link[T]):
    """Link to the resource in ``resource_id`` and ``resource_type``; None if this library has no such type."""

    def __init__(self) -> None:
        super().__init__("", source=("resource_id", "resource_type"))

    def _target(self, raw: Mapping[str, Any]) -> tuple[str | None, int | None]:
        """Return the collection and the ID; None for a collection or an ID that is unknown or malformed."""
        resource_type, identity = raw.get("resource_type"), raw.get("resource_id")
        if isinstance(identity, str) and identity.isascii() and identity.isdecimal() and len(identity) < _MAX_DIGITS:
            identity = int(identity)
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
        return model._linked(holder._client, {"id": identity}, holder._batch, complete=False)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return value

    def collect_partial_ids(self, raw: Any, collection: str, ids: dict[Any, None]) -> None:
        target, identity = self._target(raw)
        if target == collection and identity is not None:
            ids[identity] = None

    def can_link_to(self, collection: str, seen: set[type]) -> bool:
        return collection in _COLLECTIONS.values()
