"""Snapshots of storage boxes, and the plans that create them automatically."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Annotated

from ..clock import daily, iso
from ..error_responses import invalid, limit_exceeded, not_found
from ..http import Query
from ..listing import Filter, Listing, ListPage
from ..resource import Body, FakeResource, action, operation
from ..schema import Labels, Pattern, Record, Within
from .storage_box_access import Description, update_fields

__all__ = ["SnapshotOperations"]

SnapshotDescription = Annotated[
    Description, Pattern(r"[a-zA-Z0-9_,:<>+#!()\[\]{} -]*", "has characters that are not allowed")
]
_SNAPSHOTS = Listing(
    "snapshots",
    (Filter("name"), Filter("is_automatic", value_type=bool)),
    ("id", "name", "created"),
    labelled=True,
    paged=False,
)


class SnapshotOperations(FakeResource):
    """Part of the storage boxes that manages snapshots.

    Automatic snapshots are created when the snapshots of a box are read, with the time at which they were due.
    """

    @operation("GET /{id}/snapshots")
    def snapshots(self, box: Record, *, query: Query) -> ListPage | Body:
        """Return the snapshots of a storage box."""
        return _SNAPSHOTS.of(self._snapshots(box).values(), query)

    @operation("GET /{id}/snapshots/{snapshot_id}")
    def snapshot(self, box: Record, number: int) -> Body:
        """Return a snapshot."""
        return {"snapshot": self._snapshot(box, number)}

    @operation("POST /{id}/snapshots", if_locked=False, starts=("create_snapshot",))
    def create_snapshot(
        self, box: Record, *, description: SnapshotDescription = "", labels: Labels | None = None
    ) -> Body:
        """Create a snapshot."""
        count = sum(not snapshot["is_automatic"] for snapshot in self._snapshots(box).values())
        if count >= box["storage_box_type"]["snapshot_limit"]:
            raise limit_exceeded("storage_box_snapshot")
        moment = self.project.cloud.clock.time()
        snapshot = self._new_snapshot(box, moment)
        snapshot.update(description=description, labels=labels or {})
        create_action = self.start_action(
            box,
            "create_snapshot",
            otherwise=partial(self._delete_snapshot, box, snapshot["id"]),
            also=[("storage_box_snapshot", snapshot["id"])],
            seconds=3,
        )
        return {"snapshot": {"id": snapshot["id"], "storage_box": box["id"]}, "action": create_action}

    @operation("PUT /{id}/snapshots/{snapshot_id}")
    def update_snapshot(
        self, box: Record, number: int, *, description: SnapshotDescription | None = None, labels: Labels | None = None
    ) -> Body:
        """Change the description or labels of a snapshot."""
        return {"snapshot": update_fields(self._snapshot(box, number), description=description, labels=labels)}

    @operation("DELETE /{id}/snapshots/{snapshot_id}", status=201, starts=("delete_snapshot",))
    def delete_snapshot(self, box: Record, number: int) -> Body:
        """Delete a snapshot."""
        self._snapshot(box, number)
        also = [("storage_box_snapshot", number)]
        return {"action": self.start_action(box, "delete_snapshot", self._delete_snapshot, box, number, also=also)}

    @action()
    def rollback_snapshot(self, box: Record, *, snapshot: str | int) -> Body:
        """Roll back to a snapshot, given by ID or name; newer snapshots are deleted."""
        for number, record in self._snapshots(box).items():
            if str(snapshot) in (str(number), record["name"]):
                also = [("storage_box_snapshot", number)]
                return {"action": self.start_action(box, "rollback_snapshot", self._roll_back, box, number, also=also)}
        raise invalid("snapshot", f"snapshot '{snapshot}' not found")

    @action()
    def enable_snapshot_plan(
        self,
        box: Record,
        *,
        max_snapshots: Annotated[int, Within(1, 1000)],
        minute: Annotated[int, Within(0, 59)],
        hour: Annotated[int, Within(0, 23)],
        day_of_week: Annotated[int, Within(1, 7)] | None = None,
        day_of_month: Annotated[int, Within(1, 31)] | None = None,
    ) -> Body:
        """Enable automatic snapshots."""
        limit = box["storage_box_type"]["automatic_snapshot_limit"]
        if max_snapshots > limit:
            raise invalid("max_snapshots", f"must be at most {limit}")
        plan = {
            "max_snapshots": max_snapshots,
            "minute": minute,
            "hour": hour,
            "day_of_week": day_of_week,
            "day_of_month": day_of_month,
        }
        return {"action": self.start_action(box, "enable_snapshot_plan", self._set_plan, box, plan)}

    @action()
    def disable_snapshot_plan(self, box: Record) -> Body:
        """Disable automatic snapshots; existing ones stay."""
        return {"action": self.start_action(box, "disable_snapshot_plan", self._set_plan, box, None)}

    def _snapshots(self, box: Record) -> dict[int, Record]:
        """Return the snapshots of a box by ID, after bringing the automatic ones up to date."""
        private, plan, now = self.private(box), box["snapshot_plan"], self.project.cloud.clock.time()
        snapshots: dict[int, Record] = private["snapshots"]
        if plan is not None:
            limit = plan["max_snapshots"]
            for moment in reversed(list(islice(_due_times(plan, private["planned"], now), limit))):
                snapshot = self._new_snapshot(box, moment, "snapshot-daily--")
                snapshot["is_automatic"] = True
            private["planned"] = now
            automatic = [number for number, snapshot in snapshots.items() if snapshot["is_automatic"]]
            for number in automatic[:-limit]:
                del snapshots[number]
        return snapshots

    def _snapshot(self, box: Record, number: int) -> Record:
        snapshots = self._snapshots(box)
        if number not in snapshots:
            raise not_found("storage_box_snapshot", number)
        return snapshots[number]

    def _new_snapshot(self, box: Record, moment: float, name_prefix: str = "") -> Record:
        """Add a snapshot named after its time; a number makes the name unique."""
        snapshots: dict[int, Record] = self.private(box)["snapshots"]
        name = name_prefix + iso(moment)[:19].replace(":", "-")
        same = sum(snapshot["name"].startswith(name) for snapshot in snapshots.values())
        snapshot: Record = {
            "id": self.new_id(),
            "name": f"{name}-{same}" if same else name,
            "description": "",
            "stats": {"size": 0, "size_filesystem": 0},
            "is_automatic": False,
            "labels": {},
            "created": iso(moment),
            "storage_box": box["id"],
        }
        snapshots[snapshot["id"]] = snapshot
        return snapshot

    def _delete_snapshot(self, box: Record, number: int) -> None:
        self.private(box)["snapshots"].pop(number, None)

    def _roll_back(self, box: Record, number: int) -> None:
        snapshots = self._snapshots(box)
        for newer in [other for other in snapshots if other > number]:
            del snapshots[newer]

    def _set_plan(self, box: Record, plan: Record | None) -> None:
        self._snapshots(box)  # create the snapshots that were due by the previous plan
        box["snapshot_plan"] = plan
        self.private(box)["planned"] = self.project.cloud.clock.time()


def _due_times(plan: Record, after: float, until: float) -> Iterator[float]:
    """Yield the times at which a plan creates a snapshot, the latest first."""
    for moment in daily(plan["hour"], plan["minute"], after, until):
        day = datetime.fromtimestamp(moment, UTC)
        if plan["day_of_week"] in (None, day.isoweekday()) and plan["day_of_month"] in (None, day.day):
            yield moment
