from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from ... import actions
from ..._exceptions import HCloudException
from ...core import BaseDomain, Identity, Link, Timestamp, record
from ...core.secrets import mask
from .._resource import ResourceLink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..droplets import BoundDroplet
    from ..images import BoundImage
    from ..regions import BoundRegion
    from .client import BoundAction

__all__ = [
    "Action",
    "ActionFailedException",
    "ActionStatus",
    "ActionTimeoutException",
    "ActionsException",
    "NoImageError",
    "WaitsForActions",
]

ActionStatus = Literal["in-progress", "completed", "errored"]


@record
class Action(BaseDomain, shown=("type", "status", "resource_type", "resource_id", "started_at")):
    """An operation that continues after the response of the API. See "Actions" in the API reference."""

    STATUS_RUNNING: ClassVar[Literal["in-progress"]] = "in-progress"
    """Status of an action that is not finished."""
    STATUS_SUCCESS: ClassVar[Literal["completed"]] = "completed"
    """Status of an action that succeeded."""
    STATUS_ERROR: ClassVar[Literal["errored"]] = "errored"
    """Status of an action that failed."""

    id: Identity[int] = Identity()
    """ID of the action."""
    status: ActionStatus | None = None
    """Status: ``in-progress``, then ``completed`` or ``errored``."""
    type: str | None = None
    """Type of the action, such as ``snapshot`` or ``transfer``."""
    started_at: Timestamp[datetime | None] = Timestamp()
    """Time of the start."""
    completed_at: Timestamp[datetime | None] = Timestamp()
    """Time of the end; None while the action is in progress."""
    resource_id: int | None = None
    """ID of the resource that the action changes."""
    resource_type: str | None = None
    """Type of the resource, such as ``droplet`` or ``image``."""
    region: Link[BoundRegion | None] = Link("regions", complete=True)
    """Region of the action."""
    region_slug: str | None = None
    """Slug of the region."""
    resource: ResourceLink[BoundDroplet | BoundImage | None] = ResourceLink()
    """The droplet or image that the action changes; None for other types of resources."""


def _describe_action(action: Action) -> str:
    if action._known_value("type") is None:  # reading a field would send a request
        return f"action {action.id}"
    resource = f" of {action.resource_type} {action.resource_id}" if action.resource_id is not None else ""
    return f"{action.type}{resource} (action {action.id})"


class ActionFailedException(actions.ActionFailedException):
    """Failure of an action; the API does not report a reason."""

    if TYPE_CHECKING:
        action: Action  # type: ignore[assignment]

        def __init__(self, action: Action) -> None: ...

    def _describe(self, action: Action) -> str:  # type: ignore[override]
        return f"The pending action failed: {_describe_action(action)}"


class ActionTimeoutException(actions.ActionTimeoutException):
    """Timeout of the wait for an action that is still in progress."""

    if TYPE_CHECKING:
        action: Action  # type: ignore[assignment]

    def __init__(self, action: Action, *, timeout: float | None = None, max_retries: float | None = None) -> None:
        """
        :param action: Last known state of the action
        :param timeout: Seconds after which the wait gave up, None if they are unknown
        :param max_retries: Polls after which the wait gave up, None if it had no such limit
        """
        self._limit = ""
        if max_retries is not None:
            self._limit = f" after {max_retries:g} polls; to wait longer, pass a larger max_retries, or use wait()"
        super().__init__(action, timeout=timeout)  # type: ignore[arg-type]

    def _describe(self, action: Action) -> str:  # type: ignore[override]
        return f"The pending action timed out: {_describe_action(action)}{self._hint}{self._limit}"


class ActionsException(actions.ActionsException):
    """Failure or timeout of at least one of several actions, as a group with an exception for each of them."""

    _timeout_class = ActionTimeoutException

    if TYPE_CHECKING:
        action: Action  # type: ignore[assignment]
        failed: list[ActionFailedException]  # type: ignore[assignment]
        running: list[BoundAction]  # type: ignore[assignment]

        def __new__(
            cls, failed: list[ActionFailedException], running: list[BoundAction], *, timeout: float | None = None
        ) -> Self: ...
        def __init__(
            self, failed: list[ActionFailedException], running: list[BoundAction], *, timeout: float | None = None
        ) -> None: ...

    @classmethod
    def _summary(cls, failed: Sequence[actions.ActionFailedException], running: Sequence[Any], hint: str) -> str:
        labels = [f"still in progress: {_describe_action(action)}" for action in running]
        return mask("; ".join([*map(str, failed), *labels]) + (hint if running else ""))


class NoImageError(HCloudException, AttributeError):
    """An action made no image, or is not finished."""


class WaitsForActions(actions.WaitsForActions):
    """Base class of the responses that contain actions."""

    if TYPE_CHECKING:

        def wait(  # type: ignore[override]
            self, timeout: float | None = None, on_progress: Callable[[list[BoundAction]], object] | None = None
        ) -> Self: ...
