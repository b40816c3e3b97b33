"""Requests and responses of the fake API: plain values, independent of any HTTP library."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "MAX_BODY",
    "Breakage",
    "ConnectionBroken",
    "Query",
    "Request",
    "Response",
    "as_number",
    "dump_json",
    "parse_json",
]

Breakage = Literal["reset", "connect", "timeout"]
"""Ways in which a connection breaks: ``reset`` by the server, ``connect`` never established, ``timeout`` of the
response."""

dump_json: Callable[[object], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

MAX_BODY = 2**20
"""Maximum length of the body of a request, in bytes."""
_MAX_DIGITS = 18  # every number of 18 digits fits into 64 bits


def _reject_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _parse_int(text: str) -> int:
    # Long texts are rejected first, since int() takes quadratic time.
    if len(text) > len(str(-(2**63))) or not -(2**63) <= (number := int(text)) < 2**63:
        raise ValueError("a number does not fit into 64 bits")
    return number


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


_parse = json.JSONDecoder(parse_constant=_reject_constant, parse_int=_parse_int, parse_float=_parse_float).decode


def parse_json(body: bytes) -> Any:
    """Parse a JSON text.

    :raises ValueError: if the text is not JSON, is nested too deeply, or has an unpaired surrogate or a number in it
        that is too large
    """
    try:
        value = _parse(body.decode())
        if b"\\u" in body:
            dump_json(value).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def as_number(text: str) -> int | None:
    """Parse an ID or a page number; return ``None`` if the text is not a number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else None


class Query:
    """Query parameters; a parameter may occur several times."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: list[tuple[str, str]] = list(pairs)
        self._values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        """Return all values of a parameter, in order."""
        return self._values.get(name, [])

    def get(self, name: str) -> str | None:
        """Return the last value of a parameter."""
        values = self._values.get(name)
        return values[-1] if values else None

    def __contains__(self, name: object) -> bool:
        return name in self._values


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    :param path: Path as sent: percent-encoded, with the leading ``/v1``
    :param headers: Headers; their names are case-insensitive
    :param root: Base URL under which the client reached the API, for the ``Link`` header
    """

    method: str
    path: str
    query: Iterable[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    root: str = "https://api.hetzner.cloud/v1"

    def header(self, name: str) -> str | None:
        """Return the value of a header."""
        lowercase = name.lower()
        for key, value in self.headers.items():
            if key.lower() == lowercase:
                return value
        return None


@dataclass
class Response:
    """An HTTP response. ``delay`` is the number of seconds, by the clock of the cloud, until it arrives."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


class ConnectionBroken(Exception):
    """The connection ended without a response. Transports convert it into their own exception.

    :param kind: ``reset`` by the server, ``connect`` if it was never established, ``timeout`` while waiting for the
        response
    :param message: Text of the exception; by default it names the kind
    """

    def __init__(self, kind: Literal["reset", "connect", "timeout"] = "reset", message: str | None = None) -> None:
        super().__init__(f"the fake cloud broke the connection ({kind})" if message is None else message)
        self.kind = kind
