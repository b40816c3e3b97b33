"""Regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from ..schema import Record, Ref
from . import catalogue
from .resource import Resource

__all__ = ["RegionRef", "Regions"]

RegionRef = Annotated[Record, Ref("regions")]


class Regions(Resource):
    """Where things can be."""

    collection = "regions"
    singular = "region"
    named_by = "slug"
    paths = ("slug",)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.regions()

    def get(self, record: Record) -> Record:
        """One of them; the API has no operation for that."""
        return self.show(record)
