from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, Literal, NamedTuple, cast

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import BoundModelBase, HasNames, Meta, bound, endpoint, every_page
from ..core.coroutines import blocking, blocking_only
from ..core.references import ListOf
from ..core.warn import warn_caller
from .domain import Architecture, Image, ImageSort, ImageStatus, ImageType

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from .. import Client
    from ..locations import Location
    from ..server_types import ServerType
    from ..servers import BoundServer, Server, ServerCreatePublicNetwork
    from ..ssh_keys import BoundSSHKey
    from .disk_formats import DiskFormat
    from .retention import Keep
    from .rotation import Rotation
    from .transfers import OnProgress

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

        The snapshots of a rotation have the label ``hcloud-rotation`` with its name. All other snapshots of the server
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

    @blocking_only
    def upload(
        self,
        source: str | os.PathLike[str] | BinaryIO,
        *,
        description: str | None = None,
        labels: dict[str, str] | None = None,
        architecture: Architecture | None = None,
        format: DiskFormat | None = None,
        via: Literal["local"] | None = None,
        server_type: ServerType | str | int | None = None,
        location: Location | str | int | None = None,
        public_net: ServerCreatePublicNetwork | None = None,
        on_progress: OnProgress | None = None,
    ) -> BoundImage:
        """Create a snapshot from a disk image: a local file, or a file on the web.

        The API takes no upload. So a server is created and booted into the rescue system, the disk image is written
        to its disk by ``ssh``, read back and compared by SHA-256, and a snapshot is taken. The server and its SSH key
        are deleted in any case, also after Ctrl-C; if they can't be, a note of the exception names them.

        The image is in raw or qcow2 format, which may be compressed by gzip, bzip2, xz or zstd. That is recognized by
        its content. Damage behind the beginning is only found while the file is transferred, and the upload then fails
        without an image: for instance, that gzip data is truncated or has other data behind its end, as the whole file
        would have to be decompressed to find its end. Only the ends of local files compressed by xz or zstd are checked
        before.

        :param source: Path of a file, a file object in binary mode, or a URL that begins with ``https://``
        :param description: Description of the image; by default the name of the file
        :param labels: Labels of the image
        :param architecture: CPU architecture of the image; by default that of ``server_type``, or ``x86``
        :param format: Format of the image, ``raw`` or ``qcow2``; ``raw`` also accepts a disk without a partition table
        :param via: ``local`` to fetch a URL by this machine; by default, the server fetches it
        :param server_type: Type of the server; by default the cheapest one that is available, and whose disk is large
            enough. The size of its disk is the minimum for servers that are created from the image
        :param location: Location of the server; by default the cheapest one
        :param public_net: Public network interface of the server; this machine must reach one of its addresses
        :param on_progress: Function that is called with a :class:`~hcloud.TransferProgress`, such as
            :func:`hcloud.progress` returns
        :raises InvalidArgumentError: if the source can't be used, or no server fits; nothing was created
        :raises SSHError: if there is no ``ssh`` on this machine, or a command on the server fails
        :raises TransferError: if the image is larger than the disk, or the disk has another content than it should, or
            something is left over
        """
        from .upload import upload

        return upload(
            self._parent,
            source,
            description=description,
            labels=labels,
            architecture=architecture,
            format=format,
            via=via,
            server_type=server_type,
            location=location,
            public_net=public_net,
            on_progress=on_progress,
        )

    @blocking_only
    def cleanup_uploads(
        self, *, older_than: timedelta | float = timedelta(days=1)
    ) -> list[BoundServer | BoundImage | BoundSSHKey]:
        """Delete what killed uploads, downloads and copies left over, and return it: servers, images and SSH keys.

        They are recognized by their label ``hcloud-image-transfer``. A transfer that is still running must be younger
        than ``older_than``, as it would fail.

        :param older_than: Minimum age, as a timedelta or in seconds
        :raises InvalidArgumentError: if the age is invalid
        :raises HCloudExceptionGroup: if something could not be deleted; its ``result`` is the list of the others
        """
        from .leftovers import cleanup_uploads

        return cleanup_uploads(self._parent, older_than)


class ImageExtensions(BoundModelBase[Image]):
    """Base class of bound images, with the methods that are no single operation of the API."""

    @blocking_only
    def download(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        server_type: ServerType | str | int | None = None,
        location: Location | str | int | None = None,
        public_net: ServerCreatePublicNetwork | None = None,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Write the disk of the image to a file, and return its path.

        The API gives no download. So a server is created from the image, booted into the rescue system without ever
        running from the disk, and its disk is read by ``ssh``, compressed on the way. Its SHA-256 is compared with that
        of the file, where this machine has the program ``zstd`` or ``gzip`` to decompress it. The file has a temporary
        name until it is complete. The server and its SSH key are deleted in any case; see :meth:`ImagesClient.upload`.

        :param path: Path of the file, which ends in ``.raw`` or ``.img``, with holes for zeros, or in ``.zst`` or
            ``.gz``, which compresses it
        :param overwrite: If true, replace a file that exists
        :param server_type: Type of the server; by default the one with the smallest disk that is large enough
        :param location: Location of the server; by default the cheapest one
        :param public_net: Public network interface of the server; this machine must reach one of its addresses
        :param on_progress: Function that is called with a :class:`~hcloud.TransferProgress`, such as
            :func:`hcloud.progress` returns
        :raises InvalidArgumentError: if the path can't be written, or no server fits; nothing was created
        :raises SSHError: if there is no ``ssh`` on this machine, or a command on the server fails
        :raises TransferError: if the file is not what was on the disk, or something is left over
        """
        from .download import download

        return download(
            cast("BoundImage", self),
            path,
            overwrite=overwrite,
            server_type=server_type,
            location=location,
            public_net=public_net,
            on_progress=on_progress,
        )

    @blocking_only
    def copy_to(
        self,
        client: Client,
        *,
        description: str | None = None,
        labels: dict[str, str] | None = None,
        location: Location | str | int | None = None,
        public_net: ServerCreatePublicNetwork | None = None,
        on_progress: OnProgress | None = None,
    ) -> BoundImage:
        """Create a copy of the image in another project, and return it.

        The disk is streamed through this machine from a server in one project to a server in the other; nothing is
        stored here. Both servers and their SSH keys are deleted in any case, as for :meth:`ImagesClient.upload`.

        :param client: Client of the other project
        :param description: Description of the copy; that of the image by default
        :param labels: Labels of the copy; those of the image by default
        :param location: Location of both servers; by default the cheapest one
        :param public_net: Public network interface of both servers; this machine must reach one address of each
        :param on_progress: Function that is called with a :class:`~hcloud.TransferProgress`, such as
            :func:`hcloud.progress` returns
        :raises InvalidArgumentError: if the client is that of another provider, or no server fits; nothing was created
        :raises SSHError: if there is no ``ssh`` on this machine, or a command on a server fails
        :raises TransferError: if the copy is not what was on the disk, or something is left over
        """
        from .download import copy_to

        return copy_to(
            cast("BoundImage", self),
            client,
            description=description,
            labels=labels,
            location=location,
            public_net=public_net,
            on_progress=on_progress,
        )


class BoundImage(ImageExtensions, HasBoundActions[Image], Image, collection="images", key="image"):
    get_actions_list: Final = bound(ImagesClient.get_actions_list)
    get_actions: Final = bound(ImagesClient.get_actions)
    update: Final = bound(ImagesClient.update)
    delete: Final = bound(ImagesClient.delete)
    change_protection: Final = bound(ImagesClient.change_protection)
