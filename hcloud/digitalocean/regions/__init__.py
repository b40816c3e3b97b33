"""Regions: the places that resources can be in."""

from .client import BoundRegion, RegionsClient, RegionsPageResult
from .domain import Region, RegionSlug

__all__ = ["BoundRegion", "Region", "RegionSlug", "RegionsClient", "RegionsPageResult"]
