from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..._exceptions import HCloudException
from ...core import BaseDomain, Timestamp, record
from ..tags import Taggable

if TYPE_CHECKING:
    from ..regions import RegionSlug
    from .client import BoundImage

__all__ = [
    "AccountTransferResponse",
    "Distribution",
    "Image",
    "ImageListType",
    "ImageStatus",
    "ImageType",
    "ImageUnavailableError",
]

Distribution = (
    Literal[
        "Arch Linux", "CentOS", "CoreOS", "Debian", "Fedora", "Fedora Atomic", "FreeBSD", "Gentoo", "openSUSE",
        "RancherOS", "Rocky Linux", "Ubuntu", "Unknown",
    ]
    | str
)  # fmt: skip
"""What operating system is on an image; there may be others by now."""
ImageListType = Literal["application", "distribution"]
ImageStatus = Literal["NEW", "available", "pending", "deleted", "retired"]
ImageType = Literal["base", "snapshot", "backup", "custom", "admin"]


@record
class Image(Taggable):
    """A disk that droplets are made from; the API may leave out any field. See "Images" in the API reference."""

    STATUS_NEW: ClassVar[ImageStatus] = "NEW"
    STATUS_AVAILABLE: ClassVar[ImageStatus] = "available"
    STATUS_PENDING: ClassVar[ImageStatus] = "pending"
    STATUS_DELETED: ClassVar[ImageStatus] = "deleted"
    STATUS_RETIRED: ClassVar[ImageStatus] = "retired"

    _tagged_as = "image"

    id: int | None = None
    """ID of the image."""
    name: str | None = None
    """What it is called."""
    type: ImageType | None = None
    """``base`` and ``admin`` are DigitalOcean's, ``snapshot`` and ``backup`` of a droplet, ``custom`` imported."""
    distribution: Distribution | None = None
    """What operating system is on it."""
    slug: str | None = None
    """Unique name, in place of the ID; only public images have one."""
    public: bool | None = None
    """Whether all accounts may use it."""
    regions: list[RegionSlug] | None = None
    """The slugs of the regions that have it."""
    created_at: Timestamp = Timestamp()
    """When it was created."""
    min_disk_size: int | None = None
    """Size of the disk that a droplet needs for it, in GB."""
    size_gigabytes: float | None = None
    """What it takes in storage, in GB."""
    description: str | None = None
    """What it is, in words."""
    tags: list[str] | None = None
    """The names of its tags."""
    status: ImageStatus | None = None
    """Whether it can be used: an import is ``NEW`` and ``pending`` until it is ``available``."""
    error_message: str | None = None
    """Why its import failed; empty if it did not."""

    def to_payload(self) -> Any:
        """What stands for the image in a request: its ID, or its slug where that is all that is known."""
        slug = self._known("slug")
        return slug if slug is not None and self._known("id") is None else super().to_payload()


@record
class AccountTransferResponse(BaseDomain):
    """A transfer of an image to another account."""

    transfer_id: int | None = None
    """ID of the transfer; 0 if it was accepted at once."""


class ImageUnavailableError(HCloudException):
    """An image that was waited for will not become available; :attr:`image` is the image."""

    def __init__(self, image: Image | BoundImage) -> None:
        """
        :param image: the image, as it was known last
        """
        self.image = image
        reason = (image.error_message or "").strip() or f"it is {image.status}"
        super().__init__(f"image {image.id} ({image.name}) will not become available: {reason}")
