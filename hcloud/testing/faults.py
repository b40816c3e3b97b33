"""Fault injection: error responses, broken connections and failing actions on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar, Literal, get_args

from .arguments import check_count
from .error_responses import ErrorResponse, code_of_status
from .http import Breakage, ConnectionBroken, Response
from .router import Router, path_pattern, starts_with
from .schema import Record

__all__ = ["ActionFault", "Fault", "FaultInjection", "Faults", "Moment"]

Moment = Literal["before", "after"]
"""Moment of a broken connection: before or after the request takes effect."""


@dataclass(repr=False)
class Fault:
    """A fault of the next requests that match: an error response, a broken connection, or a truncated response.

    :param remaining: Number of requests that it still applies to
    :param method: HTTP method of the requests; ``None`` for all
    :param path: Start of the path of the requests, without the prefix of the API; ``*`` stands for any part of a
        segment; ``None`` for all
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
        check_count("count", self.remaining)
        if self.status is not None and self.status not in range(300, 600):
            raise ValueError(f"status must be an error status, 300 to 599, not {self.status!r}")
        if self.breaks not in (None, *get_args(Moment)):
            raise ValueError(f"when must be one of {', '.join(get_args(Moment))}, not {self.breaks!r}")
        if self.breakage not in get_args(Breakage):
            raise ValueError(f"kind must be one of {', '.join(get_args(Breakage))}, not {self.breakage!r}")

    def matches(self, method: str, path: str) -> bool:
        """Return True if the fault applies to a request."""
        if self.remaining < 1 or (self.method is not None and self.method.upper() != method):
            return False
        return self.path is None or re.match(path_pattern(self.path), path) is not None

    def __repr__(self) -> str:
        if self.status is not None:
            name, arguments = "fail_next", [f"status={self.status}"]
        elif self.breaks is not None:
            name, arguments = "break_next", [f"when={self.breaks!r}", f"kind={self.breakage!r}"]
        else:
            name, arguments = "truncate_next", []
        selection = {"method": self.method, "path": self.path}
        arguments += [f"{key}={value!r}" for key, value in selection.items() if value is not None]
        return f"{name}({', '.join([str(self.remaining), *arguments])})"

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


@dataclass(repr=False)
class ActionFault:
    """A fault of the next actions with a command.

    :param remaining: Number of actions that it still applies to
    :param error: Error of the actions
    """

    remaining: int
    command: str
    error: Record

    def __repr__(self) -> str:
        return f"fail_action({self.command!r}, {self.remaining}, code={self.error['code']!r})"


class Faults:
    """The faults that a cloud is going to inject.

    :param prefix: Prefix of all paths of the API
    :param can_match: Function that returns true if the API has an operation with a method, and a path that starts with
        a pattern; either can be ``None`` for any
    """

    def __init__(self, prefix: str, can_match: Callable[[str | None, str | None], bool]) -> None:
        self._prefix = prefix
        self._can_match = can_match
        self.requests: list[Fault] = []
        """Faults of requests."""
        self._actions: list[ActionFault] = []

    @property
    def pending(self) -> list[Fault | ActionFault]:
        """Faults that have not fired as often as they were to."""
        faults: list[Fault | ActionFault] = [*self.requests, *self._actions]
        return [fault for fault in faults if fault.remaining > 0]

    def add(self, fault: Fault) -> None:
        """Inject a fault into the next requests that match it.

        :raises ValueError: if the path of the fault is not one below the prefix of the API, or no request can match
        """
        path = fault.path
        if path is not None and (not path.startswith("/") or path.startswith(f"{self._prefix}/")):
            raise ValueError(f"path must be one below {self._prefix}, such as /actions, not {path!r}")
        if not self._can_match(fault.method, path):
            request = f"{fault.method or ''} {path or ''}".strip()
            raise ValueError(f"no operation of the API matches {request!r}, so this fault would never fire")
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
        check_count("count", count)
        self._actions.append(ActionFault(count, command, error))

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


class FaultInjection:
    """Part of a fake cloud that injects faults."""

    removed_paths: ClassVar[Mapping[str, str]]
    _faults: Faults

    @property
    def router(self) -> Router:
        """Router of the operations."""
        raise NotImplementedError

    @property
    def faults(self) -> list[Fault | ActionFault]:
        """Faults that have not fired yet, or not as often as they were to; an empty list if all have."""
        return self._faults.pending

    def fail_next(
        self,
        count: int = 1,
        status: int = 502,
        *,
        code: str | None = None,
        message: str = "failure on demand",
        method: str | None = None,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Respond to the next requests with an error. The requests have no effect.

        :param code: Error code of the API; by default the one of the status
        :param method: HTTP method; other requests do not fail
        :param path: Start of the path, such as ``/servers/*/actions/reboot``: ``*`` stands for any part of a segment;
            other requests do not fail
        :param headers: Additional headers of the response
        :raises ValueError: if the status is not that of an error, or no request can match
        """
        fault = Fault(count, method, path, status=status, code=code, message=message, headers=dict(headers or {}))
        self._faults.add(fault)

    def break_next(
        self,
        count: int = 1,
        when: Literal["before", "after"] = "before",
        kind: Literal["reset", "connect", "timeout"] = "reset",
        *,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Break the connection of the next requests.

        :param when: ``before`` or ``after`` the request takes effect
        :param kind: ``reset`` of the connection, ``connect`` if it cannot be established, or ``timeout`` if the
            response never arrives; the last two take as long as the timeout of the client
        :param method: HTTP method; other requests are not affected
        :param path: Start of the path, such as ``/servers/*/actions/reboot``: ``*`` stands for any part of a segment;
            other requests are not affected
        :raises ValueError: if there is no such moment or kind, or no request can match
        """
        self._faults.add(Fault(count, method, path, breaks=when, breakage=kind))

    def truncate_next(self, count: int = 1, *, method: str | None = None, path: str | None = None) -> None:
        """Cut the responses to the next requests in half, so that their JSON is invalid.

        :param method: HTTP method; other requests are not affected
        :param path: Start of the path, such as ``/servers/*/actions/reboot``: ``*`` stands for any part of a segment;
            other requests are not affected
        :raises ValueError: if no request can match
        """
        self._faults.add(Fault(count, method, path, truncates=True))

    def fail_action(
        self, command: str, count: int = 1, *, code: str = "action_failed", message: str = "Action failed"
    ) -> None:
        """Make the next actions with this command fail.

        :param command: Command of the action, such as ``create_server``
        :raises ValueError: if the count is less than one, or no action has the command
        """
        self._check_command(command)
        self._faults.fail_action(command, count, {"code": code, "message": message})

    def failure_of(self, command: str) -> Record | None:
        """Return the error of an action that ends now; ``None`` if it succeeds."""
        return self._faults.next_action_error(command)

    @property
    def commands(self) -> list[str]:
        """Commands of the actions that the cloud can start, such as ``create_server``."""
        return sorted(self.router.commands)

    def can_start(self, command: str) -> bool:
        """Return True if some operation declares that it starts actions with a command, or the command is internal."""
        return command in self.router.commands or command.startswith("_")

    def _check_command(self, command: str) -> None:
        """Check that the cloud can start actions with a command.

        :raises ValueError: if it cannot; the message lists the commands
        """
        if not self.can_start(command):
            similar = get_close_matches(command, self.commands, 1)
            hint = f"; did you mean {similar[0]!r}?" if similar else "."
            raise ValueError(f"no action has the command {command!r}{hint} Known commands: {', '.join(self.commands)}")

    def _can_match(self, method: str | None, path: str | None) -> bool:
        """Return True if the API has an operation with a method and a path, or once had."""
        removed = (f"{removed}/{{id}}" for removed in self.removed_paths)
        if path is not None and any(starts_with(removed_path, path) for removed_path in removed):
            return True
        return self.router.can_match(method and method.upper(), path)
