"""Plugin of pytest that runs the calls of the suite through asynchronous clients: ``pytest -p tests.aio.parity tests``.

Clients of the fake clouds and of the stub are replaced by asynchronous ones, whose coroutine methods run in an event
loop until they end. What blocking clients do at a read, to fetch a missing field, is done in that loop, too.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from types import CoroutineType, FunctionType
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

import hcloud.aio
import hcloud.digitalocean.aio
import hcloud.digitalocean.images.client as digitalocean_images
from hcloud.aio import Response, _provider, _twins
from hcloud.core import loading, methods, waiting
from hcloud.core.client import BoundModelBase
from hcloud.core.retry import Failure, _classify_network_error
from hcloud.core.settings import Behaviour, Settings
from hcloud.testing import FakeCloud, FakeDigitalOcean
from hcloud.testing.aio import FakeTransport
from tests.stub import Stub

CALLS: Counter[str] = Counter()
"""Calls that ran in the event loop, by the test that made them."""

LEFT_OUT: dict[str, str] = {
    "test_create_with_all_arguments": "compares the class of a response, which is another one here",
    "test_taking_a_snapshot": "compares the class of a response, which is another one here",
    "test_call_without_ids_warns_the_caller": "the call is a task of its own, which hides the caller's line",
    "test_readiness.py": "wait_until_ready() exists for blocking clients only",
    "test_what_is_known_to_be_deprecated_is_an_error_before_the_creation": "the call is a task, which hides its line",
    "test_a_deprecated_type": "the call is a task of its own, which hides the caller's line",
    "test_without_fetching_on_read": "the message names the call with its `await`",
    "test_characters_that_the_output_cannot_encode": "the command downloads, which blocking clients do only",
    "test_create_without_an_assignee_type_warns_the_caller": "the call is a task of its own, which hides its line",
    "test_the_exception_of_a_single_action_has_no_group_behind_it": "a task keeps its exception until it is collected",
    "test_threads_share_the_rate_limit": "an asynchronous client belongs to one thread",
    "test_clock": "asynchronous clients wrap the clock",
    "test_life_cycle": "a condition reads a missing field in the loop, which raises NotFetchedError",
    "test_transient_failures_do_not_end_a_wait[condition]": "a condition reads a missing field in the loop",
}
"""Tests, and files of tests, that can't run so, with the reason."""

_BLOCKING_ONLY = "exists for blocking clients only"
"""End of the message of a method that asynchronous clients do not have; tests of such methods are left out, too."""

_PATIENCE = 10
"""Seconds after which a test is ended."""

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
    twin: type[Any] = _original_twin_of(cls)  # type: ignore[arg-type]
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
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, body
        prepared.headers = CaseInsensitiveDict(headers)
        response = await asyncio.to_thread(self._adapter.send, prepared, timeout=timeout)
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
        _twin_of = staticmethod(_twin_of)

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
        adapter = options.pop("adapter", self if owner is Stub else None)
        transport: Any = FakeTransport(self) if adapter is None else AdapterTransport(adapter)
        token = token or ("the-token" if owner is Stub else self.project.token)
        return client_class(token, **{"transport": transport, "clock": self.clock, **options})

    owner.client = client


def pytest_configure() -> None:
    """Replace the clients."""
    _twins.twin_of = _twin_of
    _provider.AsyncProvider._twin_of = staticmethod(_twin_of)  # type: ignore[method-assign]
    for module in (loading, methods, waiting, digitalocean_images):  # tests create objects of the blocking classes
        module.check_side = lambda *_: None  # type: ignore[attr-defined]
    hetzner = _client_class(hcloud.aio.Client)
    _replace(FakeCloud, hetzner)
    _replace(FakeDigitalOcean, _client_class(hcloud.digitalocean.aio.Client))
    _replace(Stub, hetzner)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that are left out."""
    for item in items:
        names = (item.path.name, item.name, item.name.partition("[")[0])
        reason = next((LEFT_OUT[name] for name in names if name in LEFT_OUT), None)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the test that makes the next calls."""
    global _test  # noqa: PLW0603
    _test = item.nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """End a test that waits for something that no event loop can bring, such as another thread."""

    def end(*_: object) -> None:
        raise AssertionError(f"{item.nodeid} took longer than {_PATIENCE} s")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(_PATIENCE)
    try:
        return (yield)
    except AttributeError as error:
        if str(error).endswith(_BLOCKING_ONLY):
            pytest.skip(str(error))
        raise
    finally:
        signal.alarm(0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the number of calls."""
    terminalreporter.write_line(f"calls through the event loop: {sum(CALLS.values())}, of {len(CALLS)} tests")
