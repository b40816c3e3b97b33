"""Plugin of pytest that runs the calls of the suite through asynchronous clients: ``pytest -p tests.aio.parity tests``.

Clients of the fake clouds and of the stub are replaced by asynchronous ones, whose coroutine methods run in an event
loop until they end. What blocking clients do at a read, to fetch a missing field, is done in that loop, too.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from types import CoroutineType, FunctionType
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

import hcloud.aio
import hcloud.digitalocean.aio
from hcloud.aio import Response, _provider, _twins
from hcloud.core.client import BoundModelBase
from hcloud.core.retry import Failure, _classify_network_error
from hcloud.core.settings import Behaviour, Settings
from hcloud.testing import FakeCloud, FakeDigitalOcean
from hcloud.testing.aio import FakeTransport
from tests.stub import Stub

CALLS: Counter[str] = Counter()
"""Calls that ran in the event loop, by the test that made them."""

_loop = asyncio.new_event_loop()
_test = ""


def _is_inside() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _blocking(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let calls from outside of the event loop run there until they end."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        if _is_inside() or not isinstance(result, CoroutineType | AsyncGenerator):
            return result
        CALLS[_test] += 1
        return _iterate(result) if isinstance(result, AsyncGenerator) else _loop.run_until_complete(result)

    return call


def _iterate(generator: AsyncGenerator[Any, None]) -> Iterator[Any]:
    try:
        while True:
            try:
                yield _loop.run_until_complete(anext(generator))
            except StopAsyncIteration:
                return
    finally:
        _loop.run_until_complete(generator.aclose())


def _may_wait(method: object, name: str) -> bool:
    is_function = isinstance(method, FunctionType)
    return is_function and (not name.startswith("_") or inspect.iscoroutinefunction(method))


_original_twin_of = _twins.twin_of


@functools.cache
def _twin_of(cls: type[Any]) -> type[Any]:
    twin = _original_twin_of(cls)
    if twin is cls:
        return cls
    methods: dict[str, Any] = {
        name: _blocking(method) for name in dir(twin) if _may_wait(method := inspect.getattr_static(twin, name), name)
    }
    if issubclass(cls, BoundModelBase):
        methods |= {"_is_lazy": cls._is_lazy, "_missing_value": cls._missing_value, "_fetch": _fetch}
    names = {"__module__": twin.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    blocking = type(cls.__name__, (twin,), {**names, **methods})
    for name in ("_is_closed", "_is_abstract"):
        if hasattr(cls, name):
            setattr(blocking, name, getattr(cls, name))
    return blocking


def _fetch(model: Any, name: str) -> None:
    if _is_inside() or model._identity() is None or not model._is_lazy():
        BoundModelBase._fetch(model, name)
    else:
        CALLS[_test] += 1
        _loop.run_until_complete(model._own_batch().load(model, is_read=True))


class AdapterTransport:
    """Transport over an adapter of ``requests``, such as the stub.

    :param adapter: Adapter that responds to the requests
    """

    def __init__(self, adapter: BaseAdapter) -> None:
        self._adapter = adapter

    async def send(self, method: str, url: str, body: bytes | None, *, headers: Any, timeout: Any) -> Response:
        """Send a request."""
        await asyncio.sleep(0)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, body
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        response = self._adapter.send(prepared, timeout=timeout)
        return Response(response.status_code, response.reason, response.headers, response.content)

    def failure_of(self, error: Exception) -> Failure | None:
        """Return the meaning of an exception of ``requests``."""
        return _classify_network_error(error) if isinstance(error, requests.RequestException) else None

    async def close(self) -> None:
        """Close the adapter."""
        self._adapter.close()


def _client_class(cls: type[Any]) -> type[Any]:
    class Client(cls):  # type: ignore[misc]
        """Asynchronous client that is called as a blocking one."""

        _settings = type("Settings", (), {"__optional_keys__": {*Settings.__optional_keys__, "transport"}})
        _behaviour = Behaviour
        twin_of = staticmethod(_twin_of)

        def _configure(self, behaviour: Any) -> None:
            super()._configure(behaviour)
            self._lazy = behaviour.get("lazy", self.__dict__.get("_parity_lazy", True))
            self._parity_lazy = self._lazy

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *error: object) -> None:
            self.close()

        def close(self) -> None:
            _loop.run_until_complete(self.aclose())

        request = _blocking(cls.request)
        load = _blocking(cls.load)

    Client.__qualname__ = "Client"
    return Client


def _replace(owner: type[Any], client_class: type[Any]) -> None:
    def client(self: Any, token: str | None = None, **options: Any) -> Any:
        adapter = options.pop("adapter", None)
        if isinstance(self, Stub):
            token, adapter = token or "the-token", adapter or self
        transport = FakeTransport(self) if adapter is None else AdapterTransport(adapter)
        return client_class(token or self.project.token, **{"transport": transport, "clock": self.clock, **options})

    owner.client = client


def pytest_configure() -> None:
    """Replace the clients."""
    _twins.twin_of = _twin_of
    for name in ("AsyncProvider",):
        getattr(_provider, name).twin_of = staticmethod(_twin_of)
    hetzner = _client_class(hcloud.aio.Client)
    _replace(FakeCloud, hetzner)
    _replace(FakeDigitalOcean, _client_class(hcloud.digitalocean.aio.Client))
    _replace(Stub, hetzner)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the test that makes the next calls."""
    global _test  # noqa: PLW0603
    _test = item.nodeid


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the number of calls."""
    terminalreporter.write_line(f"calls through the event loop: {sum(CALLS.values())}, of {len(CALLS)} tests")
