"""Decoding of response bodies."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._exceptions import HCloudException, RequestInfo

__all__ = ["MAX_DEPTH", "ResponsePayload", "decode", "is_too_deep"]

MAX_DEPTH = 100
"""Number of levels up to which lists and objects of a response are read. The APIs nest less than ten."""


class ResponsePayload(dict[str, Any]):
    """The decoded body of a response, with what error messages need to know of the response."""

    def __init__(
        self, payload: dict[str, Any], status: int, correlation_id: str | None, request: RequestInfo | None
    ) -> None:
        super().__init__(payload)
        self.status: int = status
        self.correlation_id: str | None = correlation_id
        self.request: RequestInfo | None = request
        self.is_empty: bool = False
        """True if there was no body, not even an empty object."""
        self.resend: Callable[[HCloudException], Any] | None = None
        """Function that repeats the request after a failure to read the payload, or raises that failure."""


def decode(content: bytes) -> Any:
    """Decode the body of a response.

    :raises ValueError: if it is not JSON
    :raises RecursionError: if it is nested too deeply to be decoded
    """
    parse, detect_encoding = _json()
    is_utf8 = content[:1] == b"{" and content[1:2] != b"\0"  # as nearly all are, which takes longer to detect
    return parse(content.decode("utf-8" if is_utf8 else detect_encoding(content), "surrogatepass"))


@cache
def _json() -> tuple[Callable[[str], Any], Callable[[bytes], str]]:
    from json import JSONDecoder, detect_encoding

    return JSONDecoder(parse_constant=_reject).decode, detect_encoding


def _reject(constant: str) -> NoReturn:
    # NaN is no JSON, and a record that held it would not equal itself.
    raise ValueError(f"{constant} is no JSON")


def is_too_deep(value: Any) -> bool:
    """Return True if decoded JSON is nested more than :data:`MAX_DEPTH` deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for container in level
            if container.__class__ in (dict, list)
            for item in (container.values() if container.__class__ is dict else container)
        ]
        if not level:
            return False
    return True
