"""Fake of the Hetzner Cloud API that keeps state, for tests, demos and offline work.

``FakeCloud().client()`` is a real :class:`hcloud.Client` that talks to the fake in process, without sockets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .._version import __version__

if TYPE_CHECKING or not __version__:  # never executed; see hcloud/__init__.py
    from .adapter import FakeAdapter
    from .clock import ManualClock, RealClock
    from .cloud import FakeAPI, FakeCloud
    from .digitalocean import FakeDigitalOcean
    from .error_responses import ErrorResponse
    from .http import ConnectionBroken, Request, Response
    from .journal import LoggedRequest, RequestLog
    from .metadata_service import FakeMetadataService
    from .mock import hcloud_mock
    from .project import Project
    from .server import serve
    from .ssh_servers import FakeSSHServers
    from .sshd import rescue_systems

_MODULES = {
    "ConnectionBroken": "http",
    "ErrorResponse": "error_responses",
    "FakeAPI": "cloud",
    "FakeAdapter": "adapter",
    "FakeCloud": "cloud",
    "FakeDigitalOcean": "digitalocean",
    "FakeMetadataService": "metadata_service",
    "FakeSSHServers": "ssh_servers",
    "LoggedRequest": "journal",
    "ManualClock": "clock",
    "Project": "project",
    "RealClock": "clock",
    "Request": "http",
    "RequestLog": "journal",
    "Response": "http",
    "hcloud_mock": "mock",
    "rescue_systems": "sshd",
    "serve": "server",
}

__all__ = [
    "ConnectionBroken",
    "ErrorResponse",
    "FakeAPI",
    "FakeAdapter",
    "FakeCloud",
    "FakeDigitalOcean",
    "FakeMetadataService",
    "FakeSSHServers",
    "LoggedRequest",
    "ManualClock",
    "Project",
    "RealClock",
    "Request",
    "RequestLog",
    "Response",
    "hcloud_mock",
    "rescue_systems",
    "serve",
]

_DEPRECATED = {"Answer": "Response", "Refusal": "ErrorResponse"}
"""Names of version 3.0, and the present ones."""


def __getattr__(name: str) -> object:
    if name in _DEPRECATED:
        from hcloud.core.warn import warn_caller

        present = _DEPRECATED[name]
        warn_caller(f"'hcloud.testing.{name}' is deprecated, please use 'hcloud.testing.{present}' instead.")
        return getattr(import_module(__name__), present)
    try:
        module = _MODULES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value: object = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
