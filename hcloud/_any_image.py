"""Type of the images of all providers."""

from __future__ import annotations

from typing import TypeAlias

from . import digitalocean, images

__all__ = ["AnyImage"]

AnyImage: TypeAlias = images.BoundImage | digitalocean.images.BoundImage
"""An image of the Hetzner Cloud or of DigitalOcean.

Both have ``id``, ``name``, ``description`` and ``type``, the properties of :class:`hcloud.core.mixins.CommonImage`, and
the method ``delete()``.
"""
