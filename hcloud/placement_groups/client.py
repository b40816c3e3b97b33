from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, bound, endpoint, every_page
from .domain import CreatePlacementGroupResponse, PlacementGroup, PlacementGroupSort, PlacementGroupType

__all__ = ["BoundPlacementGroup", "PlacementGroupsClient", "PlacementGroupsPageResult"]


class PlacementGroupsPageResult(NamedTuple):
    placement_groups: list[BoundPlacementGroup]
    meta: Meta


class PlacementGroupsClient(HasNames["BoundPlacementGroup"]):
    """The placement groups of a project."""

    _base_url = "/placement_groups"

    @endpoint("GET /placement_groups")
    def get_list(
        self,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        name: str | None = None,
        sort: Sequence[PlacementGroupSort] | None = None,
        type: PlacementGroupType | Sequence[PlacementGroupType] | None = None,
    ) -> PlacementGroupsPageResult:
        """Return a page of placement groups."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /placement_groups")
    def create(
        self, name: str, type: PlacementGroupType, labels: dict[str, str] | None = None
    ) -> CreatePlacementGroupResponse:
        """Create a placement group.

        :param type: Strategy of the placement, ``spread``
        """

    @endpoint("PUT /placement_groups/{placement_group.id}")
    def update(
        self, placement_group: PlacementGroup | int, labels: dict[str, str] | None = None, name: str | None = None
    ) -> BoundPlacementGroup:
        """Change the placement group's labels or name."""

    @endpoint("DELETE /placement_groups/{placement_group.id}")
    def delete(self, placement_group: PlacementGroup | int) -> bool:
        """Delete the placement group; its servers are not moved."""


class BoundPlacementGroup(
    BoundModelBase[PlacementGroup], PlacementGroup, collection="placement_groups", key="placement_group"
):
    update: Final = bound(PlacementGroupsClient.update)
    delete: Final = bound(PlacementGroupsClient.delete)
