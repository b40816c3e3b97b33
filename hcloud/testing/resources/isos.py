"""ISOs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.listing import Filter, Filters, Page
from hcloud.testing.resource import Body, Resource, operation
from hcloud.testing.schema import Record, Ref
from hcloud.testing.wire import Query

__all__ = ["IsoRef", "Isos"]

IsoRef = Annotated[Record, Ref("isos")]

_ARCHITECTURE = Filter("architecture", ("x86", "arm"))
_ANY_ARCHITECTURE = Filter("include_architecture_wildcard", kind=bool)


class Isos(Resource):
    """What can be put into a server's virtual drive."""

    collection = "isos"
    singular = "iso"
    filters: Filters = (Filter("name"),)

    @operation("GET /")
    def get_list(self, *, query: Query) -> Page | Body:
        """The ISOs that the query asks for; those of no particular architecture only if it says so."""
        wanted: set[str | None] = {_ARCHITECTURE.read(query)}
        if _ANY_ARCHITECTURE.read(query):
            wanted.add(None)
        records = list(self.records.values())
        if "architecture" in query:
            records = [record for record in records if record["architecture"] in wanted]
        return self.listing.of(records, query)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The public ones."""
        return catalogue.isos()
