from __future__ import annotations

from typing import Final, NamedTuple

from ...core import BoundModelBase, Meta, bound, endpoint, every_item, every_page
from .._resource import ResourceClient
from .domain import Snapshot, SnapshotResourceType

__all__ = ["BoundSnapshot", "SnapshotsClient", "SnapshotsPageResult"]


class SnapshotsPageResult(NamedTuple):
    snapshots: list[BoundSnapshot]
    meta: Meta


class SnapshotsClient(ResourceClient):
    """Snapshots of an account."""

    _base_url = "/snapshots"

    @endpoint("GET /snapshots/{id}")
    def get_by_id(self, id: int | str) -> BoundSnapshot:
        """Return a snapshot."""

    @endpoint("GET /snapshots")
    def get_list(
        self, resource_type: SnapshotResourceType | None = None, page: int | None = None, per_page: int | None = None
    ) -> SnapshotsPageResult:
        """Return a page of snapshots.

        :param resource_type: Only return snapshots of this type of resource
        """

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)

    @endpoint("DELETE /snapshots/{snapshot.id}")
    def delete(self, snapshot: Snapshot | str | int) -> bool:
        """Delete the snapshot."""


class BoundSnapshot(BoundModelBase[Snapshot], Snapshot, collection="snapshots", key="snapshot"):
    delete: Final = bound(SnapshotsClient.delete)
