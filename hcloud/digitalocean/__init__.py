"""Client for DigitalOcean images and related resources, on the same core as the client for Hetzner Cloud."""

from ._client import Client, UnprocessableEntityError

__all__ = ["Client", "UnprocessableEntityError"]
