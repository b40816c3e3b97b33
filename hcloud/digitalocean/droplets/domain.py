from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

from ...core import BaseDomain, Link, Links, Nested, NestedList, Timestamp, record
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
class Kernel(BaseDomain):
    """A kernel provided by DigitalOcean, which only old droplets boot."""

    id: int | None = None
    """ID of the kernel."""
    name: str | None = None
    """Name of the kernel."""
    version: str | None = None
    """Version of the kernel."""


@record
class BackupWindow(BaseDomain):
    """Period in which the next backup of a droplet starts."""

    start: Timestamp = Timestamp()
    """Start of the period."""
    end: Timestamp = Timestamp()
    """End of the period."""


@record
class NetworkV4(BaseDomain):
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
class NetworkV6(BaseDomain):
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
class DropletNetworks(BaseDomain):
    """Addresses of a droplet."""

    v4: NestedList[list[NetworkV4] | None] = NestedList(NetworkV4)
    """IPv4 addresses."""
    v6: NestedList[list[NetworkV6] | None] = NestedList(NetworkV6)
    """IPv6 addresses."""


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
    """Name of the droplet, a valid hostname."""
    memory: int | None = None
    """Size of the memory in MB."""
    vcpus: int | None = None
    """Number of CPUs."""
    disk: int | None = None
    """Size of the disk in GB."""
    disk_info: NestedList[list[DiskInfo] | None] = NestedList(DiskInfo)
    """Disks of the droplet."""
    locked: bool | None = None
    """True if no actions on the droplet are possible."""
    status: DropletStatus | None = None
    """Status of the droplet."""
    kernel: Nested[Kernel | None] = Nested(Kernel)
    """Kernel provided by DigitalOcean; None if the droplet boots its own, as all new ones do."""
    created_at: Timestamp = Timestamp()
    """Time of creation."""
    features: list[str] | None = None
    """Enabled features, such as ``backups``."""
    backup_ids: list[int] | None = None
    """IDs of the backups of the droplet."""
    next_backup_window: Nested[BackupWindow | None] = Nested(BackupWindow)
    """Period of the next backup; None if backups are disabled."""
    snapshot_ids: list[int] | None = None
    """IDs of the snapshots of the droplet."""
    image: Link[BoundImage | None] = Link("images", complete="type")
    """Image that the disk was created from."""
    volume_ids: list[str] | None = None
    """IDs of the attached volumes."""
    size: Link[BoundSize | None] = Link("sizes", complete=True)
    """Size of the droplet, as currently offered."""
    size_slug: str | None = None
    """Slug of the size."""
    networks: Nested[DropletNetworks | None] = Nested(DropletNetworks)
    """Addresses of the droplet."""
    region: Link[BoundRegion | None] = Link("regions", complete=True)
    """Region of the droplet."""
    tags: list[str] | None = None
    """Names of the tags."""
    vpc_uuid: str | None = None
    """UUID of the private network."""
    gpu_info: Nested[GPUInfo | None] = Nested(GPUInfo)
    """GPUs of the droplet; None if it has no GPUs."""
    backups: Links[list[BoundImage] | None] = Links("images", source="backup_ids")
    """Backups of the droplet."""
    snapshots: Links[list[BoundImage] | None] = Links("images", source="snapshot_ids")
    """Snapshots of the droplet."""


@record
class DropletSnapshot(BaseDomain):
    """A snapshot or backup of a droplet, as listed for that droplet."""

    id: int | None = None
    """ID of the snapshot and of its image."""
    name: str | None = None
    """Name of the snapshot."""
    created_at: Timestamp = Timestamp()
    """Time of creation."""
    regions: list[str] | None = None
    """Slugs of the regions in which the snapshot is available."""
    min_disk_size: int | None = None
    """Minimum disk size of a droplet in GB."""
    size_gigabytes: float | None = None
    """Storage used, in GB."""
    type: Literal["snapshot", "backup"] | None = None
    """Type of the image: ``snapshot`` or ``backup``."""
    image: Link[BoundImage] = Link("images", source="id")
    """The same snapshot as an image."""


@record
class DropletBackupPolicy(BaseDomain):
    """Schedule of the backups of a droplet."""

    plan: BackupPlan | None = None
    """Frequency of the backups."""
    weekday: Weekday | None = None
    """Day of the week, for the plan ``weekly``."""
    hour: Literal[0, 4, 8, 12, 16, 20] | None = None
    """Hour at which the backup window starts, UTC."""
    window_length_hours: int | None = None
    """Length of the backup window in hours; set by the API."""
    retention_period_days: int | None = None
    """Days after which a backup is deleted; set by the API."""


@record
class DropletBackupPolicyRecord(BaseDomain):
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
class SupportedDropletBackupPolicy(BaseDomain):
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
    removing: bool
    status: str


class FirewallTarget(TypedDict, total=False):
    """Sources or destinations of the traffic that a firewall rule allows."""

    addresses: list[str]
    droplet_ids: list[int]
    load_balancer_uids: list[str]
    kubernetes_ids: list[str]
    tags: list[str] | None


class FirewallInboundRule(TypedDict):
    """Firewall rule that allows incoming traffic."""

    protocol: Literal["tcp", "udp", "icmp"]
    ports: str
    sources: FirewallTarget


class FirewallOutboundRule(TypedDict):
    """Firewall rule that allows outgoing traffic."""

    protocol: Literal["tcp", "udp", "icmp"]
    ports: str
    destinations: FirewallTarget


@record
class Firewall(BaseDomain):
    """A firewall for droplets."""

    id: str | None = None
    """UUID of the firewall."""
    status: Literal["waiting", "succeeded", "failed"] | None = None
    """Status: ``succeeded`` if the firewall is in effect on all droplets."""
    created_at: Timestamp = Timestamp()
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
class CreateDropletResponse(BaseDomain, WaitsForActions):
    """New droplets, and the actions that create them."""

    droplet: Link[BoundDroplet] = Link("droplets", complete=True)
    """The new droplet, if ``name`` was a string."""
    droplets: Links[list[BoundDroplet]] = Links("droplets", complete=True)
    """The new droplets, if ``name`` was a list."""
    actions: Links[list[BoundAction]] = Links("actions", source="links.actions")
    """Actions that create the droplets."""


@record
class AssociatedResource(BaseDomain):
    """A resource that can be destroyed together with its droplet."""

    id: str | None = None
    """ID of the resource."""
    name: str | None = None
    """Name of the resource."""
    cost: str | None = None
    """Price of keeping the resource without the droplet, in US dollars a month."""


@record
class AssociatedResources(BaseDomain):
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
class DestroyedResource(BaseDomain):
    """A resource whose destruction was requested."""

    id: str | None = None
    """ID of the resource."""
    name: str | None = None
    """Name of the resource."""
    destroyed_at: Timestamp = Timestamp()
    """Time of destruction; None if the resource still exists."""
    error_message: str | None = None
    """Reason for the failure of its destruction."""


@record
class DestroyedResources(BaseDomain):
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
class DropletDestructionStatus(BaseDomain):
    """Status of the destruction of a droplet and its associated resources."""

    droplet: Nested[DestroyedResource | None] = Nested(DestroyedResource)
    """The droplet."""
    resources: Nested[DestroyedResources | None] = Nested(DestroyedResources)
    """The associated resources."""
    completed_at: Timestamp = Timestamp()
    """Time of the end; None while the destruction is in progress."""
    failures: int | None = None
    """Number of associated resources that could not be destroyed."""


@record
class DropletNeighbors(BaseDomain):
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
            return model._linked(self._client, {"id": identity}, self._batch, complete=False)

        return [[droplet(identity) for identity in group] for group in self.neighbor_ids or ()]
