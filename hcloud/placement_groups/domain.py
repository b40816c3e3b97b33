from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import Always, BaseDomain, Link, Received, Resource, ResourceSort, Timestamp, record

if TYPE_CHECKING:
    from .client import BoundPlacementGroup

__all__ = ["CreatePlacementGroupResponse", "PlacementGroup", "PlacementGroupSort", "PlacementGroupType"]

PlacementGroupSort = ResourceSort
PlacementGroupType = Literal["spread"]


@record
class PlacementGroup(Resource, shown=("type", "servers")):
    """A group of servers with a common placement strategy. See "Placement Groups" in the API reference."""

    TYPE_SPREAD: ClassVar[Literal["spread"]] = "spread"
    """Type of a group whose servers run on different hosts."""

    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    servers: Always[list[int]] = Always()
    """IDs of the servers in the group."""
    type: Always[PlacementGroupType] = Always()
    """Strategy of the placement: ``spread`` runs each server on a different host."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""


@record
class CreatePlacementGroupResponse(BaseDomain, Received, WaitsForActions):
    """A new placement group, and the action that creates it."""

    placement_group: Link[BoundPlacementGroup] = Link("placement_groups", complete=True)
    """New placement group."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that creates the placement group; None if it exists already."""
