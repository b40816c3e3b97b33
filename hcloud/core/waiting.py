"""Polling: until a condition holds, and until actions are finished."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .._exceptions import APIException, NetworkError, WaitTimeoutError

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .clock import Clock

__all__ = ["poll_until_finished", "wait_for", "wait_for_actions"]

Model = TypeVar("Model", bound="BoundModelBase[Any]")


def wait_for(
    model: Model, condition: Callable[[Model], object], timeout: float | None, interval: float | None
) -> Model:
    """Reload ``model`` until ``condition`` of it is true; see :meth:`BoundModelBase.wait_for`."""
    connection = model._client._client
    clock = connection._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    reloads = 0
    while not condition(model):
        pause = connection._poll_interval_func(reloads) if interval is None else interval
        if not _sleep(clock, pause, deadline):
            raise WaitTimeoutError(f"{model!r} did not meet the condition within {timeout:g} s")
        model.reload()
        reloads += 1
    return model


def _sleep(clock: Clock, seconds: float, deadline: float | None) -> bool:
    """Sleep, but not beyond the deadline; return False without sleeping if the deadline has passed."""
    if deadline is not None:
        remaining = deadline - clock.monotonic()
        if remaining <= 0:
            return False
        seconds = min(seconds, remaining)
    clock.sleep(seconds)
    return True


def poll_until_finished(action: Any, max_retries: int | None) -> bool:
    """Reload ``action`` until it is finished; return False if it still runs after the last reload.

    :param max_retries: Maximum number of reloads; by default the client's ``poll_max_retries``
    """
    connection = action._client._client
    limit = connection._poll_max_retries if max_retries is None else max_retries
    retries = 0
    while action._is_running():
        if retries >= limit:
            return False
        if retries:
            connection._clock.sleep(connection._poll_interval_func(retries - 1))
        action.reload()
        retries += 1
    return True


def wait_for_actions(
    client: Any, actions: list[Any], timeout: float | None, on_progress: Callable[[list[Any]], object] | None
) -> tuple[list[Any], list[Any]]:
    """Poll ``actions`` together until all are finished or the timeout has passed.

    Return the exceptions of those that failed, and the actions that are still running.
    """
    connection = client._client
    clock = connection._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    polls = 0

    def poll(pending: list[Any]) -> None:
        # The same action may be in the list as several objects: it is requested once, and all are updated.
        latest = {action.id: action for action in client._get_many(list({action.id: None for action in pending}))}
        for action in pending:
            if action.id not in latest:  # raises NotFoundError if the action does not exist
                action.reload()
            elif latest[action.id] is not action:
                action._adopt(latest[action.id]._raw)

    partial = [action for action in actions if not action.is_fetched("status")]
    if partial:
        poll(partial)
    while True:
        running = [action for action in actions if action._is_running()]
        if on_progress is not None and polls:
            on_progress(list(actions))
        if not running:
            break
        # Back off: each pause is longer than the one before by a tenth of the interval, up to five intervals.
        pause = connection._poll_interval_func(polls) * min(5.0, 1 + polls / 10)
        if not _sleep(clock, pause, deadline):
            break
        polls += 1
        try:
            poll(running)
        except (APIException, NetworkError) as error:
            if not connection._retry_policy(error):
                raise  # not transient, so the next poll would fail, too
    return [failure for action in actions if (failure := action._failure()) is not None], running
