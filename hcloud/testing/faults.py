"""Fault injection: error responses, broken connections and failing actions on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .error_responses import ErrorResponse, code_of_status
from .http import Breakage, ConnectionBroken, Response
from .schema import Record

__all__ = ["Fault", "Faults", "Moment"]

Moment = Literal["before", "after"]
"""Moment of a broken connection: before or after the request takes effect."""


def _check_count(count: int) -> None:
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")


@dataclass
class Fault:
    """A fault of the next requests that match: an error response, a broken connection, or a truncated response.

    :param remaining: Number of requests that it still applies to
    :param method: HTTP method of the requests; ``None`` for all
    :param path: Start of the path of the requests, without the prefix of the API; ``None`` for all
    :param status: Status of the error response; ``None`` for a fault of another sort
    :param code: Error code of the response; by default the one of the status
    :param breaks: Moment at which the connection breaks
    :raises ValueError: if an argument is invalid
    """

    remaining: int
    method: str | None = None
    path: str | None = None
    status: int | None = None
    code: str | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: Moment | None = None
    breakage: Breakage = "reset"
    truncates: bool = False

    def __post_init__(self) -> None:
        _check_count(self.remaining)
        if self.status is not None and not 300 <= self.status <= 599:
            raise ValueError(f"status must be an error status, 300 to 599, not {self.status}")
        if self.breaks not in (None, *get_args(Moment)):
            raise ValueError(f"when must be one of {', '.join(get_args(Moment))}, not {self.breaks!r}")
        if self.breakage not in get_args(Breakage):
            raise ValueError(f"kind must be one of {', '.join(get_args(Breakage))}, not {self.breakage!r}")

    def matches(self, method: str, path: str) -> bool:
        """Return True if the fault applies to a request."""
        if self.remaining < 1 or (self.method is not None and self.method.upper() != method):
            return False
        return self.path is None or path.startswith(self.path)

    def fail(self, headers: dict[str, str]) -> None:
        """Raise the error of the fault, if it has one, and add its headers to those of the response.

        :raises ErrorResponse: if the fault is an error response
        """
        if self.status is not None:
            headers.update(self.headers)
            code = code_of_status(self.status) if self.code is None else self.code
            raise ErrorResponse(code, self.message, status=self.status)

    def break_connection(self, moment: Moment) -> None:
        """Break the connection if the fault breaks it at this moment.

        :raises ConnectionBroken: if the connection breaks
        """
        if self.breaks == moment:
            raise ConnectionBroken(self.breakage)

    def truncate(self, response: Response) -> None:
        """Cut the body of a response in half if the fault truncates responses."""
        if self.truncates:
            response.body = response.body[: len(response.body) // 2]


NO_FAULT = Fault(remaining=1)
"""Placeholder: no fault."""


@dataclass
class _ActionFailure:
    remaining: int
    command: str
    error: Record


class Faults:
    """The faults that a cloud is going to inject.

    :param prefix: Prefix of all paths of the API
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.requests: list[Fault] = []
        """Faults of requests."""
        self._actions: list[_ActionFailure] = []

    def add(self, fault: Fault) -> None:
        """Inject a fault into the next requests that match it.

        :raises ValueError: if the path of the fault is not one below the prefix of the API
        """
        path = fault.path
        if path is not None and (not path.startswith("/") or path.startswith(f"{self._prefix}/")):
            raise ValueError(f"path must be one below {self._prefix}, such as /actions, not {path!r}")
        self.requests.append(fault)

    def next(self, method: str, path: str) -> Fault:
        """Return the fault of a request, and count the request."""
        for fault in self.requests:
            if fault.matches(method, path):
                fault.remaining -= 1
                return fault
        return NO_FAULT

    def fail_action(self, command: str, count: int, error: Record) -> None:
        """Let the next actions with a command fail.

        :raises ValueError: if the count is less than one
        """
        _check_count(count)
        self._actions.append(_ActionFailure(count, command, error))

    def next_action_error(self, command: str) -> Record | None:
        """Return the error of an action that ends now, and count the action; ``None`` if the action succeeds."""
        for failure in self._actions:
            if failure.remaining > 0 and failure.command == command:
                failure.remaining -= 1
                return dict(failure.error)
        return None

    def clear(self) -> None:
        """Remove all faults."""
        self.requests.clear()
        self._actions.clear()
