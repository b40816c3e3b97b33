"""Server types: how many cores, how much memory and disk a server has, and what it costs."""

from __future__ import annotations

from .client import BoundServerType, ServerTypesClient, ServerTypesPageResult
from .domain import Price, ServerType, ServerTypeLocation, TypePrice

__all__ = [
    "BoundServerType",
    "Price",
    "ServerType",
    "ServerTypeLocation",
    "ServerTypesClient",
    "ServerTypesPageResult",
    "TypePrice",
]
