from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..core import Always, BaseDomain, Link, Nested, NestedList, Received, Resource, Retired, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..locations import BoundLocation

__all__ = ["Price", "ServerType", "ServerTypeLocation", "TypePrice"]


class Price(TypedDict):
    """An amount in the currency of the project, as decimal text."""

    net: str
    """Amount without VAT."""
    gross: str
    """Amount with VAT."""


class TypePrice(TypedDict):
    """Prices of a server or load balancer type in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    """Price per hour."""
    price_monthly: Price
    """Upper limit of the price per month."""
    included_traffic: int
    """Outgoing traffic per month that is free of charge, in bytes."""
    price_per_tb_traffic: Price
    """Price per TB of additional traffic."""


@record
class ServerTypeLocation(BaseDomain, Received):
    """Availability of a server type in a location."""

    location: Link[BoundLocation] = Link("locations", source=("id", "name"))
    """Location of the server type."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates in the location; None if the type is not deprecated there."""
    available: Always[bool] = Always()
    """True if servers of the type can be created in the location at present."""
    recommended: Always[bool] = Always()
    """True if Hetzner recommends the type in the location."""


@record
class ServerType(Resource, by_name=True, shown=("cores", "memory", "disk", "cpu_type", "architecture")):
    """Hardware and prices of a server. See "Server Types" in the API reference."""

    name: Always[str] = Always()
    """Unique name, such as ``cx23``."""
    description: Always[str] = Always()
    """Description, as free text."""
    category: str | None = None
    """Category of the type, such as ``Cost-Optimized``."""
    cores: Always[int] = Always()
    """Number of CPU cores."""
    memory: Always[float] = Always()
    """Memory, in GB."""
    disk: Always[float] = Always()
    """Disk size, in GB."""
    prices: Always[list[TypePrice]] = Always()
    """Prices, one entry per location."""
    storage_type: Always[Literal["local", "network"]] = Always()
    """Storage of the disk: ``local`` or ``network``."""
    cpu_type: Always[Literal["shared", "dedicated"]] = Always()
    """Allocation of the cores: ``shared`` with other servers, or ``dedicated``."""
    architecture: Always[Literal["x86", "arm"]] = Always()
    """CPU architecture: ``x86`` or ``arm``."""
    deprecated: Retired[bool | None] = Retired("Please use the '.locations[].deprecation' property instead.")
    """True if the type is deprecated.

    .. deprecated:: 2.6.0
        Use the ``deprecation`` of its :attr:`locations`.
    """
    deprecation: Retired[DeprecationInfo | None] = Retired(
        "Please use the '.locations[].deprecation' property instead.", Nested(DeprecationInfo)
    )
    """Deprecation dates; None if it is not deprecated.

    .. deprecated:: 2.6.0
        Use the ``deprecation`` of its :attr:`locations`.
    """
    included_traffic: Retired[int | None] = Retired("Please use the '.prices[].included_traffic' property instead.")
    """Outgoing traffic per month that is free of charge, in bytes.

    .. deprecated:: 2.1.0
        Use the ``included_traffic`` of the :attr:`prices`; the API no longer sends this field.
    """
    locations: NestedList[list[ServerTypeLocation]] = NestedList(ServerTypeLocation)
    """Locations of the type, with its availability there."""
