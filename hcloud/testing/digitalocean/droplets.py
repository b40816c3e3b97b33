"""Droplets."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_interface
from typing import Annotated, Any, Literal, TypedDict, get_args

from ..error_responses import bad_request, invalid
from ..http import Query
from ..listing import Filter, Filters, ListPage
from ..resource import Body, Effect, operation
from ..schema import Hostname, Length, Record
from . import catalogue
from .destruction import DropletDestruction
from .images import DigitalOceanImages, ImageRef
from .regions import Regions
from .resource import has_tag, listing
from .sizes import SizeRef, Sizes
from .ssh_keys import DigitalOceanSSHKeys
from .tags import Tags

__all__ = ["Droplets"]

_API = "https://api.digitalocean.com/v2"


class BackupPolicy(TypedDict, total=False):
    """Schedule of backups."""

    plan: Literal["daily", "weekly"]
    weekday: Literal["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    hour: Literal[0, 4, 8, 12, 16, 20]


def _has_type(list_type: Any, droplet: Record) -> bool:
    return bool(list_type == "gpus") is ("gpu_info" in droplet)


def _has_name(name: Any, droplet: Record) -> bool:
    return name is None or droplet["name"].lower() == name.lower()


class Droplets(DropletDestruction):
    """Droplets of an account."""

    collection = "droplets"
    singular = "droplet"
    filters: Filters = (
        Filter("name", predicate=_has_name),
        Filter("tag_name", predicate=has_tag),
        Filter("type", ("droplets", "gpus"), predicate=_has_type),
    )

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the droplets that the query selects."""
        if "name" in query and "tag_name" in query:
            raise bad_request("name and tag_name can not be combined")
        return self.listing.of(self.records.values(), query)

    @operation("POST /", status=202, starts=("create",))
    def create(
        self,
        *,
        size: SizeRef,
        image: int | str,
        name: Hostname | None = None,
        names: Annotated[list[Hostname], Length(1, 10)] | None = None,
        region: str | None = None,
        ssh_keys: list[int | str] | None = None,
        backups: bool = False,
        backup_policy: BackupPolicy | None = None,
        ipv6: bool = False,
        monitoring: bool = False,
        tags: list[str] | None = None,
        user_data: str | None = None,
        private_networking: bool = True,
        volumes: list[str] | None = None,
        vpc_uuid: str = "760e09ef-dc84-11e8-981e-3cfdfeaae000",
        with_droplet_agent: bool = True,
        public_networking: bool = True,
    ) -> Body:
        """Create one droplet, or several of the same configuration."""
        if (name is None) is (names is None):
            raise bad_request("Name or names is required")
        source = self.project.find("images", image)
        if source is None or source["status"] != "available":
            raise invalid("image", message="You specified an invalid image for Droplet creation.")
        target = self._region(region, size, source)
        self._check_fits(source, size["disk"])
        keys = self.project.of(DigitalOceanSSHKeys).ids_of(ssh_keys or ())
        all_names = names or [str(name)]
        self.check_room({}, len(all_names))
        tags = self.project.of(Tags).ensure(tags)
        droplets, links = [], []
        for hostname in all_names:
            droplet = self.add(self._record(hostname, size, source, target, volumes, vpc_uuid))
            self.private(droplet)["ssh_keys"] = keys
            droplet["tags"] = list(tags)
            droplet["features"] = [
                feature
                for feature, enabled in (("private_networking", True), ("ipv6", ipv6), ("monitoring", monitoring))
                if enabled
            ]
            self._connect(droplet, public_networking, ipv6)
            if backups:
                self._back_up_from_now_on(droplet, backup_policy)
            otherwise = partial(self._destroy, droplet)
            action = self._begin(droplet, "create", (self._become, droplet, "active"), 30, otherwise)
            droplets.append(droplet)
            rel = "create" if names is None else "multiple_create"
            links.append({"id": action["id"], "rel": rel, "href": f"{_API}/actions/{action['id']}"})
        body: Body = {"droplet": droplets[0]} if names is None else {"droplets": droplets}
        return {**body, "links": {"actions": links}}

    @operation("DELETE /{id}")
    def delete(self, droplet: Record) -> None:
        """Delete a droplet and its backups."""
        self._destroy(droplet)

    @operation("DELETE /")
    def delete_tagged(self, *, tag_name: str) -> None:
        """Delete all droplets with a tag."""
        for droplet in self._tagged(tag_name):
            self._destroy(droplet)

    # Subresources

    @operation("GET /{id}/backups")
    def get_backups(self, droplet: Record, *, query: Query) -> ListPage | Body:
        """Return the backups of a droplet."""
        return listing("backups").of(self._snapshots(droplet, "backup"), query)

    @operation("GET /{id}/snapshots")
    def get_snapshots(self, droplet: Record, *, query: Query) -> ListPage | Body:
        """Return the snapshots of a droplet."""
        return listing("snapshots").of(self._snapshots(droplet, "snapshot"), query)

    @operation("GET /{id}/kernels")
    def get_kernels(self, droplet: Record, *, query: Query) -> ListPage | Body:
        """Return no kernels: all droplets boot their own."""
        return listing("kernels").of([], query)

    @operation("GET /{id}/firewalls")
    def get_firewalls(self, droplet: Record, *, query: Query) -> ListPage | Body:
        """Return no firewalls: the fake has none."""
        return listing("firewalls").of([], query)

    @operation("GET /{id}/neighbors")
    def get_neighbors(self, droplet: Record) -> Body:
        """Return the droplets on the same host."""
        return {
            "droplets": [other for host in self._hosts() if droplet in host for other in host if other is not droplet]
        }

    @operation("GET /droplet_neighbors_ids", of="reports")
    def get_neighbor_ids(self) -> Body:
        """Return the IDs of droplets on the same host, for each host that has several."""
        return {"neighbor_ids": [[droplet["id"] for droplet in host] for host in self._hosts() if len(host) > 1]}

    def _hosts(self) -> list[list[Record]]:
        """Return the droplets of each host; a host has room for two droplets of its region."""
        by_region: dict[str, list[Record]] = {}
        for droplet in self:
            by_region.setdefault(droplet["region"]["slug"], []).append(droplet)
        return [droplets[at : at + 2] for droplets in by_region.values() for at in range(0, len(droplets), 2)]

    @operation("GET /{id}/backups/policy")
    def get_policy(self, droplet: Record) -> Body:
        """Return the backup policy of a droplet."""
        return {"policy": self._policy(droplet)}

    @operation("GET /backups/policies")
    def get_policies(self, *, query: Query) -> ListPage | Body:
        """Return the backup policies of all droplets."""
        return listing("policies").of([self._policy(droplet) for droplet in self], query)

    @operation("GET /backups/supported_policies")
    def get_supported_policies(self) -> Body:
        """Return the backup plans."""
        return {"supported_policies": catalogue.BACKUP_PLANS}

    # Actions

    @operation("POST /{id}/actions", if_locked=False, starts=get_args(catalogue.DropletAction))
    def act_on(
        self,
        droplet: Record,
        *,
        type: catalogue.DropletAction,
        image: ImageRef | None = None,
        size: SizeRef | None = None,
        disk: bool = False,
        name: Annotated[str, Length(1, 255)] | None = None,
        kernel: int | None = None,
        backup_policy: BackupPolicy | None = None,
    ) -> Body:
        """Start an action on a droplet."""
        arguments = {"image": image, "size": size, "disk": disk, "name": name, "backup_policy": backup_policy}
        return {"action": self._start(droplet, type, arguments)}

    @operation("POST /actions")
    def act_on_tagged(self, *, type: catalogue.ActionByTag, name: str | None = None, query: Query) -> Body:
        """Start an action on all droplets with a tag."""
        tag_name = query.get("tag_name")
        if tag_name is None:
            raise invalid("tag_name", "missing required field")
        return {"actions": [self._start(droplet, type, {"name": name}) for droplet in self._tagged(tag_name)]}

    def _tagged(self, tag_name: str) -> list[Record]:
        """Return the droplets with a tag.

        :raises ErrorResponse: ``locked`` if an action is running on one of them
        """
        droplets = [droplet for droplet in self if has_tag(tag_name, droplet)]
        for droplet in droplets:
            self.check_lock(droplet)
        return droplets

    def _start(self, droplet: Record, action_type: str, arguments: Record) -> Record:
        effect, seconds = getattr(self, f"_{action_type}")(droplet, arguments)
        return self._begin(droplet, action_type, effect, seconds)

    def _begin(
        self, droplet: Record, action_type: str, effect: Any, seconds: float, otherwise: Effect | None = None
    ) -> Record:
        """Start an action; a new status of the droplet shows later than the action ends, if the cloud says so.

        All effects on the status are equally late, so that the last action has the last word.
        """
        lag, region = self.cloud.status_lag, droplet["region"]["slug"]
        is_late = lag > 0 and effect[:1] in ((self._become,), (self._rebuilt,))
        action = self.start_regional_action(
            *(droplet, action_type, *(() if is_late else effect)), otherwise=otherwise, seconds=seconds, region=region
        )
        if is_late:
            self.start_action(droplet, "_show_status", *effect, seconds=lag, after=action, locking=False)
        return action

    # One method per type of action: it checks the arguments, and returns the effect with the action's duration.

    def _reboot(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._become, droplet, "active"), 10

    _power_cycle = _power_on = _reboot

    def _power_off(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._become, droplet, "off"), 5

    _shutdown = _power_off

    def _password_reset(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (), 5

    def _snapshot(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        name = arguments["name"] or f"{droplet['name']}-{int(self.project.cloud.clock.time())}"
        return (self._snapshot_taken, droplet, name), 90

    def _rebuild(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        image = self._required(arguments, "image")
        self._check_fits(image, droplet["disk"])
        return (self._rebuilt, droplet, image), 40

    def _restore(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        image = self._required(arguments, "image")
        images = self.project.of(DigitalOceanImages)
        if images.private(image).get("droplet") != droplet["id"]:
            raise bad_request("The image is not a backup of this Droplet")
        self._check_fits(image, droplet["disk"])
        return (self._rebuilt, droplet, image), 40

    def _resize(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        size = self._required(arguments, "size")
        if droplet["status"] != "off":
            raise bad_request("Droplet must be powered off")
        if size["disk"] < droplet["disk"]:
            raise bad_request("This size has a smaller disk")
        return (self._resized, droplet, size, arguments["disk"]), 60

    def _rename(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._renamed, droplet, self._required(arguments, "name")), 1

    def _change_kernel(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        raise bad_request("This Droplet boots its own kernel")

    def _enable_ipv6(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._reached_by_ipv6, droplet), 5

    def _enable_backups(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._back_up_from_now_on, droplet, arguments.get("backup_policy")), 2

    def _change_backup_policy(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        if "backups" not in droplet["features"]:
            raise bad_request("Backups are not enabled")
        return (self._back_up_from_now_on, droplet, self._required(arguments, "backup_policy")), 2

    def _disable_backups(self, droplet: Record, arguments: Record) -> tuple[Any, float]:
        return (self._no_more_backups, droplet), 2

    def _required(self, arguments: Record, name: str) -> Any:
        if arguments[name] is None:
            raise invalid(name, "missing required field")
        return arguments[name]

    # Effects of actions

    def _become(self, droplet: Record, status: str) -> None:
        droplet["status"] = status

    def _snapshot_taken(self, droplet: Record, name: str) -> None:
        self.project.of(DigitalOceanImages).add_copy_of(droplet, "snapshot", name)

    def _rebuilt(self, droplet: Record, image: Record) -> None:
        droplet.update(image=image, status="active")

    def _resized(self, droplet: Record, size: Record, disk: bool) -> None:
        droplet.update(size=size, size_slug=size["slug"], memory=size["memory"], vcpus=size["vcpus"])
        if disk:
            droplet["disk"] = size["disk"]

    def _renamed(self, droplet: Record, name: str) -> None:
        droplet["name"] = name

    def _reached_by_ipv6(self, droplet: Record) -> None:
        if "ipv6" not in droplet["features"]:
            droplet["features"] = [*droplet["features"], "ipv6"]
            self._connect(droplet, False, True)

    def _back_up_from_now_on(self, droplet: Record, policy: BackupPolicy | None) -> None:
        plan = {"plan": "daily", "hour": 4, **(policy or {})}
        weekly = plan["plan"] == "weekly"
        if weekly:
            plan.setdefault("weekday", "SUN")
        self.private(droplet)["policy"] = {
            **plan,
            "window_length_hours": 4,
            "retention_period_days": 28 if weekly else 7,
        }
        if "backups" not in droplet["features"]:
            droplet["features"] = [*droplet["features"], "backups"]

    def _no_more_backups(self, droplet: Record) -> None:
        self.private(droplet).pop("policy", None)
        droplet["features"] = [feature for feature in droplet["features"] if feature != "backups"]

    def back_up(self, droplet: Record) -> Record:
        """Create a backup of a droplet, and return its image.

        :raises ValueError: if backups are disabled
        """
        if "backups" not in droplet["features"]:
            raise ValueError(f"droplet {droplet['name']!r} has no backups: enable them first")
        return self.project.of(DigitalOceanImages).add_copy_of(droplet, "backup", f"{droplet['name']} {self.now}")

    def _destroy(self, droplet: Record) -> None:
        images = self.project.of(DigitalOceanImages)
        for backup in images.of_droplet(droplet, "backup"):
            images.discard(backup)
        self.remove(droplet)

    # Records

    def serialize(self, record: Record) -> Record:
        """Return a droplet in the format of the API."""
        policy = self._policy(record)
        images = self.project.of(DigitalOceanImages)
        return {
            **record,
            "image": dict(record["image"]),
            "size": self.project.of(Sizes).serialize(record["size"]),
            "region": self.project.of(Regions).serialize(record["region"]),
            "backup_ids": [image["id"] for image in images.of_droplet(record, "backup")],
            "snapshot_ids": [image["id"] for image in images.of_droplet(record, "snapshot")],
            "next_backup_window": policy.get("next_backup_window"),
        }

    def _policy(self, droplet: Record) -> Record:
        policy = self.private(droplet).get("policy")
        if policy is None:
            return {"droplet_id": droplet["id"], "backup_enabled": False}
        day = self.now[:10]
        return {
            "droplet_id": droplet["id"],
            "backup_enabled": True,
            "backup_policy": policy,
            "next_backup_window": {
                "start": f"{day}T{policy['hour']:02}:00:00Z",
                "end": f"{day}T{policy['hour'] + 3:02}:59:59Z",
            },
        }

    def _snapshots(self, droplet: Record, image_type: str) -> list[Record]:
        names = ("id", "name", "created_at", "regions", "min_disk_size", "size_gigabytes", "type")
        images = self.project.of(DigitalOceanImages).of_droplet(droplet, image_type)
        return [{name: image[name] for name in names} for image in images]

    def _record(
        self, name: str, size: Record, image: Record, region: Record, volumes: list[str] | None, vpc_uuid: str
    ) -> Record:
        return {
            "id": self.new_id(),
            "name": name,
            "memory": size["memory"],
            "vcpus": size["vcpus"],
            "disk": size["disk"],
            "disk_info": [{"type": "local", "size": {"amount": size["disk"], "unit": "gib"}}],
            "locked": False,
            "status": "new",
            "created_at": self.now,
            "features": [],
            "image": image,
            "volume_ids": volumes or [],
            "size": size,
            "size_slug": size["slug"],
            "networks": {"v4": [], "v6": []},
            "region": region,
            "tags": [],
            "vpc_uuid": vpc_uuid,
        }

    def _connect(self, droplet: Record, ipv4: bool, ipv6: bool) -> None:
        if ipv4:
            interface = self._new_interface()
            droplet["networks"]["v4"].append(
                {
                    "ip_address": str(interface.ip),
                    "netmask": str(interface.netmask),
                    "gateway": str(interface.network[1]),
                    "type": "public",
                }
            )
        if ipv6:
            network = self.project.cloud.new_address("ipv6").partition("/")[0]
            droplet["networks"]["v6"].append(
                {"ip_address": f"{network}1001", "netmask": 64, "gateway": f"{network}1", "type": "public"}
            )

    def _new_interface(self) -> Any:
        """Return an address with its network; it is neither the gateway's nor the broadcast address."""
        while True:
            interface = ip_interface(f"{self.project.cloud.new_address('ipv4')}/20")
            network = interface.network
            if interface.ip not in (network[0], network[1], network[-1]):
                return interface

    # Checks

    def _region(self, prefix: str | None, size: Record, image: Record) -> Record:
        """Return the first suitable region whose slug starts with ``prefix``."""
        regions = [region for region in self.project["regions"] if region["slug"].startswith(prefix or "")]
        if not regions:
            raise invalid("region", "You specified an invalid region for Droplet creation.")
        for region in regions:
            if region["slug"] in size["regions"] and region["slug"] in image["regions"] and region["available"]:
                return region
        raise bad_request("The image or the size is not available in the selected region.")

    def _check_fits(self, image: Record, disk: int) -> None:
        if image["status"] != "available":
            raise bad_request("The image is not available")
        if image["min_disk_size"] > disk:
            raise bad_request("The image needs a larger disk")
