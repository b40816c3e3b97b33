"""What an operation takes, read from the signature of the method that does it.

Keyword-only parameters are the fields of the JSON body (of the query for GET and DELETE); their annotations say what is
valid, ``Annotated`` adds what a type alone cannot say; a parameter without a default is required. A field given as
``null`` counts as left out, unless it is required and its type allows ``None``.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints, is_typeddict

from .error_responses import ErrorResponse, bad_request, invalid_fields
from .http import Query, as_number, parse_json
from .label_selectors import check_labels

__all__ = [
    "CommaSeparated",
    "Hostname",
    "Input",
    "Labels",
    "Length",
    "Name",
    "Pattern",
    "Record",
    "Ref",
    "Validator",
    "Within",
]

Record = dict[str, Any]
"""A resource as the API writes it."""

Errors = dict[str, list[str]]
Check = Callable[[Any, str, Errors, "Finder | None"], Any]

_BAD = object()


class Finder(Protocol):
    """Finds what an id or a name means."""

    def find(self, collection: str, ref: int | str) -> Record | None:
        """The record, or nothing."""


@dataclass(frozen=True)
class Ref:
    """The value is an id of a collection, or (if ``names``) a name; the operation gets the record.

    A number in a string is an id. What is not found is ``invalid_input``, or ``not_found`` if ``missing`` says so.
    Unless it is to be ``found``, the operation gets the id or the name itself, of which there is a record.
    """

    collection: str
    names: bool = True
    missing: Literal["invalid_input", "not_found"] = "invalid_input"
    found: bool = True


@dataclass(frozen=True)
class Length:
    """The length of a string or list."""

    least: int = 0
    most: int = 2**31

    def check(self, value: Any) -> list[str]:
        """What is wrong with it."""
        if len(value) < self.least:
            return [f"must have at least {self.least} elements" if isinstance(value, list) else "is too short"]
        return ["is too long"] if len(value) > self.most else []


@dataclass(frozen=True)
class Within:
    """The range of a number, both ends included."""

    least: float
    most: float

    def check(self, value: Any) -> list[str]:
        """What is wrong with it."""
        return [] if self.least <= value <= self.most else [f"must be between {self.least} and {self.most}"]


@dataclass(frozen=True)
class Pattern:
    """What a string must match from end to end; ``said`` if it does not."""

    regex: str
    said: str = "has an invalid format"

    def check(self, value: Any) -> list[str]:
        """What is wrong with it."""
        return [] if re.fullmatch(self.regex, value) else [self.said]


@dataclass(frozen=True)
class Validator:
    """Any other rule: a function from the value to what is wrong with it."""

    check: Callable[[Any], list[str]]


class CommaSeparated:
    """A query list whose values may also come joined by commas."""


Labels = Annotated[dict[str, str], Validator(check_labels)]
"""Valid labels."""
Name = Annotated[str, Length(1, 128)]
"""The name of most resources."""
Hostname = Annotated[
    str,
    Length(1, 253),
    Pattern(
        r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
        "must be a valid hostname",
    ),
]
"""A name that is valid as a hostname."""

_SAID = {str: "must be a string", int: "must be an integer", float: "must be a number", bool: "must be a boolean"}


def _wrong(errors: Errors, at: str, *said: str) -> Any:
    errors.setdefault(at, []).extend(said)
    return _BAD


def _scalar(kind: type) -> Check:
    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        if isinstance(value, bool) is not (kind is bool):
            return _wrong(errors, at, _SAID[kind])
        if isinstance(value, kind) or (kind is float and isinstance(value, int)):
            return value
        return _wrong(errors, at, _SAID[kind])

    return check


def _anything(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
    return value


def _choice(choices: tuple[Any, ...]) -> Check:
    said = "must be one of " + ", ".join(map(str, choices))

    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        return value if value in choices and not isinstance(value, bool) else _wrong(errors, at, said)

    return check


def _list(item: Check) -> Check:
    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        if not isinstance(value, list):
            return _wrong(errors, at, "must be an array")
        found = [item(each, at, errors, finder) for each in value]
        return _BAD if any(each is _BAD for each in found) else found

    return check


def _mapping(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
    return dict(value) if isinstance(value, dict) else _wrong(errors, at, "must be an object")


def _object(kind: Any) -> Check:
    fields = {name: _compile(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    required = kind.__required_keys__

    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        if not isinstance(value, dict):
            return _wrong(errors, at, "must be an object")
        found = {}
        for name, field in fields.items():
            if value.get(name) is None and name not in required:
                continue
            if name not in value:
                found[name] = _wrong(errors, f"{at}.{name}", "missing required field")
            else:
                found[name] = field(value[name], f"{at}.{name}", errors, finder)
        return _BAD if any(each is _BAD for each in found.values()) else found

    return check


def _nullable(inner: Check) -> Check:
    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        return None if value is None else inner(value, at, errors, finder)

    return check


def _union(members: list[Check]) -> Check:
    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        said: list[str] = []
        for member in members:
            mine: Errors = {}
            found = member(value, at, mine, finder)
            if not mine:
                return found
            said += [each for messages in mine.values() for each in messages]
        return _wrong(errors, at, " or ".join(said))

    return check


def _reference(ref: Ref) -> Check:
    said = "must be an id or a name" if ref.names else "must be an id"

    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return _wrong(errors, at, said)
        if isinstance(value, str) and (given := as_number(value)) is not None:
            value = given
        if isinstance(value, str) and (not ref.names or not value):
            return _wrong(errors, at, said)
        if finder is None:
            return value
        found = finder.find(ref.collection, value)
        if found is not None:
            return found if ref.found else value
        what = f"{ref.collection.removesuffix('s').replace('_', ' ')} '{value}' not found"
        if ref.missing == "not_found":
            raise ErrorResponse("not_found", what)
        return _wrong(errors, at, what)

    return check


def _annotated(inner: Check, rules: list[Any]) -> Check:
    def check(value: Any, at: str, errors: Errors, finder: Finder | None) -> Any:
        found = inner(value, at, errors, finder)
        if found is not _BAD:
            said = [each for rule in rules for each in rule.check(found)]
            if said:
                return _wrong(errors, at, *said)
        return found

    return check


def _compile(hint: Any) -> Check:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        for marker in arguments[1:]:
            if isinstance(marker, Ref):
                return _reference(marker)
        rules = [marker for marker in arguments[1:] if hasattr(marker, "check")]
        return _annotated(_compile(arguments[0]), rules)
    if origin in (Union, types.UnionType):
        members = [_compile(each) for each in arguments if each is not type(None)]
        inner = members[0] if len(members) == 1 else _union(members)
        return _nullable(inner) if type(None) in arguments else inner
    if origin is Literal:
        return _choice(arguments)
    if origin is list:
        return _list(_compile(arguments[0]))
    if origin is dict:
        return _mapping
    if is_typeddict(hint):
        return _object(hint)
    if hint in _SAID:
        return _scalar(hint)
    if hint in (Any, object):
        return _anything
    raise TypeError(f"the frame cannot check input of type {hint!r}")


def _plain(hint: Any) -> Any:
    """A type without ``Annotated`` and ``None``."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif get_origin(hint) in (Union, types.UnionType):
            hint = next(each for each in get_args(hint) if each is not type(None))
        else:
            return hint


def _commas(hint: Any) -> bool:
    if get_origin(hint) is Annotated and CommaSeparated in get_args(hint):
        return True
    return any(map(_commas, get_args(hint))) if get_origin(hint) in (Union, types.UnionType) else False


def from_text(hint: Any, text: str) -> Any:
    """A query parameter's text as a value of the type, or the text if it is none (the check then says so)."""
    kind = _plain(hint)
    if kind is bool:
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    if kind is int:
        found = as_number(text)
        return text if found is None else found
    return text


class Input:
    """The keyword-only parameters of a method as a schema."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        named = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
        self.path: list[Any] = [hints[each.name] for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        self.wants_query: bool = any(hints.get(each.name) is Query for each in named)
        self.hints: dict[str, Any] = {each.name: hints[each.name] for each in named if hints[each.name] is not Query}
        self.required: set[str] = {
            each.name for each in named if each.default is each.empty and each.name in self.hints
        }
        self._checks = {name: _compile(hint) for name, hint in self.hints.items()}

    def read(self, values: Mapping[str, Any], finder: Finder | None = None) -> dict[str, Any]:
        """The valid values, by name; references are resolved if there is a ``finder``.

        :raises ErrorResponse: ``invalid_input``, with all that is wrong.
        """
        errors: Errors = {}
        found = {}
        for name, check in self._checks.items():
            if name in self.required:
                if name not in values:
                    _wrong(errors, name, "missing required field")
                    continue
            elif values.get(name) is None:
                continue
            found[name] = check(values[name], name, errors, finder)
        if errors:
            said = [each for messages in errors.values() for each in messages]
            one = said[0] if len(said) == 1 and said[0].endswith("not found") else None
            raise invalid_fields(errors, one)
        return found

    def from_query(self, query: Query) -> dict[str, Any]:
        """The declared parameters of a query as values, not yet checked."""
        values: dict[str, Any] = {}
        for name, hint in self.hints.items():
            given = query.all(name)
            if not given:
                continue
            plain = _plain(hint)
            if get_origin(plain) is list:
                if _commas(hint):
                    given = [part for each in given for part in each.split(",")]
                values[name] = [from_text(get_args(plain)[0], each) for each in given]
            else:
                values[name] = from_text(hint, given[-1])
        return values

    def from_body(self, body: bytes) -> dict[str, Any]:
        """The fields of a JSON body, not yet checked; nothing at all is an empty object.

        :raises ErrorResponse: ``json_error`` or ``invalid_input``.
        """
        if not body.strip():
            return {}
        try:
            values = parse_json(body)
        except ValueError:
            raise ErrorResponse("json_error", "the request body is not valid JSON") from None
        if not isinstance(values, dict):
            raise bad_request("the request body must be a JSON object")
        return values
