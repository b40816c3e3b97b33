from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page, instead
from ..core.fields import with_time
from ..images.domain import CreateImageResponse
from .domain import (
    CreateServerResponse,
    EnableRescueResponse,
    GetMetricsResponse,
    MetricsType,
    RebuildResponse,
    RequestConsoleResponse,
    ResetPasswordResponse,
    Server,
    ServerCreatePublicNetwork,
    ServerSort,
    ServerStatus,
)

if TYPE_CHECKING:
    from ..firewalls import Firewall
    from ..images import Image
    from ..isos import Iso
    from ..locations import Location
    from ..networks import Network
    from ..placement_groups import PlacementGroup
    from ..server_types import ServerType
    from ..ssh_keys import SSHKey
    from ..volumes import Volume

__all__ = ["BoundServer", "ServersClient", "ServersPageResult"]


class ServersPageResult(NamedTuple):
    servers: list[BoundServer]
    meta: Meta


class ServersClient(HasActions, HasNames["BoundServer"]):
    """The servers of a project."""

    _base_url = "/servers"

    @endpoint("GET /servers")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        status: Sequence[ServerStatus] | None = None,
        *,
        sort: Sequence[ServerSort] | None = None,
    ) -> ServersPageResult:
        """Return a page of servers."""

    @every_page(get_list)
    def get_all(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        status: Sequence[ServerStatus] | None = None,
        *,
        sort: Sequence[ServerSort] | None = None,
        per_page: int | None = None,
    ) -> list[BoundServer]: ...

    @endpoint("POST /servers")
    def create(
        self,
        name: str,
        server_type: ServerType,
        image: Image,
        ssh_keys: Sequence[SSHKey] | None = None,
        volumes: Sequence[Volume] | None = None,
        firewalls: Sequence[Firewall] | None = None,
        networks: Sequence[Network] | None = None,
        user_data: str | None = None,
        labels: dict[str, str] | None = None,
        location: Location | None = None,
        start_after_create: bool | None = True,
        automount: bool | None = None,
        placement_group: PlacementGroup | None = None,
        public_net: ServerCreatePublicNetwork | None = None,
    ) -> CreateServerResponse:
        """Create a server.

        :param name: its name, unique in the project and a valid hostname
        :param image: what its disk is made from, by ID or name
        :param ssh_keys: who may log in; without any, the response has a root password
        :param volumes: volumes to attach
        :param firewalls: firewalls to guard it
        :param networks: networks to be part of
        :param user_data: what Cloud-Init gets, 32 KiB at most
        :param start_after_create: whether to start it
        :param automount: whether to mount the volumes
        :param placement_group: the placement group to be in
        :param public_net: how it shall be reached from the internet
        """
        return instead(firewalls=[{"firewall": firewall} for firewall in firewalls] if firewalls is not None else None)

    @endpoint("GET /servers/{server.id}/actions")
    def get_actions_list(
        self,
        server: Server,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the server."""

    @every_page(get_actions_list)
    def get_actions(
        self,
        server: Server,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        per_page: int | None = None,
    ) -> list[BoundAction]: ...

    @endpoint("PUT /servers/{server.id}")
    def update(self, server: Server, name: str | None = None, labels: dict[str, str] | None = None) -> BoundServer:
        """Change the server's name or labels."""

    @endpoint("GET /servers/{server.id}/metrics")
    def get_metrics(
        self,
        server: Server,
        type: MetricsType | Sequence[MetricsType],
        start: datetime | str,
        end: datetime | str,
        step: float | None = None,
    ) -> GetMetricsResponse:
        """Return what was measured of the server.

        :param type: what to return
        """
        types = type if isinstance(type, str) else ",".join(type)
        return instead(type=types, start=with_time(start), end=with_time(end))

    @endpoint("DELETE /servers/{server.id}")
    def delete(self, server: Server) -> BoundAction:
        """Delete the server, and its backups with it."""

    @endpoint("POST /servers/{server.id}/actions/poweroff")
    def power_off(self, server: Server) -> BoundAction:
        """Cut the server's power, at the risk of losing data; :meth:`shutdown` asks its system to stop."""

    @endpoint("POST /servers/{server.id}/actions/poweron")
    def power_on(self, server: Server) -> BoundAction:
        """Start the server."""

    @endpoint("POST /servers/{server.id}/actions/reboot")
    def reboot(self, server: Server) -> BoundAction:
        """Ask the server's system to restart, by ACPI."""

    @endpoint("POST /servers/{server.id}/actions/reset")
    def reset(self, server: Server) -> BoundAction:
        """Cut the server's power and start it again, at the risk of losing data."""

    @endpoint("POST /servers/{server.id}/actions/shutdown")
    def shutdown(self, server: Server) -> BoundAction:
        """Ask the server's system to stop, by ACPI; the action does not wait until it did."""

    @endpoint("POST /servers/{server.id}/actions/reset_password")
    def reset_password(self, server: Server) -> ResetPasswordResponse:
        """Set a new root password; the server must be running its guest agent."""

    @endpoint("POST /servers/{server.id}/actions/change_type")
    def change_type(self, server: Server, server_type: ServerType, upgrade_disk: bool) -> BoundAction:
        """Move the server, which must be off, to another type.

        :param upgrade_disk: whether to grow the disk, too; there is no way back to a type with a smaller one then
        """

    @endpoint("POST /servers/{server.id}/actions/enable_rescue")
    def enable_rescue(
        self,
        server: Server,
        type: Literal["linux64"] | None = None,
        ssh_keys: Sequence[SSHKey] | list[int] | list[str] | None = None,
    ) -> EnableRescueResponse:
        """Let the server boot into the rescue system next.

        :param type: which rescue system, ``linux64`` by default
        :param ssh_keys: who may log in to it, besides the password; keys or their IDs
        """

    @endpoint("POST /servers/{server.id}/actions/disable_rescue")
    def disable_rescue(self, server: Server) -> BoundAction:
        """Let the server boot from its disk next."""

    @endpoint("POST /servers/{server.id}/actions/create_image")
    def create_image(
        self,
        server: Server,
        description: str | None = None,
        type: Literal["snapshot", "backup"] | None = None,
        labels: dict[str, str] | None = None,
    ) -> CreateImageResponse:
        """Take an image of the server's disk.

        :param type: ``snapshot`` by default; ``backup`` needs backups to be enabled, and makes room for itself
        """

    @endpoint("POST /servers/{server.id}/actions/rebuild")
    def rebuild(self, server: Server, image: Image, user_data: str | None = None, **kwargs: Any) -> RebuildResponse:
        """Overwrite the server's disk with an image.

        :param image: the image, by ID or name
        :param user_data: what Cloud-Init gets, in place of what it had
        :param kwargs: taken for the sake of old programs, and ignored
        """

    @endpoint("POST /servers/{server.id}/actions/enable_backup")
    def enable_backup(self, server: Server) -> BoundAction:
        """Let the server be backed up each day, which costs a fifth of its price."""

    @endpoint("POST /servers/{server.id}/actions/disable_backup")
    def disable_backup(self, server: Server) -> BoundAction:
        """End the daily backups, and delete those that there are."""

    @endpoint("POST /servers/{server.id}/actions/attach_iso")
    def attach_iso(self, server: Server, iso: Iso) -> BoundAction:
        """Attach an ISO, which the server boots from next.

        :param iso: the ISO, by ID or name
        """

    @endpoint("POST /servers/{server.id}/actions/detach_iso")
    def detach_iso(self, server: Server) -> BoundAction:
        """Detach the server's ISO."""

    @endpoint("POST /servers/{server.id}/actions/change_dns_ptr")
    def change_dns_ptr(self, server: Server, ip: str, dns_ptr: str | None) -> BoundAction:
        """Change the name that an address of the server resolves to.

        :param dns_ptr: the name; None for Hetzner's own
        """

    @endpoint("POST /servers/{server.id}/actions/change_protection")
    def change_protection(self, server: Server, delete: bool | None = None, rebuild: bool | None = None) -> BoundAction:
        """Change what the server is protected from; the API wants both to be the same.

        :param rebuild: whether to refuse to rebuild it
        """

    @endpoint("POST /servers/{server.id}/actions/request_console")
    def request_console(self, server: Server) -> RequestConsoleResponse:
        """Open the server's console for a minute."""

    @endpoint("POST /servers/{server.id}/actions/attach_to_network")
    def attach_to_network(
        self,
        server: Server,
        network: Network,
        ip: str | None = None,
        alias_ips: list[str] | None = None,
        ip_range: str | None = None,
    ) -> BoundAction:
        """Make the server part of a network.

        :param ip: its address there; a free one by default
        :param alias_ips: its further addresses there
        :param ip_range: the subnet that its address shall be of, in CIDR notation
        """

    @endpoint("POST /servers/{server.id}/actions/detach_from_network")
    def detach_from_network(self, server: Server, network: Network) -> BoundAction:
        """Take the server out of a network."""

    @endpoint("POST /servers/{server.id}/actions/change_alias_ips")
    def change_alias_ips(self, server: Server, network: Network, alias_ips: list[str]) -> BoundAction:
        """Change the server's further addresses in a network.

        :param alias_ips: all its further addresses there, in place of those it has
        """

    @endpoint("POST /servers/{server.id}/actions/add_to_placement_group")
    def add_to_placement_group(self, server: Server, placement_group: PlacementGroup) -> BoundAction:
        """Put the server, which must be off, into a placement group."""

    @endpoint("POST /servers/{server.id}/actions/remove_from_placement_group")
    def remove_from_placement_group(self, server: Server) -> BoundAction:
        """Take the server out of its placement group."""


class BoundServer(HasBoundActions[Server], Server, collection="servers", key="server"):
    get_actions_list: Final = bound(ServersClient.get_actions_list)
    get_actions: Final = bound(ServersClient.get_actions)
    update: Final = bound(ServersClient.update)
    get_metrics: Final = bound(ServersClient.get_metrics)
    delete: Final = bound(ServersClient.delete)
    power_off: Final = bound(ServersClient.power_off)
    power_on: Final = bound(ServersClient.power_on)
    reboot: Final = bound(ServersClient.reboot)
    reset: Final = bound(ServersClient.reset)
    shutdown: Final = bound(ServersClient.shutdown)
    reset_password: Final = bound(ServersClient.reset_password)
    change_type: Final = bound(ServersClient.change_type)
    enable_rescue: Final = bound(ServersClient.enable_rescue)
    disable_rescue: Final = bound(ServersClient.disable_rescue)
    create_image: Final = bound(ServersClient.create_image)
    rebuild: Final = bound(ServersClient.rebuild)  # type: ignore[arg-type]  # mypy: its **kwargs might name the server
    enable_backup: Final = bound(ServersClient.enable_backup)
    disable_backup: Final = bound(ServersClient.disable_backup)
    attach_iso: Final = bound(ServersClient.attach_iso)
    detach_iso: Final = bound(ServersClient.detach_iso)
    change_dns_ptr: Final = bound(ServersClient.change_dns_ptr)
    change_protection: Final = bound(ServersClient.change_protection)
    request_console: Final = bound(ServersClient.request_console)
    attach_to_network: Final = bound(ServersClient.attach_to_network)
    detach_from_network: Final = bound(ServersClient.detach_from_network)
    change_alias_ips: Final = bound(ServersClient.change_alias_ips)
    add_to_placement_group: Final = bound(ServersClient.add_to_placement_group)
    remove_from_placement_group: Final = bound(ServersClient.remove_from_placement_group)
