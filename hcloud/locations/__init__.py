"""Locations: the places that resources can be in."""

from __future__ import annotations

from .client import BoundLocation, LocationsClient, LocationsPageResult
from .domain import Location, LocationSort

__all__ = ["BoundLocation", "Location", "LocationSort", "LocationsClient", "LocationsPageResult"]
