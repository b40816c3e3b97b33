"""A DigitalOcean in a box, as far as it is about images: the frame of the Hetzner fake, with resources of its own."""

from .cloud import Account, FakeDigitalOcean

__all__ = ["Account", "FakeDigitalOcean"]
