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

    def get(self, id_or_name: int | str) -> BoundSnapshot:
        """Return the snapshot with this ID or name.

        A name is looked up in the list of all snapshots, which the API can't search.

        :param id_or_name: ID or name of the snapshot; a text in digits or a UUID is an ID
        :raises NotFoundError: if there is no such snapshot
        :raises AmbiguousNameError: if several snapshots have this name
        """
        return self._get_by_id_or_name(id_or_name, "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

    def get_by_name(self, name: str) -> BoundSnapshot | None:
        """Return the snapshot with this name, from the list of all snapshots; None if there is none.

        :param name: Name of the snapshot
        :raises AmbiguousNameError: if several snapshots have this name
        """
        return self._find_by_name(name)

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
