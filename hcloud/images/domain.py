from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from ..actions import ActionResponse
from ..core import (
    Always,
    BaseDomain,
    DomainIdentityMixin,
    Identity,
    Link,
    Nested,
    Protection,
    Renamed,
    ResourceSort,
    Timestamp,
    record,
)
from ..core.mixins import CommonImage
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
class Image(
    BaseDomain,
    DomainIdentityMixin,
    CommonImage,
    by_name=True,
    shown=("type", "description", "status", "architecture", "created"),
):
    """A disk image, provided by Hetzner or created from a server. See "Images" in the API reference."""

    _common: ClassVar = {"creation_time": "created", "stored_gigabytes": "image_size", "operating_system": "os_flavor"}

    id: Identity[int] = Identity()
    """ID of the image."""
    name: str | None = None
    """Unique name; None for snapshots and backups."""
    type: Always[ImageType] = Always()
    """Type: ``system`` and ``app`` are provided by Hetzner, ``snapshot`` and ``backup`` belong to the project."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    description: Always[str] = Always()
    """Description, as free text."""
    image_size: float | None = None
    """Size of the stored image, in GB; None except for snapshots and backups."""
    disk_size: Always[float] = Always()
    """Size of the disk in the image, in GB; the minimum disk size of a server."""
    deprecated: Renamed[datetime | None] = Renamed(
        "deprecation.announced", "Please use the '.deprecation' property instead."
    )
    """Time of the deprecation announcement, UTC.

    .. deprecated:: 2.24.0
        Use :attr:`deprecation`.
    """
    bound_to: Link[BoundServer | None] = Link("servers")
    """Server of a backup, which is deleted together with that server; None for other types."""
    os_flavor: Always[ImageOsFlavor] = Always()
    """Family of the operating system: ``alma``, ``centos``, ``debian``, ``fedora``, ``opensuse``, ``rocky``, ``ubuntu``
    or ``unknown``."""
    os_version: str | None = None
    """Version of the operating system."""
    architecture: Always[Architecture] = Always()
    """CPU architecture of the image: ``x86`` or ``arm``."""
    rapid_deploy: bool | None = None
    """True if the API can create a server from the image within seconds."""
    created_from: Link[BoundServer | None] = Link("servers")
    """Server that the image was created from."""
    protection: Always[ImageProtection] = Always()
    """Protection against deletion."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    status: Always[ImageStatus] = Always()
    """Status: ``creating``, ``available`` or ``unavailable``."""
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates; None if it is not deprecated."""
    deleted: Timestamp[datetime | None] = Timestamp()
    """Time of deletion, UTC; None if the image exists."""


@record
class CreateImageResponse(ActionResponse):
    """A new image, and the action that creates it."""

    image: Link[BoundImage] = Link("images", complete=True)
    """New image, with status ``creating``."""
