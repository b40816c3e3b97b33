"""Sessions, clocks, locks and tasks of an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._exceptions import InvalidArgumentError
from ..core.clock import is_real
from ..core.coroutines import result_of
from ..core.encoding import JSON_TYPE, encode_request
from ..core.paging import Page, ReadAhead
from ..core.retry import REJECTED_FOR_NOW, UNKNOWN, UNKNOWN_FOR_NOW, Failure
from ..core.session import SharedSession
from .transport import Response, ResponseTooLarge, Transport

if TYPE_CHECKING:
    from ..core.clock import Clock
    from ..core.rate_limit import Budget

__all__ = ["EventLoopClock", "EventLoopSession", "ResponseTimeout", "TaskLock", "TasksAhead"]


class ResponseTimeout(TimeoutError):
    """The response took longer than the client's ``total_timeout``."""

    was_sent: bool | None = None
    """False if nothing of the request was sent, None if that is unknown."""


class EventLoopSession(SharedSession):
    """Session of one API host over a transport, in the event loop of its first request.

    After :meth:`aclose`, the next request may be one in another loop.
    """

    setting = "transport"

    def __init__(self, transport: Transport | None, budget: Budget, max_response_size: int | None = None) -> None:
        super().__init__(None, budget, max_response_size)
        if transport is not None and not all(
            callable(getattr(transport, name, None)) for name in ("send", "failure_of", "close")
        ):
            raise InvalidArgumentError(
                f"transport must have the methods send, failure_of and close, not be {transport!r}; a ClientSession of "
                "aiohttp is passed as AiohttpTransport(session)"
            )
        self._transport = transport
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self) -> Any:
        """Return the object that sends requests: this one, unless it was replaced."""
        return self if self._session is None else self._session

    async def request(
        self,
        *,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str],
        timeout: Any = None,
        total_timeout: float | None = None,
    ) -> Response:
        """Send a request and return its response.

        :param total_timeout: Seconds after which the request is cancelled, even if bytes still arrive
        """
        transport = self._open()
        url, body = encode_request(method, url, params, json)
        if body is not None:
            headers = {**headers, "Content-Type": JSON_TYPE}
        if total_timeout is None:
            response = await transport.send(method, url, body, headers=headers, timeout=timeout)
        else:
            limit = asyncio.timeout(total_timeout)
            try:
                async with limit:
                    response = await transport.send(method, url, body, headers=headers, timeout=timeout)
            except TimeoutError as error:
                if not limit.expired():
                    raise
                late = ResponseTimeout(f"the response took longer than {total_timeout:g} seconds (total_timeout)")
                late.was_sent = getattr(error.__cause__, "was_sent", None)  # it may have waited for a connection
                raise late from error
        max_size = self._max_response_size
        if max_size is not None and len(response.content) > max_size:
            raise ResponseTooLarge(f"the body of the response is larger than {max_size} bytes (max_response_size)")
        return response

    def _open(self) -> Transport:
        """Return the transport; open it if there is none.

        :raises RuntimeError: if no event loop runs, or another one than that of the first request
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "an asynchronous client needs a running event loop of asyncio: call it in asyncio.run(main())"
            ) from None
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(
                "this asynchronous client was used in another event loop before: create one client for each loop, or "
                "end its use there by `await client.aclose()`"
            )
        if self._transport is None:
            from ._aiohttp_transport import AiohttpTransport

            self._transport = AiohttpTransport(max_response_size=self._max_response_size)
        return self._transport

    def failure_of(self, error: Exception) -> Failure | None:
        """Return the meaning of an exception of :meth:`request`, None if it is no network failure."""
        if isinstance(error, ResponseTooLarge):
            return UNKNOWN
        if isinstance(error, ResponseTimeout):
            return REJECTED_FOR_NOW if error.was_sent is False else UNKNOWN_FOR_NOW
        return None if self._transport is None else self._transport.failure_of(error)

    def close(self) -> None:
        """Raise a TypeError: only a coroutine can close connections of an event loop."""
        raise TypeError("an asynchronous client is closed by `await client.aclose()`, or by `async with`")

    async def aclose(self) -> None:
        """Close the connections; the next request opens new ones."""
        self._loop = None
        if self._transport is not None:
            await self._transport.close()

    def reset_after_fork(self) -> None:
        """Reset the counts of the rate limit. The event loop of the parent does not run in the child."""
        self.budget.reset_after_fork()


class EventLoopClock:
    """Clock that sleeps without blocking the event loop.

    :param clock: Source of time; a clock that is not real, as in tests, also sleeps
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Bound here, as each request reads the time several times.
        self.time = clock.time
        self.monotonic = clock.monotonic

    async def sleep(self, seconds: float) -> None:
        """Sleep while other tasks run."""
        if is_real(self._clock):
            await asyncio.sleep(seconds)
        else:
            await result_of(self._clock.sleep(seconds))
            await asyncio.sleep(0)


class TaskLock:
    """Reentrant lock of tasks."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner: asyncio.Task[Any] | None = None
        self._depth = 0

    async def __aenter__(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if self._loop is not loop:  # of a client that was closed in the other one
            self._lock, self._loop, self._owner = asyncio.Lock(), loop, None
        if self._owner is None or self._owner is not task:
            await self._lock.acquire()
            self._owner, self._depth = task, 0
        self._depth += 1

    async def __aexit__(self, *error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()


class TasksAhead(ReadAhead):
    """Tasks that read pages. None of them runs any more when the call has ended; the first failure ends all."""

    def start(self, workers: int) -> None:
        """Start the tasks."""
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._run(), name="hcloud-page") for _ in self._numbers[:workers]]

    async def end(self) -> None:
        """Cancel the tasks, and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait(self, number: int) -> Page | None:
        while self._failure is None and number not in self._pages:
            self._changed.clear()
            await self._changed.wait()
        if self._failure is not None:
            raise self._failure
        return self._pages.pop(number)

    async def _run(self) -> None:
        for number in self._pending:
            try:
                self._pages[number] = await self._read(number)
            except BaseException as error:
                self._failure = self._failure or error
                self._changed.set()
                if not isinstance(error, Exception):
                    raise
                return
            self._changed.set()
            if self._failure is not None:
                return
