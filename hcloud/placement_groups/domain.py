from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Resource, ResourceSort, Timestamp, record

if TYPE_CHECKING:
    from .client import BoundPlacementGroup

__all__ = ["CreatePlacementGroupResponse", "PlacementGroup", "PlacementGroupSort", "PlacementGroupType"]

PlacementGroupSort = ResourceSort
PlacementGroupType = Literal["spread"]


@record
class PlacementGroup(Resource):
    """Servers that are placed with regard to each other. See "Placement Groups" in the API reference."""

    TYPE_SPREAD: ClassVar[PlacementGroupType] = "spread"

    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    servers: list[int] | None = None
    """IDs of the servers in it."""
    type: PlacementGroupType | None = None
    """``spread``: no two of its servers run on the same host."""
    created: Timestamp = Timestamp()
    """When it was created."""


@record
class CreatePlacementGroupResponse(BaseDomain, WaitsForActions):
    """A new placement group."""

    placement_group: Link[BoundPlacementGroup] = Link("placement_groups", complete=True)
    """The placement group."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """The action that creates it; None if there is nothing to wait for."""
