"""Images: the disks that droplets are made from."""

from .client import BoundImage, ImagesClient, ImagesPageResult
from .domain import (
    AccountTransferResponse,
    Distribution,
    Image,
    ImageListType,
    ImageStatus,
    ImageType,
    ImageUnavailableError,
)

__all__ = [
    "AccountTransferResponse",
    "BoundImage",
    "Distribution",
    "Image",
    "ImageListType",
    "ImageStatus",
    "ImageType",
    "ImageUnavailableError",
    "ImagesClient",
    "ImagesPageResult",
]
