"""How the API says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "ErrorResponse",
    "bad_request",
    "conflict",
    "invalid",
    "invalid_fields",
    "limit_exceeded",
    "locked",
    "not_found",
    "protected",
    "unavailable",
    "uniqueness",
]

_STATUS = {
    "json_error": 400,
    "unauthorized": 401,
    "token_readonly": 401,
    "forbidden": 403,
    "maintenance": 403,
    "resource_limit_exceeded": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "uniqueness_error": 409,
    "conflict": 409,
    "deprecated_api_endpoint": 410,
    "resource_unavailable": 412,
    "locked": 423,
    "protected": 423,
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "timeout": 504,
}


class ErrorResponse(Exception):
    """An error that the API answers with.

    :param code: the API's error code; the codes of single operations, such as ``server_not_stopped``, too.
    :param status: the HTTP status; default what the API uses for the code, 422 for codes of single operations.
    """

    def __init__(self, code: str, message: str, details: object = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status: int = _STATUS.get(code, 422) if status is None else status

    @property
    def body(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}


def code_of_status(status: int) -> str:
    """The code that goes with an HTTP status."""
    return next((code for code, known in _STATUS.items() if known == status and code != "token_readonly"), "unknown")


def invalid_fields(messages: Mapping[str, Sequence[str]], message: str | None = None) -> ErrorResponse:
    """Input refused, with what is wrong by field."""
    names = ", ".join(f"'{name}'" for name in messages)
    return ErrorResponse(
        "invalid_input",
        message or f"invalid input in field{'s' if len(messages) > 1 else ''} {names}",
        {"fields": [{"name": name, "messages": list(said)} for name, said in messages.items()]},
    )


def invalid(field: str, *messages: str, message: str | None = None) -> ErrorResponse:
    """Input refused because of one field."""
    return invalid_fields({field: messages}, message)


def bad_request(message: str) -> ErrorResponse:
    """Input refused although each field is fine by itself."""
    return ErrorResponse("invalid_input", message, {})


def not_found(what: str, ref: object) -> ErrorResponse:
    """There is no such entity."""
    return ErrorResponse("not_found", f"{what.replace('_', ' ')} with ID '{ref}' not found")


def uniqueness(what: str, field: str = "name") -> ErrorResponse:
    """Another entity has this value already."""
    return ErrorResponse(
        "uniqueness_error", f"{what.replace('_', ' ')} {field} is already used", {"fields": [{"name": field}]}
    )


def protected(what: str, against: str = "delete") -> ErrorResponse:
    """The entity's protection forbids it."""
    return ErrorResponse("protected", f"{what.replace('_', ' ')} is protected against {against}")


def locked(what: str) -> ErrorResponse:
    """An action is running on the entity."""
    return ErrorResponse("locked", f"cannot perform operation because {what.replace('_', ' ')} is locked")


def unavailable(message: str) -> ErrorResponse:
    """What was asked for cannot be had at the moment."""
    return ErrorResponse("resource_unavailable", message)


def conflict(message: str) -> ErrorResponse:
    """The entity is in a state that does not allow it, or changed meanwhile."""
    return ErrorResponse("conflict", message)


def limit_exceeded(what: str) -> ErrorResponse:
    """The project may not have more of it."""
    return ErrorResponse(
        "resource_limit_exceeded", f"{what.replace('_', ' ')} limit exceeded", {"limits": [{"name": f"{what}_limit"}]}
    )
