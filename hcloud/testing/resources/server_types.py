"""Server types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.listing import Filter, Filters
from hcloud.testing.resource import FakeResource
from hcloud.testing.schema import Record, Ref

__all__ = ["ServerTypeRef", "ServerTypes"]

ServerTypeRef = Annotated[Record, Ref("server_types")]


class ServerTypes(FakeResource):
    """What servers can be: cores, memory, disk, and where."""

    collection = "server_types"
    singular = "server_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.server_types()
