"""Exchange of a request and its response with a fake cloud, without sockets: the same for every transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from ..core.clock import sleep
from .http import ConnectionBroken, Request, Response

if TYPE_CHECKING:
    from .cloud import FakeAPI

__all__ = ["exchange"]


async def exchange(
    cloud: FakeAPI, clock: Any, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: Any
) -> Response:
    """Let a cloud process a request, and wait for the response as long as its faults and delays demand.

    :param clock: Clock of the cloud, whose ``sleep`` may be a coroutine method
    :param timeout: Timeout of the request: seconds, a pair of them (connect, read), or None
    :raises ConnectionBroken: A fault breaks the connection, or the response takes longer than the timeout.
    """
    address = urlsplit(url)
    query = parse_qsl(address.query, keep_blank_values=True)
    root = f"{address.scheme}://{address.netloc}{cloud.prefix}"
    try:
        response = cloud.handle(Request(method, address.path, query, headers, body, root))
    except ConnectionBroken as broken:
        if broken.kind != "reset":
            await sleep(clock, _seconds_of(timeout, broken.kind) or 0)
        raise
    if response.delay:
        seconds = _seconds_of(timeout, "timeout")
        if seconds is not None and response.delay > seconds:
            await sleep(clock, seconds)
            raise ConnectionBroken("timeout", f"the fake cloud took longer than {seconds} seconds")
        await sleep(clock, response.delay)
    return response


def _seconds_of(timeout: Any, kind: str) -> float | None:
    """Return the timeout of connecting or of reading."""
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    seconds: float | None = connect if kind == "connect" else read
    return seconds
