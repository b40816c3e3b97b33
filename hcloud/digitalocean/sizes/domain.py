from __future__ import annotations

from typing import Literal, TypedDict

from ...core import BaseDomain, Nested, NestedList, record

__all__ = ["Amount", "DiskInfo", "GPUInfo", "Size"]


class Amount(TypedDict, total=False):
    """A quantity with its unit."""

    amount: int
    unit: str


@record
class DiskInfo(BaseDomain):
    """A disk of a droplet."""

    type: Literal["local", "boot", "scratch"] | None = None
    """Type of the disk: ``local``; ``boot`` or ``scratch`` for droplets with GPUs."""
    size: Amount | None = None
    """Capacity of the disk."""


@record
class GPUInfo(BaseDomain):
    """The GPUs of a droplet."""

    count: int | None = None
    """Number of GPUs."""
    model: str | None = None
    """Model of the GPUs."""
    vram: Amount | None = None
    """Memory of each GPU."""


@record
class Size(BaseDomain, identified_by="slug", shown=("vcpus", "memory", "disk", "price_monthly", "available")):
    """Hardware configuration of a droplet. See "Sizes" in the API reference."""

    slug: str | None = None
    """Unique name, such as ``s-1vcpu-1gb``."""
    memory: int | None = None
    """Size of the memory in MB."""
    vcpus: int | None = None
    """Number of CPUs."""
    disk: int | None = None
    """Size of the disk in GB."""
    transfer: float | None = None
    """Outgoing traffic included per month, in TB."""
    price_monthly: float | None = None
    """Price per month in US dollars."""
    price_hourly: float | None = None
    """Price per hour in US dollars."""
    regions: list[str] | None = None
    """Slugs of the regions in which the size is available."""
    available: bool | None = None
    """True if droplets of this size can be created."""
    description: str | None = None
    """Family of the size, such as ``Basic``."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Disks of the droplet."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """GPUs of the droplet; None if it has no GPUs."""
