"""Formatting and parsing of TXT record values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._exceptions import InvalidArgumentError

__all__ = ["format_txt_record", "is_txt_record_quoted", "parse_txt_record"]

_MAX_STRING_SIZE = 255  # bytes in a character-string, by RFC 1035
_token = re.compile(r'\\([0-9]{3})|\\([^0-9])|([^"\\])', re.DOTALL).match
_is_quoted = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', re.DOTALL).fullmatch


def is_txt_record_quoted(value: str) -> bool:
    """Return True if a value consists of one or more quoted strings, as in a zone file.

    :param value: Value of a TXT record
    """
    return _is_quoted(value) is not None


def format_txt_record(value: str) -> str:
    """Return a text as quoted strings of at most 255 bytes each, as in a zone file.

    An empty text stays empty, as in hcloud-python 2.27.0; the value of an empty record is ``'""'``.

    :func:`parse_txt_record` is the inverse.

    :param value: Text of the record; quotes and backslashes in it are escaped
    """
    return " ".join('"{}"'.format(re.sub(r'(["\\])', r"\\\1", part)) for part in _split(value))


def parse_txt_record(value: str) -> str:
    """Return the text of quoted strings, as in a zone file: the inverse of :func:`format_txt_record`.

    A backslash escapes the character after it; with three digits it stands for the byte of that number.

    :param value: Value of a TXT record: one or more quoted strings
    :raises InvalidArgumentError: if it is malformed, with the position in its message
    """
    if not value:  # as format_txt_record() leaves it
        return ""
    content, position = _parse_string(value, 0)
    while position < len(value):
        while value[position : position + 1].isspace():
            position += 1
        string, position = _parse_string(value, position)
        content += string
    try:
        return b"".join(encoded for _, encoded in content).decode()
    except UnicodeDecodeError as error:
        positions = [position for position, encoded in content for _ in encoded]
        raise _malformed(value, positions[error.start], "the bytes are not UTF-8") from None


def _parse_string(value: str, start: int) -> tuple[list[tuple[int, bytes]], int]:
    """Return the bytes of the quoted string at ``start``, each with its position in ``value``, and the end."""
    if not value.startswith('"', start):
        raise _malformed(value, start, "expected a quoted string")
    content: list[tuple[int, bytes]] = []
    position = start + 1
    while not value.startswith('"', position):
        token = _token(value, position)
        if token is None:
            is_escape = value.startswith("\\", position)
            expected = "a character or three digits after the backslash" if is_escape else "a quotation mark"
            raise _malformed(value, position, f"expected {expected}")
        number, *characters = token.groups()
        try:
            encoded = bytes([int(number)]) if number else "".join(filter(None, characters)).encode()
        except ValueError:
            problem = "the number of a byte is larger than 255" if number else "a surrogate is not a character"
            raise _malformed(value, position, problem) from None
        content.append((position, encoded))
        position = token.end()
    if sum(len(encoded) for _, encoded in content) > _MAX_STRING_SIZE:
        raise _malformed(value, start, f"the string is longer than {_MAX_STRING_SIZE} bytes")
    return content, position + 1


def _malformed(value: str, position: int, problem: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"malformed TXT record {value!r:.100} at position {position}: {problem}")


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
