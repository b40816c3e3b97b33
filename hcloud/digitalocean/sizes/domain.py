from __future__ import annotations

from typing import Literal, TypedDict

from ...core import Always, BaseDomain, Identity, Nested, NestedList, Received, record

__all__ = ["Amount", "DiskInfo", "GPUInfo", "Size"]


class Amount(TypedDict, total=False):
    """A quantity with its unit."""

    amount: int
    """Number of units."""
    unit: str
    """Unit, such as ``gib``."""


@record
class DiskInfo(BaseDomain, Received):
    """A disk of a droplet."""

    type: Literal["local", "boot", "scratch"] | None = None
    """Type of the disk: ``local``; ``boot`` or ``scratch`` for droplets with GPUs."""
    size: Amount | None = None
    """Capacity of the disk."""


@record
class GPUInfo(BaseDomain, Received):
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

    slug: Identity[str] = Identity()
    """Unique name, such as ``s-1vcpu-1gb``."""
    memory: Always[int] = Always()
    """Size of the memory in MB."""
    vcpus: Always[int] = Always()
    """Number of CPUs."""
    disk: Always[int] = Always()
    """Size of the disk in GB."""
    transfer: Always[float] = Always()
    """Outgoing traffic included per month, in TB."""
    price_monthly: Always[float] = Always()
    """Price per month in US dollars."""
    price_hourly: Always[float] = Always()
    """Price per hour in US dollars."""
    regions: Always[list[str]] = Always()
    """Slugs of the regions in which the size is available."""
    available: Always[bool] = Always()
    """True if droplets of this size can be created."""
    description: Always[str] = Always()
    """Family of the size, such as ``Basic``."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Disks of the droplet."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """GPUs of the droplet; None if it has no GPUs."""
