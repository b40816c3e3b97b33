"""Actions, in DigitalOcean's format."""

from __future__ import annotations

from collections.abc import Collection

from ..http import Query
from ..listing import ListPage
from ..resource import Body, operation
from ..resources.actions import Actions
from ..schema import Record
from .regions import Regions
from .resource import FakeDigitalOceanResource, format_time

__all__ = ["DigitalOceanActions", "ResourceWithActions"]

_STATUS = {"running": "in-progress", "success": "completed", "error": "errored"}


class DigitalOceanActions(FakeDigitalOceanResource, Actions):
    """Actions of an account. Internal actions, whose type starts with ``_``, are not listed."""

    collection = "actions"
    singular = "action"

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return all actions, latest first."""
        return self.page(list(self.records.values()), query)

    def page(self, records: Collection[Record], query: Query) -> ListPage | Body:
        """Return a page of actions, latest first."""
        public = [record for record in reversed(list(records)) if not record["command"].startswith("_")]
        return self.listing.of(public, query)

    def serialize(self, record: Record) -> Record:
        """Return an action in the format of the API."""
        resource, slug = record["resources"][0], self.private(record).get("region")
        regions = self.project.of(Regions)
        return {
            "id": record["id"],
            "status": _STATUS[record["status"]],
            "type": record["command"],
            "started_at": format_time(record["started"]),
            "completed_at": record["finished"] and format_time(record["finished"]),
            "resource_id": resource["id"],
            "resource_type": resource["type"],
            **({"region": regions.serialize(regions[slug])} if slug else {}),
            "region_slug": slug,
        }


class ResourceWithActions(FakeDigitalOceanResource):
    """Base class of the resources that have actions."""

    @operation("GET /{id}/actions")
    def get_actions(self, record: Record, *, query: Query) -> ListPage | Body:
        """Return the actions on a record."""
        actions = self.project.of(DigitalOceanActions)
        return actions.page(actions.of(self.singular, record["id"]), query)

    @operation("GET /{id}/actions/{action_id}")
    def get_action(self, record: Record, action_id: int) -> Body:
        """Return an action on a record."""
        return {"action": self._action(action_id, record["id"])}
