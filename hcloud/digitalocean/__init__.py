"""Client for DigitalOcean images and related resources, on the same core as the Hetzner Cloud client."""

from ._client import Client, UnprocessableEntityError

__all__ = ["Client", "UnprocessableEntityError"]
