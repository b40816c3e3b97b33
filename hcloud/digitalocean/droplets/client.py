from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..._exceptions import InvalidArgumentError
from ...core import BaseDomain, Meta, bound, endpoint, every_item, every_page, instead
from ..actions import ActionsPageResult, BoundAction, HasActions, action
from ..tags import HasTags
from .domain import (
    AssociatedResource,
    AssociatedResources,
    CreateDropletResponse,
    Droplet,
    DropletActionByTag,
    DropletBackupPolicy,
    DropletBackupPolicyRecord,
    DropletDestructionStatus,
    DropletListType,
    DropletNeighbors,
    DropletSnapshot,
    Firewall,
    Kernel,
    SupportedDropletBackupPolicy,
)

if TYPE_CHECKING:
    from ..images import Image
    from ..regions import Region, RegionSlug
    from ..sizes import Size
    from ..snapshots import Snapshot
    from ..ssh_keys import SSHKey

__all__ = [
    "BackupPoliciesPageResult",
    "BoundDroplet",
    "DropletBackupsPageResult",
    "DropletSnapshotsPageResult",
    "DropletsClient",
    "DropletsPageResult",
    "FirewallsPageResult",
    "KernelsPageResult",
]


class DropletsPageResult(NamedTuple):
    droplets: list[BoundDroplet]
    meta: Meta


class DropletBackupsPageResult(NamedTuple):
    backups: list[DropletSnapshot]
    meta: Meta


class DropletSnapshotsPageResult(NamedTuple):
    snapshots: list[DropletSnapshot]
    meta: Meta


class BackupPoliciesPageResult(NamedTuple):
    policies: list[DropletBackupPolicyRecord]
    meta: Meta


class KernelsPageResult(NamedTuple):
    kernels: list[Kernel]
    meta: Meta


class FirewallsPageResult(NamedTuple):
    firewalls: list[Firewall]
    meta: Meta


class DropletsClient(HasActions):
    """Droplets of an account."""

    _base_url = "/droplets"

    @endpoint("GET /droplets/{id}")
    def get_by_id(self, id: int) -> BoundDroplet:
        """Return a droplet."""

    @endpoint("GET /droplets")
    def get_list(
        self,
        name: str | None = None,
        tag_name: str | None = None,
        type: DropletListType | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> DropletsPageResult:
        """Return a page of droplets.

        :param name: Only droplets with this name, in any case; it can't be combined with ``tag_name``
        :param tag_name: Only droplets with this tag
        :param type: Only droplets without GPUs (``droplets``, the default) or with GPUs (``gpus``)
        """

    @every_page(get_list)
    def get_all(
        self,
        name: str | None = None,
        tag_name: str | None = None,
        type: DropletListType | None = None,
        *,
        per_page: int | None = None,
    ) -> list[BoundDroplet]: ...

    iter: Final = every_item(get_all)

    @endpoint("POST /droplets")
    def create(
        self,
        name: str | list[str],
        size: Size | str,
        image: Image | int | str,
        region: Region | RegionSlug | None = None,
        *,
        ssh_keys: Sequence[SSHKey | int | str] | None = None,
        backups: bool | None = None,
        backup_policy: DropletBackupPolicy | None = None,
        ipv6: bool | None = None,
        monitoring: bool | None = None,
        tags: list[str] | None = None,
        user_data: str | None = None,
        private_networking: bool | None = None,
        volumes: list[str] | None = None,
        vpc_uuid: str | None = None,
        with_droplet_agent: bool | None = None,
        public_networking: bool | None = None,
    ) -> CreateDropletResponse:
        """Create one droplet, or several of the same configuration.

        :param name: Name of the new droplet, a valid hostname, or a list of up to ten names, to create several droplets
        :param size: Size of the droplet, or its slug
        :param image: Image for its disk, or the ID or slug of the image
        :param region: Region to create it in, or the slug of the region, or a prefix of the slug; any region by default
        :param ssh_keys: SSH keys with access, or their IDs or fingerprints
        :param backups: If true, create backups regularly
        :param backup_policy: Schedule of the backups; daily by default
        :param ipv6: If true, assign an IPv6 address
        :param monitoring: If true, install the monitoring agent
        :param tags: Names of tags
        :param user_data: User data for cloud-init, at most 64 KiB
        :param private_networking: Deprecated and without effect: all droplets are in a private network
        :param volumes: IDs of volumes to attach
        :param vpc_uuid: UUID of the private network; the default network of the region by default
        :param with_droplet_agent: If true, install the agent of the web console; by default on images that support it
        :param public_networking: If true, assign a public address
        """
        return instead(name=None, names=name) if isinstance(name, list) else instead()

    @endpoint("DELETE /droplets/{droplet.id}")
    def delete(self, droplet: Droplet) -> bool:
        """Delete the droplet and its backups."""

    @endpoint("DELETE /droplets")
    def delete_by_tag(self, tag_name: str) -> bool:
        """Delete all droplets with a tag.

        :param tag_name: Name of the tag
        """

    @endpoint("GET /droplets/{droplet.id}/destroy_with_associated_resources")
    def get_associated_resources(self, droplet: Droplet) -> AssociatedResources:
        """Return the resources that would remain, and cost money, if only the droplet was deleted."""

    @endpoint("DELETE /droplets/{droplet.id}/destroy_with_associated_resources/selective", body={})
    def destroy_with_resources(
        self,
        droplet: Droplet,
        *,
        snapshots: Sequence[Image | Snapshot | DropletSnapshot | AssociatedResource | int | str] | None = None,
        volumes: Sequence[AssociatedResource | str] | None = None,
        volume_snapshots: Sequence[Snapshot | AssociatedResource | str] | None = None,
        reserved_ips: Sequence[AssociatedResource | str] | None = None,
    ) -> bool:
        """Start the destruction of the droplet and some of its associated resources; all others remain.

        See :meth:`get_destruction_status` for the result.

        :param snapshots: Snapshots of the droplet, or their IDs
        :param volumes: Attached volumes, or their IDs
        :param volume_snapshots: Snapshots of the attached volumes, or their IDs
        :param reserved_ips: Reserved IPs of the droplet, or their IDs
        """
        return instead(
            snapshots=_ids("snapshots", snapshots),
            volumes=_ids("volumes", volumes),
            volume_snapshots=_ids("volume_snapshots", volume_snapshots),
            reserved_ips=_ids("reserved_ips", reserved_ips),
        )

    @endpoint(
        "DELETE /droplets/{droplet.id}/destroy_with_associated_resources/dangerous", headers={"X-Dangerous": "true"}
    )
    def destroy_with_all_resources(self, droplet: Droplet) -> bool:
        """Start the destruction of the droplet and all of its associated resources, which can't be undone.

        See :meth:`get_associated_resources` for these resources, and :meth:`get_destruction_status` for the result.
        """

    @endpoint("GET /droplets/{droplet.id}/destroy_with_associated_resources/status")
    def get_destruction_status(self, droplet: Droplet) -> DropletDestructionStatus:
        """Return the status of the destruction of the droplet and its associated resources.

        :raises NotFoundError: if no such destruction was requested
        """

    @endpoint("POST /droplets/{droplet.id}/destroy_with_associated_resources/retry")
    def retry_destruction(self, droplet: Droplet) -> bool:
        """Try again to destroy the associated resources that could not be destroyed.

        :raises ConflictError: if the destruction is still in progress
        """

    @endpoint("GET /droplets/{droplet.id}/backups")
    def get_backups_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> DropletBackupsPageResult:
        """Return a page of the backups of the droplet."""

    @every_page(get_backups_list)
    def get_backups(self, droplet: Droplet, *, per_page: int | None = None) -> list[DropletSnapshot]: ...

    @endpoint("GET /droplets/{droplet.id}/snapshots")
    def get_snapshots_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> DropletSnapshotsPageResult:
        """Return a page of the snapshots of the droplet."""

    @every_page(get_snapshots_list)
    def get_snapshots(self, droplet: Droplet, *, per_page: int | None = None) -> list[DropletSnapshot]: ...

    @endpoint("GET /droplets/{droplet.id}/backups/policy")
    def get_backup_policy(self, droplet: Droplet) -> DropletBackupPolicyRecord:
        """Return the backup policy of the droplet."""

    @endpoint("GET /droplets/backups/policies")
    def get_backup_policies_list(
        self, page: int | None = None, per_page: int | None = None
    ) -> BackupPoliciesPageResult:
        """Return a page of the backup policies of all droplets."""

    @every_page(get_backup_policies_list)
    def get_backup_policies(self, *, per_page: int | None = None) -> list[DropletBackupPolicyRecord]: ...

    @endpoint("GET /droplets/backups/supported_policies")
    def get_supported_backup_policies(self) -> list[SupportedDropletBackupPolicy]:
        """Return the backup plans that the API supports."""

    @endpoint("GET /droplets/{droplet.id}/kernels")
    def get_kernels_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> KernelsPageResult:
        """Return a page of the kernels available to the droplet."""

    @every_page(get_kernels_list)
    def get_kernels(self, droplet: Droplet, *, per_page: int | None = None) -> list[Kernel]: ...

    @endpoint("GET /droplets/{droplet.id}/firewalls")
    def get_firewalls_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> FirewallsPageResult:
        """Return a page of the firewalls of the droplet."""

    @every_page(get_firewalls_list)
    def get_firewalls(self, droplet: Droplet, *, per_page: int | None = None) -> list[Firewall]: ...

    @endpoint("GET /droplets/{droplet.id}/neighbors")
    def get_neighbors(self, droplet: Droplet) -> list[BoundDroplet]:
        """Return the droplets of the account on the same host."""

    @endpoint("GET /reports/droplet_neighbors_ids")
    def get_neighbors_report(self) -> DropletNeighbors:
        """Return the groups of droplets of the account that are on the same host."""

    @endpoint("GET /droplets/{droplet.id}/actions")
    def get_actions_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> ActionsPageResult:
        """Return a page of the actions on the droplet, latest first."""

    @endpoint("POST /droplets/actions?tag_name={tag_name}")
    def act_by_tag(self, tag_name: str, type: DropletActionByTag, name: str | None = None) -> list[BoundAction]:
        """Start the same action on all droplets with a tag.

        :param tag_name: Name of the tag
        :param type: Type of the action
        :param name: Name of the snapshots, for the type ``snapshot``
        """

    @action
    def enable_backups(self, droplet: Droplet, backup_policy: DropletBackupPolicy | None = None) -> BoundAction:
        """Enable backups of the droplet.

        :param backup_policy: Schedule of the backups; daily by default
        """

    @action
    def disable_backups(self, droplet: Droplet) -> BoundAction:
        """Disable backups of the droplet."""

    @action
    def change_backup_policy(self, droplet: Droplet, backup_policy: DropletBackupPolicy) -> BoundAction:
        """Change the schedule of the droplet's backups.

        :param backup_policy: New schedule
        """

    @action
    def reboot(self, droplet: Droplet) -> BoundAction:
        """Reboot the operating system of the droplet."""

    @action
    def power_cycle(self, droplet: Droplet) -> BoundAction:
        """Turn the droplet off and on again without a shutdown; unsaved data is lost."""

    @action
    def shutdown(self, droplet: Droplet) -> BoundAction:
        """Shut down the operating system of the droplet."""

    @action
    def power_off(self, droplet: Droplet) -> BoundAction:
        """Turn the droplet off without a shutdown; unsaved data is lost."""

    @action
    def power_on(self, droplet: Droplet) -> BoundAction:
        """Turn the droplet on."""

    @action
    def restore(self, droplet: Droplet, image: Image | int) -> BoundAction:
        """Restore the droplet from one of its backups, which overwrites its disk.

        :param image: The backup, or its ID
        """

    @action
    def password_reset(self, droplet: Droplet) -> BoundAction:
        """Reset the root password; the API sends the new one by e-mail."""

    @action
    def resize(self, droplet: Droplet, size: Size | str, disk: bool | None = None) -> BoundAction:
        """Change the size of the droplet, which must be off.

        :param size: New size, or its slug
        :param disk: If true, also enlarge the disk, which can't be undone
        """

    @action
    def rebuild(self, droplet: Droplet, image: Image | int | str) -> BoundAction:
        """Rebuild the droplet from an image, which overwrites its disk.

        :param image: The image, or its ID or slug
        """

    @action
    def rename(self, droplet: Droplet, name: str) -> BoundAction:
        """Change the name of the droplet.

        :param name: New name, a valid hostname
        """

    @action
    def change_kernel(self, droplet: Droplet, kernel: Kernel | int) -> BoundAction:
        """Change the kernel of the droplet.

        :param kernel: One of the available kernels, or its ID
        """

    @action
    def enable_ipv6(self, droplet: Droplet) -> BoundAction:
        """Assign an IPv6 address to the droplet."""

    @action
    def snapshot(self, droplet: Droplet, name: str | None = None) -> BoundAction:
        """Create a snapshot of the droplet's disk, preferably while the droplet is off.

        :param name: Name of the snapshot; the droplet's name and the current time by default
        """


def _ids(name: str, resources: Sequence[Any] | None) -> list[str] | None:
    """Return the IDs of resources as the API expects them: as strings."""
    if resources is None:
        return None
    ids = [resource._identity() if isinstance(resource, BaseDomain) else resource for resource in resources]
    if isinstance(resources, str) or None in ids:
        raise InvalidArgumentError(f"{name} must be a list of resources with IDs, or of IDs, not {resources!r}")
    return [str(identity) for identity in ids]


class BoundDroplet(HasTags[Droplet], Droplet, collection="droplets", key="droplet"):
    delete: Final = bound(DropletsClient.delete)
    get_associated_resources: Final = bound(DropletsClient.get_associated_resources)
    destroy_with_resources: Final = bound(DropletsClient.destroy_with_resources)
    destroy_with_all_resources: Final = bound(DropletsClient.destroy_with_all_resources)
    get_destruction_status: Final = bound(DropletsClient.get_destruction_status)
    retry_destruction: Final = bound(DropletsClient.retry_destruction)
    get_backups_list: Final = bound(DropletsClient.get_backups_list)
    get_backups: Final = bound(DropletsClient.get_backups)
    get_snapshots_list: Final = bound(DropletsClient.get_snapshots_list)
    get_snapshots: Final = bound(DropletsClient.get_snapshots)
    get_backup_policy: Final = bound(DropletsClient.get_backup_policy)
    get_kernels_list: Final = bound(DropletsClient.get_kernels_list)
    get_kernels: Final = bound(DropletsClient.get_kernels)
    get_firewalls_list: Final = bound(DropletsClient.get_firewalls_list)
    get_firewalls: Final = bound(DropletsClient.get_firewalls)
    get_neighbors: Final = bound(DropletsClient.get_neighbors)
    get_action: Final = bound(DropletsClient.get_action)
    get_actions_list: Final = bound(DropletsClient.get_actions_list)
    get_actions: Final = bound(DropletsClient.get_actions)
    iter_actions: Final = bound(DropletsClient.iter_actions)
    enable_backups: Final = bound(DropletsClient.enable_backups)
    disable_backups: Final = bound(DropletsClient.disable_backups)
    change_backup_policy: Final = bound(DropletsClient.change_backup_policy)
    reboot: Final = bound(DropletsClient.reboot)
    power_cycle: Final = bound(DropletsClient.power_cycle)
    shutdown: Final = bound(DropletsClient.shutdown)
    power_off: Final = bound(DropletsClient.power_off)
    power_on: Final = bound(DropletsClient.power_on)
    restore: Final = bound(DropletsClient.restore)
    password_reset: Final = bound(DropletsClient.password_reset)
    resize: Final = bound(DropletsClient.resize)
    rebuild: Final = bound(DropletsClient.rebuild)
    rename: Final = bound(DropletsClient.rename)
    change_kernel: Final = bound(DropletsClient.change_kernel)
    enable_ipv6: Final = bound(DropletsClient.enable_ipv6)
    snapshot: Final = bound(DropletsClient.snapshot)
