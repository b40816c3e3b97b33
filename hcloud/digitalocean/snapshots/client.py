from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ..._exceptions import InvalidArgumentError
from ...core import Meta, bound, endpoint, every_item, every_page, instead
from .._resource import ResourceClient
from ..actions import BoundAction
from ..tags import HasTags
from .domain import Snapshot, SnapshotResourceType

if TYPE_CHECKING:
    from ..images import BoundImage
    from ..regions import Region, RegionSlug

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

    @endpoint("POST /images/{snapshot.id}/actions", body={"type": "transfer"})
    def transfer(self, snapshot: Snapshot | int, region: Region | RegionSlug) -> BoundAction:
        """Copy the snapshot of a droplet to another region; snapshots of volumes can't be copied.

        :param region: Region to copy the snapshot to
        :raises InvalidArgumentError: if it is the snapshot of a volume
        """
        if isinstance(snapshot, Snapshot) and isinstance(snapshot.id, str):
            raise InvalidArgumentError(f"transfer(): {snapshot!r} is not the snapshot of a droplet; nothing was sent")
        return instead()

    @endpoint("DELETE /snapshots/{snapshot.id}")
    def delete(self, snapshot: Snapshot | str | int) -> bool:
        """Delete the snapshot."""


class BoundSnapshot(HasTags[Snapshot], Snapshot, collection="snapshots", key="snapshot"):
    transfer: Final = bound(SnapshotsClient.transfer)
    delete: Final = bound(SnapshotsClient.delete)

    def _change_tags(self, added: str | None = None, removed: str | None = None) -> None:
        super()._change_tags(added, removed)
        image: BoundImage | None = self.__dict__.get("image")  # only if it was read before
        if image is not None:
            image._change_tags(added, removed)
