"""Error responses of the API."""

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
    "request_entity_too_large": 413,
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
    """An exception that carries an error response of the API.

    :param code: Error code of the API, including those of a single operation such as ``server_not_stopped``
    :param status: HTTP status; by default the one that the API uses for the code, and 422 for all other codes
    """

    def __init__(self, code: str, message: str, details: object = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status: int = _STATUS.get(code, 422) if status is None else status

    @property
    def body(self) -> dict[str, Any]:
        """Body of the response."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}


def code_of_status(status: int) -> str:
    """Return the error code for an HTTP status."""
    codes = (code for code, default in _STATUS.items() if default == status and code != "token_readonly")
    return next(codes, "unknown")


def invalid_fields(messages: Mapping[str, Sequence[str]], message: str | None = None) -> ErrorResponse:
    """Return the error for one or several invalid fields.

    :param messages: Messages by field
    :param message: Message of the whole error; by default the names of the fields
    """
    names = ", ".join(f"'{name}'" for name in messages)
    return ErrorResponse(
        "invalid_input",
        message or f"invalid input in field{'s' if len(messages) > 1 else ''} {names}",
        {"fields": [{"name": name, "messages": list(texts)} for name, texts in messages.items()]},
    )


def invalid(field: str, *messages: str, message: str | None = None) -> ErrorResponse:
    """Return the error for one invalid field."""
    return invalid_fields({field: messages}, message)


def bad_request(message: str) -> ErrorResponse:
    """Return the error for input of which each field is valid by itself."""
    return ErrorResponse("invalid_input", message, {})


def not_found(singular: str, ref: object) -> ErrorResponse:
    """Return the error for an entity that does not exist."""
    return ErrorResponse("not_found", f"{singular.replace('_', ' ')} with ID '{ref}' not found")


def uniqueness(singular: str, field: str = "name") -> ErrorResponse:
    """Return the error for a value of a unique field that another entity has."""
    return ErrorResponse(
        "uniqueness_error", f"{singular.replace('_', ' ')} {field} is already used", {"fields": [{"name": field}]}
    )


def protected(singular: str, against: str = "delete") -> ErrorResponse:
    """Return the error for an operation that the protection of the entity forbids."""
    return ErrorResponse("protected", f"{singular.replace('_', ' ')} is protected against {against}")


def locked(singular: str) -> ErrorResponse:
    """Return the error for an entity on which an action is running."""
    return ErrorResponse("locked", f"cannot perform operation because {singular.replace('_', ' ')} is locked")


def unavailable(message: str) -> ErrorResponse:
    """Return the error for a resource that is temporarily unavailable."""
    return ErrorResponse("resource_unavailable", message)


def conflict(message: str) -> ErrorResponse:
    """Return the error for an operation that the state of the entity does not allow."""
    return ErrorResponse("conflict", message)


def limit_exceeded(singular: str) -> ErrorResponse:
    """Return the error for a project that has reached its limit of a resource."""
    return ErrorResponse(
        "resource_limit_exceeded",
        f"{singular.replace('_', ' ')} limit exceeded",
        {"limits": [{"name": f"{singular}_limit"}]},
    )
