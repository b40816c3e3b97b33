"""Server types for a transfer: the cheapest ones that fit, in the locations where they can be created."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from .._arguments import check_reference
from .._exceptions import InvalidArgumentError

if TYPE_CHECKING:
    from .. import Client
    from ..locations import Location
    from ..server_types import BoundServerType, ServerType
    from .client import BoundImage
    from .domain import Architecture

__all__ = ["Offer", "Requirements", "base_image", "check_place", "find_offers", "is_named"]

GB = 10**9


class Offer(NamedTuple):
    """A server type in a location where it is available."""

    server_type: BoundServerType
    """Server type."""
    location: str
    """Name of the location."""


class Requirements(NamedTuple):
    """Requirements of a transfer for its server."""

    architecture: Architecture
    """CPU architecture."""
    disk: int = 0
    """Minimum size of the disk, in bytes."""
    server_type: ServerType | str | int | None = None
    """Server type, by ID or name; any by default."""
    location: Location | str | int | None = None
    """Location, by ID or name; any by default."""
    smallest_first: bool = False
    """If true, a smaller disk is preferred to a lower price."""


def check_place(server_type: Any, location: Any) -> tuple[Any, Any]:
    """Return the arguments for the server of a transfer, with IDs as integers.

    :raises InvalidArgumentError: if one of them names no server type or location
    """
    if server_type is not None:
        server_type = check_reference("server_type", server_type, "ServerType")
    if location is not None:
        location = check_reference("location", location, "Location")
    return server_type, location


def find_offers(client: Client, requirements: Requirements) -> list[Offer]:
    """Return the server types that fit, with each location where they are available, the cheapest first.

    Deprecated types are left out, as they are about to be removed.

    :raises InvalidArgumentError: if there is none
    """
    architecture, location = requirements.architecture, requirements.location
    types = _fitting_types(client, requirements)
    offers = []
    for candidate in types:
        prices = {price["location"]: Decimal(price["price_hourly"]["gross"]) for price in candidate.prices}
        for place in candidate.locations:
            name = place.location.name
            is_wanted = location is None or is_named(place.location, location)
            if is_wanted and name in prices and place.available and place.deprecation is None:
                key = (prices[name], candidate.disk)
                offers.append((key[::-1] if requirements.smallest_first else key, Offer(candidate, name)))
    places = [place.location for candidate in types for place in candidate.locations]
    if location is not None and not any(is_named(place, location) for place in places):
        raise InvalidArgumentError(f"no server type for {architecture} that fits is offered in {_name(location)!r}")
    if not offers:
        place_text = "" if location is None else f" in {_name(location)}"
        raise InvalidArgumentError(f"no server type for {architecture} that fits is available{place_text} now")
    return [offer for _, offer in sorted(offers, key=lambda entry: entry[0])]


def _fitting_types(client: Client, requirements: Requirements) -> list[BoundServerType]:
    """Return the server types that fit, wherever they are available.

    :raises InvalidArgumentError: if there is none
    """
    architecture, disk, server_type, *_ = requirements
    types = client.server_types.get_all()
    if server_type is not None:
        types = [candidate for candidate in types if is_named(candidate, server_type)]
        if not types:
            raise InvalidArgumentError(f"there is no server type {_name(server_type)!r}")
    types = [candidate for candidate in types if candidate.architecture == architecture]
    if not types:
        raise InvalidArgumentError(f"server type {_name(server_type)!r} has another architecture than {architecture}")
    largest = max(candidate.disk for candidate in types)
    types = [candidate for candidate in types if candidate.disk * GB >= disk]
    if not types:
        raise InvalidArgumentError(f"the image needs a disk of {disk / GB:.1f} GB, but the largest has {largest:g} GB")
    return types


def is_named(candidate: BoundServerType | Location, wanted: object) -> bool:
    """Return True if an argument names a server type or location: by an object, an ID or a name."""
    if isinstance(wanted, (str, int)):
        return str(wanted) in (candidate.name, str(candidate.id))
    identity = getattr(wanted, "id", None)
    return candidate.id == identity if identity is not None else candidate.name == getattr(wanted, "name", None)


def _name(wanted: object) -> object:
    if isinstance(wanted, (str, int)):
        return wanted
    return getattr(wanted, "name", None) or getattr(wanted, "id", None) or wanted


def base_image(client: Client, architecture: Architecture) -> BoundImage:
    """Return an image for a server whose disk is going to be overwritten, Debian if there is one.

    :raises InvalidArgumentError: if there is none for this architecture
    """
    images = client.images.get_all(type=["system"], architecture=[architecture], status=["available"])
    images = [image for image in images if image.deprecation is None] or images
    if not images:
        raise InvalidArgumentError(f"there is no system image for {architecture} to create a server from")
    return max(images, key=lambda image: (image.os_flavor == "debian", image.id))
