"""Placement groups."""

from __future__ import annotations

from functools import partial
from typing import Literal

from hcloud.testing.error_responses import ErrorResponse, bad_request
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Name, Record

from .servers import PlacementGroupRef, Servers, Wanted, check_stopped

__all__ = ["PlacementGroups"]

MOST_SERVERS = 10


class PlacementGroups(FakeResource):
    """Servers that are kept on different hosts."""

    collection = "placement_groups"
    singular = "placement_group"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("type", ("spread",), many=True))
    labelled = True
    lockable = False

    @operation("POST /")
    def create(self, *, name: Name, type: Literal["spread"], labels: Labels | None = None) -> Body:
        """Make a group."""
        group = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "type": type,
                "labels": labels or {},
                "created": self.now,
                "servers": [],
            }
        )
        return {"placement_group": group, "action": None}

    @operation("PUT /{id}")
    def update(self, group: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"placement_group": self.change(group, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, group: Record) -> None:
        """Delete it; its servers stay where they are."""
        servers = self.project.of(Servers)
        for number in list(group["servers"]):
            self._leave(servers.records[number])
        self.remove(group)

    @action(of="servers")
    def add_to_placement_group(self, server: Record, *, placement_group: PlacementGroupRef) -> Body:
        """Put a stopped server into a group."""
        check_stopped(server)
        if server["placement_group"] is not None:
            raise bad_request("the server is in a placement group already")
        self._check_room(placement_group)
        self._join(server, placement_group)
        return {
            "action": self.project.of(Servers).start_action(
                server,
                "add_to_placement_group",
                otherwise=partial(self._leave, server),
                also=[("placement_group", placement_group["id"])],
            )
        }

    @action(of="servers")
    def remove_from_placement_group(self, server: Record) -> Body:
        """Take a server out of its group."""
        group = server["placement_group"]
        if group is None:
            raise bad_request("the server is in no placement group")
        also = [("placement_group", group["id"])]
        servers = self.project.of(Servers)
        return {"action": servers.start_action(server, "remove_from_placement_group", self._leave, server, also=also)}

    def _check_room(self, group: Record) -> None:
        if len(group["servers"]) >= MOST_SERVERS:
            raise ErrorResponse("placement_error", f"a placement group can have {MOST_SERVERS} servers at most")

    def _join(self, server: Record, group: Record) -> None:
        server["placement_group"] = group
        group["servers"].append(server["id"])

    @on_event("servers.creating")
    def _server_wanted(self, server: Record, wanted: Wanted) -> None:
        if (group := wanted["placement_group"]) is not None:
            self._check_room(group)

    @on_event("servers.created")
    def _server_made(self, server: Record, wanted: Wanted, actions: list[Record]) -> None:
        if (group := wanted["placement_group"]) is not None:
            self._join(server, group)

    @on_event("servers.removed")
    def _leave(self, server: Record) -> None:
        if (group := server["placement_group"]) is not None:
            group["servers"].remove(server["id"])
            server["placement_group"] = None
