from __future__ import annotations

from typing import Literal

from ..core import Always, Resource, record

__all__ = ["Location", "LocationSort"]

LocationSort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class Location(Resource, by_name=True, shown=("city", "country", "network_zone")):
    """A place where resources are hosted. See "Locations" in the API reference."""

    name: Always[str] = Always()
    """Unique name, such as ``fsn1``."""
    description: Always[str] = Always()
    """Description, as free text."""
    country: Always[str] = Always()
    """Country, as ISO 3166-1 alpha-2 code such as ``DE``."""
    city: Always[str] = Always()
    """Nearest city."""
    latitude: Always[float] = Always()
    """Latitude of the city, in degrees north."""
    longitude: Always[float] = Always()
    """Longitude of the city, in degrees east."""
    network_zone: Always[str] = Always()
    """Network zone of the location, such as ``eu-central``."""
