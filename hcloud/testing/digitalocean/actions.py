"""Actions: the frame's, shown otherwise."""

from __future__ import annotations

from collections.abc import Collection

from ..http import Query
from ..listing import ListPage
from ..resource import Body, operation
from ..resources import actions
from ..schema import Record
from .regions import Regions
from .resource import FakeDigitalOceanResource, time_of

__all__ = ["Acting", "Actions"]

_STATUS = {"running": "in-progress", "success": "completed", "error": "errored"}


class Actions(FakeDigitalOceanResource, actions.Actions):
    """The actions of an account. Those whose type begins with ``_`` are not shown."""

    collection = "actions"
    singular = "action"

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """All actions, the latest first."""
        return self.page(list(self.records.values()), query)

    def page(self, records: Collection[Record], query: Query) -> ListPage | Body:
        """A page of actions, the latest first."""
        shown = [record for record in reversed(list(records)) if not record["command"].startswith("_")]
        return self.listing.of(shown, query)

    def show(self, record: Record) -> Record:
        """An action as the API writes it."""
        about, slug = record["resources"][0], self.private(record).get("region")
        regions = self.project.of(Regions)
        return {
            "id": record["id"],
            "status": _STATUS[record["status"]],
            "type": record["command"],
            "started_at": time_of(record["started"]),
            "completed_at": record["finished"] and time_of(record["finished"]),
            "resource_id": about["id"],
            "resource_type": about["type"],
            **({"region": regions.show(regions[slug])} if slug else {}),
            "region_slug": slug,
        }


class Acting(FakeDigitalOceanResource):
    """What resources have in common that have actions."""

    @operation("GET /{id}/actions")
    def get_actions(self, record: Record, *, query: Query) -> ListPage | Body:
        """The actions of one."""
        actions = self.project.of(Actions)
        return actions.page(actions.of(self.singular, record["id"]), query)

    @operation("GET /{id}/actions/{action_id}")
    def get_action(self, record: Record, action_id: int) -> Body:
        """One action of one."""
        return {"action": self._action(action_id, record["id"])}
