"""DigitalOcean's images, and what makes and uses them, on the same core as the Hetzner Cloud."""

from __future__ import annotations

from ._client import Client, UnprocessableEntityError

__all__ = ["Client", "UnprocessableEntityError"]
