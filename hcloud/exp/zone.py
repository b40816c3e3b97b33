"""Formatting of TXT record values."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["format_txt_record", "is_txt_record_quoted"]

_MAX_STRING_SIZE = 255  # bytes in a character-string, by RFC 1035
_is_quoted = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', re.DOTALL).fullmatch


def is_txt_record_quoted(value: str) -> bool:
    """Return True if a value consists of one or more quoted strings, as in a zone file.

    :param value: Value of a TXT record
    """
    return _is_quoted(value) is not None


def format_txt_record(value: str) -> str:
    """Return a text as quoted strings of at most 255 bytes each, as in a zone file.

    :param value: Text of the record; quotes and backslashes in it are escaped
    """
    return " ".join('"{}"'.format(re.sub(r'(["\\])', r"\\\1", part)) for part in _split(value))


def _split(text: str) -> Iterator[str]:
    """Split ``text`` between characters into pieces that fit a character-string."""
    start = size = 0
    for end, character in enumerate(text):
        width = len(character.encode())
        if size + width > _MAX_STRING_SIZE:
            yield text[start:end]
            start, size = end, 0
        size += width
    if size:
        yield text[start:]
