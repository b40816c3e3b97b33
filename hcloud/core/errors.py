"""How responses and failures of the transport become exceptions."""

from __future__ import annotations

import json
import re
from typing import Any

from .._exceptions import (
    APIException,
    HCloudException,
    InvalidResponseError,
    NetworkError,
    OutcomeUnknownError,
    RequestInfo,
    joined,
)

__all__ = ["Answer", "api_error", "misshapen", "network_error", "outcome_unknown", "unreadable"]


_MOST = 10_000
# As JSON has it, also where it breaks off within.
_SECRET = r'("\w*(?:password|secret|token|private_key|tsig_key|user_data|url)"\s*:\s*")(?:[^"\\]|\\.)*'


def api_error(status: int, code: int | str, message: str, details: Any, correlation_id: str | None) -> APIException:
    """The exception for an error that the API reported."""
    kind = APIException._by_code.get(code) or APIException._by_code.get(status, APIException)
    return kind(code, message, details, correlation_id=correlation_id, http_status=status)


def unreadable(status: int, reason: str | None, content: bytes | None, correlation_id: str | None) -> APIException:
    """The exception for a response that is not of the API's form."""
    kind = APIException._by_code.get(status, APIException if status >= 400 else InvalidResponseError)
    error = kind(
        status,
        reason or f"HTTP status {status}",
        {"content": content},
        correlation_id=correlation_id,
        http_status=status,
    )
    if content:
        error.args = (f"{error.args[0]}: the response is not what the API documents, it starts {_excerpt(content)!r}",)
    return error


def _excerpt(content: bytes) -> str:
    return re.sub(_SECRET, r"\1***", content[:_MOST].decode("utf-8", "replace"))[:200]


class Answer(dict[str, Any]):
    """A decoded response that remembers what it came with."""

    def __init__(
        self, payload: dict[str, Any], status: int, correlation_id: str | None, request: RequestInfo | None
    ) -> None:
        super().__init__(payload)
        self.status: int = status
        self.correlation_id: str | None = correlation_id
        self.request: RequestInfo | None = request


def misshapen(answer: Any, subject: str, problem: str) -> HCloudException:
    """The exception for an answer that is JSON, but lacks what the API documents."""
    error: HCloudException = InvalidResponseError(
        "invalid_response",
        f"the answer to {subject} is not what the API documents: {problem}; it starts "
        f"{_excerpt(json.dumps(answer, default=repr).encode())!r}",
        {"content": answer},
        correlation_id=getattr(answer, "correlation_id", None),
        http_status=getattr(answer, "status", None),
    )
    error.request = getattr(answer, "request", None)
    return outcome_unknown(error) if subject.startswith("POST ") else error


def network_error(error: Exception) -> NetworkError:
    """``error``, of the transport, as a :class:`NetworkError` that is of its own class, too."""
    made: NetworkError = joined((NetworkError, type(error)), error.args, error.__dict__)
    return made


def outcome_unknown(error: HCloudException) -> HCloudException:
    """``error`` as an :class:`OutcomeUnknownError` that is of its own class, too."""
    kinds: tuple[type[Exception], ...] = (OutcomeUnknownError, *(error._kinds or (type(error),)))
    unknown: HCloudException = joined(kinds, error.args, error.__dict__)
    unknown.__cause__ = error.__cause__
    return unknown
