"""ISOs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from .. import catalogue
from ..http import Query
from ..listing import Filter, Filters, ListPage
from ..resource import Body, FakeResource, operation
from ..schema import Record, Ref

__all__ = ["IsoRef", "Isos"]

IsoRef = Annotated[Record, Ref("isos")]

# A guess: two architectures mean either.
_ARCHITECTURE = Filter("architecture", ("x86", "arm"), many=True)
_WILDCARD = Filter("include_architecture_wildcard", value_type=bool)


class Isos(FakeResource):
    """ISO images for the virtual drive of a server."""

    collection = "isos"
    singular = "iso"
    filters: Filters = (Filter("name"),)

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the ISOs that match the query.

        With ``architecture``, ISOs without one are listed only if ``include_architecture_wildcard`` is true.
        """
        records = list(self.records.values())
        architectures: set[str | None] = {*(_ARCHITECTURE.read(query) or ())}
        if _WILDCARD.read(query):
            architectures.add(None)
        if "architecture" in query:
            records = [record for record in records if record["architecture"] in architectures]
        return self.listing.of(records, query)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the public ISOs of the catalogue."""
        return catalogue.isos()
