from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page
from ..core.coroutines import blocking
from ..core.references import ListOf
from ..core.warn import warn_caller
from .domain import Architecture, Image, ImageSort, ImageStatus, ImageType

if TYPE_CHECKING:
    from ..servers import Server
    from .retention import Keep
    from .rotation import Rotation

__all__ = ["BoundImage", "ImagesClient", "ImagesPageResult"]


class ImagesPageResult(NamedTuple):
    images: list[BoundImage]
    meta: Meta


class ImagesClient(HasActions, HasNames["BoundImage"]):
    """The images of a project, and those that Hetzner provides."""

    _base_url = "/images"
    _complete_listing: ClassVar = {"include_deprecated": True}

    @endpoint("GET /images")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        bound_to: list[str] | None = None,
        type: Sequence[ImageType] | None = None,
        architecture: Sequence[Architecture] | None = None,
        sort: Sequence[ImageSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
        status: Sequence[ImageStatus] | None = None,
        include_deprecated: bool | None = None,
    ) -> ImagesPageResult:
        """Return a page of images.

        :param bound_to: Only return backups of the servers with these IDs
        :param architecture: Only return images for these CPU architectures
        :param include_deprecated: Also return deprecated images
        """

    get_all: Final = every_page(get_list)

    def get(self, id_or_name: int | str, *, architecture: Architecture | None = None) -> BoundImage:
        """Return the image with this ID or this name; deprecated images are found, too.

        Snapshots and backups have no name. System images have the same name for each CPU architecture.

        :param id_or_name: ID or name of the image; a text in digits is an ID
        :param architecture: CPU architecture, to choose between images with the same name
        :raises NotFoundError: if there is no such image
        :raises AmbiguousNameError: if images for several CPU architectures have this name
        """
        return self._get_by_id_or_name(id_or_name, architecture=architecture)

    def get_by_name(self, name: str) -> BoundImage | None:
        """Return the image with this name, or None.

        .. deprecated:: 1.19
            Use :meth:`get_by_name_and_architecture`.

        :param name: Name of the image
        """
        method = f"{__name__}.ImagesClient.get_by_name"
        warn_caller(f"The '{method}' method is deprecated, please use the '{method}_and_architecture' method instead.")
        return self._get_first_by(self.get_list, name=name)

    def get_by_name_and_architecture(
        self, name: str, architecture: Architecture, *, include_deprecated: bool | None = None
    ) -> BoundImage | None:
        """Return the image with this name for this CPU architecture, or None.

        :param name: Name of the image
        :param architecture: CPU architecture of the image
        :param include_deprecated: Also consider deprecated images
        """
        return self._get_first_by(
            self.get_list, name=name, architecture=[architecture], include_deprecated=include_deprecated
        )

    @endpoint("GET /images/{image.id}/actions")
    def get_actions_list(
        self,
        image: Image | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the image."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("PUT /images/{image.id}")
    def update(
        self,
        image: Image | int,
        description: str | None = None,
        type: Literal["snapshot"] | None = None,
        labels: dict[str, str] | None = None,
    ) -> BoundImage:
        """Change the image's description or labels, or convert a backup into a snapshot.

        :param type: ``snapshot``, to convert a backup into a snapshot, which outlives its server
        """

    @endpoint("DELETE /images/{image.id}")
    def delete(self, image: Image | int) -> bool:
        """Delete the image; it must be a snapshot or a backup."""

    @endpoint("POST /images/{image.id}/actions/change_protection")
    def change_protection(self, image: Image | int, delete: bool | None = None) -> BoundAction:
        """Change the protection of the image; it must be a snapshot."""

    @blocking
    async def rotate(
        self,
        servers: ListOf[Server | int | str],
        *,
        keep: Keep | int,
        name: str,
        dry_run: bool = False,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> Rotation[BoundImage]:
        """Take a snapshot of each server, and delete its oldest ones that are not kept.

        Snapshots are deleted when the new one of the same server is available. A failure for one server does not stop
        the others; it is raised at the end.

        The snapshots of a rotation have the label ``hcloud.rotation`` with its name. All other snapshots of the server
        are ignored, and so are those of a deleted server with the same name.

        :param servers: Servers, or their IDs or names
        :param keep: Number of snapshots to keep of each server, or rules such as ``Keep(daily=7, weekly=4)``
        :param name: Name of the rotation: up to 63 letters, digits, ``.``, ``_`` and ``-``
        :param dry_run: If true, create and delete nothing, but return what would be deleted
        :param timeout: Maximum time to wait for the snapshots, in seconds; no limit by default
        :param on_progress: Function that is called with the actions after each poll, such as :func:`hcloud.progress`
            returns
        :raises HCloudExceptionGroup: if it failed for some servers; its ``result`` has what was done
        """
        from .rotation import ServerRotator

        rotator = ServerRotator(self._parent, servers, keep, name)
        return await rotator.run(dry_run=dry_run, timeout=timeout, on_progress=on_progress)


class BoundImage(HasBoundActions[Image], Image, collection="images", key="image"):
    get_actions_list: Final = bound(ImagesClient.get_actions_list)
    get_actions: Final = bound(ImagesClient.get_actions)
    update: Final = bound(ImagesClient.update)
    delete: Final = bound(ImagesClient.delete)
    change_protection: Final = bound(ImagesClient.change_protection)
