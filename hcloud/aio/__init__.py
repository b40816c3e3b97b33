"""Client for asyncio: every method that sends requests is a coroutine method."""

from ._client import Client
from .settings import Options, Settings
from .transport import Response, ResponseTooLarge, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._aiohttp_transport import AiohttpTransport as AiohttpTransport

# Without AiohttpTransport, which is there with the extra only: a star import works without it.
__all__ = ["Client", "Options", "Response", "ResponseTooLarge", "Settings", "Transport"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "AiohttpTransport":  # imports aiohttp
            from ._aiohttp_transport import AiohttpTransport

            return AiohttpTransport
        from .._exports import import_submodule

        return import_submodule(__name__, name)
