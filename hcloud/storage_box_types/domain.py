from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..core import Always, Nested, Resource, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..server_types import Price

__all__ = ["StorageBoxType", "StorageBoxTypePrice"]


class StorageBoxTypePrice(TypedDict):
    """Prices of a storage box type in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    """Price per hour."""
    price_monthly: Price
    """Upper limit of the price per month."""
    setup_fee: Price
    """One-time setup fee."""


@record
class StorageBoxType(Resource, by_name=True, shown=("size",)):
    """Limits and prices of a storage box. See "Storage Box Types" in the API reference."""

    name: Always[str] = Always()
    """Unique name, such as ``bx11``."""
    description: Always[str] = Always()
    """Description, as free text."""
    snapshot_limit: int | None = None
    """Maximum number of manual snapshots."""
    automatic_snapshot_limit: int | None = None
    """Maximum number of snapshots of a snapshot plan."""
    subaccounts_limit: Always[int] = Always()
    """Maximum number of subaccounts."""
    size: Always[int] = Always()
    """Storage capacity, in bytes."""
    prices: Always[list[StorageBoxTypePrice]] = Always()
    """Prices, one entry per location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates; None if it is not deprecated."""
