"""DigitalOcean's images, and what makes and uses them, on the same core as the Hetzner Cloud."""

from ._client import Client, UnprocessableEntityError

__all__ = ["Client", "UnprocessableEntityError"]
