"""The settings of an asynchronous client: as those of a blocking one, but with a transport and without lazy reads."""

from __future__ import annotations

from typing import TypedDict

from ..core.settings import CommonSettings, ConnectionOptions
from .transport import Transport

__all__ = ["Options", "Settings"]


class _Transport(TypedDict, total=False):
    transport: Transport
    """Transport that sends the requests in place of ``aiohttp``, such as the transport of :mod:`hcloud.testing`."""


class Options(ConnectionOptions, _Transport, total=False):
    """Keyword options of an asynchronous client."""


class Settings(CommonSettings, _Transport, total=False):
    """All settings of an asynchronous client except token and endpoints."""
