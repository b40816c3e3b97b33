"""Sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from ..schema import Record, Ref
from . import catalogue
from .resource import Resource

__all__ = ["SizeRef", "Sizes"]

SizeRef = Annotated[Record, Ref("sizes")]


class Sizes(Resource):
    """What droplets are made of."""

    collection = "sizes"
    singular = "size"
    named_by = "slug"
    paths = ("slug",)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.sizes()

    def get(self, record: Record) -> Record:
        """One of them; the API has no operation for that."""
        return self.show(record)
