from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

from .._exceptions import HCloudException
from ..core import BaseDomain, Link, Timestamp, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

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
    """A resource that an action is about."""

    id: int
    type: str


class _Details(TypedDict, total=False):
    details: dict[str, Any]


class ActionError(_Details):
    """Why an action failed."""

    code: str
    message: str


@record
class Action(BaseDomain):
    """Something that the API does after it answered. See "Actions" in the API reference."""

    STATUS_RUNNING: ClassVar[ActionStatus] = "running"
    STATUS_SUCCESS: ClassVar[ActionStatus] = "success"
    STATUS_ERROR: ClassVar[ActionStatus] = "error"

    id: int
    """ID of the action."""
    command: str | None = None
    """What it does, such as ``create_image``."""
    status: ActionStatus | None = None
    """``running``, and then ``success`` or ``error``."""
    progress: int | None = None
    """How far it is, in percent."""
    started: Timestamp = Timestamp()
    """When it started."""
    finished: Timestamp = Timestamp()
    """When it ended; None while it runs."""
    resources: list[ActionResource] | None = None
    """What it is about."""
    error: ActionError | None = None
    """Why it failed; None if it did not."""


def _named(action: Action) -> str:
    return f"{action.command}, {action.id}" if action.command else f"{action.id}"


class ActionException(HCloudException):
    """An action did not end as it was waited for; :attr:`action` is the action."""

    def __init__(self, action: Action) -> None:
        """
        :param action: the action, as it was known last
        """
        self.action = action
        super().__init__(self._describe(action))

    def _describe(self, action: Action) -> str:
        return "The pending action failed"


class ActionFailedException(ActionException):
    """An action that was waited for failed."""

    def _describe(self, action: Action) -> str:
        error: Any = action.error
        try:
            return f"The pending action failed: {error['message']} ({error['code']}, {action.id})"
        except (KeyError, TypeError):  # no reason was told, or not as it is documented
            return f"The pending action failed ({_named(action)})"


class ActionTimeoutException(ActionException):
    """An action that was waited for was still running when the wait was given up."""

    def _describe(self, action: Action) -> str:
        return f"The pending action timed out ({_named(action)})"


class ActionsException(ActionException):
    """Of the actions that were waited for together, some failed or were still running when the wait was given up."""

    def __init__(self, failed: Sequence[ActionFailedException], running: Sequence[BoundAction]) -> None:
        """
        :param failed: an exception for each action that failed
        :param running: the actions that were still running
        """
        self.failed: list[ActionFailedException] = list(failed)
        self.running: list[BoundAction] = list(running)
        super().__init__(failed[0].action if failed else running[0])

    def _describe(self, action: Action) -> str:
        parts = [str(error) for error in self.failed]
        if self.running:
            parts.append("still running: " + ", ".join(f"{one.command} ({one.id})" for one in self.running))
        return "; ".join(parts)


class WaitsForActions:
    """What responses have in common that come with actions."""

    def wait(
        self, *, timeout: float | None = None, on_progress: Callable[[list[BoundAction]], object] | None = None
    ) -> Self:
        """Wait until all actions of the response are finished, and return the response.

        :param timeout: seconds after which to give up; None waits for as long as it takes
        :param on_progress: called with the actions after each look at them
        :raises ActionsException: if any of them failed, or was still running at the end of ``timeout``
        """
        actions: list[BoundAction] = []
        for name in ("action", "actions", "next_actions"):
            value = getattr(self, name, None)
            actions += value if isinstance(value, list) else [value] if value is not None else []
        if actions:
            actions[0]._client.wait_for(actions, timeout=timeout, on_progress=on_progress)
        return self


@record
class ActionResponse(BaseDomain, WaitsForActions, abstract=True):
    """What responses have in common that come with one action before anything else."""

    action: Link[BoundAction] = Link("actions", complete=True)
    """The action."""
