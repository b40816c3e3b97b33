"""Client for asyncio: every method that sends requests is a coroutine method."""

from .._version import __version__
from ._client import Client
from .settings import Options, Settings
from .transport import Response, ResponseTooLarge, Transport

TYPE_CHECKING = bool()  # noqa: UP018  # jedi does not look into the branch of a literal False
if TYPE_CHECKING:
    from ._aiohttp_transport import AiohttpTransport as AiohttpTransport
if TYPE_CHECKING or not __version__:  # never executed; see hcloud/__init__.py
    from . import _arguments, resources  # noqa: F401

# Without AiohttpTransport, which is there with the extra only: a star import works without it.
__all__ = ["Client", "Options", "Response", "ResponseTooLarge", "Settings", "Transport"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "AiohttpTransport":  # imports aiohttp
            from ._aiohttp_transport import AiohttpTransport

            return AiohttpTransport
        from .._exports import import_submodule

        return import_submodule(__name__, name)
