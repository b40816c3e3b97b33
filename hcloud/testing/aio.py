"""A fake cloud as a transport of asynchronous clients, without sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from http.client import responses
from typing import TYPE_CHECKING, Any

from requests.structures import CaseInsensitiveDict

from ..aio.transport import REJECTED_FOR_NOW, UNKNOWN_FOR_NOW, Failure, Response
from .clock import ManualClock, RealClock
from .exchange import exchange
from .http import ConnectionBroken

if TYPE_CHECKING:
    from ..core.clock import Clock
    from .cloud import FakeAPI

__all__ = ["AsyncClock", "FakeTransport"]


class AsyncClock:
    """Clock of asynchronous clients that shows the time of another one, and does not block the event loop.

    Sleeping moves a :class:`ManualClock`, and then lets other tasks run.

    :param clock: Clock of a fake cloud
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.time: Callable[[], float] = clock.time
        self.monotonic: Callable[[], float] = clock.monotonic

    async def sleep(self, seconds: float, /) -> None:
        """Let other tasks run until ``seconds`` have passed on the clock."""
        clock = self._clock
        if isinstance(clock, ManualClock) and not clock.is_going:
            clock.sleep(seconds)
            await asyncio.sleep(0)
        elif clock is time or isinstance(clock, ManualClock | RealClock):
            await asyncio.sleep(seconds)
        else:
            await asyncio.to_thread(clock.sleep, seconds)


class FakeTransport:
    """Transport that sends the requests of an asynchronous client to a fake cloud.

    :param cloud: Cloud that processes the requests
    """

    def __init__(self, cloud: FakeAPI) -> None:
        self.cloud = cloud

    async def send(
        self, method: str, url: str, body: bytes | None, *, headers: Mapping[str, str], timeout: Any
    ) -> Response:
        """Let the cloud process a request, after other tasks have run as they would while a network is slow.

        :raises ConnectionBroken: if a fault breaks the connection, or the response takes longer than the timeout
        """
        await asyncio.sleep(0)
        clock = AsyncClock(self.cloud.clock)
        response = await exchange(self.cloud, clock, method, url, headers=headers, body=body or b"", timeout=timeout)
        reason = responses.get(response.status, "")
        return Response(response.status, reason, CaseInsensitiveDict(response.headers), response.body)

    def failure_of(self, error: Exception) -> Failure | None:
        """Return the meaning of a :class:`ConnectionBroken`."""
        return failure_of(error)

    async def close(self) -> None:
        """Do nothing: there are no connections."""


def failure_of(error: Exception) -> Failure | None:
    """Return the meaning of a :class:`ConnectionBroken`, None for another exception."""
    if not isinstance(error, ConnectionBroken):
        return None
    return REJECTED_FOR_NOW if error.kind == "connect" else UNKNOWN_FOR_NOW
