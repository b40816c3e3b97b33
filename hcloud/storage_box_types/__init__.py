"""Storage box types: how much a storage box holds, and what it costs."""

from __future__ import annotations

from .client import BoundStorageBoxType, StorageBoxTypesClient, StorageBoxTypesPageResult
from .domain import StorageBoxType, StorageBoxTypePrice

__all__ = [
    "BoundStorageBoxType",
    "StorageBoxType",
    "StorageBoxTypePrice",
    "StorageBoxTypesClient",
    "StorageBoxTypesPageResult",
]
