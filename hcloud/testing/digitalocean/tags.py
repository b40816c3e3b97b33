"""Tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, not_found
from ..listing import Names
from ..resource import Body, operation
from ..schema import Record
from .resource import FakeDigitalOceanResource

__all__ = ["Tags"]

_API = "https://api.digitalocean.com/v2"
_COLLECTIONS = {"droplet": "droplets", "image": "images", "volume": "volumes", "volume_snapshot": "volume_snapshots"}


_is_name = re.compile(r"[a-zA-Z0-9_:-]{1,255}").fullmatch


class _Tagged(TypedDict):
    resource_id: str
    resource_type: Literal["droplet", "image", "volume", "volume_snapshot"]


class Tags(FakeDigitalOceanResource):
    """Names that group resources."""

    collection = "tags"
    singular = "tag"
    paths: Names = ("name",)

    @operation("POST /")
    def create(self, *, name: str) -> Body:
        """Make a tag; one that is there stays."""
        if not _is_name(name):
            raise ErrorResponse("tag_refused", f"{name!r} is no name of a tag", status=400)
        self.names([name])
        return {"tag": self[name]}

    @operation("DELETE /{id}")
    def delete(self, tag: Record) -> None:
        """Delete it, and take it off everything."""
        for collection in ("droplets", "images"):
            for record in self.project[collection]:
                self.take_off(tag["name"], record)
        self.remove(tag)

    @operation("POST /{id}/resources", status=204)
    def assign(self, tag: Record, *, resources: list[_Tagged]) -> None:
        """Put it on resources."""
        for record in [self._resource(each) for each in resources]:
            self.take_off(tag["name"], record)
            record["tags"] = [*(record["tags"] or ()), tag["name"]]

    @operation("DELETE /{id}/resources", in_body=True)
    def unassign(self, tag: Record, *, resources: list[_Tagged]) -> None:
        """Take it off resources."""
        for record in [self._resource(each) for each in resources]:
            self.take_off(tag["name"], record)

    def names(self, wanted: Iterable[str] | None) -> list[str]:
        """The names of tags, which are there from then on.

        :raises ErrorResponse: one is no name of a tag, or there is no room for those that are new.
        """
        names = list(dict.fromkeys(wanted or ()))
        for name in names:
            if not _is_name(name):
                raise invalid("tags", f"{name!r} is no name of a tag")
        new = [name for name in names if name not in self]
        self.check_room({}, len(new))
        for name in new:
            self.add({"id": self.new_id(), "name": name})
        return names

    def take_off(self, name: str, record: Record) -> None:
        """Take a tag off a record."""
        record["tags"] = [each for each in record["tags"] or () if each != name]

    def show(self, record: Record) -> Record:
        """A tag as the API writes it."""
        resources: Record = {}
        for kind in ("droplets", "images"):
            having = [each["id"] for each in self.project[kind] if record["name"] in (each["tags"] or ())]
            last: Any = {"last_tagged_uri": f"{_API}/{kind}/{having[-1]}"} if having else {}
            resources[kind] = {"count": len(having), **last}
        resources |= {kind: {"count": 0} for kind in ("volumes", "volume_snapshots", "databases")}
        total = sum(each["count"] for each in resources.values())
        last = next((each for each in resources.values() if "last_tagged_uri" in each), {})
        return {"name": record["name"], "resources": {**last, "count": total, **resources}}

    def _resource(self, ref: _Tagged) -> Record:
        collection = self.project.resources.get(_COLLECTIONS[ref["resource_type"]])
        found = (
            collection.records.get(int(ref["resource_id"])) if collection and ref["resource_id"].isdecimal() else None
        )
        # What is offered to all is nobody's to tag.
        if found is None or found.get("public"):
            raise not_found(ref["resource_type"], ref["resource_id"])
        return found
