"""Placement groups: how servers are spread over hosts."""

from __future__ import annotations

from .client import BoundPlacementGroup, PlacementGroupsClient, PlacementGroupsPageResult
from .domain import CreatePlacementGroupResponse, PlacementGroup, PlacementGroupSort, PlacementGroupType

__all__ = [
    "BoundPlacementGroup",
    "CreatePlacementGroupResponse",
    "PlacementGroup",
    "PlacementGroupSort",
    "PlacementGroupType",
    "PlacementGroupsClient",
    "PlacementGroupsPageResult",
]
