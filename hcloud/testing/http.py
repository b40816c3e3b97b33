"""Requests and answers as the fake sees them: plain values, no HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["ConnectionBroken", "Query", "Request", "Response", "as_number", "dump_json", "parse_json"]

dump_json: Callable[[object], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_MOST_DIGITS = 18  # what fits into 64 bits


def _reject_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_parse = json.JSONDecoder(parse_constant=_reject_constant).decode


def parse_json(body: bytes) -> Any:
    """The value of a JSON text.

    :raises ValueError: it is none, is nested too deeply, or has half a character in it.
    """
    try:
        value = _parse(body.decode())
        if b"\\u" in body:
            dump_json(value).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def as_number(text: str) -> int | None:
    """The number that a text is, as ids and pages are; ``None`` if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


class Query:
    """Query parameters, each possibly given several times."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: list[tuple[str, str]] = list(pairs)
        self._values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter, in the order given."""
        return self._values.get(name, [])

    def get(self, name: str) -> str | None:
        """The last value of a parameter."""
        values = self._values.get(name)
        return values[-1] if values else None

    def __contains__(self, name: object) -> bool:
        return name in self._values


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    :param path: with its leading ``/v1``, percent-encoded as sent.
    :param headers: names in any case.
    :param root: the address under which the client reached the API, for the ``Link`` header.
    """

    method: str
    path: str
    query: Iterable[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    root: str = "https://api.hetzner.cloud/v1"

    def header(self, name: str) -> str | None:
        """A header's value."""
        wanted = name.lower()
        for key, value in self.headers.items():
            if key.lower() == wanted:
                return value
        return None


@dataclass
class Response:
    """One HTTP response. ``delay``: seconds of the cloud's clock that it takes to arrive."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


class ConnectionBroken(Exception):
    """The connection ended without an answer; whoever transports requests turns it into its own kind of error.

    :param kind: ``reset`` by the other side, ``connect`` never came to be, ``timeout`` while waiting for the answer.
    """

    def __init__(self, kind: Literal["reset", "connect", "timeout"] = "reset") -> None:
        super().__init__(f"the fake cloud broke the connection ({kind})")
        self.kind = kind
