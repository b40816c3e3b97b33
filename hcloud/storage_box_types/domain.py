from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..core import Nested, Resource, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..server_types import Price

__all__ = ["StorageBoxType", "StorageBoxTypePrice"]


class StorageBoxTypePrice(TypedDict):
    """What a storage box type costs in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    price_monthly: Price
    """The most that a month costs."""
    setup_fee: Price
    """What it costs once."""


@record
class StorageBoxType(Resource, by_name=True):
    """What a storage box holds and what it costs. See "Storage Box Types" in the API reference."""

    name: str | None = None
    """Unique name, such as ``bx11``."""
    description: str | None = None
    """What it is, in words."""
    snapshot_limit: int | None = None
    """How many snapshots can be taken by hand."""
    automatic_snapshot_limit: int | None = None
    """How many snapshots a snapshot plan keeps at most."""
    subaccounts_limit: int | None = None
    """How many subaccounts it can have."""
    size: int | None = None
    """How many bytes it holds."""
    prices: list[StorageBoxTypePrice] | None = None
    """What it costs, by location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """When it is retired; None if it is not about to be."""
