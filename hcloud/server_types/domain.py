from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..core import BaseDomain, Link, Nested, NestedList, Resource, Retired, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..locations import BoundLocation

__all__ = ["Price", "ServerType", "ServerTypeLocation", "TypePrice"]


class Price(TypedDict):
    """An amount of the project's currency, as decimal text."""

    net: str
    """Without VAT."""
    gross: str
    """With VAT."""


class TypePrice(TypedDict):
    """What a type costs in a location."""

    location: str
    """Name of the location."""
    price_hourly: Price
    price_monthly: Price
    """The most that a month costs."""
    included_traffic: int
    """Bytes of traffic a month that cost nothing."""
    price_per_tb_traffic: Price
    """For each TB of traffic beyond."""


@record
class ServerTypeLocation(BaseDomain):
    """A location that has a server type."""

    location: Link[BoundLocation] = Link("locations", source=("id", "name"))
    """The location."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """When the type is retired there; None if it is not about to be."""
    available: bool | None = None
    """Whether a server of the type can be created there now."""
    recommended: bool | None = None
    """Whether Hetzner recommends the type there."""


@record
class ServerType(Resource, by_name=True):
    """What a server is made of and what it costs. See "Server Types" in the API reference."""

    name: str | None = None
    """Unique name, such as ``cx23``."""
    description: str | None = None
    """What it is, in words."""
    category: str | None = None
    """The line of types that it belongs to."""
    cores: int | None = None
    """How many CPU cores it has."""
    memory: float | None = None
    """Memory in GB."""
    disk: float | None = None
    """Disk in GB."""
    prices: list[TypePrice] | None = None
    """What it costs, by location."""
    storage_type: Literal["local", "network"] | None = None
    """Where the disk is."""
    cpu_type: Literal["shared", "dedicated"] | None = None
    """Whether the cores are shared with other servers."""
    architecture: Literal["x86", "arm"] | None = None
    """Its CPU."""
    deprecated: Retired[bool | None] = Retired("Please use the '.locations[].deprecation' property instead.")
    """Whether it is about to be retired.

    .. deprecated:: 2.6.0
        Use the ``deprecation`` of its :attr:`locations`.
    """
    deprecation: Retired[DeprecationInfo | None] = Retired(
        "Please use the '.locations[].deprecation' property instead.", Nested(DeprecationInfo)
    )
    """When it is retired; None if it is not about to be.

    .. deprecated:: 2.6.0
        Use the ``deprecation`` of its :attr:`locations`.
    """
    included_traffic: Retired[int | None] = Retired("Please use the '.prices[].included_traffic' property instead.")
    """Bytes of traffic a month that cost nothing.

    .. deprecated:: 2.1.0
        The API does not send it any more: it is part of each of the :attr:`prices`.
    """
    locations: NestedList[list[ServerTypeLocation] | None] = NestedList(ServerTypeLocation)
    """Where it can be had."""
