"""Servers."""

from __future__ import annotations

import math
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Annotated, Literal, TypedDict

from hcloud.testing.clock import daily
from hcloud.testing.error_responses import ErrorResponse, bad_request, invalid, unavailable
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.metrics import series
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import CommaSeparated, Hostname, Labels, Length, Record, Ref

from .images import MOST_BACKUPS, ImageRef, Images
from .isos import IsoRef
from .locations import LocationRef
from .primary_ips import PrimaryIPs, with_ptr
from .server_types import ServerTypeRef
from .ssh_keys import SSHKeyRef

__all__ = [
    "FirewallRef",
    "NetworkRef",
    "PlacementGroupRef",
    "ServerRef",
    "Servers",
    "VolumeRef",
    "Wanted",
    "check_stopped",
]

ServerRef = Annotated[Record, Ref("servers", names=False)]
FirewallRef = Annotated[Record, Ref("firewalls", names=False)]
NetworkRef = Annotated[Record, Ref("networks", names=False)]
PlacementGroupRef = Annotated[Record, Ref("placement_groups", names=False)]
VolumeRef = Annotated[Record, Ref("volumes", names=False)]
UserData = Annotated[str, Length(0, 32 * 1024)]
Measurement = Literal["cpu", "disk", "network"]

STATUSES = ("running", "initializing", "starting", "stopping", "off", "deleting", "migrating", "rebuilding", "unknown")
BACKUP_WINDOW = "22-02"
RESCUE_SECONDS = 3600
_LEVELS: dict[str, dict[str, float]] = {
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


class PublicNet(TypedDict, total=False):
    """What addresses a new server has."""

    enable_ipv4: bool
    enable_ipv6: bool
    ipv4: int | None
    ipv6: int | None


class FirewallWanted(TypedDict):
    """A firewall of a new server."""

    firewall: FirewallRef


class Wanted(TypedDict):
    """What a new server shall be joined to. It goes with the events of :meth:`Servers.create`."""

    networks: list[Record]
    volumes: list[Record]
    firewalls: list[Record]
    placement_group: Record | None
    public: bool


def check_stopped(server: Record) -> None:
    """Whether a server is off.

    :raises ErrorResponse: ``server_not_stopped``
    """
    if server["status"] != "off":
        raise ErrorResponse("server_not_stopped", "the server must be stopped for this")


class Servers(FakeResource):
    """Virtual machines, as far as an API can tell.

    As time goes on, backups are taken at the beginning of their window, and rescue modes end that nobody used.

    Besides the events of all resources: ``servers.creating`` (server, wanted), before anything is kept, to refuse what
    cannot be; ``servers.created`` (server, wanted, actions), to join it and to append the actions that do so to the one
    that makes it.
    """

    collection = "servers"
    singular = "server"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("status", STATUSES, many=True))
    labelled = True
    acting = True

    @operation("POST /")
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
        public_net: PublicNet | None = None,
        networks: list[NetworkRef] | None = None,
        volumes: list[VolumeRef] | None = None,
        firewalls: list[FirewallWanted] | None = None,
        placement_group: PlacementGroupRef | None = None,
        automount: bool = False,
    ) -> Body:
        """Make a server, with addresses and all it shall be joined to."""
        if location is None and volumes:
            location = volumes[0]["location"]
        location = self._place(server_type, location)
        of_image = self._fitting(image, server_type, server_type["disk"])
        addresses = self._addresses(public_net or {}, location)
        wanted: Wanted = {
            "networks": networks or [],
            "volumes": volumes or [],
            "firewalls": [each["firewall"] for each in firewalls or []],
            "placement_group": placement_group,
            "public": bool(addresses),
        }
        if not addresses and not networks:
            raise bad_request("a server needs a public address or a network")
        self.check_room({"name": name})
        primary_ips = self.project.of(PrimaryIPs)
        primary_ips.check_room({}, sum(primary_ip is None for primary_ip in addresses.values()))
        server = self._record(name, server_type, of_image, location, labels or {})
        self.announce("creating", server, wanted)

        self.add(server)
        self.private(server).update(user_data=user_data, ssh_keys=[key["id"] for key in ssh_keys or []])
        for version, primary_ip in addresses.items():
            primary_ips.give(primary_ip or primary_ips.allocate(version, location), "server", server)
        failed = partial(self.put, server, {"status": "unknown"})
        begun = self.start_action(server, "create_server", self._off, server, otherwise=failed, seconds=8)
        actions = [begun]
        self.announce("created", server, wanted, actions)
        if start_after_create:
            actions.append(self.start_action(server, "start_server", self._boot, server, seconds=2, after=begun))
        return {
            "server": server,
            "action": begun,
            "next_actions": actions[1:],
            "root_password": None if ssh_keys else self._secret(server),
        }

    @operation("PUT /{id}")
    def update(self, server: Record, *, name: Hostname | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"server": self.change(server, name=name, labels=labels)}

    @operation("DELETE /{id}", status=200)
    def delete(self, server: Record) -> Body:
        """Delete it, and with it its backups and the addresses that are not to outlive it."""
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
        """Measurements."""
        levels = {name: level for each in type for name, level in _LEVELS[each].items()}
        return {"metrics": series(levels, start, end, step, server["id"])}

    # Power

    @action()
    def poweron(self, server: Record) -> Body:
        """Start it."""
        self._check_connected(server)
        before = self.set_with_undo(server, status="starting" if server["status"] == "off" else server["status"])
        return {"action": self.start_action(server, "start_server", self._boot, server, otherwise=before, seconds=2)}

    @action()
    def poweroff(self, server: Record) -> Body:
        """Cut its power."""
        return {"action": self.start_action(server, "stop_server", self._off, server, seconds=2)}

    @action()
    def shutdown(self, server: Record) -> Body:
        """Ask it to stop."""
        self._check_running(server)
        before = self.set_with_undo(server, status="stopping")
        return {"action": self.start_action(server, "shutdown_server", self._off, server, otherwise=before, seconds=3)}

    @action()
    def reboot(self, server: Record) -> Body:
        """Ask it to start again."""
        self._check_running(server)
        return {"action": self.start_action(server, "reboot_server", self._boot, server, seconds=3)}

    @action()
    def reset(self, server: Record) -> Body:
        """Cut its power and start it."""
        self._check_connected(server)
        return {"action": self.start_action(server, "reset_server", self._boot, server, seconds=2)}

    @action()
    def reset_password(self, server: Record) -> Body:
        """Give it a new password."""
        self._check_running(server)
        return {"action": self.start_action(server, "reset_password", seconds=1), "root_password": self._secret(server)}

    @action(if_locked=True)
    def request_console(self, server: Record) -> Body:
        """Open its screen and keyboard."""
        secret = self._secret(server)
        return {
            "action": self.start_action(server, "request_console", seconds=0, locking=False),
            "wss_url": f"wss://console.hetzner.cloud/?server_id={server['id']}&token={secret[::-1]}",
            "password": secret,
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
        """Make a snapshot, or a backup if it has them."""
        if type == "backup" and server["backup_window"] is None:
            raise bad_request("backups are not enabled for this server")
        images = self.project.of(Images)
        image = images.take(server, type, description or f"{server['name']} {self.now}", labels or {})
        begun = self.start_action(
            server,
            "create_image",
            images.finish,
            image,
            otherwise=partial(images.give_up, image),
            also=[("image", image["id"])],
            seconds=20,
        )
        return {"image": image, "action": begun}

    @action()
    def rebuild(self, server: Record, *, image: ImageRef, user_data: UserData | None = None) -> Body:
        """Overwrite its disk with an image."""
        self.check_protection(server, "rebuild")
        new = self._fitting(image, server["server_type"], server["primary_disk_size"])
        before = self.set_with_undo(server, status="rebuilding")
        then = partial(self._rebuilt, server, new, user_data)
        return {
            "action": self.start_action(server, "rebuild_server", then, otherwise=before, seconds=10),
            "root_password": None if self.private(server).get("ssh_keys") else self._secret(server),
        }

    @action()
    def enable_backup(self, server: Record) -> Body:
        """Have it backed up every day."""
        return {"action": self.start_action(server, "enable_backup", self._with_backups, server)}

    @action()
    def disable_backup(self, server: Record) -> Body:
        """Have it backed up no longer, and delete its backups."""
        return {"action": self.start_action(server, "disable_backup", self._without_backups, server)}

    @action()
    def change_type(self, server: Record, *, server_type: ServerTypeRef, upgrade_disk: bool) -> Body:
        """Make it another type, its disk too if asked."""
        check_stopped(server)
        old = server["server_type"]
        if server_type["id"] == old["id"]:
            raise ErrorResponse("invalid_server_type", "the server is of this type already")
        if server_type["architecture"] != old["architecture"]:
            raise ErrorResponse("invalid_server_type", "the server type has another architecture")
        if server_type["disk"] < server["primary_disk_size"]:
            raise ErrorResponse("invalid_server_type", "the server type's disk is smaller than the server's")
        going = server_type["deprecation"]
        if going is not None and going["unavailable_after"] <= self.now:
            raise ErrorResponse("invalid_server_type", "the server type is no longer available")
        self._place(server_type, server["location"])
        before = self.set_with_undo(server, status="migrating")
        then = partial(self._retyped, server, server_type, upgrade_disk)
        return {"action": self.start_action(server, "change_server_type", then, otherwise=before, seconds=15)}

    # Rescue and ISO

    @action()
    def enable_rescue(
        self, server: Record, *, type: Literal["linux64"] = "linux64", ssh_keys: list[SSHKeyRef] | None = None
    ) -> Body:
        """Let its next boot be into the rescue system."""
        begun = self.start_action(server, "enable_rescue", self._rescued, server)
        return {"action": begun, "root_password": self._secret(server)}

    @action()
    def disable_rescue(self, server: Record) -> Body:
        """Let its next boot be from its disk."""
        return {"action": self.start_action(server, "disable_rescue", self.put, server, {"rescue_enabled": False})}

    @action()
    def attach_iso(self, server: Record, *, iso: IsoRef) -> Body:
        """Put an ISO into its drive."""
        if iso["architecture"] not in (None, server["server_type"]["architecture"]):
            raise invalid("iso", "the ISO is of another architecture than the server")
        return {"action": self.start_action(server, "attach_iso", self.put, server, {"iso": iso})}

    @action()
    def detach_iso(self, server: Record) -> Body:
        """Empty its drive."""
        seconds = 0.0 if server["iso"] is None else 1.0
        return {"action": self.start_action(server, "detach_iso", self.put, server, {"iso": None}, seconds=seconds)}

    # Names and protection

    @action()
    def change_dns_ptr(self, server: Record, *, ip: str, dns_ptr: str | None) -> Body:
        """Set the reverse name of one of its addresses."""
        version = "ipv6" if ":" in ip else "ipv4"
        shown = server["public_net"][version]
        if shown is None:
            raise invalid("ip", f"the server has no {version} address")
        primary_ips = self.project.of(PrimaryIPs)
        primary_ip = primary_ips.records[shown["id"]]
        then = partial(primary_ips.name_address, primary_ip, with_ptr(primary_ip, ip, dns_ptr))
        return {"action": self.start_action(server, "change_dns_ptr", then, seconds=0)}

    @action()
    def change_protection(self, server: Record, *, delete: bool | None = None, rebuild: bool | None = None) -> Body:
        """Protect it against being deleted and rebuilt, or no longer."""
        old = server["protection"]
        new = {
            "delete": old["delete"] if delete is None else delete,
            "rebuild": old["rebuild"] if rebuild is None else rebuild,
        }
        if new["delete"] != new["rebuild"]:
            raise bad_request("delete and rebuild protection must be the same")
        return {
            "action": self.start_action(server, "change_protection", self.put, server, {"protection": new}, seconds=0)
        }

    # What actions do when they end

    def _boot(self, server: Record) -> None:
        server["status"] = "running"
        server["rescue_enabled"] = False

    def _off(self, server: Record) -> None:
        server["status"] = "off"

    def _rebuilt(self, server: Record, image: Record, user_data: str | None) -> None:
        server["image"] = image
        if user_data is not None:
            self.private(server)["user_data"] = user_data
        self._boot(server)

    def _retyped(self, server: Record, server_type: Record, upgrade_disk: bool) -> None:
        server["server_type"] = server_type
        if upgrade_disk:
            server["primary_disk_size"] = server_type["disk"]
        self._boot(server)

    def _rescued(self, server: Record) -> None:
        server["rescue_enabled"] = True
        self.private(server)["rescue_ends"] = self.project.cloud.clock.time() + RESCUE_SECONDS

    def _with_backups(self, server: Record) -> None:
        if server["backup_window"] is None:
            server["backup_window"] = BACKUP_WINDOW
            self.private(server)["backed_up"] = self.project.cloud.clock.time()

    def _without_backups(self, server: Record) -> None:
        server["backup_window"] = None
        images = self.project.of(Images)
        for backup in images.backups_of(server["id"]):
            images.remove(backup)

    @on_event("actions.settled")
    def _time_passed(self) -> None:
        now, images = self.project.cloud.clock.time(), self.project.of(Images)
        for server in self:
            private = self.private(server)
            if server["rescue_enabled"] and private.get("rescue_ends", math.inf) <= now:
                server["rescue_enabled"] = False
            if server["backup_window"] is not None:
                due = daily(int(server["backup_window"][:2]), 0, private.setdefault("backed_up", now), now)
                for moment in [*islice(due, MOST_BACKUPS)][::-1]:
                    images.back_up(server, moment)
                    private["backed_up"] = moment

    # What is checked

    def _check_running(self, server: Record) -> None:
        if server["status"] != "running":
            raise ErrorResponse("server_not_running", "the server must be running for this")

    def _check_connected(self, server: Record) -> None:
        public_net = server["public_net"]
        if public_net["ipv4"] is None and public_net["ipv6"] is None and not server["private_net"]:
            raise bad_request("the server needs a public address or a network to be started")

    def _place(self, server_type: Record, location: Record | None) -> Record:
        """Where a server of a type goes."""
        offers = {offer["name"]: offer for offer in server_type["locations"]}
        if location is None:
            open_to = [name for name, offer in offers.items() if self._is_offered(offer)]
            if not open_to:
                raise unavailable("server type is not available")
            return self.project["locations"][open_to[0]]
        offer = offers.get(location["name"])
        if offer is None:
            raise bad_request("unsupported location for server type")
        if not self._is_offered(offer):
            raise unavailable("error during placement")
        return location

    def _is_offered(self, offer: Record) -> bool:
        going = offer["deprecation"]
        return bool(offer["available"]) and (going is None or self.now < going["unavailable_after"])

    def _fitting(self, ref: int | str, server_type: Record, disk: int) -> Record:
        """The image for a server type: one name can stand for an image of each architecture, an id cannot."""
        images = self.project["images"]
        named = [images[ref]] if isinstance(ref, int) else [each for each in images if each["name"] == ref]
        image = next((each for each in named if each["architecture"] == server_type["architecture"]), None)
        if image is None:
            said = "image has incompatible architecture"
            raise invalid("image", said, message=said)
        if image["status"] != "available":
            raise unavailable("image is not available")
        if image["deprecation"] is not None and image["deprecation"]["unavailable_after"] <= self.now:
            raise unavailable("image is deprecated and no longer available")
        if image["disk_size"] > disk:
            raise invalid("image", "the image is larger than the server's disk")
        return image

    def _addresses(self, asked: PublicNet, location: Record) -> dict[str, Record | None]:
        """The primary IPs that a new server gets, by version; nothing where one is to be allocated."""
        found: dict[str, Record | None] = {}
        for version, enabled, number in (
            ("ipv4", asked.get("enable_ipv4", True), asked.get("ipv4")),
            ("ipv6", asked.get("enable_ipv6", True), asked.get("ipv6")),
        ):
            if not enabled:
                if number is not None:
                    raise invalid(f"public_net.{version}", f"{version} is not enabled")
                continue
            primary_ip = None
            if number is not None:
                primary_ip = self.project.of(PrimaryIPs).free(number, version, location)
            found[version] = primary_ip
        return found

    def _secret(self, server: Record) -> str:
        """A password: another one each time, the same in each run."""
        private = self.private(server)
        private["secrets"] = private.get("secrets", 0) + 1
        return sha256(f"{server['id']}.{private['secrets']}".encode()).hexdigest()[:20]

    def _record(
        self, name: str, server_type: Record, image: Record, location: Record, labels: dict[str, str]
    ) -> Record:
        traffic = next(
            each["included_traffic"] for each in server_type["prices"] if each["location"] == location["name"]
        )
        return {
            "id": self.new_id(),
            "name": name,
            "status": "initializing",
            "created": self.now,
            "public_net": {"ipv4": None, "ipv6": None, "floating_ips": [], "firewalls": []},
            "private_net": [],
            "server_type": server_type,
            "location": location,
            "image": image,
            "iso": None,
            "rescue_enabled": False,
            "locked": False,
            "backup_window": None,
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": traffic,
            "protection": {"delete": False, "rebuild": False},
            "labels": labels,
            "volumes": [],
            "load_balancers": [],
            "primary_disk_size": server_type["disk"],
            "placement_group": None,
        }
