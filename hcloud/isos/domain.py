from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..core import Nested, Renamed, Resource, record
from ..deprecation import DeprecationInfo

__all__ = ["Iso", "IsoType"]

IsoType = Literal["public", "private"]


@record
class Iso(Resource, by_name=True):
    """An image of a disc that a server can boot from. See "ISOs" in the API reference."""

    name: str | None = None
    """Unique name; only public ones have one."""
    type: IsoType | None = None
    """Whether all may use it, or only the project."""
    architecture: Literal["x86", "arm"] | None = None
    """The CPU that it runs on; None where that is not known."""
    description: str | None = None
    """What it is, in words."""
    deprecated: Renamed[datetime | None] = Renamed(
        "deprecation.unavailable_after", "Please use the '.deprecation' property instead."
    )
    """From when on it can't be attached any more.

    .. deprecated:: 1.33
        Use :attr:`deprecation`.
    """
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """When it is retired; None if it is not about to be."""
