"""A mock of the APIs for programs that are not changed for it: their requests go to a fake cloud in this process."""

from __future__ import annotations

import inspect
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ContextDecorator
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests

from ..core.clock import system_clock
from .adapter import FakeAdapter
from .clock import ManualClock
from .cloud import FakeAPI, FakeCloud
from .digitalocean import FakeDigitalOcean

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

__all__ = ["hcloud_mock"]

_HETZNER_HOSTS = ("api.hetzner.cloud", "api.hetzner.com")
_DIGITALOCEAN_HOSTS = ("api.digitalocean.com",)
_TOKENS = {"HCLOUD_TOKEN": "hetzner", "DIGITALOCEAN_TOKEN": "digitalocean", "DIGITALOCEAN_ACCESS_TOKEN": "digitalocean"}
_UNSET = (
    "HCLOUD_TOKEN_FILE",
    "HCLOUD_ENDPOINT",
    "HCLOUD_ENDPOINT_HETZNER",
    "DIGITALOCEAN_TOKEN_FILE",
    "DIGITALOCEAN_ENDPOINT",
    "DIGITALOCEAN_API_URL",
)
_Function = TypeVar("_Function", bound=Callable[..., Any])
_MAX_LAG = 1.0
"""Seconds of real time by which the clock of a fake may be behind before a request lets it catch up."""
_LATE = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
"""Checks for functions whose body runs after the call."""


class hcloud_mock(ContextDecorator):
    """Send all requests of this process to Hetzner and DigitalOcean to fake clouds, whatever module sends them.

    A context manager, whose value is the fake Hetzner Cloud, and a decorator of functions. It replaces the transport
    of every session of ``requests`` for the hosts of the APIs, so that it also works for clients that exist already
    and for other client libraries. Clients of a :class:`FakeCloud` stay connected to that one. Within the context

    - the environment holds tokens of the fakes, and no other endpoints;
    - ``time.sleep`` moves the clock of the fakes instead of waiting, in each thread that has sent them a request.

    Mocks may be nested; the innermost one gets the requests. On the way out everything is as before.

    :param cloud: Fake Hetzner Cloud; by default a new one that accepts any token and whose time starts now
    :param digitalocean: Fake DigitalOcean; by default a new one that accepts any token and has the clock of ``cloud``
    """

    cloud: FakeCloud
    """The fake Hetzner Cloud."""
    digitalocean: FakeDigitalOcean
    """The fake DigitalOcean."""

    def __init__(self, cloud: FakeCloud | None = None, *, digitalocean: FakeDigitalOcean | None = None) -> None:
        if not isinstance(cloud, FakeCloud | None):
            raise TypeError(f"hcloud_mock() takes a FakeCloud, not {cloud!r}; a decorator is written @hcloud_mock()")
        self._arguments = cloud, digitalocean
        self._entered: list[_Interception] = []

    def __call__(self, func: _Function) -> _Function:
        if inspect.isclass(func) or any(check(func) for check in _LATE):
            # The mock would be gone when the body runs, and its requests would reach the real API.
            raise TypeError(f"@hcloud_mock() decorates plain functions, not {func!r}; write: with hcloud_mock()")
        return super().__call__(func)

    def _recreate_cm(self) -> hcloud_mock:  # each call of a decorated function gets new fakes
        return type(self)(self._arguments[0], digitalocean=self._arguments[1])

    def __enter__(self) -> FakeCloud:
        cloud, digitalocean = self._arguments
        self.cloud = cloud or FakeCloud(clock=ManualClock(time.time()), any_token=True)
        self.digitalocean = digitalocean or FakeDigitalOcean(clock=self.cloud.clock, any_token=True)
        interception = _Interception(self.cloud, self.digitalocean)
        _activate(interception)
        self._entered.append(interception)
        return self.cloud

    def __exit__(self, *exception: object) -> None:
        _deactivate(self._entered.pop())


class _Interception:
    """Fakes that get the requests while a mock is active."""

    def __init__(self, cloud: FakeCloud, digitalocean: FakeDigitalOcean) -> None:
        self.tokens = {"hetzner": cloud.project.token, "digitalocean": digitalocean.project.token}
        self._adapters = {
            **dict.fromkeys(_HETZNER_HOSTS, _CountingAdapter(cloud, self)),
            **dict.fromkeys(_DIGITALOCEAN_HOSTS, _CountingAdapter(digitalocean, self)),
        }
        self.clocks: list[ManualClock] = []
        for clock in (cloud.clock, digitalocean.clock):
            if isinstance(clock, ManualClock) and clock not in self.clocks:
                self.clocks.append(clock)
        self._started, self._moved = time.monotonic(), 0.0
        self._threads = threading.local()
        self._lock = threading.Lock()

    def adapter_for(self, url: str) -> BaseAdapter | None:
        return self._adapters.get(urlsplit(url).hostname or "")

    def sees_thread(self) -> bool:
        """Return True if this thread has sent a request to the fakes."""
        return getattr(self._threads, "is_known", False)

    def count_request(self) -> None:
        """Remember this thread, and let the clocks catch up with the real time.

        A program that waits by other means than ``time.sleep`` would otherwise wait without an end.
        """
        self._threads.is_known = True
        with self._lock:
            lag = time.monotonic() - self._started - self._moved
        if lag >= _MAX_LAG:
            self.sleep(lag)

    def sleep(self, seconds: float) -> None:
        """Move the clocks of the fakes."""
        for clock in self.clocks:
            clock.sleep(seconds)
        with self._lock:
            self._moved += seconds


class _CountingAdapter(FakeAdapter):
    def __init__(self, cloud: FakeAPI, interception: _Interception) -> None:
        super().__init__(cloud)
        self._interception = interception

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self._interception.count_request()
        return super().send(*args, **kwargs)


_active: list[_Interception] = []
_lock = threading.RLock()
_saved_environment: dict[str, str | None] = {}
_original: dict[str, Any] = {}
"""Functions that are replaced while a mock is active: ``get_adapter`` of a session, and ``sleep``."""


def _get_adapter(self: requests.Session, url: str) -> BaseAdapter:
    interceptions = _active[-1:]  # a copy: another thread may leave its mock meanwhile
    adapter = interceptions[0].adapter_for(url) if interceptions else None
    if adapter is None:
        own: BaseAdapter = _original["get_adapter"](self, url)
        return own
    try:
        own = _original["get_adapter"](self, url)
    except requests.exceptions.InvalidSchema:
        return adapter
    return own if isinstance(own, FakeAdapter) else adapter


def _sleep(seconds: Any, /) -> None:
    interceptions = _active[-1:]
    if interceptions and interceptions[0].clocks and interceptions[0].sees_thread() and seconds >= 0:
        interceptions[0].sleep(seconds)
        seconds = 0  # lets other threads run
    _original["sleep"](seconds)


def _activate(interception: _Interception) -> None:
    with _lock:
        if not _active:
            _install()
        _active.append(interception)
        _apply()


def _deactivate(interception: _Interception) -> None:
    with _lock:
        _active.remove(interception)
        _apply()
        if not _active:
            _remove()


def _apply() -> None:
    """Let environment and clock follow the innermost mock."""
    if not _active:
        system_clock.follow(None)
        for name, value in _saved_environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        return
    clocks = _active[-1].clocks
    system_clock.follow(clocks[0] if clocks else None)
    for name, provider in _TOKENS.items():
        os.environ[name] = _active[-1].tokens[provider]
    for name in _UNSET:
        os.environ.pop(name, None)


def _install() -> None:
    _saved_environment.clear()
    _saved_environment.update({name: os.environ.get(name) for name in (*_TOKENS, *_UNSET)})
    # What another library has put in place is called for all other hosts. If it was put there during an earlier mock,
    # it has saved a function of this module and may have restored it since.
    if requests.Session.get_adapter is not _get_adapter:
        _original["get_adapter"] = requests.Session.get_adapter
        requests.Session.get_adapter = _get_adapter  # type: ignore[method-assign]
    if time.sleep is not _sleep:
        _original["sleep"] = time.sleep
        time.sleep = _sleep
    _replace_in_modules(_original["sleep"], _sleep)


def _remove() -> None:
    if requests.Session.get_adapter is _get_adapter:
        requests.Session.get_adapter = _original["get_adapter"]  # type: ignore[method-assign]
    if time.sleep is _sleep:
        time.sleep = _original["sleep"]
    _replace_in_modules(_sleep, _original["sleep"])


def _replace_in_modules(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Replace a function in all modules that have it by ``from time import sleep``."""
    modules: list[tuple[str, object]] = list(sys.modules.items())  # a program may put other objects there
    for name, module in modules:
        if issubclass(type(module), ModuleType) and name not in (__name__, "time"):
            # type(), as objects of cffi claim to be modules. Not vars(), which would execute a module that
            # importlib.util.LazyLoader has not loaded yet.
            for attribute, value in list(object.__getattribute__(module, "__dict__").items()):
                if value is old:
                    setattr(module, attribute, new)
