"""Floating IPs."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ..error_responses import ErrorResponse, bad_request, invalid, invalid_fields
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Hostname, Labels, Name, Record
from .primary_ips import dns_ptr_entries, replace_dns_ptr
from .servers import ServerRef, Servers

__all__ = ["FloatingIPs"]


class FloatingIPs(FakeResource):
    """Floating IPs: public addresses that can be moved between servers."""

    collection = "floating_ips"
    singular = "floating_ip"
    sortable: Names = ("id", "created")
    filters: Filters = (Filter("name"),)
    labelled = True
    acting = True
    lockable = False

    @operation("POST /", starts=("assign_floating_ip",))
    def create(
        self,
        *,
        type: Literal["ipv4", "ipv6"],
        home_location: int | str | None = None,
        server: ServerRef | None = None,
        name: Name | None = None,
        description: str | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a floating IP in a location, or for a server."""
        location = self._choose_location(home_location, server)
        if server is not None:
            self.project.of(Servers).check_lock(server)
        self.check_room({"name": name})
        number = self.new_id()
        ip = self.project.cloud.new_address(type)
        floating_ip = self.add(
            {
                "id": number,
                "name": name or f"floating-ip-{number}",
                "description": description,
                "type": type,
                "ip": ip,
                "dns_ptr": dns_ptr_entries(type, ip),
                "server": None,
                "home_location": location,
                "blocked": False,
                "protection": {"delete": False},
                "labels": labels or {},
                "created": self.now,
            }
        )
        if server is None:
            return {"floating_ip": floating_ip}
        return {"floating_ip": floating_ip, "action": self._start_assignment(floating_ip, server)}

    @operation("PUT /{id}")
    def update(
        self,
        floating_ip: Record,
        *,
        name: Name | None = None,
        description: str | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Change the name, description or labels of a floating IP."""
        return {"floating_ip": self.change(floating_ip, name=name, description=description, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, floating_ip: Record) -> None:
        """Delete an unassigned floating IP."""
        self.check_protection(floating_ip)
        if floating_ip["server"] is not None:
            raise ErrorResponse("must_be_unassigned", "floating ip is still in use: it must be unassigned first")
        self.remove(floating_ip)

    @action(starts=("assign_floating_ip",))
    def assign(self, floating_ip: Record, *, server: ServerRef) -> Body:
        """Assign a floating IP to a server; it leaves the one that has it."""
        # A guess: the API documents this error, but moves an assigned floating IP.
        if floating_ip["server"] == server["id"]:
            raise ErrorResponse("floating_ip_assigned", "floating ip is already assigned to this server")
        self.project.of(Servers).check_lock(server)
        return {"action": self._start_assignment(floating_ip, server)}

    @action(starts=("unassign_floating_ip",))
    def unassign(self, floating_ip: Record) -> Body:
        """Unassign a floating IP from its server."""
        if floating_ip["server"] is None:
            raise bad_request("floating ip is not assigned to a server")
        server_id = floating_ip["server"]
        effect = partial(self._unassign, floating_ip, server_id)
        also = [("server", server_id)]
        return {"action": self.start_action(floating_ip, "unassign_floating_ip", effect, also=also)}

    @action()
    def change_dns_ptr(self, floating_ip: Record, *, ip: str, dns_ptr: Hostname | None) -> Body:
        """Set a reverse DNS entry of a floating IP."""
        entries = {"dns_ptr": replace_dns_ptr(floating_ip, ip, dns_ptr)}
        return {"action": self.start_action(floating_ip, "change_dns_ptr", self.put, floating_ip, entries, seconds=0)}

    @action()
    def change_protection(self, floating_ip: Record, *, delete: bool) -> Body:
        """Change the protection of a floating IP."""
        return {"action": self.protect(floating_ip, delete)}

    def _choose_location(self, home_location: int | str | None, server: Record | None) -> Record:
        """Return the location of a new floating IP; without a server, an error names both fields."""
        if home_location is None and server is not None:
            location: Record = server["location"]
            return location
        if home_location is None:
            # A guess: what the API says of a home location that it does not know.
            message = "either server or home_location must be given"
            raise invalid_fields({"server": [message], "home_location": [message]})
        known = self.project.find("locations", home_location)
        if known is not None:
            return known
        message = f"location '{home_location}' not found"
        if server is not None:
            raise invalid("home_location", message, message=message)
        raise invalid_fields({"server": [message], "home_location": [message]})

    def _start_assignment(self, floating_ip: Record, server: Record) -> Record:
        previous_id = floating_ip["server"]
        self._move(floating_ip, server["id"])
        return self.start_action(
            floating_ip,
            "assign_floating_ip",
            otherwise=partial(self._undo_assignment, floating_ip, server["id"], previous_id),
            also=[("server", server["id"])],
            locking=False,
        )

    def _undo_assignment(self, floating_ip: Record, server_id: int, previous_id: int | None) -> None:
        if floating_ip["server"] == server_id:
            self._move(floating_ip, previous_id)

    def _unassign(self, floating_ip: Record, server_id: int) -> None:
        """Unassign a floating IP from a server, unless it was assigned to another one meanwhile."""
        if floating_ip["server"] == server_id:
            self._move(floating_ip, None)

    def _move(self, floating_ip: Record, server_id: int | None) -> None:
        """Assign a floating IP to a server that exists, or to none."""
        servers = self.project.of(Servers).records
        if floating_ip["server"] is not None:
            servers[floating_ip["server"]]["public_net"]["floating_ips"].remove(floating_ip["id"])
        floating_ip["server"] = server_id if server_id in servers else None
        if floating_ip["server"] is not None:
            servers[floating_ip["server"]]["public_net"]["floating_ips"].append(floating_ip["id"])

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for number in server["public_net"]["floating_ips"]:
            self.records[number]["server"] = None
