"""Client of DigitalOcean for asyncio: every method that sends requests is a coroutine method."""

from ..._version import __version__
from ._client import Client

__all__ = ["Client"]

TYPE_CHECKING = bool()  # noqa: UP018  # jedi does not look into the branch of a literal False
if TYPE_CHECKING or not __version__:  # never executed; see hcloud/__init__.py
    from . import resources  # noqa: F401

if not TYPE_CHECKING:
    from ..._exports import import_submodule

    def __getattr__(name: str) -> object:
        return import_submodule(__name__, name)
