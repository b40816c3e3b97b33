"""Volumes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from hcloud.testing.error_responses import ErrorResponse, bad_request, invalid
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Length, Pattern, Record, Within

from .locations import LocationRef
from .servers import ServerRef, Servers, Wanted

__all__ = ["Volumes"]

VolumeName = Annotated[
    str,
    Length(1, 64),
    Pattern(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "must begin and end with a letter or digit, with ._- between"),
]
Gigabytes = Annotated[int, Within(10, 10240)]

MOST_PER_SERVER = 16


class Volumes(FakeResource):
    """Disks that go from server to server."""

    collection = "volumes"
    singular = "volume"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("status", ("available", "creating"), many=True))
    labelled = True
    acting = True

    @operation("POST /")
    def create(
        self,
        *,
        name: VolumeName,
        size: Gigabytes,
        location: LocationRef | None = None,
        server: ServerRef | None = None,
        format: Literal["xfs", "ext4"] | None = None,
        automount: bool = False,
        labels: Labels | None = None,
    ) -> Body:
        """Make a volume, for a place or right for a server."""
        if server is not None:
            if location is not None and location["id"] != server["location"]["id"]:
                raise invalid("location", "the server is in another location")
            self._check_server(server)
        elif automount:
            raise invalid("automount", "needs a server")
        place = location or (server and server["location"])
        if place is None:
            raise invalid("location", "missing required field, unless there is a server")
        number = self.new_id()
        volume = self.add(
            {
                "id": number,
                "name": name,
                "size": size,
                "location": place,
                "server": None,
                "linux_device": f"/dev/disk/by-id/scsi-0HC_Volume_{number}",
                "format": format,
                "status": "creating",
                "protection": {"delete": False},
                "labels": labels or {},
                "created": self.now,
            }
        )
        done, failed = {"status": "available"}, partial(self.remove, volume)
        begun = self.start_action(volume, "create_volume", self.put, volume, done, otherwise=failed, seconds=2)
        then = [self._attach(volume, server, begun)] if server is not None else []
        return {"volume": volume, "action": begun, "next_actions": then}

    @operation("PUT /{id}")
    def update(self, volume: Record, *, name: VolumeName | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"volume": self.change(volume, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, volume: Record) -> None:
        """Delete one that is not attached."""
        self.check_protection(volume)
        if volume["server"] is not None:
            raise ErrorResponse("resource_in_use", "volume is still in use: it is attached to a server")
        self.remove(volume)

    @action()
    def attach(self, volume: Record, *, server: ServerRef, automount: bool = False) -> Body:
        """Attach it to a server in the same location."""
        self._check_attachable(volume, server)
        self._check_server(server)
        return {"action": self._attach(volume, server)}

    @action()
    def detach(self, volume: Record) -> Body:
        """Take it from its server."""
        if volume["server"] is None:
            raise bad_request("volume is not attached to a server")
        servers = self.project.of(Servers)
        server = servers.records[volume["server"]]
        servers.check_lock(server)
        also = [("server", server["id"])]
        return {
            "action": self.start_action(volume, "detach_volume", self._detached, volume, server, also=also, seconds=2)
        }

    @action()
    def resize(self, volume: Record, *, size: Gigabytes) -> Body:
        """Make it larger."""
        if size <= volume["size"]:
            raise invalid("size", f"must be larger than the {volume['size']} GB that the volume has")
        return {"action": self.start_action(volume, "resize_volume", self.put, volume, {"size": size})}

    @action()
    def change_protection(self, volume: Record, *, delete: bool | None = None) -> Body:
        """Protect it, or no longer."""
        return {"action": self.protect(volume, delete)}

    def _check_attachable(self, volume: Record, server: Record) -> None:
        if volume["server"] is not None:
            raise ErrorResponse("volume_already_attached", "volume is already attached to a server")
        if volume["location"]["id"] != server["location"]["id"]:
            raise invalid("server", "the volume is in another location than the server")

    def _check_server(self, server: Record) -> None:
        self.project.of(Servers).check_lock(server)
        if len(server["volumes"]) >= MOST_PER_SERVER:
            raise ErrorResponse("limit_exceeded_error", f"a server can have {MOST_PER_SERVER} volumes at most")

    def _attach(self, volume: Record, server: Record, after: Record | None = None) -> Record:
        also = [("server", server["id"])]
        return self.start_action(
            volume, "attach_volume", self._attached, volume, server, also=also, seconds=2, after=after
        )

    def _attached(self, volume: Record, server: Record) -> None:
        volume["server"] = server["id"]
        server["volumes"].append(volume["id"])

    def _detached(self, volume: Record, server: Record) -> None:
        volume["server"] = None
        server["volumes"].remove(volume["id"])

    @on_event("servers.creating")
    def _server_wanted(self, server: Record, wanted: Wanted) -> None:
        if len(wanted["volumes"]) > MOST_PER_SERVER:
            raise ErrorResponse("limit_exceeded_error", f"a server can have {MOST_PER_SERVER} volumes at most")
        if len({volume["id"] for volume in wanted["volumes"]}) < len(wanted["volumes"]):
            raise invalid("volumes", "must not name a volume twice")
        for volume in wanted["volumes"]:
            self.check_lock(volume)
            self._check_attachable(volume, server)

    @on_event("servers.created")
    def _server_made(self, server: Record, wanted: Wanted, actions: list[Record]) -> None:
        actions += [self._attach(volume, server, actions[0]) for volume in wanted["volumes"]]

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for number in list(server["volumes"]):
            self._detached(self.records[number], server)
