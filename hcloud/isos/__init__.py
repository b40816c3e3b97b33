"""ISO images: what a server can boot from instead of its disk."""

from __future__ import annotations

from .client import BoundIso, IsosClient, IsosPageResult
from .domain import Iso, IsoType

__all__ = ["BoundIso", "Iso", "IsoType", "IsosClient", "IsosPageResult"]
