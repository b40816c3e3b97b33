"""Polling: until a condition holds, and until actions are finished, which makes the objects that they change stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from .._exceptions import APIException, InvalidArgumentError, MalformedFieldError, NetworkError, WaitTimeoutError
from .batches import Batch
from .clock import before, sleep
from .coroutines import check_side, class_for, is_async, result_of
from .domain import BaseDomain
from .fields import Link
from .secrets import mask
from .settings import validate_seconds

if TYPE_CHECKING:
    from .client import BoundModelBase
    from .clock import Clock

__all__ = [
    "bind_actions",
    "end_progress",
    "poll",
    "poll_until",
    "poll_until_finished",
    "remember_subjects",
    "validate_callback",
    "wait_for",
    "wait_for_actions",
    "waited",
]

Model = TypeVar("Model", bound="BoundModelBase[Any]")


async def wait_for(
    model: Model, condition: Callable[[Model], object], timeout: float | None, interval: float | None
) -> Model:
    """Reload ``model`` until ``condition`` of it is true; see :meth:`BoundModelBase.wait_for`."""
    validate_seconds(timeout=timeout, interval=interval)
    if not callable(condition):
        raise InvalidArgumentError(
            f'condition must be a function of the object, such as lambda x: x.status == "running", not {condition!r}'
        )
    connection = model._client._client
    clock = connection._clock
    deadline = _deadline(clock, timeout)
    polls = 0
    while True:
        cause = None
        try:
            with before(deadline):
                if polls:
                    await result_of(model.reload())
                if await result_of(condition(model)):
                    return model
        except (APIException, NetworkError) as error:
            is_late = clock.monotonic() >= deadline
            if not ((is_late or connection._polling.is_persistent) and connection._retry_policy(error)):
                raise
            cause = error
        pause = connection._poll_interval_func(polls) if interval is None else interval
        if not await _sleep(clock, pause, deadline):
            raise WaitTimeoutError(mask(f"{model!r} did not meet the condition {waited(timeout)}")) from cause
        polls += 1


def waited(timeout: float | None) -> str:
    """Return the end of the message of a wait that has failed: its duration, and the way to wait longer."""
    return f"within {timeout:g} s; to wait longer, pass a longer timeout"


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

    The requests are those of hcloud-python 2.27.0: an action that is finished already is reloaded, too.

    :param max_retries: Maximum number of reloads, of which there is always one; by default the client's
        ``poll_max_retries``
    """
    connection = action._client._client
    limit = connection._poll_max_retries if max_retries is None else max_retries
    if not action._identity() and not action._is_running():  # a repeated DELETE found nothing: there is no such action
        return True
    retries = 0
    while True:
        await result_of(action.reload())
        if not action._is_running():
            return True
        retries += 1
        if retries >= limit:
            return False
        await sleep(connection._clock, connection._poll_interval_func(retries))


async def poll(
    client: Any,
    models: list[Any],
    is_pending: Callable[[Any], object],
    *,
    deadline: float = inf,
    pause: Callable[[int], float] | None = None,
    max_polls: float = inf,
    on_progress: Callable[[list[Any]], object] | None = None,
) -> list[Any]:
    """Fetch ``models`` together at intervals until none of them is pending. Transient failures do not end it.

    The first poll follows a pause, except for models whose status is not known.

    :param deadline: Time by the monotonic clock at which to give up
    :param pause: Function of the number of polls so far that returns the seconds until the next one
    :param max_polls: Number of polls after which to give up
    :param on_progress: Function that is called with all models after each poll
    :return: Models that are still pending
    """
    connection = client._client
    interval: Callable[[int], float] = pause or connection._poll_interval_func

    async def fetch(pending: list[Any]) -> None:
        # The same resource may be in the list as several objects: it is requested once, and all are updated.
        latest = {model.id: model for model in await result_of(client._get_many(list({m.id: None for m in pending})))}
        for model in pending:
            if model.id not in latest:  # raises NotFoundError if the resource does not exist
                await result_of(model.reload())
            elif latest[model.id] is not model:
                model._adopt(latest[model.id]._raw)

    async def try_to_fetch(pending: list[Any]) -> None:
        try:
            with before(deadline):
                await fetch(pending)
        except (APIException, NetworkError) as error:
            if not connection._retry_policy(error):
                raise  # not transient, so the next poll would fail, too

    unknown = [model for model in models if not model.is_fetched("status")]
    if unknown:
        await try_to_fetch(unknown)
    polls = 0
    try:
        while pending := [model for model in models if not model.is_fetched("status") or is_pending(model)]:
            if polls >= max_polls or not await _sleep(connection._clock, interval(polls), deadline):
                break
            polls += 1
            await try_to_fetch(pending)
            if on_progress is not None:
                await result_of(on_progress(list(models)))
    finally:
        end_progress(on_progress)
    return pending


def validate_callback(on_progress: object) -> None:
    """Check an argument ``on_progress``.

    :raises InvalidArgumentError: if it is no function
    """
    if on_progress is not None and not callable(on_progress):
        raise InvalidArgumentError(
            f"on_progress must be a function, such as hcloud.progress() returns, not {on_progress!r}"
        )


def end_progress(on_progress: Any) -> None:
    """End the line of :func:`hcloud.progress`; other functions need nothing when a wait has ended."""
    end = getattr(type(on_progress), "_end_wait", None)
    if end is not None:
        end(on_progress)


async def poll_until(
    client: Any,
    models: list[Any],
    is_pending: Callable[[Any], object],
    timeout: float | None,
    interval: float | None,
    on_progress: Callable[[list[Any]], object] | None,
) -> list[Any]:
    """Poll ``models`` together until none is pending or the timeout has passed; return those still pending."""
    validate_seconds(timeout=timeout, interval=interval)
    validate_callback(on_progress)
    deadline = _deadline(client._client._clock, timeout)
    pause = None if interval is None else lambda polls: interval
    return await poll(client, models, is_pending, deadline=deadline, pause=pause, on_progress=on_progress)


def bind_actions(client: Any, actions: Any, model: Any) -> list[Any]:
    """Return ``actions`` as bound ones.

    :param client: Client of the actions
    :param model: Class of bound actions
    :raises InvalidArgumentError: if they are no list of actions of this provider
    """
    records: list[Any] = list(actions) if isinstance(actions, Iterable) else [None]
    model = class_for(client, model)
    if not all(isinstance(action, model.model) for action in records):
        responses = [*records, actions]
        hint = "; call its wait()" if any(callable(getattr(type(item), "wait", None)) for item in responses) else ""
        raise InvalidArgumentError(f"wait_for() takes a list of actions, not {actions!r}{hint}")
    check_side("wait_for", client, records)
    return [
        action if isinstance(action, model) else model(client, action.to_dict(), complete=False) for action in records
    ]


async def wait_for_actions(
    client: Any, actions: list[Any], timeout: float | None, on_progress: Callable[[list[Any]], object] | None
) -> tuple[list[Any], list[Any]]:
    """Poll ``actions`` together until all are finished or the timeout has passed.

    The objects that they were started on are stale afterwards, also if an exception ends the wait. Return the
    exceptions of the actions that failed, and the actions that are still running.
    """
    validate_seconds(timeout=timeout)
    validate_callback(on_progress)
    connection = client._client
    deadline = _deadline(connection._clock, timeout)

    def pause(polls: int) -> float:
        # Each pause is longer than the one before by a tenth of the interval, up to the provider's maximum.
        return float(connection._poll_interval_func(polls) * min(connection._polling.growth, 1 + polls / 10))

    try:
        running = await poll(
            client,
            actions,
            lambda action: action._is_running(),
            deadline=deadline,
            pause=pause,
            on_progress=on_progress,
        )
    except BaseException:  # such as Ctrl-C, or an exception of on_progress: the actions continue
        unfinished = [action for action in actions if not action.is_fetched("status") or action._is_running()]
        lazy = [action for action in actions if action._is_lazy()]
        pending = set(map(id, unfinished))
        _mark_stale(lazy, pending)
        _forget_subjects(lazy, pending)
        raise
    pending = {id(action) for action in running}
    finished = [action for action in actions if id(action) not in pending]
    failures = [failure for action in finished if (failure := action._failure()) is not None]
    try:
        with before(deadline):
            await _make_stale(actions, pending)
        _forget_subjects(actions, pending)
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
        """Other arguments of the call, and objects that were read from those that the action was started on.

        The server that a volume is attached to, or detached from, is one of them.
        """


def remember_subjects(result: Any, subjects: list[Any], arguments: Iterable[Any], *, deletes: bool = False) -> None:
    """Let the actions in ``result`` know the objects that they change, so that a wait for them makes these stale.

    :param result: Result of a call: an action, a list of actions, a page of them, or a response with actions
    :param subjects: Arguments that the call is about, those in its path
    :param arguments: All arguments
    :param deletes: If true, the call deletes the subjects
    """
    models = _bound_objects(arguments)
    if isinstance(result, BaseDomain) and not _is_action(result):
        values = _contained_objects(result)
    elif models:
        values = result[0] if isinstance(result, tuple) else result  # a page begins with its entries
        values = values if isinstance(values, list) else [values]
    else:  # nothing to remember, as for a listing of all actions
        return
    actions = list(filter(_is_action, values))
    contained = [value for value in values if not _is_action(value)]
    if not actions or not (models or contained):
        return
    subject_ids = list(map(id, subjects))
    subjects = _bound_objects(subjects)
    linked = [value for model in subjects for name, value in list(model.__dict__.items()) if name in model._fields]
    others = [model for model in (*models, *_bound_objects(linked)) if id(model) not in subject_ids]
    others = [model for model in others if is_async(model) is is_async(actions[0])]
    remembered = _Subjects(contained if deletes else contained + subjects, subjects if deletes else [], others)
    for action in actions:
        action.__dict__["_subjects"] = remembered


def _is_action(value: object) -> bool:
    return hasattr(value, "_is_running")


def _contained_objects(response: BaseDomain) -> list[Any]:
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
    """Mark the objects that ``actions`` changed as stale; a client that does not fetch on read fetches them now.

    :param pending: Identities of the actions that are still running
    """
    for model in _mark_stale(actions, pending):
        while not model._is_lazy() and model._is_stale():  # again if another action changed it during the request
            await model._batch.load(model)


def _forget_subjects(actions: list[Any], pending: set[int]) -> None:
    """Forget the objects of finished actions, so that another wait for these does not fetch them again.

    :param pending: Identities of the actions that are still running; they will change their objects again
    """
    for action in actions:
        if id(action) not in pending:
            action.__dict__.pop("_subjects", None)


def _mark_stale(actions: list[Any], pending: set[int]) -> list[Any]:
    """Mark the objects that ``actions`` changed as stale, and return them.

    :param pending: Identities of the actions that are still running
    """
    stale: dict[int, Any] = {}
    deleted: dict[int, Any] = {}
    for action in actions:
        is_pending = id(action) in pending
        remembered = action.__dict__.get("_subjects")
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
    models = list(stale.values())
    for model in models:
        client = getattr(model._client, "_parent", None)
        if client is not None:  # otherwise the object was unpickled, and can't be fetched
            with suppress(MalformedFieldError):  # it has no usable identity
                model._mark_stale(Batch.of_stale(client))
    return models
