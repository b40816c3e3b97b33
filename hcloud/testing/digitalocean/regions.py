"""Regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from ..listing import Names
from ..schema import Record, Ref
from . import catalogue
from .resource import FakeDigitalOceanResource

__all__ = ["RegionRef", "Regions"]

RegionRef = Annotated[Record, Ref("regions")]


class Regions(FakeDigitalOceanResource):
    """Where things can be."""

    collection = "regions"
    singular = "region"
    named_by = "slug"
    paths: Names = ("slug",)
    single = False

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.regions()
