"""Client for asyncio: every method that sends requests is a coroutine method."""

from ._client import Client
from .settings import Options, Settings
from .transport import Response, ResponseTooLarge, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .aiohttp_transport import AiohttpTransport

__all__ = ["AiohttpTransport", "Client", "Options", "Response", "ResponseTooLarge", "Settings", "Transport"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "AiohttpTransport":  # imports aiohttp
            from .aiohttp_transport import AiohttpTransport

            return AiohttpTransport
        from .._exports import import_submodule

        return import_submodule(__name__, name)
