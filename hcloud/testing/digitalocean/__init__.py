"""Fake of the DigitalOcean API: the machinery of the Hetzner fake with resources of its own."""

from .cloud import Account, FakeDigitalOcean

__all__ = ["Account", "FakeDigitalOcean"]
