"""Actions: what the API does after it answered, and its outcome."""

from .client import ActionsClient, ActionsPageResult, BoundAction, HasActions, action
from .domain import (
    Action,
    ActionFailedException,
    ActionsException,
    ActionStatus,
    ActionTimeoutException,
    WaitsForActions,
)

__all__ = [
    "Action",
    "ActionFailedException",
    "ActionStatus",
    "ActionTimeoutException",
    "ActionsClient",
    "ActionsException",
    "ActionsPageResult",
    "BoundAction",
    "HasActions",
    "WaitsForActions",
    "action",
]
