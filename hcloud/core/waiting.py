"""Polling: until a condition holds, and until actions are finished."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from .._exceptions import APIException, NetworkError, WaitTimeoutError
from .clock import before, sleep
from .coroutines import result_of
from .secrets import mask
from .settings import validate_seconds

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .clock import Clock

__all__ = ["poll_until_finished", "wait_for", "wait_for_actions"]

Model = TypeVar("Model", bound="BoundModelBase[Any]")


async def wait_for(
    model: Model, condition: Callable[[Model], object], timeout: float | None, interval: float | None
) -> Model:
    """Reload ``model`` until ``condition`` of it is true; see :meth:`BoundModelBase.wait_for`."""
    validate_seconds(timeout=timeout, interval=interval)
    connection = model._client._client
    clock = connection._clock
    deadline = _deadline(clock, timeout)
    reloads = 0
    try:
        while not _holds(condition, model, deadline):
            pause = connection._poll_interval_func(reloads) if interval is None else interval
            if not await _sleep(clock, pause, deadline):
                raise WaitTimeoutError(_unmet(model, timeout))
            with before(deadline):
                await result_of(model.reload())
            reloads += 1
    except (APIException, NetworkError) as error:
        if clock.monotonic() < deadline or not connection._retry_policy(error):
            raise
        raise WaitTimeoutError(_unmet(model, timeout)) from error
    return model


def _holds(condition: Callable[[Model], object], model: Model, deadline: float) -> bool:
    with before(deadline):
        return bool(condition(model))


def _unmet(model: Any, timeout: float | None) -> str:
    return mask(f"{model!r} did not meet the condition within {timeout:g} s")


def _deadline(clock: Clock, timeout: float | None) -> float:
    return inf if timeout is None else clock.monotonic() + timeout


async def _sleep(clock: Clock, seconds: float, deadline: float) -> bool:
    """Sleep, but not beyond the deadline; return False without sleeping if the deadline has passed."""
    remaining = deadline - clock.monotonic()
    if remaining <= 0:
        return False
    await sleep(clock, min(seconds, remaining))
    return True


async def poll_until_finished(action: Any, max_retries: int | None) -> bool:
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
            await sleep(connection._clock, connection._poll_interval_func(retries))
        await result_of(action.reload())
        retries += 1
    return True


async def wait_for_actions(
    client: Any, actions: list[Any], timeout: float | None, on_progress: Callable[[list[Any]], object] | None
) -> tuple[list[Any], list[Any]]:
    """Poll ``actions`` together until all are finished or the timeout has passed.

    Return the exceptions of those that failed, and the actions that are still running.
    """
    validate_seconds(timeout=timeout)
    connection = client._client
    clock = connection._clock
    deadline = _deadline(clock, timeout)
    polls = 0

    async def poll(pending: list[Any]) -> None:
        # The same action may be in the list as several objects: it is requested once, and all are updated.
        ids = list({action.id: None for action in pending})
        latest = {action.id: action for action in await result_of(client._get_many(ids))}
        for action in pending:
            if action.id not in latest:  # raises NotFoundError if the action does not exist
                await result_of(action.reload())
            elif latest[action.id] is not action:
                action._adopt(latest[action.id]._raw)

    running = [action for action in actions if not action.is_fetched("status")]
    while True:
        if running:
            try:
                with before(deadline):
                    await poll(running)
            except (APIException, NetworkError) as error:
                if not connection._retry_policy(error):
                    raise  # not transient, so the next poll would fail, too
        running = [action for action in actions if not action.is_fetched("status") or action._is_running()]
        if on_progress is not None and polls:
            on_progress(list(actions))
        if not running:
            break
        # Back off: each pause is longer than the one before by a tenth of the interval, up to five intervals.
        pause = connection._poll_interval_func(polls) * min(5.0, 1 + polls / 10)
        if not await _sleep(clock, pause, deadline):
            break
        polls += 1
    pending = {id(action) for action in running}
    finished = [action for action in actions if id(action) not in pending]
    return [failure for action in finished if (failure := action._failure()) is not None], running
