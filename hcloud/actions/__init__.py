"""Actions: what the API does after it answered, with its progress and its outcome."""

from __future__ import annotations

from .client import (
    ActionsClient,
    ActionSort,
    ActionsPageResult,
    BoundAction,
    HasActions,
    HasBoundActions,
    ResourceActionsClient,
)
from .domain import (
    Action,
    ActionError,
    ActionException,
    ActionFailedException,
    ActionResource,
    ActionsException,
    ActionStatus,
    ActionTimeoutException,
    WaitsForActions,
)

__all__ = [
    "Action",
    "ActionError",
    "ActionException",
    "ActionFailedException",
    "ActionResource",
    "ActionSort",
    "ActionStatus",
    "ActionTimeoutException",
    "ActionsClient",
    "ActionsException",
    "ActionsPageResult",
    "BoundAction",
    "HasActions",
    "HasBoundActions",
    "ResourceActionsClient",
    "WaitsForActions",
]
