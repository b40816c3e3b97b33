from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..._exceptions import HCloudException
from ...core import BaseDomain, Identity, Received, Timestamp, record
from ...core.mixins import CommonImage
from ...core.secrets import mask
from ..tags import Taggable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..regions import RegionSlug

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
"""Operating system on an image; the API may add others."""
ImageListType = Literal["application", "distribution"]
ImageStatus = Literal["NEW", "available", "pending", "deleted", "retired"]
ImageType = Literal["base", "snapshot", "backup", "custom", "admin"]


@record
class Image(Taggable, CommonImage, shown=("slug", "distribution", "type", "description", "status", "created_at")):
    """A disk image to create droplets from; the API may omit any field. See "Images" in the API reference."""

    STATUS_NEW: ClassVar[Literal["NEW"]] = "NEW"
    """Status of an image whose import has not started."""
    STATUS_AVAILABLE: ClassVar[Literal["available"]] = "available"
    """Status of an image that can be used."""
    STATUS_PENDING: ClassVar[Literal["pending"]] = "pending"
    """Status of an image that is being imported."""
    STATUS_DELETED: ClassVar[Literal["deleted"]] = "deleted"
    """Status of a deleted image."""
    STATUS_RETIRED: ClassVar[Literal["retired"]] = "retired"
    """Status of an image that is no longer offered."""

    _tagged_as = "image"
    _common: ClassVar = {
        "creation_time": "created_at",
        "stored_gigabytes": "size_gigabytes",
        "operating_system": "distribution",
    }

    id: Identity[int] = Identity()
    """ID of the image."""
    name: str | None = None
    """Name of the image."""
    type: ImageType | None = None
    """``base`` or ``admin`` (by DigitalOcean), ``snapshot`` or ``backup`` (of a droplet), or ``custom`` (imported)."""
    distribution: Distribution | None = None
    """Operating system on the image, such as ``Debian``."""
    slug: str | None = None
    """Unique name, usable instead of the ID; None for images that are not public."""
    public: bool | None = None
    """True if all accounts can use the image."""
    regions: list[RegionSlug] | None = None
    """Slugs of the regions in which the image is available, such as ``nyc3``."""
    created_at: Timestamp[datetime | None] = Timestamp()
    """Time of creation."""
    min_disk_size: int | None = None
    """Minimum disk size of a droplet in GB."""
    size_gigabytes: float | None = None
    """Storage used, in GB."""
    description: str | None = None
    """Description of the image."""
    tags: list[str] | None = None
    """Names of the tags."""
    status: ImageStatus | None = None
    """Status: an imported image is ``NEW``, then ``pending``, then ``available``; at the end, any is ``deleted`` or
    ``retired``."""
    error_message: str | None = None
    """Reason for the failure of the import; empty if there is none."""

    def to_payload(self) -> Any:
        """Return the ID for use in a request, or the slug if the ID is unknown."""
        slug = self._known_value("slug")
        return slug if slug is not None and self._known_value("id") is None else super().to_payload()


@record
class AccountTransferResponse(BaseDomain, Received):
    """Transfer of an image to another account."""

    transfer_id: int | None = None
    """ID of the transfer; 0 if it was accepted immediately."""


class ImageUnavailableError(HCloudException):
    """Error for an image that will not become available: :attr:`image`, the first one of :attr:`images`."""

    def __init__(self, image: Image, *others: Image, pending: Sequence[Image] = ()) -> None:
        """
        :param image: Last known state of the image
        :param others: Other images of the same wait that will not become available
        :param pending: Images that were not available when the wait ended
        """
        self.image = image
        self.images: list[Image] = [image, *others]
        """All images of the wait that will not become available."""
        self.pending: list[Image] = list(pending)
        """Images that were not available yet when the wait timed out."""
        texts = [f"{_name(image)} will not become available: {_reason(image)}" for image in self.images]
        texts += [f"{_name(image)} is not available yet" for image in pending]
        super().__init__(mask("; ".join(texts)))


def _name(image: Image) -> str:
    return f"image {image.id} ({image.name})"


def _reason(image: Image) -> str:
    return (image.error_message or "").strip() or f"it is {image.status}"
