from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

from ...core import Always, BaseDomain, Field, Identity, Link, Links, Nested, NestedList, Received, Timestamp, record
from ...core.coroutines import class_for
from ...core.fields import bound_model
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
    "AssociatedResource",
    "AssociatedResources",
    "BackupPlan",
    "BackupWindow",
    "CreateDropletResponse",
    "DestroyedResource",
    "DestroyedResources",
    "Droplet",
    "DropletActionByTag",
    "DropletBackupPolicy",
    "DropletBackupPolicyRecord",
    "DropletDestructionStatus",
    "DropletListType",
    "DropletNeighbors",
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
class Kernel(BaseDomain, Received):
    """A kernel provided by DigitalOcean, which only old droplets boot."""

    id: int | None = None
    """ID of the kernel."""
    name: str | None = None
    """Name of the kernel."""
    version: str | None = None
    """Version of the kernel."""


@record
class BackupWindow(BaseDomain, Received):
    """Period in which the next backup of a droplet starts."""

    start: Timestamp[datetime | None] = Timestamp()
    """Start of the period."""
    end: Timestamp[datetime | None] = Timestamp()
    """End of the period."""


@record
class NetworkV4(BaseDomain, Received):
    """IPv4 address of a droplet."""

    ip_address: str | None = None
    """IP address."""
    netmask: str | None = None
    """Netmask, such as ``255.255.240.0``."""
    gateway: str | None = None
    """Address of the gateway."""
    type: Literal["public", "private"] | None = None
    """``public`` if the address is reachable from the internet, else ``private``."""


@record
class NetworkV6(BaseDomain, Received):
    """IPv6 address of a droplet."""

    ip_address: str | None = None
    """IP address."""
    netmask: int | None = None
    """Prefix length of the network."""
    gateway: str | None = None
    """Address of the gateway."""
    type: Literal["public"] | None = None
    """``public``: the address is reachable from the internet."""


@record
class DropletNetworks(BaseDomain, Received):
    """Addresses of a droplet."""

    v4: NestedList[list[NetworkV4] | None] = NestedList(NetworkV4)
    """IPv4 addresses."""
    v6: NestedList[list[NetworkV6] | None] = NestedList(NetworkV6)
    """IPv6 addresses."""


@record
class Droplet(Taggable, shown=("status", "size_slug", "image", "region")):
    """A virtual machine. See "Droplets" in the API reference."""

    STATUS_NEW: ClassVar[Literal["new"]] = "new"
    """Status of a droplet that is being created."""
    STATUS_ACTIVE: ClassVar[Literal["active"]] = "active"
    """Status of a droplet that is powered on."""
    STATUS_OFF: ClassVar[Literal["off"]] = "off"
    """Status of a droplet that is powered off."""
    STATUS_ARCHIVE: ClassVar[Literal["archive"]] = "archive"
    """Status of an archived droplet."""

    _tagged_as = "droplet"

    id: Identity[int] = Identity()
    """ID of the droplet."""
    name: Always[str] = Always()
    """Name of the droplet, a valid hostname."""
    memory: Always[int] = Always()
    """Size of the memory in MB."""
    vcpus: Always[int] = Always()
    """Number of CPUs."""
    disk: Always[int] = Always()
    """Size of the disk in GB."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Disks of the droplet."""
    locked: Always[bool] = Always()
    """True if no actions on the droplet are possible."""
    status: Always[DropletStatus] = Always()
    """Status: ``new``, then ``active`` or ``off``; ``archive`` if the droplet is archived."""
    kernel: Nested[Kernel | None] = Nested(Kernel)
    """Kernel provided by DigitalOcean; None if the droplet boots its own, as all new ones do."""
    created_at: Timestamp[datetime] = Timestamp()
    """Time of creation."""
    features: Always[list[str]] = Always()
    """Enabled features, such as ``backups``."""
    backup_ids: Always[list[int]] = Always()
    """IDs of the backups of the droplet."""
    next_backup_window: Nested[BackupWindow | None] = Nested(BackupWindow)
    """Period of the next backup; None if backups are disabled."""
    snapshot_ids: Always[list[int]] = Always()
    """IDs of the snapshots of the droplet."""
    image: Link[BoundImage] = Link("images", complete="type")
    """Image that the disk was created from."""
    volume_ids: Always[list[str]] = Always()
    """IDs of the attached volumes."""
    size: Link[BoundSize] = Link("sizes", complete=True)
    """Size of the droplet, as currently offered."""
    size_slug: Always[str] = Always()
    """Slug of the size."""
    networks: Nested[DropletNetworks] = Nested(DropletNetworks)
    """Addresses of the droplet."""
    region: Link[BoundRegion] = Link("regions", complete=True)
    """Region of the droplet."""
    tags: Always[list[str]] = Always()
    """Names of the tags."""
    vpc_uuid: str | None = None
    """UUID of the private network."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """GPUs of the droplet; None if it has no GPUs."""
    backups: Links[list[BoundImage]] = Links("images", source="backup_ids")
    """Backups of the droplet."""
    snapshots: Links[list[BoundImage]] = Links("images", source="snapshot_ids")
    """Snapshots of the droplet."""


@record
class DropletSnapshot(BaseDomain, Received, shown=("type", "size_gigabytes", "created_at")):
    """A snapshot or backup of a droplet, as listed for that droplet."""

    id: Identity[int] = Identity()
    """ID of the snapshot and of its image."""
    name: Always[str] = Always()
    """Name of the snapshot."""
    created_at: Timestamp[datetime] = Timestamp()
    """Time of creation."""
    regions: Always[list[str]] = Always()
    """Slugs of the regions in which the snapshot is available."""
    min_disk_size: Always[int] = Always()
    """Minimum disk size of a droplet in GB."""
    size_gigabytes: Always[float] = Always()
    """Storage used, in GB."""
    type: Always[Literal["snapshot", "backup"]] = Always()
    """Type of the image: ``snapshot`` or ``backup``."""
    image: Link[BoundImage] = Link("images", source="id")
    """The same snapshot as an image."""


@record
class DropletBackupPolicy(BaseDomain):
    """Schedule of the backups of a droplet."""

    plan: BackupPlan | None = None
    """Frequency of the backups: ``daily`` or ``weekly``."""
    weekday: Weekday | None = None
    """Day of the backup in a weekly plan: ``SUN``, ``MON``, ``TUE``, ``WED``, ``THU``, ``FRI`` or ``SAT``."""
    hour: Literal[0, 4, 8, 12, 16, 20] | None = None
    """Hour at which the backup window starts, UTC: ``0``, ``4``, ``8``, ``12``, ``16`` or ``20``."""
    window_length_hours: int | None = None
    """Length of the backup window in hours; set by the API."""
    retention_period_days: int | None = None
    """Days after which a backup is deleted; set by the API."""


@record
class DropletBackupPolicyRecord(
    BaseDomain, Received, shown=("droplet_id", "backup_enabled", "backup_policy", "next_backup_window")
):
    """Backup policy of a droplet."""

    _key = "policy"

    droplet_id: int | None = None
    """ID of the droplet."""
    backup_enabled: bool | None = None
    """True if backups are enabled."""
    backup_policy: Nested[DropletBackupPolicy | None] = Nested(DropletBackupPolicy)
    """Schedule of the backups; None if backups are disabled."""
    next_backup_window: Nested[BackupWindow | None] = Nested(BackupWindow)
    """Period of the next backup; None if backups are disabled."""
    droplet: Link[BoundDroplet | None] = Link("droplets", source="droplet_id")
    """The droplet."""


@record
class SupportedDropletBackupPolicy(BaseDomain, Received):
    """A backup plan supported by the API."""

    _collection = "supported_policies"

    name: str | None = None
    """Name of the plan, such as ``weekly``."""
    possible_window_starts: list[int] | None = None
    """Hours at which the backup window can start, UTC."""
    window_length_hours: int | None = None
    """Length of the backup window in hours."""
    retention_period_days: int | None = None
    """Days after which a backup is deleted."""
    possible_days: list[str] | None = None
    """Days of the week to choose from; empty for daily backups."""


class FirewallChange(TypedDict, total=False):
    """Pending addition or removal of a droplet to or from a firewall."""

    droplet_id: int
    """ID of the droplet."""
    removing: bool
    """True if the droplet is removed, false if it is added."""
    status: str
    """Status of the change, such as ``waiting``."""


class FirewallTarget(TypedDict, total=False):
    """Sources or destinations of the traffic that a firewall rule allows."""

    addresses: list[str]
    """IP addresses and networks, in CIDR notation."""
    droplet_ids: list[int]
    """IDs of droplets."""
    load_balancer_uids: list[str]
    """UUIDs of load balancers."""
    kubernetes_ids: list[str]
    """UUIDs of Kubernetes clusters."""
    tags: list[str] | None
    """Names of tags; droplets with one of the tags are meant."""


class FirewallInboundRule(TypedDict):
    """Firewall rule that allows incoming traffic."""

    protocol: Literal["tcp", "udp", "icmp"]
    """Protocol of the traffic: ``tcp``, ``udp`` or ``icmp``."""
    ports: str
    """Port, port range such as ``8000-9000``, or ``0`` for all ports."""
    sources: FirewallTarget
    """Sources of the traffic."""


class FirewallOutboundRule(TypedDict):
    """Firewall rule that allows outgoing traffic."""

    protocol: Literal["tcp", "udp", "icmp"]
    """Protocol of the traffic: ``tcp``, ``udp`` or ``icmp``."""
    ports: str
    """Port, port range such as ``8000-9000``, or ``0`` for all ports."""
    destinations: FirewallTarget
    """Destinations of the traffic."""


@record
class Firewall(BaseDomain, Received, shown=("status", "droplet_ids", "tags")):
    """A firewall for droplets."""

    id: str | None = None
    """UUID of the firewall."""
    status: Literal["waiting", "succeeded", "failed"] | None = None
    """Status: ``waiting``, then ``succeeded`` if the firewall is in effect on all droplets, or ``failed``."""
    created_at: Timestamp[datetime | None] = Timestamp()
    """Time of creation."""
    pending_changes: list[FirewallChange] | None = None
    """Changes not yet in effect."""
    name: str | None = None
    """Name of the firewall."""
    droplet_ids: list[int] | None = None
    """IDs of the droplets with this firewall."""
    tags: list[str] | None = None
    """Names of tags; droplets with one of the tags have this firewall."""
    inbound_rules: list[FirewallInboundRule] | None = None
    """Rules for incoming traffic."""
    outbound_rules: list[FirewallOutboundRule] | None = None
    """Rules for outgoing traffic."""
    droplets: Links[list[BoundDroplet] | None] = Links("droplets", source="droplet_ids")
    """Droplets with this firewall."""


@record
class CreateDropletResponse(BaseDomain, Received, WaitsForActions):
    """New droplets, and the actions that create them."""

    droplet: Link[BoundDroplet] = Link("droplets", complete=True)
    """The new droplet, if ``name`` was a string."""
    droplets: Links[list[BoundDroplet]] = Links("droplets", complete=True)
    """The new droplets, if ``name`` was a list."""
    actions: Links[list[BoundAction]] = Links("actions", source="links.actions")
    """Actions that create the droplets."""

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        return None  # which of the fields the API sends depends on the request


@record
class AssociatedResource(BaseDomain, Received):
    """A resource that can be destroyed together with its droplet."""

    id: str | None = None
    """ID of the resource."""
    name: str | None = None
    """Name of the resource."""
    cost: str | None = None
    """Price of keeping the resource without the droplet, in US dollars a month."""


@record
class AssociatedResources(BaseDomain, Received):
    """Resources that can be destroyed together with their droplet."""

    reserved_ips: NestedList[list[AssociatedResource] | None] = NestedList(AssociatedResource)
    """Reserved IPs of the droplet."""
    floating_ips: NestedList[list[AssociatedResource] | None] = NestedList(AssociatedResource)
    """Reserved IPs of the droplet, under their former name."""
    snapshots: NestedList[list[AssociatedResource] | None] = NestedList(AssociatedResource)
    """Snapshots of the droplet."""
    volumes: NestedList[list[AssociatedResource] | None] = NestedList(AssociatedResource)
    """Attached volumes."""
    volume_snapshots: NestedList[list[AssociatedResource] | None] = NestedList(AssociatedResource)
    """Snapshots of the attached volumes."""


@record
class DestroyedResource(BaseDomain, Received):
    """A resource whose destruction was requested."""

    id: str | None = None
    """ID of the resource."""
    name: str | None = None
    """Name of the resource."""
    destroyed_at: Timestamp[datetime | None] = Timestamp()
    """Time of destruction; None if the resource still exists."""
    error_message: str | None = None
    """Reason for the failure of its destruction."""


@record
class DestroyedResources(BaseDomain, Received):
    """Resources whose destruction was requested together with that of their droplet."""

    reserved_ips: NestedList[list[DestroyedResource] | None] = NestedList(DestroyedResource)
    """Reserved IPs of the droplet."""
    floating_ips: NestedList[list[DestroyedResource] | None] = NestedList(DestroyedResource)
    """Reserved IPs of the droplet, under their former name."""
    snapshots: NestedList[list[DestroyedResource] | None] = NestedList(DestroyedResource)
    """Snapshots of the droplet."""
    volumes: NestedList[list[DestroyedResource] | None] = NestedList(DestroyedResource)
    """Attached volumes."""
    volume_snapshots: NestedList[list[DestroyedResource] | None] = NestedList(DestroyedResource)
    """Snapshots of the attached volumes."""


@record
class DropletDestructionStatus(BaseDomain, Received):
    """Status of the destruction of a droplet and its associated resources."""

    droplet: Nested[DestroyedResource | None] = Nested(DestroyedResource)
    """The droplet."""
    resources: Nested[DestroyedResources | None] = Nested(DestroyedResources)
    """The associated resources."""
    completed_at: Timestamp[datetime | None] = Timestamp()
    """Time of the end; None while the destruction is in progress."""
    failures: int | None = None
    """Number of associated resources that could not be destroyed."""


@record
class DropletNeighbors(BaseDomain, Received):
    """Groups of droplets that are on the same host."""

    neighbor_ids: list[list[int]] | None = None
    """IDs of the droplets of each group; droplets that are alone on their host are in no group."""

    @property
    def groups(self) -> list[list[BoundDroplet]]:
        """Droplets of each group; their fields are fetched together when one is read."""
        model: Any = bound_model(DropletNeighbors.__module__.rsplit(".", 2)[0], "droplets")

        def droplet(identity: int) -> Any:
            if self._client is None:
                return model.model(id=identity)
            linked_class = class_for(self._client, model)
            return linked_class._linked(self._client, {"id": identity}, self._batch, complete=False)

        return [[droplet(identity) for identity in group] for group in self.neighbor_ids or ()]
