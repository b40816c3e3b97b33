"""Client of DigitalOcean for asyncio: every method that sends requests is a coroutine method."""

from ._client import Client

__all__ = ["Client"]

TYPE_CHECKING = False
if not TYPE_CHECKING:
    from ..._exports import import_submodule

    def __getattr__(name: str) -> object:
        return import_submodule(__name__, name)
