"""The values of TXT records, as zone files write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["format_txt_record", "is_txt_record_quoted"]

_LIMIT = 255  # bytes that a string of a record holds, by RFC 1035
_is_quoted = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', re.DOTALL).fullmatch


def is_txt_record_quoted(value: str) -> bool:
    """Return whether a value is written as zone files write it: as one or more strings in quotes.

    :param value: the value of a TXT record
    """
    return _is_quoted(value) is not None


def format_txt_record(value: str) -> str:
    """Return a text as zone files write it: in quotes, and split into strings of 255 bytes at most.

    :param value: the text that the record shall hold; quotes and backslashes in it are escaped
    """
    return " ".join('"{}"'.format(re.sub(r'(["\\])', r"\\\1", part)) for part in _parts(value))


def _parts(text: str) -> Iterator[str]:
    """``text`` in pieces that each fit a string, none of them ending within a character."""
    start = size = 0
    for end, character in enumerate(text):
        width = len(character.encode())
        if size + width > _LIMIT:
            yield text[start:end]
            start, size = end, 0
        size += width
    if size:
        yield text[start:]
