"""Tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, TypedDict

from ..error_responses import ErrorResponse, invalid, not_found
from ..http import as_number
from ..listing import Names
from ..resource import Body, operation
from ..schema import Record
from .resource import FakeDigitalOceanResource, has_tag

__all__ = ["Tags"]

_API = "https://api.digitalocean.com/v2"
_COLLECTIONS = {"droplet": "droplets", "image": "images", "volume": "volumes", "volume_snapshot": "volume_snapshots"}

_is_valid_name = re.compile(r"[a-zA-Z0-9_:-]{1,255}").fullmatch


class _ResourceReference(TypedDict):
    resource_id: str
    resource_type: Literal["droplet", "image", "volume", "volume_snapshot"]


class Tags(FakeDigitalOceanResource):
    """Tags of droplets and images."""

    collection = "tags"
    singular = "tag"
    paths: Names = ("name",)

    @operation("POST /")
    def create(self, *, name: str) -> Body:
        """Create a tag; an existing one remains as it is, whatever the capitalization of the new name."""
        if not _is_valid_name(name):
            raise ErrorResponse("invalid_tag", f"{name!r} is not a valid tag name", status=400)
        (canonical,) = self.ensure([name])
        return {"tag": self[canonical]}

    @operation("DELETE /{id}")
    def delete(self, tag: Record) -> None:
        """Delete a tag, and remove it from all resources."""
        for collection in ("droplets", "images"):
            for record in self.project[collection]:
                self.remove_from(record, tag["name"])
        self.remove(tag)

    @operation("POST /{id}/resources", status=204)
    def assign(self, tag: Record, *, resources: list[_ResourceReference]) -> None:
        """Assign a tag to resources."""
        for record in [self._resource(reference) for reference in resources]:
            self.remove_from(record, tag["name"])
            record["tags"] = [*(record["tags"] or ()), tag["name"]]

    @operation("DELETE /{id}/resources", in_body=True)
    def unassign(self, tag: Record, *, resources: list[_ResourceReference]) -> None:
        """Remove a tag from resources."""
        for record in [self._resource(reference) for reference in resources]:
            self.remove_from(record, tag["name"])

    def ensure(self, names: Iterable[str] | None) -> list[str]:
        """Create the tags that do not exist, and return the names without duplicates, in their first capitalization.

        :raises ErrorResponse: if a name is invalid, or the new tags would exceed the limit of the account
        """
        known = {tag["name"] for tag in self}
        capitalized = {name.lower(): name for name in known}
        unique = list(dict.fromkeys(capitalized.setdefault(name.lower(), name) for name in names or ()))
        for name in unique:
            if not _is_valid_name(name):
                raise invalid("tags", f"{name!r} is not a valid tag name")
        new = [name for name in unique if name not in known]
        self.check_room({}, len(new))
        for name in new:
            self.add({"id": self.new_id(), "name": name})
        return unique

    def remove_from(self, record: Record, name: str) -> None:
        """Remove a tag from a record."""
        record["tags"] = [tag for tag in record["tags"] or () if tag != name]

    def serialize(self, record: Record) -> Record:
        """Return a tag in the format of the API."""
        statistics: Record = {}
        for collection in ("droplets", "images"):
            ids = [tagged["id"] for tagged in self.project[collection] if has_tag(record["name"], tagged)]
            last: Any = {"last_tagged_uri": f"{_API}/{collection}/{ids[-1]}"} if ids else {}
            statistics[collection] = {"count": len(ids), **last}
        statistics |= {collection: {"count": 0} for collection in ("volumes", "volume_snapshots", "databases")}
        total = sum(counted["count"] for counted in statistics.values())
        last = next((counted for counted in statistics.values() if "last_tagged_uri" in counted), {})
        return {"name": record["name"], "resources": {**last, "count": total, **statistics}}

    def _resource(self, reference: _ResourceReference) -> Record:
        collection = self.project.resources.get(_COLLECTIONS[reference["resource_type"]])
        identity = reference["resource_id"]
        number = as_number(identity)
        record = collection.records.get(number) if collection and number is not None else None
        # Public images can't be tagged.
        if record is None or record.get("public") or record.get("status") == "deleted":
            raise not_found(reference["resource_type"], identity)
        return record
