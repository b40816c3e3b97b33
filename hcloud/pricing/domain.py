from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..core import BaseDomain, Nested, NestedList, Received, record

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
    """Price of a floating IP in a location."""

    location: str
    """Name of the location."""
    price_monthly: Price
    """Price per month."""


class PrimaryIPPrice(TypedDict):
    """Prices of a primary IP in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    """Price per hour."""
    price_monthly: Price
    """Upper limit of the price per month."""


@record
class FloatingIPPricing(BaseDomain, Received):
    """Price of a floating IP in any location."""

    price_monthly: Price
    """Price per month."""


@record
class FloatingIPTypePricing(BaseDomain, Received):
    """Prices of a floating IP of one type."""

    type: Literal["ipv4", "ipv6"]
    """Type of the IP: ``ipv4`` or ``ipv6``."""
    prices: list[FloatingIPPrice]
    """Prices, one entry per location."""


@record
class PrimaryIPPricing(BaseDomain, Received):
    """Prices of a primary IP of one type."""

    type: Literal["ipv4", "ipv6"]
    """Type of the IP: ``ipv4`` or ``ipv6``."""
    prices: list[PrimaryIPPrice]
    """Prices, one entry per location."""


@record
class StoragePricing(BaseDomain, Received):
    """Price of a volume or an image, by size."""

    price_per_gb_month: Price
    """Price per GB and month."""


@record
class BackupPricing(BaseDomain, Received):
    """Price of the backups of a server."""

    percentage: str
    """Percentage of the price of the server, as decimal text."""


@record
class TypePricing(BaseDomain, Received, shown=()):
    """Prices of a server or load balancer of one type."""

    id: int
    """ID of the type."""
    name: str
    """Name of the type."""
    prices: list[TypePrice]
    """Prices, one entry per location."""


@record
class Pricing(BaseDomain, Received, shown=("currency", "vat_rate")):
    """The prices of all resources. See "Pricing" in the API reference."""

    _key = "pricing"

    currency: str
    """Currency of all prices, as ISO 4217 code such as ``EUR``."""
    vat_rate: str
    """VAT rate of gross prices in percent, as decimal text."""
    server_types: NestedList[list[TypePricing]] = NestedList(TypePricing)
    """Prices of servers, one entry per type."""
    server_backup: Nested[BackupPricing] = Nested(BackupPricing)
    """Price of the backups of servers."""
    load_balancer_types: NestedList[list[TypePricing]] = NestedList(TypePricing)
    """Prices of load balancers, one entry per type."""
    volume: Nested[StoragePricing] = Nested(StoragePricing)
    """Price of volumes."""
    image: Nested[StoragePricing] = Nested(StoragePricing)
    """Price of snapshots."""
    primary_ips: NestedList[list[PrimaryIPPricing]] = NestedList(PrimaryIPPricing)
    """Prices of primary IPs, one entry per type."""
    floating_ips: NestedList[list[FloatingIPTypePricing]] = NestedList(FloatingIPTypePricing)
    """Prices of floating IPs, one entry per type."""
    floating_ip: Nested[FloatingIPPricing | None] = Nested(FloatingIPPricing)
    """Price of a floating IP, deprecated by the API; use :attr:`floating_ips`."""
