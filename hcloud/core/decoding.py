"""Decoding of response bodies."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from json import JSONDecoder

    from .._exceptions import HCloudException, RequestInfo

__all__ = ["MAX_DEPTH", "DeclaredPath", "ResponsePayload", "SharingDecoder", "decode", "is_too_deep"]

MAX_DEPTH = 100
"""Number of levels up to which lists and objects of a response are read. The APIs nest less than ten."""

_MIN_LENGTH, _MIN_MEMBERS = 2_500, 5
"""Length of a response, and number of members of a resource, from which on looking for repeated texts saves time."""
_MAX_FIELDS, _MAX_TEXTS, _MAX_TEXT_LENGTH = 16, 128, 20_000
"""Number of fields of a response, of different texts kept for a field, and of characters of such a text."""
_MAX_KINDS, _MAX_NAME_LENGTH = 64, 64
"""Number of kinds of responses, and of fields of all of them; and of characters of their names. The APIs have fewer."""
_BEGINNING, _MIN_USES = 40, 4
"""Number of characters by which a text is looked up, usually with the ID; and of times that a text must have been found
on average, when there are as many as are kept."""
_PLACEHOLDER, _ESCAPED_PLACEHOLDER = "\x7f", "\\u007f"
"""Text in place of a repeated resource, a control character; and the other form that it may have in JSON."""
_first_entry = re.compile(r'\s*\{\s*"(\w+)"\s*:\s*(?:\[\s*)?(?=\{)').match
_object_start = re.compile(r"[ \t\n\r]*(?=\{)").match


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
    return _parser().decode(_text_of(content))


def _text_of(content: bytes) -> str:
    is_utf8 = content[:1] == b"{" and content[1:2] != b"\0"  # as nearly all are, which takes longer to detect
    return content.decode("utf-8" if is_utf8 else _detect_encoding(content), "surrogatepass")


def _detect_encoding(content: bytes) -> str:
    from json import detect_encoding

    return detect_encoding(content)


@cache
def _parser() -> JSONDecoder:
    from json import JSONDecoder

    return JSONDecoder(parse_constant=_reject)


def _reject(constant: str) -> NoReturn:
    # NaN is no JSON, and a record that held it would not equal itself.
    raise ValueError(f"{constant} is no JSON")


class DeclaredPath(str):
    """Path of a request by a declared method: only the library reads the payload, and modifies none of it."""

    __slots__ = ()


class SharingDecoder:
    """Decoder of the responses of one connection that decodes each resource repeated in them once.

    Most of a listing is what its entries link to: 2,700 of the 3,600 characters of a server are its type, its location
    and its image, and other servers have the same. An object whose text was decoded before is replaced by a
    placeholder in the text. Then the text is decoded, and the placeholders are replaced by the values. That takes half
    the time, and all entries share one value, which must not be modified.

    The entries tell which fields hold resources. If a placeholder does not turn up in the field of an entry, because
    the name of the field is used elsewhere, too, or in the value of another field, the response is decoded as a whole,
    and so are all others of its kind. So are those whose entries hold no resources.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, int] | None] = {}
        """Names of the fields and the length of a value as text, the longest first, as it may contain shorter ones; by
        the start of the response, up to its first key. None if such responses are decoded as a whole."""
        self._known: dict[str, _KnownTexts] = {}
        """Texts of the objects in each field."""

    def decode(self, content: bytes) -> Any:
        """Decode the body of a response; equal resources in it, and in earlier ones, are one object.

        :raises ValueError: if it is not JSON
        :raises RecursionError: if it is nested too deeply to be decoded
        """
        text = _text_of(content)
        if len(text) < _MIN_LENGTH:
            return _parser().decode(text)
        start = text[: text.find('"', text.find('"') + 1)]
        if self._fields.get(start, start) is None or not self._is_suited(text, start):
            return _parser().decode(text)
        try:
            payload = self._decode_entries(text, start)
        except (ValueError, RecursionError):
            payload = None
        if payload is None:
            payload = _parser().decode(text)  # raises if this is what is wrong
            self._fields[start] = None
        return payload

    def _is_suited(self, text: str, start: str) -> bool:
        """Return True if a response has no placeholder of its own, and the fields of its entries are known."""
        if _PLACEHOLDER in text or ("\\" in text and _ESCAPED_PLACEHOLDER in text.lower()):
            return False
        if start not in self._fields:
            entry = _first_entry(text)
            if entry is None or len(start) > _MAX_NAME_LENGTH or len(self._fields) >= _MAX_KINDS:
                return False
            try:
                self._add_fields(start, _parser().raw_decode(text, entry.end())[0])
            except (ValueError, RecursionError):
                return False
        return True

    def _decode_entries(self, text: str, start: str) -> Any:
        """Decode a response by its known fields; return None if not all repeated resources are in its entries."""
        repeated: list[tuple[str, list[Any]]] = []
        for field in self._fields[start] or ():
            if field not in self._known and len(self._known) < _MAX_KINDS:
                self._known[field] = _KnownTexts()
            known = self._known.get(field)
            if known is not None and known.are_repeated():
                text, values = known.replace_in(text, field)
                repeated.append((field, values))
        payload = _parser().decode(text)
        entries = payload[start.rpartition('"')[2]]
        if entries.__class__ is not list:
            entries = [entries]
        if not all(_restore(entries, field, values) for field, values in repeated):
            return None
        if entries:
            self._add_fields(start, entries[-1])
        return payload if self._fields[start] else None

    def _add_fields(self, start: str, entry: Any) -> None:
        """Add the fields of an entry that hold resources."""
        fields = self._fields.setdefault(start, {})
        if fields is None or entry.__class__ is not dict:
            return
        new = {
            name: _text_length(value)
            for name, value in entry.items()
            if value.__class__ is dict
            and name not in fields
            and _is_resource(value)
            and len(name) <= _MAX_NAME_LENGTH
            and name.isidentifier()  # with quotes or backslashes, its text could be the end of another name
        }
        if new and len(fields) + len(new) <= _MAX_FIELDS:  # more are names of entries
            self._fields[start] = dict(sorted({**fields, **new}.items(), key=lambda item: -item[1]))


class _KnownTexts:
    """Texts of the objects in one field, with their values, None for those that are no resources."""

    __slots__ = ("_by_beginning", "_count", "_uses")

    def __init__(self) -> None:
        self._by_beginning: dict[str, list[tuple[str, Any]]] = {}
        self._count = self._uses = 0

    def are_repeated(self) -> bool:
        """Return True unless most objects are different; forget the texts if they are many."""
        if self._count >= _MAX_TEXTS:
            if self._uses < _MIN_USES * _MAX_TEXTS:
                return False
            self._by_beginning, self._count, self._uses = {}, 0, 0
        return True

    def replace_in(self, text: str, field: str) -> tuple[str, list[Any]]:
        """Return the text with placeholders in place of the resources in a field, and their values."""
        name, placeholder = f'"{field}":', f'"{_PLACEHOLDER}"'
        pieces: list[str] = []
        values: list[Any] = []
        done = end = 0
        while (start := text.find(name, end)) >= 0:
            start += len(name)
            resource, end = self._resource_at(text, start)
            if resource is not None:
                values.append(resource)
                pieces += text[done:start], placeholder
                done = end
        self._uses += len(values)
        return "".join(pieces) + text[done:], values

    def _resource_at(self, text: str, start: int) -> tuple[Any, int]:
        """Return the resource that begins at ``start``, None if there is none, and the position behind the object."""
        beginning = text[start : start + _BEGINNING]
        for known_text, resource in self._by_beginning.get(beginning, ()):
            if text.startswith(known_text, start):
                return resource, start + len(known_text)
        brace = _object_start(text, start)
        if brace is None:  # null, or a field of this name elsewhere
            return None, start
        value, end = _parser().raw_decode(text, brace.end())
        resource = value if _is_resource(value) else None
        if self._count < _MAX_TEXTS and end - start <= _MAX_TEXT_LENGTH:
            self._by_beginning.setdefault(beginning, []).append((text[start:end], resource))
            self._count += 1
        return resource, end


def _is_resource(value: dict[str, Any]) -> bool:
    return len(value) >= _MIN_MEMBERS and ("id" in value or "slug" in value)


def _text_length(value: Any) -> int:
    try:
        return len(repr(value))
    except RecursionError:
        return 0


def _restore(entries: list[Any], field: str, values: list[Any]) -> bool:
    """Replace the placeholders in a field of the entries by their values; return False if some are elsewhere."""
    holders = [entry for entry in entries if entry.__class__ is dict and entry.get(field) == _PLACEHOLDER]
    if len(holders) != len(values):
        return False
    for holder, value in zip(holders, values, strict=True):
        holder[field] = value
    return True


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
