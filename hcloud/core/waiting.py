"""Waiting until a resource is as the caller wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .._exceptions import APIException, NetworkError, WaitTimeoutError

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .clock import Clock

__all__ = ["ends_within", "wait_for", "wait_for_actions"]

Model = TypeVar("Model", bound="BoundModelBase[Any]")


def wait_for(
    model: Model, condition: Callable[[Model], object], timeout: float | None, interval: float | None
) -> Model:
    """Reload ``model`` until ``condition`` of it is true; see :meth:`BoundModelBase.wait_for`."""
    connection = model._client._client
    clock = connection._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    tries = 0
    while not condition(model):
        pause = connection._poll_interval_func(tries) if interval is None else interval
        if not _sleep(clock, pause, deadline):
            raise WaitTimeoutError(f"{model!r} did not become what was waited for within {timeout:g} s")
        model.reload()
        tries += 1
    return model


def _sleep(clock: Clock, pause: float, deadline: float | None) -> bool:
    """Sleep, but no longer than until the deadline; False if that was reached before."""
    if deadline is not None:
        left = deadline - clock.monotonic()
        if left <= 0:
            return False
        pause = min(pause, left)
    clock.sleep(pause)
    return True


def ends_within(action: Any, max_retries: int | None) -> bool:
    """Reload ``action`` until it ended, ``max_retries`` times or as often as its client was told, and say if it did."""
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
    """Look at ``actions`` together until none is running, and return the failures and what is running nevertheless."""
    connection = client._client
    clock = connection._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    looks = 0

    def look(some: list[Any]) -> None:
        found = {action.id: action for action in client._get_many(list({action.id: None for action in some}))}
        for action in some:
            if action.id not in found:
                action.reload()
            elif found[action.id] is not action:
                action._adopt(found[action.id]._raw)

    unknown = [action for action in actions if not action.is_fetched("status")]
    if unknown:
        look(unknown)
    while True:
        running = [action for action in actions if action._is_running()]
        if on_progress is not None and looks:
            on_progress(list(actions))
        if not running:
            break
        # The longer it takes, the less another look tells: each pause is a tenth longer, up to five times the interval.
        pause = connection._poll_interval_func(looks) * min(5.0, 1 + looks / 10)
        if not _sleep(clock, pause, deadline):
            break
        looks += 1
        try:
            look(running)
        except (APIException, NetworkError) as error:
            if not connection._retry_policy(error):
                raise  # the next look would not succeed either
    return [failure for action in actions if (failure := action._failure()) is not None], running
