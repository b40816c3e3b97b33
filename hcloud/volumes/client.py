from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from .._exceptions import InvalidArgumentError
from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page, instead
from .domain import CreateVolumeResponse, Volume, VolumeFormat, VolumeSort, VolumeStatus

if TYPE_CHECKING:
    from ..locations import Location
    from ..servers import Server

__all__ = ["BoundVolume", "VolumesClient", "VolumesPageResult"]


class VolumesPageResult(NamedTuple):
    volumes: list[BoundVolume]
    meta: Meta


class VolumesClient(HasActions, HasNames["BoundVolume"]):
    """The volumes of a project."""

    _base_url = "/volumes"

    @endpoint("GET /volumes")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        status: Sequence[VolumeStatus] | None = None,
        *,
        sort: Sequence[VolumeSort] | None = None,
    ) -> VolumesPageResult:
        """Return a page of volumes."""

    get_all: Final = every_page(get_list, positional=("label_selector", "status"))

    @endpoint("POST /volumes")
    def create(
        self,
        size: int,
        name: str,
        labels: dict[str, str] | None = None,
        location: Location | str | int | None = None,
        server: Server | int | None = None,
        automount: bool | None = None,
        format: VolumeFormat | None = None,
    ) -> CreateVolumeResponse:
        """Create a volume, in a location or attached to a server.

        :param size: Size in GB, from 10 to 10240
        :param server: Server to attach the volume to, instead of ``location``
        :param automount: If true, mount the volume on the server
        :param format: File system to create on the volume; none by default
        :raises InvalidArgumentError: if ``size`` is not a positive integer, or unless exactly one of ``location`` and
            ``server`` is passed
        """
        if not isinstance(cast("object", size), int):
            raise InvalidArgumentError(f"size must be an integer (GB), not {size!r}")
        if size <= 0:
            raise InvalidArgumentError("size must be greater than 0")
        if (location is None) == (server is None):
            raise InvalidArgumentError("only one of server or location must be provided")
        return instead()

    @endpoint("GET /volumes/{volume.id}/actions")
    def get_actions_list(
        self,
        volume: Volume | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the volume."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("PUT /volumes/{volume.id}")
    def update(
        self, volume: Volume | int, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundVolume:
        """Change the volume's name or labels."""

    @endpoint("DELETE /volumes/{volume.id}")
    def delete(self, volume: Volume | int) -> bool:
        """Delete the volume and its data; it must not be attached."""

    @endpoint("POST /volumes/{volume.id}/actions/resize")
    def resize(self, volume: Volume | int, size: int) -> BoundAction:
        """Enlarge the volume; its file system is not resized.

        :param size: New size in GB, larger than the present one
        """

    @endpoint("POST /volumes/{volume.id}/actions/attach")
    def attach(self, volume: Volume | int, server: Server | int, automount: bool | None = None) -> BoundAction:
        """Attach the volume to a server.

        :param server: Server in the same location
        """

    @endpoint("POST /volumes/{volume.id}/actions/detach")
    def detach(self, volume: Volume | int) -> BoundAction:
        """Detach the volume from its server."""

    @endpoint("POST /volumes/{volume.id}/actions/change_protection")
    def change_protection(self, volume: Volume | int, delete: bool | None = None) -> BoundAction:
        """Change the protection of the volume."""


class BoundVolume(HasBoundActions[Volume], Volume, collection="volumes", key="volume"):
    get_actions_list: Final = bound(VolumesClient.get_actions_list)
    get_actions: Final = bound(VolumesClient.get_actions)
    update: Final = bound(VolumesClient.update)
    delete: Final = bound(VolumesClient.delete)
    attach: Final = bound(VolumesClient.attach)
    detach: Final = bound(VolumesClient.detach)
    resize: Final = bound(VolumesClient.resize)
    change_protection: Final = bound(VolumesClient.change_protection)
