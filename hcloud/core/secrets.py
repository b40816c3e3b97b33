"""API tokens: strings that their ``repr`` hides, and the removal of tokens from texts and exceptions."""

from __future__ import annotations

import copy
from contextlib import suppress
from math import inf
from operator import is_not
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["HiddenText", "Token", "conceal", "hide_token", "mask", "mask_all"]

Text = TypeVar("Text", str, bytes)

_MASK = "***"
_MIN_LENGTH, _MIN_WORD_LENGTH = 5, 8
"""Minimum length of a token, and of one that is a word, to be masked anywhere in a text. Shorter ones, such as those of
tests, are masked after ``Bearer`` only."""
_MAX_VALUES = 10_000
"""Number of values in the variables of a frame that are searched for a token; a frame with more loses them."""
_SECRET_HEADERS = ("authorization", "proxy-authorization")


class HiddenText(str):
    """A string with a repr that does not show it, so that it can be a header and in no dump of variables."""

    __slots__ = ("__weakref__",)

    def __repr__(self) -> str:
        return repr(_MASK)


class Token(HiddenText):
    """An API token. :func:`mask` removes it from texts as long as it is referenced."""

    __slots__ = ("replacement",)

    replacement: tuple[str, str]
    """Text that :func:`mask` replaces, and what it puts in its place."""

    def __new__(cls, token: str) -> Token:
        self = super().__new__(cls, token)
        is_unique = len(self) >= (_MIN_WORD_LENGTH if self.isalpha() else _MIN_LENGTH)
        self.replacement = (str(token), _MASK) if is_unique else (f"Bearer {token}", f"Bearer {_MASK}")
        if self:
            _tokens[id(self)] = self
        return self


_tokens: WeakValueDictionary[int, Token] = WeakValueDictionary()
"""Tokens of all living clients by identity, since equal ones end at different times."""


def hide_token(token: object) -> Any:
    """Return what a caller passed as a token in a form that no traceback shows.

    That is a :class:`Token` for a string or None; the type of anything else, for :func:`validate_token` to reject.
    """
    if token is None or isinstance(token, str):
        return Token(token or "")
    return type(token)


def mask(text: Text, token: Token | None = None) -> Text:
    """Return a text of a server, which may echo the request, with ``***`` in place of each token.

    :param token: Token of the request; if it is unknown, those of all living clients are masked
    """
    for secret, masked in [token.replacement] if isinstance(token, Token) else _living_replacements():
        if isinstance(text, str):
            text = text.replace(secret, masked)
        else:
            text = _mask_end(text.replace(secret.encode(), masked.encode()), secret.encode())
    return text


def _living_replacements() -> list[tuple[str, str]]:
    references = _tokens.valuerefs()  # a copy, while other threads create clients
    replacements = {token.replacement for reference in references if (token := reference()) is not None}
    return sorted(replacements, key=lambda pair: -len(pair[0]))  # a token may contain another


def _mask_end(content: bytes, token: bytes) -> bytes:
    """Mask a token that is cut off by the end of ``content``."""
    if token[:_MIN_WORD_LENGTH] not in content[-len(token) :]:
        return content
    for length in range(len(token) - 1, _MIN_WORD_LENGTH - 1, -1):
        if content.endswith(token[:length]):
            return content[:-length] + _MASK.encode()
    return content


def mask_all(container: dict[Any, Any] | list[Any], token: Token | None = None) -> None:
    """Mask all texts in nested dicts and lists, in place."""
    containers: list[Any] = [container]
    done = set()
    while containers:
        current = containers.pop()
        if id(current) in done:
            continue
        done.add(id(current))
        for key, value in list(current.items() if isinstance(current, dict) else enumerate(current)):
            if isinstance(value, (dict, list)):
                containers.append(value)
            masked_key, masked = _masked(key, token), _masked(value, token)
            if masked_key is not key:
                del current[key]
            if masked_key is not key or masked is not value:
                current[masked_key] = masked


def _masked_copy(container: Any, token: Token | None) -> Any:
    """Return a list or dict, or a copy of it whose texts are masked if one of them shows a token."""
    if not _shows_token([container], {}, token):
        return container
    copies: dict[int, Any] = {}
    containers = [container]
    while containers:
        current = containers.pop()
        if id(current) not in copies:
            copies[id(current)] = dict(current) if isinstance(current, dict) else list(current)
            values = current.values() if isinstance(current, dict) else current
            containers += [value for value in values if isinstance(value, (dict, list))]
    for duplicate in copies.values():
        for key, value in list(duplicate.items() if isinstance(duplicate, dict) else enumerate(duplicate)):
            duplicate[key] = copies.get(id(value), value)
    masked = copies[id(container)]
    mask_all(masked, token)
    return masked


def _conceal_values(container: Any, token: Token | None) -> None:
    """Mask the texts in a container of an exception, but leave lists and dicts in it, which others may hold, alone."""
    for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
        masked = _masked_copy(value, token) if isinstance(value, (dict, list)) else _masked(value, token)
        if masked is not value:
            container[key] = masked


def _masked(value: Any, token: Token | None) -> Any:
    return mask(value, token) if type(value) in (str, bytes) else value


def conceal(error: BaseException, outer: BaseException | None, token: Token | None = None) -> None:
    """Remove tokens from an exception of a request, and from all that is reached from it.

    Texts are masked, and requests lose the value of their ``Authorization`` header. A frame that has a token in a
    variable, such as that of ``http.client`` with the encoded request, loses its variables but stays in the traceback.

    :param outer: Exception that was being handled when the request began, which is left as it is
    :param token: Token of the request; if it is unknown, those of all living clients are masked
    """
    done, errors = {id(outer)}, [error]
    clean: dict[int, Any] = {}
    while errors:
        current = errors.pop()
        if id(current) in done:
            continue
        done.add(id(current))
        attributes, arguments = current.__dict__, list(current.args)
        errors += _exceptions_in([current.__cause__, current.__context__, *arguments, *attributes.values()])
        if isinstance(current, BaseExceptionGroup):
            errors += current.exceptions
        _conceal_values(attributes, token)
        _conceal_values(arguments, token)
        if any(map(is_not, arguments, current.args)):
            current.args = tuple(arguments)
        _conceal_exchange(attributes, token)
        traceback = current.__traceback__
        if current is error and traceback is not None:
            # The frame that handles it is not finished, and a look at its variables would make it part of a cycle.
            traceback = traceback.tb_next
        _clear_frames(traceback, clean, token)


def _exceptions_in(values: list[Any]) -> list[BaseException]:
    """Return the exceptions among ``values``, and in containers among them."""
    exceptions, done = [], set()
    while values:
        value = values.pop()
        if isinstance(value, BaseException):
            exceptions.append(value)
        elif isinstance(value, (dict, list, tuple)) and id(value) not in done:
            done.add(id(value))
            values += value.values() if isinstance(value, dict) else value
    return exceptions


def _conceal_exchange(attributes: dict[str, Any], token: Token | None) -> None:
    """Remove tokens from the request and the response of an exception of ``requests``."""
    import requests

    request, response = attributes.get("request"), attributes.get("response")
    if isinstance(request, (requests.Request, requests.PreparedRequest)):
        attributes["request"] = _concealed_request(request, token)
    if isinstance(response, requests.Response):
        for part in (response, *response.history):
            part.headers = _concealed_headers(part.headers, token)
            part.request = _concealed_request(part.request, token)
            part.raw = None
            _conceal_values(part.__dict__, token)  # its content, reason and address


def _concealed_request(request: Any, token: Token | None) -> Any:
    # A copy, because the user's adapter or hook may hold the request itself.
    concealed = copy.copy(request)
    if concealed is not None:
        concealed.headers = _concealed_headers(request.headers, token)
        concealed.url = _masked(request.url, token)
    return concealed


def _concealed_headers(headers: Any, token: Token | None) -> Any:
    from requests.structures import CaseInsensitiveDict

    concealed: Any = CaseInsensitiveDict()
    for name, value in (headers or {}).items():
        concealed[name] = _MASK if name.lower() in _SECRET_HEADERS else _masked(value, token)
    return concealed


def _clear_frames(traceback: TracebackType | None, clean: dict[int, Any], token: Token | None) -> None:
    while traceback is not None:
        try:
            shows_token = _shows_token(list(traceback.tb_frame.f_locals.values()), clean, token, _MAX_VALUES)
        except Exception:  # noqa: BLE001  # of a container that can't be read: Ctrl-C came while it was being created
            shows_token = True
        if shows_token:
            with suppress(RuntimeError):  # it is still being executed
                traceback.tb_frame.clear()
        traceback = traceback.tb_next


def _shows_token(values: list[Any], clean: dict[int, Any], token: Token | None, limit: float = inf) -> bool:
    """Return True if the repr of a text among ``values``, or in containers among them, shows a token.

    :param clean: Values that are known to show none, by identity; it is extended
    :param limit: Number of values after which it is assumed that one shows a token
    """
    from requests.structures import CaseInsensitiveDict
    from urllib3 import HTTPHeaderDict

    checked: dict[int, Any] = {}
    while values:
        value = values.pop()
        if id(value) in clean or id(value) in checked:
            continue
        checked[id(value)] = value
        if len(checked) + len(values) > limit:
            return True
        if type(value) in (str, bytes):
            if mask(value, token) is not value:
                return True
        elif isinstance(value, bytearray):
            values.append(bytes(value))
        elif isinstance(value, dict) or type(value) in (CaseInsensitiveDict, HTTPHeaderDict):
            values += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            if len(value) > limit:
                return True
            values += value
    clean.update(checked)
    return False
