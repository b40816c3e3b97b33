"""Interface of the transports of asynchronous clients, which send requests and read their responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..core.retry import REJECTED, REJECTED_FOR_NOW, UNKNOWN, UNKNOWN_FOR_NOW, Failure

__all__ = [
    "REJECTED",
    "REJECTED_FOR_NOW",
    "UNKNOWN",
    "UNKNOWN_FOR_NOW",
    "Failure",
    "Response",
    "ResponseTooLarge",
    "Transport",
]


class Response(NamedTuple):
    """A response whose body was read completely."""

    status_code: int
    """HTTP status."""
    reason: str | None
    """Reason phrase of the status."""
    headers: Mapping[str, str]
    """Headers; lookups ignore case."""
    content: bytes
    """Body, decompressed."""


class ResponseTooLarge(Exception):
    """The body of a response is larger than the client's ``max_response_size``.

    Tracebacks show it as the cause of a :class:`NetworkError`, by its name in this module.
    """


class Transport(Protocol):
    """Interface that sends the requests of an asynchronous client; :class:`AiohttpTransport` by default."""

    async def send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str],
        timeout: float | tuple[float, float] | None,
    ) -> Response:
        """Send a request and return its response. Redirects are not followed.

        :param method: Method in upper case
        :param url: URL with its query, encoded
        :param body: JSON body, encoded; None if there is none
        :param headers: All headers, the type of the body included
        :param timeout: Seconds to wait for the connection and for each read, or a pair of both; None waits forever
        """

    def failure_of(self, error: Exception) -> Failure | None:
        """Return the meaning of an exception of :meth:`send` for the next attempt, None if it is no network failure.

        ``REJECTED`` stands for a wrong setting, such as an untrusted certificate, ``REJECTED_FOR_NOW`` for a request of
        which nothing was sent, ``UNKNOWN_FOR_NOW`` for a request that may have been sent, and ``UNKNOWN`` for a
        response that can't be used.
        """

    async def close(self) -> None:
        """Close the connections; a later :meth:`send` opens new ones."""
