"""Actions: operations that take time, and their effects."""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..clock import iso
from ..error_responses import invalid
from ..http import Query, as_number
from ..listing import Listing, ListPage, Names
from ..resource import Body, Effect, FakeResource, operation
from ..schema import Record

__all__ = ["Actions"]

_logger = logging.getLogger(__name__)

_BY_ID = Listing("actions", paged=False)


@dataclass(order=True)
class _RunningAction:
    due: float
    number: int
    started: float = field(compare=False)
    record: Record = field(compare=False)
    then: Effect | None = field(compare=False)
    otherwise: Effect | None = field(compare=False)
    after: Record | None = field(compare=False)
    locking: bool = field(compare=False)

    def update_progress(self, now: float) -> None:
        """Set the progress in per cent; it stays below 100 until the action has finished."""
        if now > self.started:
            elapsed = (now - self.started) / (self.due - self.started)
            self.record["progress"] = min(99, int(100 * elapsed))


class Actions(FakeResource):
    """Actions of a project.

    Event: ``actions.settled``, after time has passed or an action has finished, and after the effects.
    """

    collection = "actions"
    singular = "action"
    unique: Names = ()

    def __init__(self, project: Any) -> None:
        super().__init__(project)
        self._running: list[_RunningAction] = []
        self._locks: Counter[tuple[str, int]] = Counter()
        self._by_resource: dict[str, dict[int, list[Record]]] = {}
        self._settled_at = 0.0

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the actions with the given IDs; unknown IDs are ignored."""
        texts = query.all("id")
        if not texts:
            raise invalid("id", "missing required field")
        numbers = dict.fromkeys(map(as_number, texts))
        if None in numbers:
            raise invalid("id", "must be an integer")
        return _BY_ID.of([self.records[number] for number in numbers if number in self.records], Query())

    def of(self, resource_type: str, number: int | None = None) -> Collection[Record]:
        """Return the actions of one resource, or of all resources of a type, oldest first."""
        by_number = self._by_resource.get(resource_type, {})
        if number is not None:
            return by_number.get(number, [])
        actions = {action["id"]: action for actions in by_number.values() for action in actions}
        return [action for _, action in sorted(actions.items())]

    def locks(self, resource_type: str, number: int) -> bool:
        """Return True if a running action locks a resource."""
        return self._locks[resource_type, number] > 0

    def start(
        self,
        command: str,
        resources: list[tuple[str, int]],
        *,
        then: Effect | None,
        otherwise: Effect | None,
        seconds: float,
        after: Record | None,
        locking: bool,
    ) -> Record:
        """Start an action; see :meth:`FakeResource.start_action`."""
        _check_effects(then, otherwise)
        if not self.project.cloud.can_start(command):
            raise ValueError(f"no operation declares that it starts {command!r}: add it to starts of the decorator")
        now = self.project.time
        record: Record = {
            "id": self.new_id(),
            "command": command,
            "status": "running",
            "progress": 0,
            "started": iso(now),
            "finished": None,
            "resources": [{"id": number, "type": resource_type} for resource_type, number in resources],
            "error": None,
        }
        self.records[record["id"]] = record
        for resource_type, number in resources:
            self._by_resource.setdefault(resource_type, {}).setdefault(number, []).append(record)
            if locking:
                self._lock(resource_type, number)
        started = now if after is None else max([now, *self._due_times(after)])
        due = started + self.project.cloud.action_seconds(command, seconds)
        running = _RunningAction(due, record["id"], started, record, then, otherwise, after, locking)
        heapq.heappush(self._running, running)
        return record

    def _due_times(self, record: Record) -> list[float]:
        return [running.due for running in self._running if running.record is record]

    def settle(self) -> None:
        """Finish the actions that are due, with their effects, and update the progress of the others."""
        now = self.project.cloud.clock.time()
        changed = now != self._settled_at
        while self._running and self._running[0].due <= now:
            self._finish(heapq.heappop(self._running))
            changed = True
        if changed:
            for running in self._running:
                running.update_progress(now)
            self._settled_at = now
            self.announce("settled")

    @property
    def running(self) -> list[Record]:
        """Running actions, the next to finish first."""
        return [running.record for running in sorted(self._running)]

    @property
    def next_end(self) -> float | None:
        """Time at which the next action finishes, ``None`` if none is running."""
        return self._running[0].due if self._running else None

    def _finish(self, finished: _RunningAction) -> None:
        record = finished.record
        error = self._error_of(finished)
        record.update(status="error" if error else "success", error=error, progress=100, finished=iso(finished.due))
        if finished.locking:
            for resource in record["resources"]:
                self._unlock(resource["type"], resource["id"])
        effect = finished.otherwise if error else finished.then
        if effect is not None:
            self.project.effect_time = finished.due
            self._apply(effect, record)
            self.project.effect_time = None

    def _error_of(self, finished: _RunningAction) -> Record | None:
        previous = finished.after
        if previous is not None and previous["status"] == "error":
            message = f"{previous['command']}, which must come first, failed"
            return {"code": previous["error"]["code"], "message": message}
        return self.project.cloud.failure_of(finished.record["command"])

    def _apply(self, effect: Effect, record: Record) -> None:
        # An exception must not fail the request during which the action finishes: that may be an unrelated one.
        try:
            effect()
        except Exception as error:
            _logger.exception("effect of %s %s failed", record["command"], record["id"])
            message = f"a mistake in the fake cloud: {type(error).__name__}"
            record.update(status="error", error={"code": "server_error", "message": message})

    def _lock(self, resource_type: str, number: int) -> None:
        self._locks[resource_type, number] += 1
        self._set_locked(resource_type, number, True)

    def _unlock(self, resource_type: str, number: int) -> None:
        self._locks[resource_type, number] -= 1
        if self._locks[resource_type, number] <= 0:
            del self._locks[resource_type, number]
            self._set_locked(resource_type, number, False)

    def _set_locked(self, resource_type: str, number: int, is_locked: bool) -> None:
        resource = self.project.by_singular.get(resource_type)
        record = resource.records.get(number) if resource is not None else None
        if record is not None and "locked" in record:
            record["locked"] = is_locked


def _check_effects(*effects: Effect | None) -> None:
    for effect in effects:
        function = effect.func if isinstance(effect, partial) else effect
        if function is not None and not isinstance(getattr(function, "__self__", None), FakeResource):
            raise TypeError(f"{function!r} is not a method of a resource, so it cannot be saved while its action runs")
