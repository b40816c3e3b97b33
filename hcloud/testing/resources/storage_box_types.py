"""Storage box types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from hcloud.testing import catalogue
from hcloud.testing.listing import Filter, Filters
from hcloud.testing.resource import FakeResource
from hcloud.testing.schema import Record, Ref

__all__ = ["StorageBoxTypeRef", "StorageBoxTypes"]

StorageBoxTypeRef = Annotated[Record, Ref("storage_box_types")]


class StorageBoxTypes(FakeResource):
    """What storage boxes can be: their size and what they may have."""

    collection = "storage_box_types"
    singular = "storage_box_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.storage_box_types()
