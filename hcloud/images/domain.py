from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..actions import ActionResponse
from ..core import Link, Nested, Protection, Renamed, Resource, ResourceSort, Timestamp, record
from ..deprecation import DeprecationInfo

if TYPE_CHECKING:
    from ..servers import BoundServer
    from .client import BoundImage

__all__ = [
    "Architecture",
    "CreateImageResponse",
    "Image",
    "ImageOsFlavor",
    "ImageProtection",
    "ImageSort",
    "ImageStatus",
    "ImageType",
]

Architecture = Literal["x86", "arm"]
ImageOsFlavor = Literal["alma", "centos", "debian", "fedora", "opensuse", "rocky", "ubuntu", "unknown"]
ImageProtection = Protection
ImageSort = ResourceSort
ImageStatus = Literal["available", "creating", "unavailable"]
ImageType = Literal["system", "app", "snapshot", "backup"]


@record
class Image(Resource, by_name=True):
    """A disk that servers are made from: Hetzner's own, or one taken of a server. See "Images" in the API reference."""

    name: str | None = None
    """Unique name; only system images and apps have one."""
    type: ImageType | None = None
    """``system`` and ``app`` are Hetzner's, ``snapshot`` and ``backup`` the project's."""
    created: Timestamp = Timestamp()
    """When it was created."""
    description: str | None = None
    """What it is, in words."""
    image_size: float | None = None
    """What it takes in storage, in GB; only snapshots and backups tell."""
    disk_size: float | None = None
    """Size of the disk in it, in GB: what a server needs at least."""
    deprecated: Renamed[datetime | None] = Renamed(
        "deprecation.announced", "Please use the '.deprecation' property instead."
    )
    """When it was announced to be retired.

    .. deprecated:: 2.24.0
        Use :attr:`deprecation`.
    """
    bound_to: Link[BoundServer | None] = Link("servers")
    """The server that it is deleted with; only backups have one."""
    os_flavor: ImageOsFlavor | None = None
    """The family of its operating system."""
    os_version: str | None = None
    """The version of its operating system."""
    architecture: Architecture | None = None
    """The CPU that it runs on."""
    rapid_deploy: bool | None = None
    """Whether a server is made from it within seconds."""
    created_from: Link[BoundServer | None] = Link("servers")
    """The server that it was taken of."""
    protection: ImageProtection | None = None
    """What it is protected from."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    status: ImageStatus | None = None
    """Whether it can be used: it is ``creating`` until its action is finished."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """When it is retired; None if it is not about to be."""
    deleted: Timestamp = Timestamp()
    """When it was deleted; None if it was not."""


@record
class CreateImageResponse(ActionResponse):
    """A new image, and the action that makes it."""

    image: Link[BoundImage] = Link("images", complete=True)
    """The image, still ``creating``."""
