from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..core import BaseDomain, Nested, NestedList, record

if TYPE_CHECKING:
    from ..server_types import Price, TypePrice

__all__ = [
    "BackupPricing",
    "FloatingIPPrice",
    "FloatingIPPricing",
    "FloatingIPTypePricing",
    "Pricing",
    "PrimaryIPPrice",
    "PrimaryIPPricing",
    "StoragePricing",
    "TypePricing",
]


class FloatingIPPrice(TypedDict):
    """What a floating IP costs in a location."""

    location: str
    """Name of the location."""
    price_monthly: Price


class PrimaryIPPrice(TypedDict):
    """What a primary IP costs in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    price_monthly: Price
    """The most that a month costs."""


@record
class FloatingIPPricing(BaseDomain):
    """What a floating IP costs, wherever it is."""

    price_monthly: Price
    """For a month."""


@record
class FloatingIPTypePricing(BaseDomain):
    """What a floating IP of a type costs."""

    type: Literal["ipv4", "ipv6"]
    """The type."""
    prices: list[FloatingIPPrice]
    """What it costs, by location."""


@record
class PrimaryIPPricing(BaseDomain):
    """What a primary IP of a type costs."""

    type: Literal["ipv4", "ipv6"]
    """The type."""
    prices: list[PrimaryIPPrice]
    """What it costs, by location."""


@record
class StoragePricing(BaseDomain):
    """What a volume or an image costs for its size."""

    price_per_gb_month: Price
    """For each GB in a month."""


@record
class BackupPricing(BaseDomain):
    """What the backups of a server cost."""

    percentage: str
    """Percent of the server's price, as decimal text."""


@record
class TypePricing(BaseDomain):
    """What a server or load balancer of a type costs."""

    id: int
    """ID of the type."""
    name: str
    """Name of the type."""
    prices: list[TypePrice]
    """What it costs, by location."""


@record
class Pricing(BaseDomain):
    """What everything costs. See "Pricing" in the API reference."""

    _key = "pricing"

    currency: str
    """Currency of all prices: its code by ISO 4217, such as ``EUR``."""
    vat_rate: str
    """Percent of VAT in gross prices, as decimal text."""
    server_types: NestedList[list[TypePricing]] = NestedList(TypePricing)
    """Servers, by type."""
    server_backup: Nested[BackupPricing] = Nested(BackupPricing)
    """The backups of servers."""
    load_balancer_types: NestedList[list[TypePricing]] = NestedList(TypePricing)
    """Load balancers, by type."""
    volume: Nested[StoragePricing] = Nested(StoragePricing)
    """Volumes."""
    image: Nested[StoragePricing] = Nested(StoragePricing)
    """Snapshots."""
    primary_ips: NestedList[list[PrimaryIPPricing]] = NestedList(PrimaryIPPricing)
    """Primary IPs, by type."""
    floating_ips: NestedList[list[FloatingIPTypePricing]] = NestedList(FloatingIPTypePricing)
    """Floating IPs, by type."""
    floating_ip: Nested[FloatingIPPricing | None] = Nested(FloatingIPPricing)
    """One price for all floating IPs, which the API is about to drop; :attr:`floating_ips` has what they cost."""
