"""Blocking methods are coroutines that are run at once; nobody who calls, mocks or inspects them sees that."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import pydoc
import sys
import traceback
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from hcloud import APIException, Client, digitalocean
from hcloud.core import BoundModelBase, ResourceClientBase
from hcloud.core.connection import Connection
from hcloud.core.coroutines import blocking, blocking_iterator, result_of, run
from hcloud.core.provider import resource_clients
from tests.stub import Stub, error


class Pending:
    """An awaitable that suspends, as one of an event loop does."""

    def __await__(self) -> Any:
        yield


class Entry:
    """An object that can be referenced weakly."""


class Counter:
    def __init__(self) -> None:
        self.is_closed = False

    @blocking
    async def double(self, number: int, *, plus: int = 0) -> int:
        """Return twice the number."""
        return 2 * await result_of(self.read(number)) + plus

    def read(self, number: int) -> Any:
        return number

    @blocking
    async def wait(self) -> None:
        try:
            await Pending()
        finally:
            self.is_closed = True

    @blocking_iterator
    async def chunks(self, *chunks: list[Any]) -> AsyncGenerator[list[Any], None]:
        """Iterate over the entries."""
        try:
            for chunk in chunks:
                yield chunk
        finally:
            self.is_closed = True

    @blocking_iterator
    async def suspend(self) -> AsyncGenerator[list[Any], None]:
        try:
            await Pending()
            yield []
        finally:
            self.is_closed = True


async def identity(value: Any) -> Any:
    return value


def test_a_coroutine_is_run_to_its_end() -> None:
    assert run(identity(3)) == 3
    assert Counter().double(3, plus=1) == 7


@pytest.mark.parametrize("result", [3, None, mock.MagicMock()], ids=["int", "None", "mock"])
def test_results_and_coroutines_of_results_are_alike(result: Any) -> None:
    assert run(result_of(result)) is result
    assert run(result_of(identity(result))) is result


def test_a_replaced_method_may_return_a_coroutine() -> None:
    counter = Counter()
    counter.read = identity  # type: ignore[method-assign]
    assert counter.double(3) == 6


def test_exceptions_pass() -> None:
    counter = Counter()
    with pytest.raises(KeyboardInterrupt), mock.patch.object(counter, "read", side_effect=KeyboardInterrupt):
        counter.double(3)


def test_a_coroutine_that_suspends_is_closed() -> None:
    counter = Counter()
    with pytest.raises(RuntimeError, match="only an event loop") as caught:
        counter.wait()
    assert counter.is_closed
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][-2:] == ["wait", "__await__"]


def test_a_step_of_a_generator_that_suspends_closes_it() -> None:
    counter = Counter()
    iterator = counter.suspend()
    with pytest.raises(RuntimeError, match="only an event loop"):
        next(iterator)
    assert counter.is_closed


def test_an_event_loop_can_await_the_coroutine() -> None:
    method: Any = Counter.double
    assert asyncio.run(method.__coroutine__(Counter(), 4)) == 8


def as_coroutine_function(function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


KEY = {"ssh_key": {"id": 1, "name": "key"}}
KEYS = {"ssh_keys": [{"id": 1, "name": "key"}], "meta": {"pagination": None}}


@pytest.mark.parametrize(
    "replace",
    [
        lambda client: (client._client, "request"),
        lambda client: (client._client._session, "request"),
        lambda client: (client._client._shared.budget, "acquire"),
        lambda client: (client._client._clock, "sleep"),
        lambda client: (client.ssh_keys, "get_list"),
        lambda client: (client.ssh_keys, "get_by_id"),
        lambda client: (client.ssh_keys, "update"),
    ],
    ids=["connection", "session", "budget", "clock", "listing", "getter", "method"],
)
def test_whatever_may_be_replaced_may_be_a_coroutine_function(
    replace: Callable[[Client], tuple[Any, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = Stub((200, KEY), (200, KEYS), (200, KEYS), (200, KEYS), (503, error("unavailable")), (200, KEY), (200, KEY))
    client = stub.client()
    key = client.ssh_keys.get_by_id(1)
    owner, name = replace(client)
    monkeypatch.setattr(owner, name, as_coroutine_function(getattr(owner, name)))
    assert [key.id for key in client.ssh_keys.get_all()] == [1]
    assert [key.id for key in client.ssh_keys.iter()] == [1]
    assert client.ssh_keys.get_by_name("key") == key
    assert key.update(name="key") == key
    key.reload()
    assert key.name == "key"
    assert len(stub.clock.slept) == 1


# Iterators


def test_the_entries_of_all_lists_are_iterated() -> None:
    counter = Counter()
    assert list(counter.chunks([1, 2], [], [3])) == [1, 2, 3]
    assert counter.is_closed


def test_an_iterator_that_is_closed_ends_its_generator() -> None:
    counter = Counter()
    iterator: Any = counter.chunks([1, 2])
    next(iterator)
    assert not counter.is_closed
    iterator.close()
    assert counter.is_closed


def test_the_generator_is_closed_even_if_it_is_referenced() -> None:
    counter = Counter()
    method: Any = Counter.chunks
    generator = method.__coroutine__(counter, [1, 2])
    iterator: Any = blocking_iterator(lambda: generator)()
    next(iterator)
    iterator.close()
    assert counter.is_closed


def test_an_abandoned_iterator_ends_its_generator() -> None:
    counter = Counter()
    assert next(counter.chunks([1, 2])) == 1
    assert counter.is_closed


def test_an_iterator_that_was_never_started_needs_no_end() -> None:
    counter = Counter()
    counter.chunks([1, 2])
    gc.collect()  # a warning about a coroutine that was never awaited would be an error
    assert not counter.is_closed


def test_an_iterator_holds_no_entry() -> None:
    chunk = [Entry(), Entry()]
    references = list(map(weakref.ref, chunk))
    iterator = Counter().chunks(chunk)
    entry: Entry | None = next(iterator)
    assert entry is references[0]()
    entry = None
    assert references[0]() is None
    assert references[1]() is not None
    assert next(iterator) is references[1]()
    assert references[1]() is None


def test_an_iterator_survives_an_event_loop() -> None:
    async def begin() -> Iterator[Any]:
        hooks = sys.get_asyncgen_hooks()
        iterator = Counter().chunks([1], [2], [3])
        assert next(iterator) == 1
        assert sys.get_asyncgen_hooks() == hooks
        return iterator

    assert list(asyncio.run(begin())) == [2, 3]  # the loop closes all generators that it knows


def test_a_listing_inside_an_event_loop() -> None:
    async def list_all() -> list[Any]:
        return client.ssh_keys.get_all()

    client = Stub((200, {"ssh_keys": [{"id": 1}], "meta": {"pagination": None}})).client()
    assert [key.id for key in asyncio.run(list_all())] == [1]


# Inspection


def public_methods() -> Iterator[tuple[str, Any]]:
    for provider in (Client, digitalocean.Client):
        yield from methods(provider)
        for folder in resource_clients(provider):
            for value in vars(importlib.import_module(f"{provider._package}.{folder}.client")).values():
                if inspect.isclass(value) and issubclass(value, ResourceClientBase | BoundModelBase | Connection):
                    yield from methods(value)


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    for name, method in inspect.getmembers(cls, callable):
        if not name.startswith("_"):
            yield f"{cls.__module__}.{cls.__name__}.{name}", method


def looks_asynchronous(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def test_no_public_method_looks_asynchronous() -> None:
    public = dict(public_methods())
    assert len(public) > 500
    assert not [
        name
        for name, method in public.items()
        if looks_asynchronous(method) or looks_asynchronous(inspect.unwrap(method))
    ]


@pytest.mark.parametrize("method", [Counter.double, Counter.chunks], ids=["method", "iterator"])
def test_metadata(method: Any) -> None:
    coroutine = method.__coroutine__
    assert inspect.signature(method) == inspect.signature(coroutine)
    assert method.__annotations__ == coroutine.__annotations__
    assert method.__doc__ == coroutine.__doc__
    assert (method.__name__, method.__qualname__) == (coroutine.__name__, coroutine.__qualname__)


def test_help() -> None:
    text = pydoc.render_doc(Counter.double, renderer=pydoc.plaintext)  # type: ignore[attr-defined]
    # Python 3.14 shows annotations without quotes.
    assert "double(self, number: int, *, plus: int = 0) -> int" in text.replace("'", "")
    assert "Return twice the number." in text
    assert "async" not in text


def test_an_autospec_is_blocking_and_checks_arguments() -> None:
    double = mock.create_autospec(Counter, instance=True)
    double.double.return_value = 5
    assert double.double(1, plus=2) == 5
    assert not isinstance(double.double, mock.AsyncMock)
    with pytest.raises(TypeError):
        double.double()


def test_tracebacks_have_one_frame_more_for_each_blocking_method() -> None:
    client = Stub((404, error("not_found"))).client()
    with pytest.raises(APIException) as caught:
        client.locations.get_by_id(1)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[1:] == ["call", "call", "call", "request", "_complete", "_send", "_read"]
