from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from ...core import BaseDomain, Link, Links, Nested, NestedList, Timestamp, record
from ..actions import WaitsForActions
from ..sizes import DiskInfo, GPUInfo
from ..tags import Taggable

if TYPE_CHECKING:
    from ..actions import BoundAction
    from ..images import BoundImage
    from ..regions import BoundRegion
    from ..sizes import BoundSize
    from .client import BoundDroplet

__all__ = [
    "BackupPlan",
    "BackupWindow",
    "CreateDropletResponse",
    "Droplet",
    "DropletActionByTag",
    "DropletBackupPolicy",
    "DropletBackupPolicyRecord",
    "DropletListType",
    "DropletNetworks",
    "DropletSnapshot",
    "DropletStatus",
    "Firewall",
    "FirewallChange",
    "FirewallInboundRule",
    "FirewallOutboundRule",
    "FirewallTarget",
    "Kernel",
    "NetworkV4",
    "NetworkV6",
    "SupportedDropletBackupPolicy",
    "Weekday",
]

BackupPlan = Literal["daily", "weekly"]
DropletActionByTag = Literal[
    "enable_backups", "disable_backups", "power_cycle", "shutdown", "power_off", "power_on", "enable_ipv6", "snapshot"
]
DropletListType = Literal["droplets", "gpus"]
DropletStatus = Literal["new", "active", "off", "archive"]
Weekday = Literal["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


@record
class Kernel(BaseDomain):
    """The kernel of a droplet that does not boot its own."""

    id: int | None = None
    """ID of the kernel."""
    name: str | None = None
    """What it is called."""
    version: str | None = None
    """Its version."""


@record
class BackupWindow(BaseDomain):
    """When a droplet is backed up next."""

    start: Timestamp = Timestamp()
    """Not before."""
    end: Timestamp = Timestamp()
    """Not after."""


@record
class NetworkV4(BaseDomain):
    """How a droplet is reached by IPv4."""

    ip_address: str | None = None
    """Its address."""
    netmask: str | None = None
    """The mask of its network, such as ``255.255.240.0``."""
    gateway: str | None = None
    """The address of its gateway."""
    type: Literal["public", "private"] | None = None
    """Whether it is reached from the internet."""


@record
class NetworkV6(BaseDomain):
    """How a droplet is reached by IPv6."""

    ip_address: str | None = None
    """Its address."""
    netmask: int | None = None
    """The length of its network's prefix."""
    gateway: str | None = None
    """The address of its gateway."""
    type: Literal["public"] | None = None
    """It is reached from the internet."""


@record
class DropletNetworks(BaseDomain):
    """How a droplet is reached."""

    v4: NestedList[list[NetworkV4] | None] = NestedList(NetworkV4)
    """By IPv4."""
    v6: NestedList[list[NetworkV6] | None] = NestedList(NetworkV6)
    """By IPv6."""


@record
class Droplet(Taggable):
    """A virtual machine. See "Droplets" in the API reference."""

    STATUS_NEW: ClassVar[DropletStatus] = "new"
    STATUS_ACTIVE: ClassVar[DropletStatus] = "active"
    STATUS_OFF: ClassVar[DropletStatus] = "off"
    STATUS_ARCHIVE: ClassVar[DropletStatus] = "archive"

    _tagged_as = "droplet"

    id: int | None = None
    """ID of the droplet."""
    name: str | None = None
    """What it is called, a valid hostname."""
    memory: int | None = None
    """Memory in MB."""
    vcpus: int | None = None
    """How many CPUs."""
    disk: int | None = None
    """Size of its disk in GB."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Its disks."""
    locked: bool | None = None
    """Whether it may not be acted on."""
    status: DropletStatus | None = None
    """What it is doing."""
    kernel: Nested[Kernel | None] = Nested(Kernel)
    """The kernel that it boots; None if it boots its own, as all do by now."""
    created_at: Timestamp = Timestamp()
    """When it was created."""
    features: list[str] | None = None
    """What it has, such as ``backups``."""
    backup_ids: list[int] | None = None
    """IDs of the backups that were taken of it."""
    next_backup_window: Nested[BackupWindow | None] = Nested(BackupWindow)
    """When it is backed up next; None if it has no backups."""
    snapshot_ids: list[int] | None = None
    """IDs of the snapshots that were taken of it."""
    image: Link[BoundImage | None] = Link("images", complete="type")
    """The image that its disk was made from."""
    volume_ids: list[str] | None = None
    """IDs of the volumes that are attached to it."""
    size: Link[BoundSize | None] = Link("sizes", complete=True)
    """What it is made of, as that is offered now."""
    size_slug: str | None = None
    """The slug of its size."""
    networks: Nested[DropletNetworks | None] = Nested(DropletNetworks)
    """How it is reached."""
    region: Link[BoundRegion | None] = Link("regions", complete=True)
    """Where it is."""
    tags: list[str] | None = None
    """The names of its tags."""
    vpc_uuid: str | None = None
    """UUID of the private network that it is part of."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """Its GPUs; None if it has none."""
    backups: Links[list[BoundImage] | None] = Links("images", source="backup_ids")
    """The backups that were taken of it."""
    snapshots: Links[list[BoundImage] | None] = Links("images", source="snapshot_ids")
    """The snapshots that were taken of it."""


@record
class DropletSnapshot(BaseDomain):
    """A snapshot or backup, in a list of those of one droplet."""

    id: int | None = None
    """ID of its image."""
    name: str | None = None
    """What it is called."""
    created_at: Timestamp = Timestamp()
    """When it was taken."""
    regions: list[str] | None = None
    """The slugs of the regions that have it."""
    min_disk_size: int | None = None
    """Size of the disk that a droplet needs for it, in GB."""
    size_gigabytes: float | None = None
    """What it takes in storage, in GB."""
    type: Literal["snapshot", "backup"] | None = None
    """Which of both it is."""
    image: Link[BoundImage] = Link("images", source="id")
    """The image that it is."""


@record
class DropletBackupPolicy(BaseDomain):
    """When backups are taken of a droplet."""

    plan: BackupPlan | None = None
    """How often."""
    weekday: Weekday | None = None
    """On which day, if ``weekly``."""
    hour: Literal[0, 4, 8, 12, 16, 20] | None = None
    """From which hour on, UTC."""
    window_length_hours: int | None = None
    """Hours within which it is taken; the API's to say."""
    retention_period_days: int | None = None
    """Days for which it is kept; the API's to say."""


@record
class DropletBackupPolicyRecord(BaseDomain):
    """When backups are taken of which droplet."""

    _key = "policy"

    droplet_id: int | None = None
    """ID of the droplet."""
    backup_enabled: bool | None = None
    """Whether backups are taken of it."""
    backup_policy: Nested[DropletBackupPolicy | None] = Nested(DropletBackupPolicy)
    """When; None if they are not."""
    next_backup_window: Nested[BackupWindow | None] = Nested(BackupWindow)
    """When it is backed up next; None if it is not."""
    droplet: Link[BoundDroplet | None] = Link("droplets", source="droplet_id")
    """The droplet."""


@record
class SupportedDropletBackupPolicy(BaseDomain):
    """A plan that backups can follow."""

    _collection = "supported_policies"

    name: str | None = None
    """Its name, such as ``weekly``."""
    possible_window_starts: list[int] | None = None
    """The hours from which backups can be taken."""
    window_length_hours: int | None = None
    """Hours within which they are taken."""
    retention_period_days: int | None = None
    """Days for which they are kept."""
    possible_days: list[str] | None = None
    """The days on which they can be taken; empty if every day."""


class FirewallChange(TypedDict, total=False):
    """A droplet that a firewall is about to guard, or to guard no longer."""

    droplet_id: int
    removing: bool
    status: str


class FirewallTarget(TypedDict, total=False):
    """Whom a firewall's rule is about."""

    addresses: list[str]
    droplet_ids: list[int]
    load_balancer_uids: list[str]
    kubernetes_ids: list[str]
    tags: list[str] | None


class FirewallInboundRule(TypedDict):
    """Who may reach what."""

    protocol: Literal["tcp", "udp", "icmp"]
    ports: str
    sources: FirewallTarget


class FirewallOutboundRule(TypedDict):
    """What may be reached."""

    protocol: Literal["tcp", "udp", "icmp"]
    ports: str
    destinations: FirewallTarget


@record
class Firewall(BaseDomain):
    """A firewall that guards droplets."""

    id: str | None = None
    """UUID of the firewall."""
    status: Literal["waiting", "succeeded", "failed"] | None = None
    """Whether it is in force."""
    created_at: Timestamp = Timestamp()
    """When it was created."""
    pending_changes: list[FirewallChange] | None = None
    """What is not in force yet."""
    name: str | None = None
    """What it is called."""
    droplet_ids: list[int] | None = None
    """IDs of the droplets that it guards."""
    tags: list[str] | None = None
    """The names of the tags whose droplets it guards."""
    inbound_rules: list[FirewallInboundRule] | None = None
    """Who may reach the droplets."""
    outbound_rules: list[FirewallOutboundRule] | None = None
    """What the droplets may reach."""
    droplets: Links[list[BoundDroplet] | None] = Links("droplets", source="droplet_ids")
    """The droplets that it guards."""


@record
class CreateDropletResponse(BaseDomain, WaitsForActions):
    """New droplets, and the actions that make them."""

    droplet: Link[BoundDroplet] = Link("droplets", complete=True)
    """The droplet, if one was asked for by its name."""
    droplets: Links[list[BoundDroplet]] = Links("droplets", complete=True)
    """The droplets, if they were asked for by a list of names."""
    actions: Links[list[BoundAction]] = Links("actions", source="links.actions")
    """The actions that create them."""
