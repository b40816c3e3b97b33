"""ISOs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, Filters, ListPage
from hcloud.testing.resource import Body, FakeResource, operation
from hcloud.testing.schema import Record, Ref

__all__ = ["IsoRef", "Isos"]

IsoRef = Annotated[Record, Ref("isos")]

_ARCHITECTURE = Filter("architecture", ("x86", "arm"))
_ANY_ARCHITECTURE = Filter("include_architecture_wildcard", value_type=bool)


class Isos(FakeResource):
    """What can be put into a server's virtual drive."""

    collection = "isos"
    singular = "iso"
    filters: Filters = (Filter("name"),)

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
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
