"""Images: the disks that servers are made from."""

from __future__ import annotations

from .client import BoundImage, ImagesClient, ImagesPageResult
from .domain import CreateImageResponse, Image, ImageProtection, ImageSort, ImageStatus, ImageType

__all__ = [
    "BoundImage",
    "CreateImageResponse",
    "Image",
    "ImageProtection",
    "ImageSort",
    "ImageStatus",
    "ImageType",
    "ImagesClient",
    "ImagesPageResult",
]
