"""What the resources have in common: pages that name their neighbours by address, and links that name their kind."""

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
    """The methods of one resource, over the connection of the client that it belongs to."""

    max_per_page = 200

    if TYPE_CHECKING:

        def __init__(self, client: Client) -> None: ...

    def _read_meta(self, response: Mapping[str, Any]) -> Meta:
        total = (response.get("meta") or {}).get("total")
        links = (response.get("links") or {}).get("pages") or {}
        pages = {relation: _in_query(url, "page") for relation, url in links.items()}
        following, before = pages.get("next"), pages.get("prev")
        page = before + 1 if before else following - 1 if following else 1
        size = next((size for url in links.values() if (size := _in_query(url, "per_page"))), total)
        return Meta.from_dict(
            {
                "pagination": {
                    "page": page,
                    "per_page": size,
                    "previous_page": before,
                    "next_page": following,
                    "last_page": pages.get("last") or (None if following else page),
                    "total_entries": total,
                }
            }
        )


class ListedClient(ResourceClient):
    """The methods of a resource that the API only lists."""

    def _find(self, entries: Iterator[T], slug: str) -> T:
        for entry in entries:
            if entry.slug == slug:  # type: ignore[attr-defined]
                return entry
        raise NotFoundError("not_found", f"there is no {slug!r} among {self._base_url}", None, http_status=404)


def _in_query(url: str, name: str) -> int | None:
    found = parse_qs(urlsplit(url).query).get(name, [""])[-1]
    return int(found) if found.isdecimal() else None


_COLLECTIONS = {"droplet": "droplets", "image": "images"}


class ResourceLink(Link[T]):
    """The resource that ``resource_id`` and ``resource_type`` name; None if it is of a kind that is not here."""

    def __init__(self) -> None:
        super().__init__("", source=("resource_id", "resource_type"))

    def _target(self, raw: Mapping[str, Any]) -> tuple[str | None, int | None]:
        identity = raw.get("resource_id")
        if isinstance(identity, str) and identity.isdecimal():
            identity = int(identity)
        return _COLLECTIONS.get(raw.get("resource_type", "")), identity if isinstance(identity, int) else None

    def convert(self, holder: BaseDomain, raw: Any) -> Any:
        collection, identity = self._target(raw)
        if collection is None or identity is None:
            return None
        kind = bound_model(self.owner.__module__.rsplit(".", 2)[0], collection)
        if holder._client is None:
            return kind.model(id=identity)
        return kind._linked(holder._client, {"id": identity}, holder._batch, complete=False)

    def accept(self, holder: BaseDomain, value: Any) -> Any:
        return value

    def partials(self, raw: Any, collection: str, found: dict[Any, None]) -> None:
        of, identity = self._target(raw)
        if of == collection and identity is not None:
            found[identity] = None

    def reaches(self, collection: str, seen: set[type]) -> bool:
        return collection in _COLLECTIONS.values()
