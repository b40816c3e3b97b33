"""Recognition of the snapshot that an action on a droplet has made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, cast

from ..._exceptions import AmbiguousNameError, NotFoundError
from ...core.coroutines import result_of

__all__ = ["snapshot_of"]

CLOCK_SKEW = timedelta(minutes=1)
"""Largest difference between the clocks that give actions and images their times."""


async def snapshot_of(action: Any, client: Any) -> Any:
    """Return the image that ``action``, a completed snapshot of a droplet, has made.

    A droplet runs one action at a time, so each of its snapshots was made in the time of one action. Actions that
    follow each other at once share a second; then all its actions and snapshots are compared, in order of their IDs.

    :param client: Client of the account
    :raises NotFoundError: if there is no such image
    :raises AmbiguousNameError: if several images may be the one
    """
    snapshots = _by_id(await _snapshots_of(action.resource_id, client))
    candidates = [snapshot for snapshot in snapshots if _made(action, snapshot)]
    is_certain = len(candidates) == 1 and candidates[0].created_at not in (action.started_at, action.completed_at)
    if not is_certain:
        others = await _actions_of(action.resource_id, client)
        actions = _by_id(other for other in others if other.type == action.type and other.completed_at is not None)
        candidates, is_certain = _candidates(action, actions, snapshots)
    text = f"snapshot of droplet {action.resource_id} that action {action.id} made"
    if not candidates:
        raise NotFoundError("not_found", f"there is no {text}: it was deleted, or is not listed yet", None)
    if not is_certain:
        images = ", ".join(f"{snapshot.id} ({snapshot.name})" for snapshot in candidates)
        matches = [candidate.image for candidate in candidates]
        raise AmbiguousNameError(f"the {text} may be the image {images}, or was deleted: choose by ID", matches)
    return candidates[0].image


async def _snapshots_of(droplet_id: int, client: Any) -> list[Any]:
    try:
        return cast("list[Any]", await result_of(client.droplets.get_snapshots(droplet_id)))
    except NotFoundError:  # the droplet was deleted, but its snapshots remain
        snapshots = await result_of(client.snapshots.get_all(resource_type="droplet"))
        return [snapshot for snapshot in snapshots if snapshot.resource_id == str(droplet_id)]


async def _actions_of(droplet_id: int, client: Any) -> list[Any]:
    try:
        return cast("list[Any]", await result_of(client.droplets.get_actions(droplet_id)))
    except NotFoundError:
        actions = await result_of(client.actions.get_all())
        return [action for action in actions if (action.resource_type, action.resource_id) == ("droplet", droplet_id)]


def _by_id(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda record: record.id)


def _made(action: Any, snapshot: Any, tolerance: timedelta = timedelta()) -> bool:
    """Return True if the snapshot was created in the time of the action."""
    return bool(action.started_at - tolerance <= snapshot.created_at <= action.completed_at + tolerance)


def _candidates(action: Any, actions: list[Any], snapshots: list[Any]) -> tuple[list[Any], bool]:
    """Return the snapshots that ``action`` may have made, and True if it can only be the first of them.

    Each action made at most one, in the order of their IDs. A snapshot that the earliest and the latest assignment give
    to different actions may be of either.
    """
    inside = [snapshot for snapshot in snapshots if any(_made(other, snapshot) for other in actions)]
    first, last = _match(actions, inside).get(action.id), _match(actions[::-1], inside[::-1]).get(action.id)
    if first or last:
        return [snapshot for snapshot in inside if snapshot in (first, last)], first is last
    near = [snapshot for snapshot in snapshots if snapshot not in inside and _made(action, snapshot, CLOCK_SKEW)]
    return near, len(near) == 1


def _match(actions: Sequence[Any], snapshots: Sequence[Any]) -> dict[int, Any]:
    """Return the snapshot of each action by its ID, if each snapshot is taken for that of the first action possible."""
    matches: dict[int, Any] = {}
    remaining = iter(actions)
    for snapshot in snapshots:
        for action in remaining:
            if _made(action, snapshot):
                matches[action.id] = snapshot
                break
    return matches
