from __future__ import annotations

from typing import Literal

from ..core import Resource, record

__all__ = ["Location", "LocationSort"]

LocationSort = Literal["id", "id:asc", "id:desc", "name", "name:asc", "name:desc"]


@record
class Location(Resource, by_name=True):
    """A place that resources can be in. See "Locations" in the API reference."""

    name: str | None = None
    """Unique name, such as ``fsn1``."""
    description: str | None = None
    """What it is, in words."""
    country: str | None = None
    """Two-letter code of its country, by ISO 3166-1."""
    city: str | None = None
    """The city that it is near."""
    latitude: float | None = None
    """Degrees north of the equator."""
    longitude: float | None = None
    """Degrees east of Greenwich."""
    network_zone: str | None = None
    """The network zone that it is part of, such as ``eu-central``."""
