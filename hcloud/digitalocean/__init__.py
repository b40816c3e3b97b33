"""Client for DigitalOcean images and related resources, on the same core as the Hetzner Cloud client."""

from .._exports import import_submodule
from .._version import __version__
from ._client import Client, PendingEventError, UnprocessableEntityError

__all__ = ["Client", "PendingEventError", "UnprocessableEntityError"]

TYPE_CHECKING = bool()  # noqa: UP018  # jedi does not look into the branch of a literal False
if TYPE_CHECKING or not __version__:  # never executed; see hcloud/__init__.py
    from . import account, actions, aio, droplets, images, regions, sizes, snapshots, ssh_keys, tags  # noqa: F401

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        return import_submodule(__name__, name)
