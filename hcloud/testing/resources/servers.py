"""Servers."""

from __future__ import annotations

import math
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Annotated, Literal

from ..clock import daily
from ..error_responses import ErrorResponse, bad_request, invalid
from ..listing import Filter, Filters, Names
from ..metrics import series
from ..resource import Body, action, on_event, operation
from ..schema import CommaSeparated, Hostname, Labels, Length, MaxBytes, Record, Ref
from .deprecations import check_not_expired, is_expired
from .images import MAX_BACKUPS, ImageRef, Images
from .isos import IsoRef
from .locations import LocationRef
from .primary_ips import PrimaryIPs, replace_dns_ptr
from .server_creation import Attachments, FirewallInput, ServerCreation, ServerPublicNetInput
from .server_types import ServerTypeRef
from .ssh_keys import SSHKeyRef

__all__ = ["NetworkRef", "PlacementGroupRef", "ServerRef", "Servers", "VolumeRef", "check_stopped"]

ServerRef = Annotated[Record, Ref("servers", names=False)]
NetworkRef = Annotated[Record, Ref("networks", names=False)]
PlacementGroupRef = Annotated[Record, Ref("placement_groups", names=False)]
VolumeRef = Annotated[Record, Ref("volumes", names=False)]
UserData = Annotated[str, MaxBytes(32 * 1024)]
Measurement = Literal["cpu", "disk", "network"]

STATUSES = ("running", "initializing", "starting", "stopping", "off", "deleting", "migrating", "rebuilding", "unknown")
BACKUP_WINDOW = "22-02"
RESCUE_SECONDS = 3600
_NOT_CONNECTED = "a server needs a public address or a network to be started"
_AVERAGES: dict[str, dict[str, float]] = {
    "cpu": {"cpu": 20.0},
    "disk": {
        "disk.0.iops.read": 4.0,
        "disk.0.iops.write": 12.0,
        "disk.0.bandwidth.read": 40_000.0,
        "disk.0.bandwidth.write": 160_000.0,
    },
    "network": {
        "network.0.pps.in": 60.0,
        "network.0.pps.out": 50.0,
        "network.0.bandwidth.in": 30_000.0,
        "network.0.bandwidth.out": 25_000.0,
    },
}


def check_stopped(server: Record) -> None:
    """Check that a server is off.

    :raises ErrorResponse: ``server_not_stopped``
    """
    if server["status"] != "off":
        raise ErrorResponse("server_not_stopped", "the server must be stopped for this")


def _is_connected(server: Record) -> bool:
    public_net = server["public_net"]
    return any((public_net["ipv4"], public_net["ipv6"], server["private_net"]))


def _check_connected(server: Record) -> None:
    if not _is_connected(server):
        raise bad_request(_NOT_CONNECTED)


class Servers(ServerCreation):
    """Servers.

    As time passes, backups are created at the beginning of the backup window, and an unused rescue mode expires.

    Besides the events of all resources: ``servers.creating`` (server, attachments), before anything is stored, to
    reject what is not possible; ``servers.created`` (server, attachments, actions), to attach the server and to append
    the actions that do so. The first of the actions is the one that creates the server.
    """

    collection = "servers"
    singular = "server"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("status", STATUSES, many=True))
    labelled = True
    acting = True

    @operation(
        "POST /", starts=("create_server", "attach_to_network", "attach_volume", "apply_firewall", "start_server")
    )
    def create(
        self,
        *,
        name: Hostname,
        server_type: ServerTypeRef,
        image: ImageRef,
        location: LocationRef | None = None,
        ssh_keys: list[SSHKeyRef] | None = None,
        user_data: UserData | None = None,
        labels: Labels | None = None,
        start_after_create: bool = True,
        public_net: ServerPublicNetInput | None = None,
        networks: list[NetworkRef] | None = None,
        volumes: list[VolumeRef] | None = None,
        firewalls: list[FirewallInput] | None = None,
        placement_group: PlacementGroupRef | None = None,
        automount: bool = False,
    ) -> Body:
        """Create a server with addresses, and attach it to other resources."""
        if location is None and volumes:
            location = volumes[0]["location"]
        location = self.choose_location(server_type, location)
        image_record = self.choose_image(image, server_type, server_type["disk"])
        addresses = self.find_primary_ips(public_net or {}, location)
        if start_after_create and not addresses and not networks:
            raise bad_request(_NOT_CONNECTED)
        self.check_limits(name, addresses)
        server = self.new_record(name, server_type, image_record, location, labels or {})
        attachments: Attachments = {
            "networks": networks or [],
            "volumes": volumes or [],
            "firewalls": [firewall["firewall"] for firewall in firewalls or []],
            "placement_group": placement_group,
            "has_public_net": bool(addresses),
        }
        self.announce("creating", server, attachments)

        self.add(server)
        self.private(server).update(user_data=user_data, ssh_keys=[key["id"] for key in ssh_keys or []])
        self.assign_addresses(server, addresses)
        undo = partial(self.put, server, {"status": "unknown"})
        create_action = self.start_action(server, "create_server", self._stop, server, otherwise=undo, seconds=8)
        actions = [create_action]
        self.announce("created", server, attachments, actions)
        if start_after_create:
            actions.append(
                self.start_action(server, "start_server", self._start, server, seconds=2, after=create_action)
            )
        return {
            "server": server,
            "action": create_action,
            "next_actions": actions[1:],
            "root_password": None if ssh_keys else self._new_password(server),
        }

    @operation("PUT /{id}")
    def update(self, server: Record, *, name: Hostname | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a server."""
        return {"server": self.change(server, name=name, labels=labels)}

    @operation("DELETE /{id}", status=200, starts=("delete_server",))
    def delete(self, server: Record) -> Body:
        """Delete a server with its backups and its primary IPs that have ``auto_delete``."""
        self.remove(server)
        return {"action": self.start_action(server, "delete_server", seconds=3)}

    @operation("GET /{id}/metrics")
    def metrics(
        self,
        server: Record,
        *,
        type: Annotated[list[Measurement], CommaSeparated, Length(1)],
        start: str,
        end: str,
        step: str | None = None,
    ) -> Body:
        """Return time series of measurements."""
        averages = {name: average for measurement in type for name, average in _AVERAGES[measurement].items()}
        return {"metrics": series(averages, start, end, step, server["id"])}

    # Power

    @action(starts=("start_server",))
    def poweron(self, server: Record) -> Body:
        """Start a server."""
        _check_connected(server)
        undo = self.set_with_undo(server, status="starting" if server["status"] == "off" else server["status"])
        return {"action": self.start_action(server, "start_server", self._start, server, otherwise=undo, seconds=2)}

    @action(starts=("stop_server",))
    def poweroff(self, server: Record) -> Body:
        """Cut the power of a server."""
        return {"action": self.start_action(server, "stop_server", self._stop, server, seconds=2)}

    @action(starts=("shutdown_server",))
    def shutdown(self, server: Record) -> Body:
        """Ask the system of a server to shut down."""
        self._check_running(server)
        undo = self.set_with_undo(server, status="stopping")
        return {"action": self.start_action(server, "shutdown_server", self._stop, server, otherwise=undo, seconds=3)}

    @action(starts=("reboot_server",))
    def reboot(self, server: Record) -> Body:
        """Ask the system of a server to reboot."""
        self._check_running(server)
        return {"action": self.start_action(server, "reboot_server", self._start, server, seconds=3)}

    @action(starts=("reset_server",))
    def reset(self, server: Record) -> Body:
        """Cut the power of a server and start it again."""
        _check_connected(server)
        return {"action": self.start_action(server, "reset_server", self._start, server, seconds=2)}

    @action()
    def reset_password(self, server: Record) -> Body:
        """Set a new root password."""
        self._check_running(server)
        return {
            "action": self.start_action(server, "reset_password", seconds=1),
            "root_password": self._new_password(server),
        }

    @action(if_locked=True)
    def request_console(self, server: Record) -> Body:
        """Open a console."""
        password = self._new_password(server)
        return {
            "action": self.start_action(server, "request_console", seconds=0, locking=False),
            "wss_url": f"wss://console.hetzner.cloud/?server_id={server['id']}&token={password[::-1]}",
            "password": password,
        }

    # Disk

    @action()
    def create_image(
        self,
        server: Record,
        *,
        description: str | None = None,
        type: Literal["snapshot", "backup"] = "snapshot",
        labels: Labels | None = None,
    ) -> Body:
        """Create a snapshot, or a backup if backups are enabled."""
        if type == "backup" and server["backup_window"] is None:
            raise bad_request("backups are not enabled for this server")
        images = self.project.of(Images)
        image = images.create(server, type, description or f"{server['name']} {self.now}", labels or {})
        create_action = self.start_action(
            server,
            "create_image",
            images.complete,
            image,
            otherwise=partial(images.discard, image),
            also=[("image", image["id"])],
            seconds=20,
        )
        return {"image": image, "action": create_action}

    @action(starts=("rebuild_server",))
    def rebuild(self, server: Record, *, image: ImageRef, user_data: UserData | None = None) -> Body:
        """Overwrite the disk of a server with an image."""
        self.check_protection(server, "rebuild")
        image_record = self.choose_image(image, server["server_type"], server["primary_disk_size"])
        undo = self.set_with_undo(server, status="rebuilding")
        effect = partial(self._rebuild, server, image_record, user_data)
        return {
            "action": self.start_action(server, "rebuild_server", effect, otherwise=undo, seconds=10),
            "root_password": None if self.private(server).get("ssh_keys") else self._new_password(server),
        }

    @action()
    def enable_backup(self, server: Record) -> Body:
        """Enable daily backups."""
        return {"action": self.start_action(server, "enable_backup", self._enable_backups, server)}

    @action()
    def disable_backup(self, server: Record) -> Body:
        """Disable backups and delete them."""
        return {"action": self.start_action(server, "disable_backup", self._disable_backups, server)}

    @action(starts=("change_server_type",))
    def change_type(self, server: Record, *, server_type: ServerTypeRef, upgrade_disk: bool) -> Body:
        """Change the type of a server, and optionally the size of its disk."""
        check_stopped(server)
        current = server["server_type"]
        if server_type["id"] == current["id"]:
            raise ErrorResponse("invalid_server_type", "the server is of this type already")
        if server_type["architecture"] != current["architecture"]:
            raise ErrorResponse("invalid_server_type", "the server type has another architecture")
        if server_type["disk"] < server["primary_disk_size"]:
            raise ErrorResponse("invalid_server_type", "the server type's disk is smaller than the server's")
        if is_expired(server_type, self.now):
            raise ErrorResponse("invalid_server_type", "the server type is no longer available")
        self.choose_location(server_type, server["location"])
        undo = self.set_with_undo(server, status="migrating")
        effect = partial(self._change_type, server, server_type, upgrade_disk)
        return {"action": self.start_action(server, "change_server_type", effect, otherwise=undo, seconds=15)}

    # Rescue and ISO

    @action()
    def enable_rescue(
        self, server: Record, *, type: Literal["linux64"] = "linux64", ssh_keys: list[SSHKeyRef] | None = None
    ) -> Body:
        """Boot the rescue system next time."""
        keys = [key["public_key"] for key in ssh_keys or []]
        enable_action = self.start_action(server, "enable_rescue", self._enable_rescue, server, keys)
        return {"action": enable_action, "root_password": self._new_password(server)}

    @action()
    def disable_rescue(self, server: Record) -> Body:
        """Boot from the disk next time."""
        return {"action": self.start_action(server, "disable_rescue", self.put, server, {"rescue_enabled": False})}

    @action()
    def attach_iso(self, server: Record, *, iso: IsoRef) -> Body:
        """Attach an ISO to the virtual drive of a server."""
        if iso["architecture"] not in (None, server["server_type"]["architecture"]):
            raise invalid("iso", "the ISO is of another architecture than the server")
        check_not_expired("iso", iso, self.now)
        return {"action": self.start_action(server, "attach_iso", self.put, server, {"iso": iso})}

    @action()
    def detach_iso(self, server: Record) -> Body:
        """Detach the ISO from the virtual drive of a server."""
        seconds = 0.0 if server["iso"] is None else 1.0
        return {"action": self.start_action(server, "detach_iso", self.put, server, {"iso": None}, seconds=seconds)}

    # Reverse DNS and protection

    @action()
    def change_dns_ptr(self, server: Record, *, ip: str, dns_ptr: Hostname | None) -> Body:
        """Set the reverse DNS entry of an address of a server."""
        version = "ipv6" if ":" in ip else "ipv4"
        address = server["public_net"][version]
        if address is None:
            raise invalid("ip", f"the server has no {version} address")
        primary_ips = self.project.of(PrimaryIPs)
        primary_ip = primary_ips.records[address["id"]]
        effect = partial(primary_ips.set_dns_ptr, primary_ip, replace_dns_ptr(primary_ip, ip, dns_ptr))
        return {"action": self.start_action(server, "change_dns_ptr", effect, seconds=0)}

    @action()
    def change_protection(self, server: Record, *, delete: bool | None = None, rebuild: bool | None = None) -> Body:
        """Change the protection of a server against deletion and rebuild, which must be the same."""
        protection = dict(server["protection"])
        if delete is not None:
            protection["delete"] = delete
        if rebuild is not None:
            protection["rebuild"] = rebuild
        if protection["delete"] != protection["rebuild"]:
            raise bad_request("delete and rebuild protection must be the same")
        effect = partial(self.put, server, {"protection": protection})
        return {"action": self.start_action(server, "change_protection", effect, seconds=0)}

    # Effects of actions

    def _start(self, server: Record) -> None:
        private = self.private(server)
        private["rescue_runs"] = server["rescue_enabled"]
        server["status"] = "running"
        server["rescue_enabled"] = False

    def _restart(self, server: Record) -> None:
        """Start a server after a change of its disk or type, unless it cannot be started."""
        if _is_connected(server):
            self._start(server)
        else:
            self._stop(server)

    def _stop(self, server: Record) -> None:
        server["status"] = "off"

    def _rebuild(self, server: Record, image: Record, user_data: str | None) -> None:
        server["image"] = image
        if user_data is not None:
            self.private(server)["user_data"] = user_data
        self._restart(server)

    def _change_type(self, server: Record, server_type: Record, upgrade_disk: bool) -> None:
        server["server_type"] = server_type
        if upgrade_disk:
            server["primary_disk_size"] = server_type["disk"]
        self._restart(server)

    def _enable_rescue(self, server: Record, keys: list[str]) -> None:
        server["rescue_enabled"] = True
        self.private(server).update(rescue_ends=self.project.cloud.clock.time() + RESCUE_SECONDS, rescue_keys=keys)

    def _enable_backups(self, server: Record) -> None:
        if server["backup_window"] is None:
            server["backup_window"] = BACKUP_WINDOW
            self.private(server)["backed_up"] = self.project.cloud.clock.time()

    def _disable_backups(self, server: Record) -> None:
        server["backup_window"] = None
        images = self.project.of(Images)
        for backup in images.backups_of(server["id"]):
            images.remove(backup)

    # Passing of time

    @on_event("actions.settled")
    def _pass_time(self) -> None:
        now = self.project.cloud.clock.time()
        for server in self:
            if server["rescue_enabled"] and self.private(server).get("rescue_ends", math.inf) <= now:
                server["rescue_enabled"] = False
            if server["backup_window"] is not None:
                self._create_due_backups(server, now)

    def _create_due_backups(self, server: Record, now: float) -> None:
        """Create the backups that have been due since the last one, at most as many as are kept."""
        private = self.private(server)
        due = daily(int(server["backup_window"][:2]), 0, private.setdefault("backed_up", now), now)
        for moment in reversed(list(islice(due, MAX_BACKUPS))):
            self.project.of(Images).create_backup(server, moment)
            private["backed_up"] = moment

    # Rescue system

    def in_rescue_mode(self, server_id: int) -> bool:
        """Return True if a server is running the rescue system.

        :raises KeyError: if there is no such server
        """
        server = self.records[server_id]
        return server["status"] == "running" and bool(self.private(server).get("rescue_runs"))

    def rescue_keys(self, server_id: int) -> list[str]:
        """Return the public SSH keys that the rescue system of a server accepts; none unless the server is running it.

        :raises KeyError: if there is no such server
        """
        keys: list[str] = self.private(self.records[server_id]).get("rescue_keys", [])
        return list(keys) if self.in_rescue_mode(server_id) else []

    # Helpers

    def _check_running(self, server: Record) -> None:
        if server["status"] != "running":
            raise ErrorResponse("server_not_running", "the server must be running for this")

    def _new_password(self, server: Record) -> str:
        """Return a new password; every run of a program yields the same sequence."""
        private = self.private(server)
        private["secrets"] = private.get("secrets", 0) + 1
        return sha256(f"{server['id']}.{private['secrets']}".encode()).hexdigest()[:20]
