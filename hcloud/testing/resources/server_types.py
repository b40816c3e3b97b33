"""Server types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from .. import catalogue
from ..listing import Filter, Filters
from ..resource import FakeResource
from ..schema import Record, Ref

__all__ = ["ServerTypeRef", "ServerTypes"]

ServerTypeRef = Annotated[Record, Ref("server_types")]


class ServerTypes(FakeResource):
    """Types of servers, with their cores, memory, disk, locations and prices."""

    collection = "server_types"
    singular = "server_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the types of the catalogue."""
        return catalogue.server_types()
