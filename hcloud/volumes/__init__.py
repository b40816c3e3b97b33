"""Volumes: disks that are attached to servers and outlive them."""

from __future__ import annotations

from .client import BoundVolume, VolumesClient, VolumesPageResult
from .domain import CreateVolumeResponse, Volume, VolumeFormat, VolumeProtection, VolumeSort, VolumeStatus

__all__ = [
    "BoundVolume",
    "CreateVolumeResponse",
    "Volume",
    "VolumeFormat",
    "VolumeProtection",
    "VolumeSort",
    "VolumeStatus",
    "VolumesClient",
    "VolumesPageResult",
]
