"""Polling: until a condition holds, and until actions are finished, which makes the objects that they change stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from .._exceptions import APIException, MalformedFieldError, NetworkError, WaitTimeoutError
from .batches import Batch
from .clock import before, sleep
from .coroutines import result_of
from .domain import BaseDomain
from .fields import Link
from .secrets import mask
from .settings import validate_seconds

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .clock import Clock

__all__ = ["poll_until_finished", "remember_subjects", "wait_for", "wait_for_actions"]

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
    return mask(f"{model!r} did not meet the condition within {timeout:g} s; to wait longer, pass a longer timeout")


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

    The objects that they were started on are stale afterwards. Return the exceptions of the actions that failed, and
    the actions that are still running.
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
    failures = [failure for action in finished if (failure := action._failure()) is not None]
    try:
        with before(deadline):
            await _make_stale(actions, pending)
    except (APIException, NetworkError):
        if not failures and not running:
            raise
    return failures, running


class _Subjects:
    """Objects that an action changes, held weakly."""

    __slots__ = ("arguments", "changed", "deleted")

    def __init__(self, changed: list[Any], deleted: list[Any], arguments: list[Any]) -> None:
        self.changed = list(map(ref, changed))
        """Objects that the action was started on or that its response contains."""
        self.deleted = list(map(ref, deleted))
        """Objects that the action deletes if it succeeds."""
        self.arguments = list(map(ref, arguments))
        """Other arguments of the call, such as a server that a volume is attached to."""


def remember_subjects(result: Any, subjects: list[Any], arguments: Iterable[Any], *, deletes: bool = False) -> None:
    """Let the actions in ``result`` know the objects that they change, so that a wait for them makes these stale.

    :param result: Result of a call: an action, a list of actions, a page of them, or a response with actions
    :param subjects: Arguments that the call is about, those in its path
    :param arguments: All arguments
    :param deletes: If true, the call deletes the subjects
    """
    actions: list[Any] = []
    contained: list[Any] = []
    if isinstance(result, (list, tuple)):  # a page begins with its entries
        entries = result[0] if isinstance(result, tuple) else result
        actions += [entry for entry in entries if hasattr(entry, "_is_running")]
    elif hasattr(result, "_is_running"):
        actions.append(result)
    elif isinstance(result, BaseDomain):
        for value in _linked_objects(result):
            (actions if hasattr(value, "_is_running") else contained).append(value)
    if actions:
        known = list(map(id, subjects))
        others = [model for model in _bound_objects(arguments) if id(model) not in known]
        subjects = _bound_objects(subjects)
        remembered = _Subjects(contained + ([] if deletes else subjects), subjects if deletes else [], others)
        for action in actions:
            action.__dict__["_subjects"] = remembered


def _linked_objects(response: BaseDomain) -> list[Any]:
    """Return the bound objects that a response contains."""
    objects: list[Any] = []
    for name, field in response._fields.items():
        if isinstance(field, Link):
            try:
                value = getattr(response, name)
            except MalformedFieldError:  # is raised again when the field is read
                continue
            objects += value if isinstance(value, list) else [value] if value is not None else []
    return objects


def _bound_objects(values: Iterable[Any]) -> list[Any]:
    """Return the bound objects among ``values``, and in lists and records among them."""
    objects: list[Any] = []
    for value in values:
        if hasattr(value, "_mark_stale"):
            objects.append(value)
        elif isinstance(value, (list, tuple)):
            objects += _bound_objects(value)
        elif isinstance(value, BaseDomain):
            state = getattr(value, "__dict__", {})  # a user's own record may have slots
            objects += _bound_objects(state[name] for name in value._fields if name in state)
        elif isinstance(value, dict):
            objects += _bound_objects(value.values())
    return objects


def _alive(references: list[ref[Any]]) -> list[Any]:
    return [model for reference in references if (model := reference()) is not None]


async def _make_stale(actions: list[Any], pending: set[int]) -> None:
    """Mark the objects as stale that ``actions`` changed; a client that does not fetch on read fetches them now.

    :param pending: Identities of the actions that are still running
    """
    stale: dict[int, Any] = {}
    deleted: dict[int, Any] = {}
    for action in actions:
        is_pending = id(action) in pending
        # After a longer wait, the objects of an action that is still running have changed again.
        remembered = action.__dict__.get("_subjects") if is_pending else action.__dict__.pop("_subjects", None)
        if remembered is None:
            continue
        is_done = not is_pending and action._failure() is None
        for model in _alive(remembered.deleted):
            if is_done:
                deleted[id(model)] = model
            else:
                stale[id(model)] = model
        for model in _alive(remembered.changed):
            (deleted if action._deletes(model) and is_done else stale)[id(model)] = model
        for model in _alive(remembered.arguments):
            if action._affects(model):
                stale[id(model)] = model
    for identity, model in deleted.items():
        stale.pop(identity, None)
        model._keep_known()
    batches: dict[Any, Batch] = {}
    for model in stale.values():
        client = getattr(model._client, "_parent", None)
        if client is not None:  # otherwise the object was unpickled, and can't be fetched
            with suppress(MalformedFieldError):  # it has no usable identity
                model._mark_stale(batches.setdefault(id(client), Batch()))
    for model in stale.values():
        if getattr(getattr(model._client, "_parent", None), "_lazy", True) is False and not model.complete:
            await model._batch.load(model)
