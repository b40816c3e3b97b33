from __future__ import annotations

from typing import Literal

from ..core import Resource, record

__all__ = ["Location", "LocationSort"]

LocationSort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class Location(Resource, by_name=True, shown=("city", "country", "network_zone")):
    """A place where resources are hosted. See "Locations" in the API reference."""

    name: str | None = None
    """Unique name, such as ``fsn1``."""
    description: str | None = None
    """Description, as free text."""
    country: str | None = None
    """Country, as ISO 3166-1 alpha-2 code such as ``DE``."""
    city: str | None = None
    """Nearest city."""
    latitude: float | None = None
    """Latitude of the city, in degrees north."""
    longitude: float | None = None
    """Longitude of the city, in degrees east."""
    network_zone: str | None = None
    """Network zone of the location, such as ``eu-central``."""
