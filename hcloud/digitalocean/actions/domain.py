from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ... import actions
from ...core import BaseDomain, Link, Timestamp, record
from .._resource import ResourceLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

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
    "WaitsForActions",
]

ActionStatus = Literal["in-progress", "completed", "errored"]


@record
class Action(BaseDomain):
    """Something that the API does after it answered. See "Actions" in the API reference."""

    STATUS_RUNNING: ClassVar[ActionStatus] = "in-progress"
    STATUS_SUCCESS: ClassVar[ActionStatus] = "completed"
    STATUS_ERROR: ClassVar[ActionStatus] = "errored"

    id: int | None = None
    """ID of the action."""
    status: ActionStatus | None = None
    """``in-progress``, and then ``completed`` or ``errored``."""
    type: str | None = None
    """What it does, such as ``snapshot`` or ``transfer``."""
    started_at: Timestamp = Timestamp()
    """When it started."""
    completed_at: Timestamp = Timestamp()
    """When it ended; None while it is in progress."""
    resource_id: int | None = None
    """ID of what it is about."""
    resource_type: str | None = None
    """The kind of what it is about, such as ``droplet`` or ``image``."""
    region: Link[BoundRegion | None] = Link("regions", complete=True)
    """Where it happens."""
    region_slug: str | None = None
    """The slug of the region where it happens."""
    resource: ResourceLink[BoundDroplet | BoundImage | None] = ResourceLink()
    """The droplet or image that it is about; None if that is anything else."""


def _named(action: Action | BoundAction) -> str:
    about = f" of {action.resource_type} {action.resource_id}" if action.resource_id is not None else ""
    return f"{action.type}{about} (action {action.id})"


class ActionFailedException(actions.ActionFailedException):
    """An action that was waited for is ``errored``; the API does not say why."""

    if TYPE_CHECKING:
        action: Action | BoundAction  # type: ignore[assignment]

        def __init__(self, action: Action | BoundAction) -> None: ...

    def _describe(self, action: Action | BoundAction) -> str:  # type: ignore[override]
        return f"The pending action failed: {_named(action)}"


class ActionTimeoutException(actions.ActionTimeoutException):
    """An action that was waited for was still in progress when the wait was given up."""

    if TYPE_CHECKING:
        action: Action | BoundAction  # type: ignore[assignment]

        def __init__(self, action: Action | BoundAction) -> None: ...

    def _describe(self, action: Action | BoundAction) -> str:  # type: ignore[override]
        return f"The pending action timed out: {_named(action)}"


class ActionsException(actions.ActionsException):
    """Of the actions that were waited for together, some failed or were in progress when the wait was given up."""

    if TYPE_CHECKING:
        action: Action | BoundAction  # type: ignore[assignment]
        failed: list[ActionFailedException]  # type: ignore[assignment]
        running: list[BoundAction]  # type: ignore[assignment]

        def __init__(self, failed: list[ActionFailedException], running: list[BoundAction]) -> None: ...

    def _describe(self, action: Action | BoundAction) -> str:  # type: ignore[override]
        return "; ".join([*map(str, self.failed), *(f"still in progress: {_named(one)}" for one in self.running)])


class WaitsForActions(actions.WaitsForActions):
    """What responses have in common that come with actions."""

    if TYPE_CHECKING:

        def wait(  # type: ignore[override]
            self, *, timeout: float | None = None, on_progress: Callable[[list[BoundAction]], object] | None = None
        ) -> Self: ...
