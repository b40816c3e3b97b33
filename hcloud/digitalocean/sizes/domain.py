from __future__ import annotations

from typing import Literal, TypedDict

from ...core import BaseDomain, Nested, NestedList, record

__all__ = ["Amount", "DiskInfo", "GPUInfo", "Size"]


class Amount(TypedDict, total=False):
    """How much of something."""

    amount: int
    unit: str


@record
class DiskInfo(BaseDomain):
    """A disk of a droplet."""

    type: Literal["local", "boot", "scratch"] | None = None
    """``local`` is the only disk of most droplets; those with GPUs have ``boot`` and ``scratch``."""
    size: Amount | None = None
    """How much fits on it."""


@record
class GPUInfo(BaseDomain):
    """The GPUs of a droplet."""

    count: int | None = None
    """How many there are."""
    model: str | None = None
    """What they are."""
    vram: Amount | None = None
    """The memory of each."""


@record
class Size(BaseDomain, identified_by="slug"):
    """What a droplet can be made of. See "Sizes" in the API reference."""

    slug: str | None = None
    """Unique name, such as ``s-1vcpu-1gb``."""
    memory: int | None = None
    """Memory in MB."""
    vcpus: int | None = None
    """How many CPUs."""
    disk: int | None = None
    """Size of the disk in GB."""
    transfer: float | None = None
    """TB that may be sent in a month."""
    price_monthly: float | None = None
    """US dollars a month."""
    price_hourly: float | None = None
    """US dollars an hour."""
    regions: list[str] | None = None
    """The slugs of the regions that offer it."""
    available: bool | None = None
    """Whether droplets can be created of it."""
    description: str | None = None
    """The family of sizes that it is of, such as ``Basic``."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Its disks."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """Its GPUs; None if it has none."""
