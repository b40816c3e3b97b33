"""Builders of exceptions from responses, and of those for requests of unknown outcome."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from .._exceptions import (
    APIException,
    HCloudException,
    InvalidResponseError,
    MalformedFieldError,
    OutcomeUnknownError,
    join_classes,
)
from .decoding import ResponsePayload
from .fields import copy_json
from .secrets import conceal, mask, mask_all

if TYPE_CHECKING:
    from .secrets import Token

__all__ = ["api_error", "explain", "outcome_unknown", "short_text", "undocumented_response", "unexpected_shape"]

_MAX_REASONS, _MAX_REASON_LENGTH = 5, 200
"""Limits of what ``str(error)`` repeats of the details of an error."""
_MAX_ENTRIES = 100
"""Number of entries of a list in the details that are looked at; a list may be as long as a response."""
_EXCERPT_SOURCE = 10_000
"""Bytes of a response in which secrets are masked before an excerpt is taken."""
# A JSON string under such a key, even if it is truncated.
_SECRET = r'("\w*(?:password|secret|token|private_key|tsig_key|user_data|url)"\s*:\s*")(?:[^"\\]|\\.)*'


def api_error(status: int, code: int | str, message: str, details: Any, correlation_id: str | None) -> APIException:
    """Return the exception for an error that the API reports."""
    cls = APIException._by_code.get(code) or APIException._by_code.get(status, APIException)
    return cls(code, message, details, correlation_id=correlation_id, http_status=status)


def explain(message: str, details: Any) -> str:
    """Return the message of an error with the reasons in ``details`` that it does not hold already.

    These are the messages of invalid fields, the names of other fields and of limits, and the address of an
    announcement. Of a long list, only the first entries are read. Details in any other form are ignored.
    """
    lists = details if isinstance(details, dict) else {"reasons": details}
    known = " ".join(message.split())
    fields = [entry if isinstance(entry, dict) else {"name": entry} for entry in _list(lists.get("fields"))]
    reasons: list[str] = []
    for entry in fields[:_MAX_ENTRIES]:
        name = short_text(entry.get("name"))
        texts = entry.get("messages")
        texts = [texts] if isinstance(texts, str) else _list(texts)
        messages = list(dict.fromkeys(filter(None, map(short_text, texts[:_MAX_ENTRIES]))))
        new = [text for text in messages if not _is_mentioned(text, known, messages)]
        is_named = not name or _mentions(known, name)
        if new:
            prefix = "" if not name or (is_named and len(fields) == 1) else f"{name}: "
            reasons.append(prefix + ", ".join(new[:_MAX_REASONS]) + _remainder(len(new) + _excess(texts)))
        elif not messages and not is_named:
            reasons.append(f"field {name!r}")
    limits = [limit.get("name") if isinstance(limit, dict) else limit for limit in _list(lists.get("limits"))]
    names = filter(None, map(short_text, limits[:_MAX_ENTRIES]))
    reasons += [f"limit {name!r}" for name in names if not _mentions(known, name)]
    announcement = short_text(lists.get("announcement"))
    reasons += [f"see {announcement}"] if announcement and announcement not in message else []
    others = _list(lists.get("reasons"))
    reasons += [text for text in map(short_text, others[:_MAX_ENTRIES]) if text and not _mentions(known, text)]
    reasons = list(dict.fromkeys(reasons))
    if not reasons:
        return message
    separator = "" if not message else " " if message[-1] in ".:;!?" else ": "
    remainder = _remainder(len(reasons) + _excess(fields) + _excess(limits) + _excess(others))
    return f"{message}{separator}{'; '.join(reasons[:_MAX_REASONS])}{remainder}"


def _list(value: Any) -> list[Any]:
    """Return a list, and an object of lists as a list of entries; an empty list for any other value."""
    if isinstance(value, dict):
        return [{"name": name, "messages": messages} for name, messages in value.items()]
    return value if isinstance(value, list) else []


def short_text(value: object) -> str:
    """Return a text of the API on one line, without tokens, and cut if it is long; nothing for any other value."""
    text = mask(" ".join(value.split())) if isinstance(value, str) else ""
    return text if len(text) <= _MAX_REASON_LENGTH else f"{text[: _MAX_REASON_LENGTH - 3]}..."


def _mentions(message: str, text: str) -> bool:
    """Return True if ``text`` stands in ``message``, in upper or lower case, but not within a word."""
    text = text.rstrip(".")
    if text.lower() not in message.lower():  # a pattern for each of many texts would take long
        return False
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message, re.IGNORECASE) is not None


def _is_mentioned(text: str, message: str, texts: list[str]) -> bool:
    """Return True if ``text`` stands in ``message``, or in a longer one of the first of ``texts``."""
    return _mentions(message, text) or any(
        len(other) > len(text) and _mentions(other, text) for other in texts[:_MAX_REASONS]
    )


def _excess(entries: list[Any]) -> int:
    """Return the number of entries that are not looked at."""
    return max(0, len(entries) - _MAX_ENTRIES)


def _remainder(count: int) -> str:
    return f"; and {count - _MAX_REASONS} more" if count > _MAX_REASONS else ""


def undocumented_response(
    status: int,
    reason: str | None,
    content: bytes | None,
    correlation_id: str | None,
    token: Token | None = None,
    *,
    route: str = "the request",
    location: str | None = None,
) -> APIException:
    """Return the exception for a response that does not have the API's form.

    :param token: Token of the request
    :param route: Method and URL of the request
    :param location: Target of a redirect
    """
    content = mask(content, token) if content else content
    cls = APIException._by_code.get(status, APIException if status >= 400 else InvalidResponseError)
    error = cls(
        status,
        reason or f"HTTP status {status}",
        {"content": content},
        correlation_id=correlation_id,
        http_status=status,
    )
    if location and 300 <= status < 400:
        target = re.split("[?#]", mask(location, token))[0]  # the rest may hold a secret
        error.args = (f"{error.args[0]}: {route} is redirected to {short_text(target)}",)
    elif content:
        problem = f"the response to {route} does not have the API's form; it starts {_excerpt(content)!r}"
        error.args = (f"{error.args[0]}: {problem}",)
    return error


def unexpected_shape(payload: Any, route: str, problem: str) -> InvalidResponseError:
    """Return the exception for a JSON response that lacks what the API documents.

    It is called while the exception that shows this is handled.
    """
    try:
        content = copy_json(dict(payload) if isinstance(payload, dict) else payload)
        mask_all([content])
        excerpt = json.dumps(content, default=repr)
    except (MalformedFieldError, RecursionError):  # nested too deeply to be shown, compared or pickled
        content, excerpt = None, ""
    is_empty = getattr(payload, "is_empty", False)
    start = "it is empty" if is_empty else f"it starts {_excerpt(excerpt.encode())!r}"
    if isinstance(payload, ResponsePayload):  # variables hold it; its values may be part of other payloads, too
        payload.clear()
        payload.update(content or {})
    cause = sys.exception()
    if cause is not None:
        conceal(cause, cause.__context__)
    error = InvalidResponseError(
        "invalid_response",
        f"the response to {route} is not as the API documents it: {problem}; {start}",
        {"content": content},
        correlation_id=getattr(payload, "correlation_id", None),
        http_status=getattr(payload, "status", None),
    )
    error.request = getattr(payload, "request", None)
    return error


def _excerpt(content: bytes) -> str:
    return re.sub(_SECRET, r"\1***", content[:_EXCERPT_SOURCE].decode("utf-8", "replace"))[:200]


def outcome_unknown(error: HCloudException, *, advise_retry: bool = True) -> OutcomeUnknownError:
    """Return a failure as an :class:`OutcomeUnknownError` that is also an instance of its own class.

    :param advise_retry: If true, mention the option that repeats such requests
    """
    if isinstance(error, OutcomeUnknownError):
        return error
    classes: tuple[type[Exception], ...] = (OutcomeUnknownError, *(error._classes or (type(error),)))
    unknown: OutcomeUnknownError = join_classes(classes, error.args, error.__dict__)
    unknown.add_note(_advice(unknown, advise_retry))
    return unknown


def _advice(error: OutcomeUnknownError, advise_retry: bool) -> str:
    """Return the note of the exception: the place to look in, and the next step."""
    request = error.request
    subject = f"{request.method} {request.url}" if request is not None else "the request"
    if request is not None and request.method == "DELETE":
        return f"{subject} may have taken effect. It is safe to send it again."
    values = ", ".join(f"{name}={value!r}" for name, value in error.criteria.items())
    place = f"Look in {error.collection}{values and f' for {values}'}" if error.collection else "Check that"
    advice = ", or let the client repeat such requests: Client(retry_unsafe=True)" if advise_retry else ""
    return f"{subject} may have taken effect, and was not repeated. {place} before you send it again{advice}."
