"""Placement groups."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ..error_responses import ErrorResponse, bad_request
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Labels, Name, Record
from .server_creation import Attachments
from .servers import PlacementGroupRef, Servers, check_stopped

__all__ = ["PlacementGroups"]

MAX_SERVERS = 10


class PlacementGroups(FakeResource):
    """Placement groups: servers that run on different hosts."""

    collection = "placement_groups"
    singular = "placement_group"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("type", ("spread",), many=True))
    labelled = True
    lockable = False

    @operation("POST /")
    def create(self, *, name: Name, type: Literal["spread"], labels: Labels | None = None) -> Body:
        """Create a group."""
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
        """Change the name or labels of a placement group."""
        return {"placement_group": self.change(group, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, group: Record) -> None:
        """Delete a placement group; its servers stay."""
        servers = self.project.of(Servers)
        for number in list(group["servers"]):
            self._remove_server(servers.records[number])
        self.remove(group)

    @action(of="servers")
    def add_to_placement_group(self, server: Record, *, placement_group: PlacementGroupRef) -> Body:
        """Add a stopped server to a group."""
        check_stopped(server)
        if server["placement_group"] is not None:
            raise bad_request("the server is in a placement group already")
        self._check_room(placement_group)
        self._add_server(server, placement_group)
        return {
            "action": self.project.of(Servers).start_action(
                server,
                "add_to_placement_group",
                otherwise=partial(self._remove_server, server),
                also=[("placement_group", placement_group["id"])],
            )
        }

    @action(of="servers")
    def remove_from_placement_group(self, server: Record) -> Body:
        """Remove a server from its group."""
        group = server["placement_group"]
        if group is None:
            raise bad_request("the server is in no placement group")
        also = [("placement_group", group["id"])]
        servers = self.project.of(Servers)
        return {
            "action": servers.start_action(
                server, "remove_from_placement_group", self._remove_server, server, also=also
            )
        }

    def _check_room(self, group: Record) -> None:
        if len(group["servers"]) >= MAX_SERVERS:
            raise ErrorResponse("placement_error", f"a placement group can have {MAX_SERVERS} servers at most")

    def _add_server(self, server: Record, group: Record) -> None:
        server["placement_group"] = group
        group["servers"].append(server["id"])

    @on_event("servers.creating")
    def _check_new_server(self, server: Record, attachments: Attachments) -> None:
        if (group := attachments["placement_group"]) is not None:
            self._check_room(group)

    @on_event("servers.created")
    def _add_new_server(self, server: Record, attachments: Attachments, actions: list[Record]) -> None:
        if (group := attachments["placement_group"]) is not None:
            self._add_server(server, group)

    @on_event("servers.removed")
    def _remove_server(self, server: Record) -> None:
        if (group := server["placement_group"]) is not None:
            group["servers"].remove(server["id"])
            server["placement_group"] = None
