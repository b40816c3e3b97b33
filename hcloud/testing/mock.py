"""A mock of the APIs for programs that are not changed for it: their requests go to a fake cloud in this process."""

from __future__ import annotations

import inspect
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import ContextDecorator, aclosing
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from ..aio._event_loop import EventLoopSession
from ..aio.transport import Failure, Response, Transport
from ..core.clock import system_clock
from ..core.transport import Adapter
from .adapter import FakeAdapter
from .aio import FakeTransport, failure_of
from .clock import ManualClock
from .cloud import FakeAPI, FakeCloud
from .digitalocean import FakeDigitalOcean
from .http import ConnectionBroken

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

__all__ = ["hcloud_mock"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

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
_MAX_LAG = 1.0
"""Seconds of real time by which the clock of a fake may be behind before a request lets it catch up."""


class hcloud_mock(ContextDecorator):
    """Send all requests of this process to Hetzner and DigitalOcean to fake clouds, whatever module sends them.

    A context manager, whose value is the fake Hetzner Cloud, and a decorator. It replaces the transport of every
    session of ``requests`` for the hosts of the APIs, so that it also works for clients that exist already and for
    other client libraries; the methods and retries of their adapters still apply. The asynchronous clients of this
    library are redirected, too. Clients of a :class:`FakeCloud` stay connected to that one. Within the context

    - the environment holds tokens of the fakes, and no other endpoints;
    - ``time.sleep`` moves the clock of the fakes instead of waiting, in each thread that has sent them a request.

    Mocks may be nested; the one entered last gets the requests of all threads. On the way out everything is as before.
    Functions, generators and coroutine functions can be decorated, ``@hcloud_mock()``, and so can those that are
    fixtures of pytest. In a ``unittest.TestCase``, ``setUp`` calls ``self.enterContext(hcloud_mock())``.

    :param cloud: Fake Hetzner Cloud; by default a new one that accepts any token and whose time starts now
    :param digitalocean: Fake DigitalOcean; by default a new one that accepts any token and has the clock of ``cloud``
    :raises TypeError: if an argument is not a fake, or a class is decorated
    """

    cloud: FakeCloud
    """The fake Hetzner Cloud."""
    digitalocean: FakeDigitalOcean
    """The fake DigitalOcean."""

    def __init__(self, cloud: FakeCloud | None = None, *, digitalocean: FakeDigitalOcean | None = None) -> None:
        arguments: dict[str, object] = {"cloud": cloud, "digitalocean": digitalocean}
        for name, value in arguments.items():
            if not isinstance(value, FakeAPI | None):
                hint = "; decorate it with @hcloud_mock()" if callable(value) else ""
                raise TypeError(f"{name} must be a fake cloud, not {value!r}{hint}")
        self._arguments = cloud, digitalocean
        self._entered: list[_Interception] = []

    def _recreate_cm(self) -> hcloud_mock:  # each call of a decorated function gets new fakes
        return type(self)(self._arguments[0], digitalocean=self._arguments[1])

    def __call__(self, func: FunctionT) -> FunctionT:
        """Decorate a function; its generator or coroutine runs within the mock, too."""
        if isinstance(func, type):
            raise TypeError(
                "a class cannot be decorated: decorate its methods, request the fixture hcloud_mock, or call "
                "self.enterContext(hcloud_mock()) in setUp"
            )
        # ContextDecorator would end the mock before the generator or the coroutine begins.
        function: Any = func
        decorated: Any

        if inspect.isasyncgenfunction(func):

            async def iterate_asynchronously(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                with self._recreate_cm():
                    async with aclosing(function(*args, **kwargs)) as items:
                        async for item in items:
                            yield item

            decorated = iterate_asynchronously
        elif inspect.iscoroutinefunction(func):

            async def run(*args: Any, **kwargs: Any) -> Any:
                with self._recreate_cm():
                    return await function(*args, **kwargs)

            decorated = run
        elif inspect.isgeneratorfunction(func):

            def iterate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with self._recreate_cm():
                    return (yield from function(*args, **kwargs))

            decorated = iterate
        else:
            return super().__call__(func)
        wrapper: Any = wraps(function)(decorated)
        return wrapper  # type: ignore[no-any-return]

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
        self._fakes: dict[str, FakeAPI] = {
            **dict.fromkeys(_HETZNER_HOSTS, cloud),
            **dict.fromkeys(_DIGITALOCEAN_HOSTS, digitalocean),
        }
        self.clocks: list[ManualClock] = []
        for clock in (cloud.clock, digitalocean.clock):
            if isinstance(clock, ManualClock) and clock not in self.clocks:
                self.clocks.append(clock)
        self._started, self._moved = time.monotonic(), 0.0
        self._threads = threading.local()
        self._lock = threading.Lock()

    def adapter_for(self, url: str | None, own: BaseAdapter | None) -> BaseAdapter | None:
        """Return the adapter for a request; ``None`` if its host is another one.

        :param own: Adapter that would send the request without the mock
        """
        fake = self.fake_for(url)
        return None if fake is None else _MockAdapter(fake, self, own)

    def fake_for(self, url: str | None) -> FakeAPI | None:
        """Return the fake that gets a request; ``None`` if its host is another one."""
        return self._fakes.get((urlsplit(url or "").hostname or "").rstrip("."))

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


class _MockAdapter(FakeAdapter):
    """Adapter of a fake, with the headers and retries of the adapter that it replaces."""

    def __init__(self, cloud: FakeAPI, interception: _Interception, own: BaseAdapter | None) -> None:
        super().__init__(cloud)
        self._interception = interception
        self._own = own if isinstance(own, HTTPAdapter) else HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        retries, method, url = self._own.max_retries, str(request.method), request.url
        self._own.add_headers(request, **kwargs)
        while True:
            self._interception.count_request()
            try:
                response = super().send(request, *args, **kwargs)
            except (requests.ConnectionError, requests.Timeout) as error:
                try:
                    retries = retries.increment(method, url, error=_urllib3_error(error))
                except urllib3.exceptions.HTTPError:
                    raise error from None
                retries.sleep()
                continue
            if not retries.is_retry(method, response.status_code, "Retry-After" in response.headers):
                return response
            try:
                retries = retries.increment(method, url, response=response.raw)
            except urllib3.exceptions.MaxRetryError as error:
                if retries.raise_on_status:
                    raise requests.exceptions.RetryError(error, request=request) from None
                return response
            retries.sleep(response.raw)


class _MockTransport:
    """Transport that sends requests to the fakes, and those to other hosts by the transport that it replaces."""

    def __init__(self, own: Transport) -> None:
        self._own = own
        self.failure_of = own.failure_of
        self.close = own.close

    async def send(
        self, method: str, url: str, body: bytes | None, *, headers: Mapping[str, str], timeout: Any
    ) -> Response:
        transport: Transport = self._own
        for interception in _active[-1:]:
            fake = interception.fake_for(url)
            if fake is not None:
                interception.count_request()
                transport = FakeTransport(fake)
        return await transport.send(method, url, body, headers=headers, timeout=timeout)


def _urllib3_error(error: requests.RequestException) -> Exception:
    """Return the exception by which a policy for retries recognizes a failure."""
    if isinstance(error, requests.ConnectTimeout):
        return urllib3.exceptions.ConnectTimeoutError(str(error))
    if isinstance(error, requests.Timeout):
        return urllib3.exceptions.ReadTimeoutError(None, None, str(error))  # type: ignore[arg-type]
    return urllib3.exceptions.ProtocolError(str(error))


_active: list[_Interception] = []
_lock = threading.RLock()
_saved_environment: dict[str, str | None] = {}


def _adapter_for(url: str | None, own: BaseAdapter | None) -> BaseAdapter | None:
    interceptions = _active[-1:]  # a copy: another thread may leave its mock meanwhile
    return interceptions[0].adapter_for(url, own) if interceptions else None


def _get_adapter(original: Callable[..., BaseAdapter]) -> Callable[..., BaseAdapter]:
    def get_adapter(self: requests.Session, url: str) -> BaseAdapter:
        try:
            own = original(self, url)
        except requests.exceptions.InvalidSchema:
            adapter = _adapter_for(url, None)
            if adapter is None:
                raise
            return adapter
        if isinstance(own, FakeAdapter) or _calls_replacement(own):
            return own
        return _adapter_for(url, own) or own

    return get_adapter


def _calls_replacement(own: BaseAdapter) -> bool:
    """Return True if an adapter of the program has a ``send`` of its own, which calls the one that is replaced."""
    return (
        isinstance(own, HTTPAdapter)
        and not isinstance(own, Adapter)
        and type(own).send is not HTTPAdapter.send
        and hasattr(HTTPAdapter.send, "hcloud_original")
    )


def _send(original: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Return the ``send`` of adapters, for sessions and adapters that have methods of their own."""

    def send(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        adapter = _adapter_for(request.url, self)
        return original(self, request, *args, **kwargs) if adapter is None else adapter.send(request, *args, **kwargs)

    return send


def _open(original: Callable[[EventLoopSession], Transport]) -> Callable[[EventLoopSession], Transport]:
    def open_transport(self: EventLoopSession) -> Transport:
        transport = original(self)
        return transport if isinstance(transport, FakeTransport) else _MockTransport(transport)

    return open_transport


def _failure_of(
    original: Callable[[EventLoopSession, Exception], Failure | None],
) -> Callable[[EventLoopSession, Exception], Failure | None]:
    def failure(self: EventLoopSession, error: Exception) -> Failure | None:
        return failure_of(error) if isinstance(error, ConnectionBroken) else original(self, error)

    return failure


def _sleep(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def sleep(seconds: Any, /) -> None:
        interceptions = _active[-1:]
        if (
            interceptions
            and interceptions[0].clocks
            and interceptions[0].sees_thread()
            and 0 <= seconds <= threading.TIMEOUT_MAX
        ):
            interceptions[0].sleep(seconds)
            seconds = 0  # lets other threads run
        original(seconds)

    return sleep


class _Replacement:
    """A function of another module that is replaced while a mock is active.

    :param owner: Class or module of the function
    :param create: Function that takes the original and returns what replaces it
    """

    def __init__(self, owner: Any, name: str, create: Callable[[Any], Any]) -> None:
        self._owner = owner
        self._name = name
        self._create = create

    def install(self) -> None:
        # What another library has put in place is called for all other hosts. If it was put there during an earlier
        # mock, it may since have restored a replacement of that mock.
        self.original: Any = getattr(self._owner, self._name)
        while hasattr(self.original, "hcloud_original"):
            self.original = self.original.hcloud_original
        self.replacement: Any = self._create(self.original)
        self.replacement.hcloud_original = self.original
        setattr(self._owner, self._name, self.replacement)

    def remove(self) -> None:
        if getattr(self._owner, self._name) is self.replacement:
            setattr(self._owner, self._name, self.original)


_SLEEP = _Replacement(time, "sleep", _sleep)
_REPLACEMENTS = (
    _Replacement(requests.Session, "get_adapter", _get_adapter),
    _Replacement(HTTPAdapter, "send", _send),
    _Replacement(EventLoopSession, "_open", _open),
    _Replacement(EventLoopSession, "failure_of", _failure_of),
    _SLEEP,
)


def _activate(interception: _Interception) -> None:
    with _lock:
        if not _active:
            _install()
        _active.append(interception)
        try:
            _apply()
        except BaseException:
            _deactivate(interception)
            raise


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
    for replacement in _REPLACEMENTS:
        replacement.install()
    _replace_in_modules(_SLEEP.original, _SLEEP.replacement)


def _remove() -> None:
    for replacement in _REPLACEMENTS:
        replacement.remove()
    _replace_in_modules(_SLEEP.replacement, _SLEEP.original)


def _replace_in_modules(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Replace a function in all modules that have it by ``from time import sleep``."""
    modules: list[tuple[str, object]] = list(sys.modules.items())  # a program may put other objects there
    for name, module in modules:
        if issubclass(type(module), ModuleType) and name not in (__name__, "time"):
            # type(), as objects of cffi claim to be modules. Neither vars() nor setattr(), which would execute a module
            # that importlib.util.LazyLoader has not loaded yet, or a method of its class.
            namespace: dict[str, Any] = object.__getattribute__(module, "__dict__")
            for attribute, value in list(namespace.items()):
                if value is old:
                    namespace[attribute] = new
