from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ...core import Meta, bound, endpoint, every_item, every_page, instead
from ..actions import ActionsPageResult, BoundAction, HasActions, action
from ..tags import HasTags
from .domain import (
    CreateDropletResponse,
    Droplet,
    DropletActionByTag,
    DropletBackupPolicy,
    DropletBackupPolicyRecord,
    DropletListType,
    DropletSnapshot,
    Firewall,
    Kernel,
    SupportedDropletBackupPolicy,
)

if TYPE_CHECKING:
    from ..images import Image
    from ..regions import Region, RegionSlug
    from ..sizes import Size

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
    """The virtual machines of an account."""

    _base_url = "/droplets"

    @endpoint("GET /droplets/{id}")
    def get_by_id(self, id: int) -> BoundDroplet:
        """Return a droplet.

        :param id: ID of the droplet
        """

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

        :param tag_name: Only those with this tag.
        :param type: Only those with or without GPUs; without them by default.
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
        ssh_keys: list[int | str] | None = None,
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
        """Create a droplet, or several alike.

        :param name: its name, a valid hostname; a list of names makes as many droplets, ten at most
        :param size: what it is made of, also by slug
        :param image: what its disk is made from, also by ID or slug
        :param region: where to create it, also by slug or the beginning of one; anywhere by default
        :param ssh_keys: who may log in: IDs or fingerprints of SSH keys
        :param backups: whether to take backups of it
        :param backup_policy: when to take them; daily by default
        :param ipv6: whether it has an IPv6 address
        :param monitoring: whether to watch it by an agent
        :param tags: the names of its tags
        :param user_data: what Cloud-Init gets, 64 KiB at most
        :param private_networking: retired: every droplet is part of a private network
        :param volumes: IDs of volumes to attach
        :param vpc_uuid: UUID of the private network to be part of; the region's own by default
        :param with_droplet_agent: whether to install the agent of the console; where it can be by default
        :param public_networking: whether it has a public address
        """
        return instead(name=None, names=name) if isinstance(name, list) else instead()

    @endpoint("DELETE /droplets/{droplet.id}")
    def delete(self, droplet: Droplet) -> bool:
        """Destroy the droplet, and its backups with it."""

    @endpoint("DELETE /droplets")
    def delete_by_tag(self, tag_name: str) -> bool:
        """Destroy all droplets with a tag.

        :param tag_name: name of the tag
        """

    @endpoint("GET /droplets/{droplet.id}/backups")
    def get_backups_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> DropletBackupsPageResult:
        """Return a page of the backups that were taken of the droplet."""

    @every_page(get_backups_list)
    def get_backups(self, droplet: Droplet, *, per_page: int | None = None) -> list[DropletSnapshot]: ...

    @endpoint("GET /droplets/{droplet.id}/snapshots")
    def get_snapshots_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> DropletSnapshotsPageResult:
        """Return a page of the snapshots that were taken of the droplet."""

    @every_page(get_snapshots_list)
    def get_snapshots(self, droplet: Droplet, *, per_page: int | None = None) -> list[DropletSnapshot]: ...

    @endpoint("GET /droplets/{droplet.id}/backups/policy")
    def get_backup_policy(self, droplet: Droplet) -> DropletBackupPolicyRecord:
        """Return when backups are taken of the droplet."""

    @endpoint("GET /droplets/backups/policies")
    def get_backup_policies_list(
        self, page: int | None = None, per_page: int | None = None
    ) -> BackupPoliciesPageResult:
        """Return a page of what says when backups are taken of which droplet."""

    @every_page(get_backup_policies_list)
    def get_backup_policies(self, *, per_page: int | None = None) -> list[DropletBackupPolicyRecord]: ...

    @endpoint("GET /droplets/backups/supported_policies")
    def get_supported_backup_policies(self) -> list[SupportedDropletBackupPolicy]:
        """Return the plans that backups can follow."""

    @endpoint("GET /droplets/{droplet.id}/kernels")
    def get_kernels_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> KernelsPageResult:
        """Return a page of the kernels that the droplet can boot."""

    @every_page(get_kernels_list)
    def get_kernels(self, droplet: Droplet, *, per_page: int | None = None) -> list[Kernel]: ...

    @endpoint("GET /droplets/{droplet.id}/firewalls")
    def get_firewalls_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> FirewallsPageResult:
        """Return a page of the firewalls that guard the droplet."""

    @every_page(get_firewalls_list)
    def get_firewalls(self, droplet: Droplet, *, per_page: int | None = None) -> list[Firewall]: ...

    @endpoint("GET /droplets/{droplet.id}/neighbors")
    def get_neighbors(self, droplet: Droplet) -> list[BoundDroplet]:
        """Return the account's droplets that run on the same host."""

    @endpoint("GET /droplets/{droplet.id}/actions")
    def get_actions_list(
        self, droplet: Droplet, page: int | None = None, per_page: int | None = None
    ) -> ActionsPageResult:
        """Return a page of the actions on the droplet, the latest first."""

    @endpoint("POST /droplets/actions?tag_name={tag_name}")
    def act_by_tag(self, tag_name: str, type: DropletActionByTag, name: str | None = None) -> list[BoundAction]:
        """Start the same action on all droplets with a tag.

        :param tag_name: name of the tag
        :param type: what to do
        :param name: what to call the snapshots
        """

    @action
    def enable_backups(self, droplet: Droplet, backup_policy: DropletBackupPolicy | None = None) -> BoundAction:
        """Have backups taken of the droplet.

        :param backup_policy: when; daily by default
        """

    @action
    def disable_backups(self, droplet: Droplet) -> BoundAction:
        """Have no more backups taken of the droplet."""

    @action
    def change_backup_policy(self, droplet: Droplet, backup_policy: DropletBackupPolicy) -> BoundAction:
        """Change when backups are taken of the droplet.

        :param backup_policy: when
        """

    @action
    def reboot(self, droplet: Droplet) -> BoundAction:
        """Ask the droplet's system to restart."""

    @action
    def power_cycle(self, droplet: Droplet) -> BoundAction:
        """Cut the droplet's power and start it again, at the risk of losing data."""

    @action
    def shutdown(self, droplet: Droplet) -> BoundAction:
        """Ask the droplet's system to stop."""

    @action
    def power_off(self, droplet: Droplet) -> BoundAction:
        """Cut the droplet's power, at the risk of losing data."""

    @action
    def power_on(self, droplet: Droplet) -> BoundAction:
        """Start the droplet."""

    @action
    def restore(self, droplet: Droplet, image: Image | int) -> BoundAction:
        """Overwrite the droplet's disk with a backup that was taken of it.

        :param image: the backup, also by ID
        """

    @action
    def password_reset(self, droplet: Droplet) -> BoundAction:
        """Set a new root password, which its owner gets by mail."""

    @action
    def resize(self, droplet: Droplet, size: Size | str, disk: bool | None = None) -> BoundAction:
        """Move the droplet, which must be off, to another size.

        :param size: the new size, also by slug
        :param disk: whether to grow the disk, too; there is no way back then
        """

    @action
    def rebuild(self, droplet: Droplet, image: Image | int | str) -> BoundAction:
        """Overwrite the droplet's disk with an image.

        :param image: the image, also by ID or slug
        """

    @action
    def rename(self, droplet: Droplet, name: str) -> BoundAction:
        """Give the droplet another name.

        :param name: its new name
        """

    @action
    def change_kernel(self, droplet: Droplet, kernel: Kernel | int) -> BoundAction:
        """Have the droplet boot another kernel.

        :param kernel: one of its kernels, also by ID
        """

    @action
    def enable_ipv6(self, droplet: Droplet) -> BoundAction:
        """Give the droplet an IPv6 address."""

    @action
    def snapshot(self, droplet: Droplet, name: str | None = None) -> BoundAction:
        """Take a snapshot of the droplet's disk, best while it is off.

        :param name: what to call it; the droplet's name and the time by default
        """


class BoundDroplet(HasTags[Droplet], Droplet, collection="droplets", key="droplet"):
    delete: Final = bound(DropletsClient.delete)
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
