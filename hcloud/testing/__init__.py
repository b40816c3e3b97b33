"""A Hetzner Cloud in a box: a stateful fake of the API for tests, demos and offline work.

``FakeCloud().client()`` is a real :class:`hcloud.Client` that talks to the fake in process, without sockets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adapter import FakeAdapter
    from .clock import ManualClock, RealClock
    from .cloud import FakeCloud, LoggedRequest, Project
    from .digitalocean import FakeDigitalOcean
    from .error_responses import ErrorResponse
    from .http import ConnectionBroken, Request, Response
    from .server import serve

_HOME = {
    "Response": "http",
    "ConnectionBroken": "http",
    "FakeAdapter": "adapter",
    "FakeCloud": "cloud",
    "FakeDigitalOcean": "digitalocean",
    "LoggedRequest": "cloud",
    "ManualClock": "clock",
    "Project": "cloud",
    "RealClock": "clock",
    "ErrorResponse": "error_responses",
    "Request": "http",
    "serve": "server",
}

__all__ = [
    "ConnectionBroken",
    "ErrorResponse",
    "FakeAdapter",
    "FakeCloud",
    "FakeDigitalOcean",
    "LoggedRequest",
    "ManualClock",
    "Project",
    "RealClock",
    "Request",
    "Response",
    "serve",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
