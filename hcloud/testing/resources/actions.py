"""Actions: what takes time, and what happens when it is over."""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hcloud.testing.clock import iso
from hcloud.testing.error_responses import invalid
from hcloud.testing.http import Query, as_number
from hcloud.testing.listing import Listing, ListPage, Names
from hcloud.testing.resource import Body, FakeResource, operation
from hcloud.testing.schema import Record

__all__ = ["Actions"]

Effect = Callable[[], object]

_logger = logging.getLogger(__name__)

_BY_ID = Listing("actions", paged=False)


@dataclass(order=True)
class _Running:
    due: float
    number: int
    begun: float = field(compare=False)
    record: Record = field(compare=False)
    then: Effect | None = field(compare=False)
    otherwise: Effect | None = field(compare=False)
    after: Record | None = field(compare=False)
    locking: bool = field(compare=False)


class Actions(FakeResource):
    """The actions of a project.

    Event: ``actions.settled``, when time went on or an action ended, after its effects.
    """

    collection = "actions"
    singular = "action"
    unique: Names = ()

    def __init__(self, project: Any) -> None:
        super().__init__(project)
        self._running: list[_Running] = []
        self._locks: Counter[tuple[str, int]] = Counter()
        self._of: dict[str, dict[int, list[Record]]] = {}
        self._settled = 0.0

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """The actions with the ids given; those that do not exist are left out."""
        texts = query.all("id")
        if not texts:
            raise invalid("id", "missing required field")
        wanted = dict.fromkeys(map(as_number, texts))
        if None in wanted:
            raise invalid("id", "must be an integer")
        return _BY_ID.of([self.records[each] for each in wanted if each in self.records], Query())

    def of(self, kind: str, number: int | None = None) -> Collection[Record]:
        """The actions of one resource, or of all resources of a kind."""
        known = self._of.get(kind, {})
        if number is not None:
            return known.get(number, [])
        every = {record["id"]: record for records in known.values() for record in records}
        return [every[each] for each in sorted(every)]

    def locks(self, kind: str, number: int) -> bool:
        """Whether an action that locks is running on a resource."""
        return self._locks[kind, number] > 0

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
        cloud = self.project.cloud
        begun = now = cloud.clock.time()
        if after is not None:
            begun = max([now, *(each.due for each in self._running if each.record is after)])
        record: Record = {
            "id": self.new_id(),
            "command": command,
            "status": "running",
            "progress": 0,
            "started": iso(now),
            "finished": None,
            "resources": [{"id": number, "type": kind} for kind, number in resources],
            "error": None,
        }
        self.records[record["id"]] = record
        for kind, number in resources:
            self._of.setdefault(kind, {}).setdefault(number, []).append(record)
            if locking:
                self._locks[kind, number] += 1
                self._show_lock(kind, number, True)
        due = begun + cloud.action_seconds(command, seconds)
        heapq.heappush(self._running, _Running(due, record["id"], begun, record, then, otherwise, after, locking))
        return record

    def settle(self) -> None:
        """Bring all actions to where they are now: progress, ends and their effects."""
        now = self.project.cloud.clock.time()
        news = now != self._settled
        while self._running and self._running[0].due <= now:
            self._finish(heapq.heappop(self._running))
            news = True
        if news:
            for each in self._running:
                if now > each.begun:
                    each.record["progress"] = min(99, int(100 * (now - each.begun) / (each.due - each.begun)))
            self._settled = now
            self.announce("settled")

    @property
    def running(self) -> list[Record]:
        """The actions that have not finished, the next to finish first."""
        return [each.record for each in sorted(self._running)]

    @property
    def next_end(self) -> float | None:
        """When the next action finishes."""
        return self._running[0].due if self._running else None

    def _finish(self, ended: _Running) -> None:
        record = ended.record
        failure = self._failure_of(ended)
        record["status"] = "error" if failure else "success"
        record["error"] = failure
        record["progress"] = 100
        record["finished"] = iso(ended.due)
        if ended.locking:
            for each in record["resources"]:
                at = each["type"], each["id"]
                self._locks[at] -= 1
                if self._locks[at] <= 0:
                    del self._locks[at]
                    self._show_lock(*at, False)
        effect = ended.otherwise if failure else ended.then
        if effect is not None:
            self._take_effect(effect, record)

    def _failure_of(self, ended: _Running) -> Record | None:
        if ended.after is not None and ended.after["status"] == "error":
            message = f"{ended.after['command']}, which must come first, failed"
            return {"code": ended.after["error"]["code"], "message": message}
        return self.project.cloud.failure_of(ended.record["command"])

    def _take_effect(self, effect: Effect, record: Record) -> None:
        # The request that finds the action ended may be about anything: only the action can tell of a mistake here.
        try:
            effect()
        except Exception as error:
            _logger.exception("the end of %s %s", record["command"], record["id"])
            message = f"a mistake in the fake cloud: {type(error).__name__}"
            record.update(status="error", error={"code": "server_error", "message": message})

    def _show_lock(self, kind: str, number: int, is_locked: bool) -> None:
        resource = self.project.by_singular.get(kind)
        record = resource.records.get(number) if resource is not None else None
        if record is not None and "locked" in record:
            record["locked"] = is_locked


def _check_effects(*effects: Effect | None) -> None:
    for effect in effects:
        function = effect.func if isinstance(effect, partial) else effect
        if function is not None and not isinstance(getattr(function, "__self__", None), FakeResource):
            raise TypeError(f"{function!r} is no method of a resource: it could not be saved while its action runs")
