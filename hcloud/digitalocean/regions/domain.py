from __future__ import annotations

from typing import Literal

from ...core import BaseDomain, record

__all__ = ["Region", "RegionSlug"]

RegionSlug = (
    Literal[
        "ams1", "ams2", "ams3", "blr1", "fra1", "lon1", "nyc1", "nyc2", "nyc3", "sfo1", "sfo2", "sfo3", "sgp1", "tor1",
        "syd1",
    ]
    | str
)  # fmt: skip
"""The slug of a region; there may be others by now."""


@record
class Region(BaseDomain, identified_by="slug"):
    """A place that resources can be in. See "Regions" in the API reference."""

    slug: RegionSlug | None = None
    """Unique name, such as ``nyc3``."""
    name: str | None = None
    """What it is called, such as ``New York 3``."""
    features: list[str] | None = None
    """What it offers, such as ``backups``."""
    available: bool | None = None
    """Whether droplets can be created there."""
    sizes: list[str] | None = None
    """The slugs of the sizes that it offers."""
