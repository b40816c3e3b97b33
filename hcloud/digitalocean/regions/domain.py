from __future__ import annotations

from typing import Literal

from ...core import Always, BaseDomain, Identity, record

__all__ = ["Region", "RegionSlug"]

RegionSlug = (
    Literal[
        "ams1", "ams2", "ams3", "blr1", "fra1", "lon1", "nyc1", "nyc2", "nyc3", "sfo1", "sfo2", "sfo3", "sgp1", "tor1",
        "syd1",
    ]
    | str
)  # fmt: skip
"""Slug of a region; the API may add others."""


@record
class Region(BaseDomain, identified_by="slug", shown=("available",)):
    """A data center for resources. See "Regions" in the API reference."""

    slug: Identity[RegionSlug] = Identity()
    """Unique name, such as ``nyc3``."""
    name: Always[str] = Always()
    """Name of the region, such as ``New York 3``."""
    features: Always[list[str]] = Always()
    """Features of the region, such as ``backups``."""
    available: Always[bool] = Always()
    """True if droplets can be created in the region."""
    sizes: Always[list[str]] = Always()
    """Slugs of the sizes available in the region."""
