"""Input of operations: the signature of a method is the schema of its input.

The keyword-only parameters are the fields of the JSON body (of the query for GET and DELETE). Their annotations define
the valid values; ``Annotated`` adds rules that a type cannot express. A parameter without a default is required. A
field that is ``null`` counts as missing, unless it is required, or belongs to an object, and its type allows ``None``.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
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
    "MaxBytes",
    "Name",
    "Pattern",
    "Record",
    "Ref",
    "Validator",
    "Within",
]

Record = dict[str, Any]
"""A resource in the format of the API."""

Errors = dict[str, list[str]]
"""Messages by field."""
Check = Callable[[Any, str, Errors, "Finder | None"], Any]
"""Function that checks a value: called with the value, the name of its field, the errors so far and the finder. It
returns the value for the operation, or adds to the errors and returns ``_INVALID``."""

_INVALID = object()


class Finder(Protocol):
    """An object that resolves references."""

    def find(self, collection: str, ref: int | str) -> Record | None:
        """Return a record by ID or name; ``None`` if there is none."""


@dataclass(frozen=True)
class Ref:
    """Reference to a record by ID or name. A number in a string is an ID.

    :param collection: Collection of the record
    :param names: If true, names are valid as well as IDs
    :param missing: Error code for a record that does not exist
    :param resolve: If true, the operation gets the record; otherwise the ID or name, of which a record exists
    """

    collection: str
    names: bool = True
    missing: Literal["invalid_input", "not_found"] = "invalid_input"
    resolve: bool = True


@dataclass(frozen=True)
class Length:
    """Limits of the length of a string or list."""

    minimum: int = 0
    maximum: int = 2**31

    def check(self, value: Any) -> list[str]:
        """Return what is wrong with a value; an empty list if it is valid."""
        if len(value) < self.minimum:
            return [f"must have at least {self.minimum} elements" if isinstance(value, list) else "is too short"]
        return ["is too long"] if len(value) > self.maximum else []


@dataclass(frozen=True)
class MaxBytes:
    """Limit of the length of a string in bytes."""

    maximum: int

    def check(self, value: str) -> list[str]:
        """Return what is wrong with a value; an empty list if it is valid."""
        size = len(value.encode())
        return [f"must be {self.maximum} bytes long at most"] if size > self.maximum else []


@dataclass(frozen=True)
class Within:
    """Limits of a number, both included."""

    minimum: float
    maximum: float

    def check(self, value: Any) -> list[str]:
        """Return what is wrong with a value; an empty list if it is valid."""
        return [] if self.minimum <= value <= self.maximum else [f"must be between {self.minimum} and {self.maximum}"]


@dataclass(frozen=True)
class Pattern:
    """Regular expression that a whole string must match.

    :param message: Message for a string that does not match
    """

    regex: str
    message: str = "has an invalid format"

    def check(self, value: Any) -> list[str]:
        """Return what is wrong with a value; an empty list if it is valid."""
        return [] if re.fullmatch(self.regex, value) else [self.message]


@dataclass(frozen=True)
class Validator:
    """Any other rule: a function that returns what is wrong with a value."""

    check: Callable[[Any], list[str]]


class CommaSeparated:
    """Marker of a list in the query whose values can also be separated by commas."""


Labels = Annotated[dict[str, str], Validator(check_labels)]
"""Valid labels."""
Name = Annotated[str, Length(1, 128)]
"""Name of a resource."""
Hostname = Annotated[
    str,
    Length(1, 253),
    Pattern(
        r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
        "must be a valid hostname",
    ),
]
"""Name of a resource that must be a valid hostname."""

_TYPE_MESSAGES = {
    str: "must be a string",
    int: "must be an integer",
    float: "must be a number",
    bool: "must be a boolean",
}


def _reject(errors: Errors, field: str, *messages: str) -> Any:
    errors.setdefault(field, []).extend(messages)
    return _INVALID


def _scalar(cls: type) -> Check:
    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        if isinstance(value, bool) is not (cls is bool):
            return _reject(errors, field, _TYPE_MESSAGES[cls])
        if isinstance(value, cls) or (cls is float and isinstance(value, int)):
            return value
        return _reject(errors, field, _TYPE_MESSAGES[cls])

    return check


def _anything(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
    return value


def _choice(choices: tuple[Any, ...]) -> Check:
    message = "must be one of " + ", ".join(map(str, choices))

    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        return value if value in choices and not isinstance(value, bool) else _reject(errors, field, message)

    return check


def _list(check_item: Check) -> Check:
    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        if not isinstance(value, list):
            return _reject(errors, field, "must be an array")
        items = [check_item(item, field, errors, finder) for item in value]
        return _INVALID if any(item is _INVALID for item in items) else items

    return check


def _mapping(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
    return dict(value) if isinstance(value, dict) else _reject(errors, field, "must be an object")


def _typed_dict(cls: Any) -> Check:
    hints = get_type_hints(cls, include_extras=True)
    checks = {name: _compile(hint) for name, hint in hints.items()}
    required = cls.__required_keys__
    nullable = {name for name, hint in hints.items() if type(None) in get_args(hint)}

    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        if not isinstance(value, dict):
            return _reject(errors, field, "must be an object")
        items = {}
        for name, check_item in checks.items():
            if value.get(name) is None and name not in required and not (name in value and name in nullable):
                continue
            if name not in value:
                items[name] = _reject(errors, f"{field}.{name}", "missing required field")
            else:
                items[name] = check_item(value[name], f"{field}.{name}", errors, finder)
        return _INVALID if any(item is _INVALID for item in items.values()) else items

    return check


def _nullable(inner: Check) -> Check:
    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        return None if value is None else inner(value, field, errors, finder)

    return check


def _union(members: list[Check]) -> Check:
    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        messages: list[str] = []
        for member in members:
            member_errors: Errors = {}
            checked = member(value, field, member_errors, finder)
            if not member_errors:
                return checked
            messages += chain.from_iterable(member_errors.values())
        return _reject(errors, field, " or ".join(messages))

    return check


def _reference(ref: Ref) -> Check:
    message = "must be an id or a name" if ref.names else "must be an id"

    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return _reject(errors, field, message)
        if isinstance(value, str) and (number := as_number(value)) is not None:
            value = number
        if isinstance(value, str) and (not ref.names or not value):
            return _reject(errors, field, message)
        if finder is None:
            return value
        record = finder.find(ref.collection, value)
        if record is not None:
            return record if ref.resolve else value
        missing = f"{ref.collection.removesuffix('s').replace('_', ' ')} '{value}' not found"
        if ref.missing == "not_found":
            raise ErrorResponse("not_found", missing)
        return _reject(errors, field, missing)

    return check


def _annotated(inner: Check, rules: list[Any]) -> Check:
    def check(value: Any, field: str, errors: Errors, finder: Finder | None) -> Any:
        checked = inner(value, field, errors, finder)
        if checked is not _INVALID:
            messages = [message for rule in rules for message in rule.check(checked)]
            if messages:
                return _reject(errors, field, *messages)
        return checked

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
        members = [_compile(member) for member in arguments if member is not type(None)]
        inner = members[0] if len(members) == 1 else _union(members)
        return _nullable(inner) if type(None) in arguments else inner
    if origin is Literal:
        return _choice(arguments)
    if origin is list:
        return _list(_compile(arguments[0]))
    if origin is dict:
        return _mapping
    if is_typeddict(hint):
        return _typed_dict(hint)
    if hint in _TYPE_MESSAGES:
        return _scalar(hint)
    if hint in (Any, object):
        return _anything
    raise TypeError(f"input cannot be checked for type {hint!r}")


def _plain(hint: Any) -> Any:
    """Return a type without ``Annotated`` and ``None``."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif get_origin(hint) in (Union, types.UnionType):
            hint = next(member for member in get_args(hint) if member is not type(None))
        else:
            return hint


def _is_comma_separated(hint: Any) -> bool:
    if get_origin(hint) is Annotated and CommaSeparated in get_args(hint):
        return True
    return get_origin(hint) in (Union, types.UnionType) and any(map(_is_comma_separated, get_args(hint)))


def from_text(hint: Any, text: str) -> Any:
    """Convert the text of a query parameter to a type.

    :returns: The converted value; the text itself if it is not one of the type, to be rejected by the check.
    """
    cls = _plain(hint)
    if cls is bool:
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    if cls is int:
        number = as_number(text)
        return text if number is None else number
    return text


class Input:
    """Schema of the input of an operation.

    :param function: Method that performs the operation
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        keywords = [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
        fields = [parameter for parameter in keywords if hints[parameter.name] is not Query]
        self.path: list[Any] = [
            hints[parameter.name] for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        """Types of the path parameters, in order."""
        self.wants_query: bool = len(fields) < len(keywords)
        """True if the method has a parameter for the whole query."""
        self.hints: dict[str, Any] = {parameter.name: hints[parameter.name] for parameter in fields}
        """Types of the fields, by name."""
        self.required: set[str] = {parameter.name for parameter in fields if parameter.default is parameter.empty}
        """Names of the required fields."""
        self._checks = {name: _compile(hint) for name, hint in self.hints.items()}

    def read(self, values: Mapping[str, Any], finder: Finder | None = None) -> dict[str, Any]:
        """Check the values of the fields.

        :param values: Values by name; unknown names are ignored
        :param finder: Resolves references; without it, only their types are checked
        :returns: The arguments of the method.
        :raises ErrorResponse: ``invalid_input``, with all messages
        """
        errors: Errors = {}
        arguments = {}
        for name, check in self._checks.items():
            if name in self.required:
                if name not in values:
                    _reject(errors, name, "missing required field")
                    continue
            elif values.get(name) is None:
                continue
            arguments[name] = check(values[name], name, errors, finder)
        if errors:
            # A list can have the same fault many times.
            errors = {name: list(dict.fromkeys(messages)) for name, messages in errors.items()}
            messages = list(chain.from_iterable(errors.values()))
            is_missing_record = len(messages) == 1 and messages[0].endswith("not found")
            raise invalid_fields(errors, messages[0] if is_missing_record else None)
        return arguments

    def from_query(self, query: Query) -> dict[str, Any]:
        """Return the values of the fields in a query, converted but not yet checked."""
        values: dict[str, Any] = {}
        for name, hint in self.hints.items():
            texts = query.all(name)
            if not texts:
                continue
            plain = _plain(hint)
            if get_origin(plain) is list:
                if _is_comma_separated(hint):
                    texts = [part for text in texts for part in text.split(",")]
                values[name] = [from_text(get_args(plain)[0], text) for text in texts]
            else:
                values[name] = from_text(hint, texts[-1])
        return values

    def from_body(self, body: bytes) -> dict[str, Any]:
        """Return the values of the fields in a JSON body, not yet checked. An empty body is an empty object.

        :raises ErrorResponse: ``json_error`` or ``invalid_input``
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
