"""Decoding of response bodies."""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn

__all__ = ["MAX_DEPTH", "decode", "is_too_deep"]

MAX_DEPTH = 100
"""Number of levels up to which lists and objects of a response are read. The APIs nest less than ten."""


def decode(content: bytes) -> Any:
    """Decode the body of a response.

    :raises ValueError: if it is not JSON
    :raises RecursionError: if it is nested too deeply to be decoded
    """
    from json import detect_encoding

    return _decoder().decode(content.decode(detect_encoding(content), "surrogatepass"))


@cache
def _decoder() -> Any:
    from json import JSONDecoder

    return JSONDecoder(parse_constant=_reject)


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
