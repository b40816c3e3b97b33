from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypedDict

from .._exceptions import HCloudException, join_classes
from ..core import Always, BaseDomain, Link, Received, Timestamp, record
from ..core.coroutines import blocking, result_of
from ..core.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .client import BoundAction

__all__ = [
    "Action",
    "ActionError",
    "ActionException",
    "ActionFailedException",
    "ActionResource",
    "ActionResponse",
    "ActionStatus",
    "ActionTimeoutException",
    "ActionsException",
    "WaitsForActions",
]

ActionStatus = Literal["running", "success", "error"]


class ActionResource(TypedDict):
    """Reference to a resource that an action affects."""

    id: int
    """ID of the resource."""
    type: str
    """Type of the resource, such as ``server``."""


class _Details(TypedDict, total=False):
    details: dict[str, Any]
    """Further facts about the failure."""


class ActionError(_Details):
    """Reason for the failure of an action."""

    code: str
    """Error code, for programs."""
    message: str
    """Error message, for people."""


@record
class Action(BaseDomain, shown=("command", "status", "progress", "error")):
    """An asynchronous operation of the API. See "Actions" in the API reference."""

    STATUS_RUNNING: ClassVar[Literal["running"]] = "running"
    """Status of an action that is not finished."""
    STATUS_SUCCESS: ClassVar[Literal["success"]] = "success"
    """Status of an action that succeeded."""
    STATUS_ERROR: ClassVar[Literal["error"]] = "error"
    """Status of an action that failed."""

    id: int
    """ID of the action."""
    command: Always[str] = Always()
    """Command that the action executes, such as ``create_image``."""
    status: Always[ActionStatus] = Always()
    """Status: ``running`` at first, finally ``success`` or ``error``."""
    progress: Always[int] = Always()
    """Progress in percent, from 0 to 100."""
    started: Timestamp[datetime] = Timestamp()
    """Start time, UTC."""
    finished: Timestamp[datetime | None] = Timestamp()
    """End time, UTC; None while the action is running."""
    resources: Always[list[ActionResource]] = Always()
    """Resources that the action affects."""
    error: ActionError | None = None
    """Reason for the failure; None unless :attr:`status` is ``error``."""


def _label(action: Action) -> str:
    command = action._known_value("command")  # reading it would fetch an action that is not known
    return f"{command}, {action.id}" if command else f"{action.id}"


class ActionException(HCloudException):
    """Base class of the exceptions for actions that failed or timed out; :attr:`action` holds the action."""

    def __init__(self, action: Action) -> None:
        """
        :param action: Last known state of the action
        """
        self.action = action
        super().__init__(mask(self._describe(action)))

    def _describe(self, action: Action) -> str:
        return "The pending action failed"


class ActionFailedException(ActionException):
    """Failure of an action that was waited for."""

    def _describe(self, action: Action) -> str:
        error: Any = action.error
        try:
            return f"The pending action failed: {error['message']} ({error['code']}, {action.id})"
        except (KeyError, TypeError):  # the error is missing or malformed
            return f"The pending action failed ({_label(action)})"


class ActionTimeoutException(ActionException):
    """Timeout of the wait for an action."""

    def __init__(self, action: Action, *, timeout: float | None = None) -> None:
        """
        :param action: Last known state of the action
        :param timeout: Seconds after which the wait gave up, None if they are unknown
        """
        self._hint: str = _hint(timeout)
        super().__init__(action)

    def _describe(self, action: Action) -> str:
        return f"The pending action timed out ({_label(action)}){self._hint}"


def _hint(timeout: float | None) -> str:
    return "" if timeout is None else f" after {timeout:g} s; to wait longer, pass a longer timeout"


class ActionsException(ActionException, ExceptionGroup[ActionException]):
    """Failures and timeouts of a wait for several actions, as a group with an exception for each of them.

    Its parts are caught by ``except* ActionFailedException`` and ``except* ActionTimeoutException``.
    """

    _timeout_class: ClassVar[type[ActionTimeoutException]] = ActionTimeoutException

    def __new__(
        cls, failed: Sequence[ActionFailedException], running: Sequence[BoundAction], *, timeout: float | None = None
    ) -> Self:
        """
        :param failed: One exception per failed action
        :param running: Actions that were still running
        :param timeout: Seconds after which the wait gave up, None if they are unknown
        """
        timeouts = [cls._timeout_class(action, timeout=timeout) for action in running]
        return super().__new__(cls, cls._summary(failed, running, _hint(timeout)), [*failed, *timeouts])

    def __init__(
        self, failed: Sequence[ActionFailedException], running: Sequence[BoundAction], *, timeout: float | None = None
    ) -> None:
        """
        :param failed: One exception per failed action
        :param running: Actions that were still running
        :param timeout: Seconds after which the wait gave up, None if they are unknown
        """
        self.failed: list[ActionFailedException] = list(failed)
        self.running: list[BoundAction] = list(running)
        self._timeouts = [error for error in self.exceptions if isinstance(error, ActionTimeoutException)]
        self._hint: str = _hint(timeout)
        super().__init__(failed[0].action if failed else running[0])

    def _describe(self, action: Action) -> str:
        return self.message

    @classmethod
    def _summary(cls, failed: Sequence[ActionFailedException], running: Sequence[Any], hint: str) -> str:
        parts = [str(error) for error in failed]
        if running:
            # The command of an action that could never be fetched is not known; reading it would send a request.
            labels = [f"{action._known_value('command') or 'action'} ({action.id})" for action in running]
            parts.append(f"still running: {', '.join(labels)}{hint}")
        return mask("; ".join(parts))

    def __str__(self) -> str:
        return str(self.args[0])  # without the number of exceptions that a group appends

    def derive(self, exceptions: Sequence[Any], /) -> Any:
        """Return a group of this class with some of its exceptions; one of others is a plain group."""
        failed = [error for error in exceptions if isinstance(error, ActionFailedException)]
        timeouts = [error for error in exceptions if isinstance(error, ActionTimeoutException)]
        if len(failed) + len(timeouts) < len(exceptions):
            return ExceptionGroup(self.message, exceptions)
        running = [error.action for error in timeouts]
        state = {"failed": failed, "running": running, "_timeouts": timeouts, "_hint": self._hint}
        return join_classes(
            (type(self),), (self._summary(failed, running, self._hint),), {**state, "action": exceptions[0].action}
        )

    @classmethod
    def _restore(cls, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
        state.setdefault("_hint", "")  # exceptions that version 3.0 pickled lack these
        timeouts = state.setdefault("_timeouts", [cls._timeout_class(action) for action in state["running"]])
        return ExceptionGroup.__new__(cls, args[0], [*state["failed"], *timeouts])


class WaitsForActions:
    """Mixin of the responses that contain actions."""

    @blocking
    async def wait(
        self, timeout: float | None = None, on_progress: Callable[[list[BoundAction]], object] | None = None
    ) -> Self:
        """Wait until all actions of the response are finished, and return the response.

        Its objects, and the object that the actions were started on, are fetched again when they are read next. A
        client that does not fetch on read fetches them before the method returns.

        :param timeout: Maximum time to wait, in seconds; no limit by default
        :param on_progress: Function that is called with the actions after each poll
        :raises ActionsException: if an action failed, or was still running after ``timeout``
        """
        actions: list[BoundAction] = []
        for name in ("action", "actions", "next_actions"):
            value = getattr(self, name, None)
            actions += value if isinstance(value, list) else [value] if value is not None else []
        if actions:
            await result_of(actions[0]._client.wait_for(actions, timeout=timeout, on_progress=on_progress))
        return self


@record
class ActionResponse(BaseDomain, Received, WaitsForActions, abstract=True):
    """Base class of the responses whose first field is an action."""

    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that the request started."""
