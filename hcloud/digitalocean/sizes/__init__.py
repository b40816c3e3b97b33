"""Sizes: what a droplet can be made of."""

from .client import BoundSize, SizesClient, SizesPageResult
from .domain import Amount, DiskInfo, GPUInfo, Size

__all__ = ["Amount", "BoundSize", "DiskInfo", "GPUInfo", "Size", "SizesClient", "SizesPageResult"]
