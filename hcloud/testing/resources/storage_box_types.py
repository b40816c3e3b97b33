"""Storage box types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from .. import catalogue
from ..listing import Filter, Filters
from ..resource import FakeResource
from ..schema import Record, Ref

__all__ = ["StorageBoxTypeRef", "StorageBoxTypes"]

StorageBoxTypeRef = Annotated[Record, Ref("storage_box_types")]


class StorageBoxTypes(FakeResource):
    """Types of storage boxes, with their size, limits and prices."""

    collection = "storage_box_types"
    singular = "storage_box_type"
    filters: Filters = (Filter("name"),)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the types of the catalogue."""
        return catalogue.storage_box_types()
