"""Volumes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from ..error_responses import ErrorResponse, bad_request, invalid
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Labels, Length, Pattern, Record, Within
from .locations import LocationRef
from .server_creation import Attachments
from .servers import ServerRef, Servers

__all__ = ["Volumes"]

VolumeName = Annotated[
    str,
    Length(1, 64),
    Pattern(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "must begin and end with a letter or digit, with ._- between"),
]
Gigabytes = Annotated[int, Within(10, 10240)]

MAX_PER_SERVER = 16


class Volumes(FakeResource):
    """Volumes: disks that can be moved between servers."""

    collection = "volumes"
    singular = "volume"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("status", ("available", "creating"), many=True))
    labelled = True
    acting = True

    @operation("POST /", starts=("create_volume", "attach_volume"))
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
        """Create a volume in a location, or for a server."""
        if server is None and automount:
            raise invalid("automount", "needs a server")
        location = self._choose_location(location, server)
        number = self.new_id()
        volume = self.add(
            {
                "id": number,
                "name": name,
                "size": size,
                "location": location,
                "server": None,
                "linux_device": f"/dev/disk/by-id/scsi-0HC_Volume_{number}",
                "format": format,
                "status": "creating",
                "protection": {"delete": False},
                "labels": labels or {},
                "created": self.now,
            }
        )
        create_action = self.start_action(
            volume,
            "create_volume",
            self.put,
            *(volume, {"status": "available"}),
            otherwise=partial(self.remove, volume),
            seconds=2,
        )
        next_actions = []
        if server is not None:
            next_actions.append(self._start_attachment(volume, server, after=create_action))
        return {"volume": volume, "action": create_action, "next_actions": next_actions}

    @operation("PUT /{id}")
    def update(self, volume: Record, *, name: VolumeName | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a volume."""
        return {"volume": self.change(volume, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, volume: Record) -> None:
        """Delete a detached volume."""
        self.check_protection(volume)
        if volume["server"] is not None:
            raise ErrorResponse("resource_in_use", "volume is still in use: it is attached to a server")
        self.remove(volume)

    @action(starts=("attach_volume",))
    def attach(self, volume: Record, *, server: ServerRef, automount: bool = False) -> Body:
        """Attach a volume to a server in the same location."""
        self._check_attachable(volume, server)
        self._check_server(server)
        return {"action": self._start_attachment(volume, server)}

    @action(starts=("detach_volume",))
    def detach(self, volume: Record) -> Body:
        """Detach a volume from its server."""
        if volume["server"] is None:
            raise bad_request("volume is not attached to a server")
        servers = self.project.of(Servers)
        server = servers.records[volume["server"]]
        servers.check_lock(server)
        also = [("server", server["id"])]
        return {
            "action": self.start_action(volume, "detach_volume", self._detach, volume, server, also=also, seconds=2)
        }

    @action(starts=("resize_volume",))
    def resize(self, volume: Record, *, size: Gigabytes) -> Body:
        """Enlarge a volume."""
        if size <= volume["size"]:
            raise invalid("size", f"must be larger than the {volume['size']} GB that the volume has")
        return {"action": self.start_action(volume, "resize_volume", self.put, volume, {"size": size})}

    @action()
    def change_protection(self, volume: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a volume."""
        return {"action": self.protect(volume, delete)}

    def _choose_location(self, location: Record | None, server: Record | None) -> Record:
        """Return the location of a new volume: that of its server, if it has one."""
        if server is None:
            if location is None:
                raise invalid("location", "missing required field, unless there is a server")
            return location
        server_location: Record = server["location"]
        if location is not None and location["id"] != server_location["id"]:
            raise invalid("location", "the server is in another location")
        self._check_server(server)
        return server_location

    def _check_attachable(self, volume: Record, server: Record) -> None:
        if volume["server"] is not None:
            raise ErrorResponse("volume_already_attached", "volume is already attached to a server")
        if volume["location"]["id"] != server["location"]["id"]:
            raise invalid("server", "the volume is in another location than the server")

    def _check_server(self, server: Record) -> None:
        self.project.of(Servers).check_lock(server)
        if len(server["volumes"]) >= MAX_PER_SERVER:
            raise ErrorResponse("limit_exceeded_error", f"a server can have {MAX_PER_SERVER} volumes at most")

    def _start_attachment(self, volume: Record, server: Record, after: Record | None = None) -> Record:
        also = [("server", server["id"])]
        return self.start_action(
            volume, "attach_volume", self._attach, volume, server, also=also, seconds=2, after=after
        )

    def _attach(self, volume: Record, server: Record) -> None:
        volume["server"] = server["id"]
        server["volumes"].append(volume["id"])

    def _detach(self, volume: Record, server: Record) -> None:
        volume["server"] = None
        server["volumes"].remove(volume["id"])

    @on_event("servers.creating")
    def _check_new_server(self, server: Record, attachments: Attachments) -> None:
        volumes = attachments["volumes"]
        if len(volumes) > MAX_PER_SERVER:
            raise ErrorResponse("limit_exceeded_error", f"a server can have {MAX_PER_SERVER} volumes at most")
        if len({volume["id"] for volume in volumes}) < len(volumes):
            raise invalid("volumes", "must not name a volume twice")
        for volume in volumes:
            self.check_lock(volume)
            self._check_attachable(volume, server)

    @on_event("servers.created")
    def _attach_to_new_server(self, server: Record, attachments: Attachments, actions: list[Record]) -> None:
        for volume in attachments["volumes"]:
            actions.append(self._start_attachment(volume, server, after=actions[0]))

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for number in list(server["volumes"]):
            self._detach(self.records[number], server)
