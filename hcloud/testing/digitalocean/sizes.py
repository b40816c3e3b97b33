"""Sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from ..listing import Names
from ..schema import Record, Ref
from . import catalogue
from .resource import FakeDigitalOceanResource

__all__ = ["SizeRef", "Sizes"]

SizeRef = Annotated[Record, Ref("sizes")]


class Sizes(FakeDigitalOceanResource):
    """What droplets are made of."""

    collection = "sizes"
    singular = "size"
    named_by = "slug"
    paths: Names = ("slug",)
    single = False

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The known ones."""
        return catalogue.sizes()
