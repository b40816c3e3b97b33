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
    """Regions, the same in all accounts."""

    collection = "regions"
    singular = "region"
    named_by = "slug"
    paths: Names = ("slug",)
    single = False

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the regions of the catalogue."""
        return catalogue.regions()
