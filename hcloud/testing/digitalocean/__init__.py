"""Fake of the DigitalOcean API: the machinery of the Hetzner fake with resources of its own."""

from .cloud import AccountProject, FakeDigitalOcean

__all__ = ["Account", "AccountProject", "FakeDigitalOcean"]

Account = AccountProject
"""Former name of :class:`AccountProject`."""
