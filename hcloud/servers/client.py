from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import BoundModelBase, HasNames, ListOf, Meta, bound, endpoint, every_page, instead
from ..core.coroutines import blocking, blocking_only, result_of
from ..core.times import with_time
from ..images.domain import CreateImageResponse
from .creation import warn_if_deprecated, with_alternatives
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
    import os

    from .._progress import TransferProgress
    from ..firewalls import Firewall
    from ..images import Image
    from ..isos import Iso
    from ..locations import Location
    from ..networks import Network
    from ..placement_groups import PlacementGroup
    from ..pricing.cost import Cost
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

    get_all: Final = every_page(get_list)

    @with_alternatives("server_type", "location")
    @endpoint("POST /servers")
    def create(
        self,
        name: str,
        server_type: ServerType | str | int | Sequence[ServerType | str | int],
        image: Image | str | int,
        ssh_keys: ListOf[SSHKey | str | int] | None = None,
        volumes: Sequence[Volume | int] | None = None,
        firewalls: Sequence[Firewall | int] | None = None,
        networks: Sequence[Network | int] | None = None,
        user_data: str | None = None,
        labels: dict[str, str] | None = None,
        location: Location | str | int | Sequence[Location | str | int] | None = None,
        start_after_create: bool | None = True,
        automount: bool | None = None,
        placement_group: PlacementGroup | int | None = None,
        public_net: ServerCreatePublicNetwork | None = None,
    ) -> CreateServerResponse:
        """Create a server.

        With several types or locations, each type is tried in each location, in their order, until one is available:
        after ``resource_unavailable``, ``placement_error``, or a location that does not offer the type. The server in
        the response has the type and the location that were taken. A deprecated type or image causes a
        ``DeprecationWarning`` with the date.

        :param name: Name, unique in the project and a valid hostname
        :param server_type: Type of the server, by ID or name, or a list of types in order of preference
        :param image: Image for the disk, by ID or name
        :param ssh_keys: SSH keys of the root user; without any, the response contains a root password
        :param volumes: Volumes to attach, in the same location
        :param firewalls: Firewalls to apply
        :param networks: Networks to attach the server to
        :param location: Location to create it in, by ID or name, or a list of locations in order of preference
        :param user_data: User data for cloud-init, at most 32 KiB
        :param start_after_create: If true, start the server after its creation
        :param automount: If true, mount the volumes
        :param placement_group: Placement group to add the server to
        :param public_net: Public network interface; new primary IPs are created by default
        """
        return instead(firewalls=[{"firewall": firewall} for firewall in firewalls] if firewalls is not None else None)

    @endpoint("GET /servers/{server.id}/actions")
    def get_actions_list(
        self,
        server: Server | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the server."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("PUT /servers/{server.id}")
    def update(
        self, server: Server | int, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundServer:
        """Change the server's name or labels."""

    @endpoint("GET /servers/{server.id}/metrics")
    def get_metrics(
        self,
        server: Server | int,
        type: MetricsType | Sequence[MetricsType],
        start: datetime | str,
        end: datetime | str,
        step: float | None = None,
    ) -> GetMetricsResponse:
        """Return metrics of the server.

        :param type: One or more types of metrics
        """
        types = type if isinstance(type, str) else ",".join(type)
        return instead(type=types, start=with_time(start), end=with_time(end))

    @endpoint("DELETE /servers/{server.id}")
    def delete(self, server: Server | int) -> BoundAction:
        """Delete the server and its backups."""

    @endpoint("POST /servers/{server.id}/actions/poweroff")
    def power_off(self, server: Server | int) -> BoundAction:
        """Cut the power of the server, at the risk of data loss; see :meth:`shutdown`."""

    @endpoint("POST /servers/{server.id}/actions/poweron")
    def power_on(self, server: Server | int) -> BoundAction:
        """Start the server."""

    @endpoint("POST /servers/{server.id}/actions/reboot")
    def reboot(self, server: Server | int) -> BoundAction:
        """Request a reboot of the operating system by ACPI."""

    @endpoint("POST /servers/{server.id}/actions/reset")
    def reset(self, server: Server | int) -> BoundAction:
        """Cut the power of the server and start it again, at the risk of data loss."""

    @endpoint("POST /servers/{server.id}/actions/shutdown")
    def shutdown(self, server: Server | int) -> BoundAction:
        """Request a shutdown of the operating system by ACPI; the action does not wait for the server to be off."""

    @endpoint("POST /servers/{server.id}/actions/reset_password")
    def reset_password(self, server: Server | int) -> ResetPasswordResponse:
        """Reset the root password; the server must be running the QEMU guest agent."""

    @endpoint("POST /servers/{server.id}/actions/change_type")
    def change_type(self, server: Server | int, server_type: ServerType | str | int, upgrade_disk: bool) -> BoundAction:
        """Change the type of the server; the server must be off.

        :param upgrade_disk: If true, enlarge the disk as well, which rules out a later change to a type with a smaller
            disk
        """
        warn_if_deprecated(server_type)
        return instead()

    @endpoint("POST /servers/{server.id}/actions/enable_rescue")
    def enable_rescue(
        self,
        server: Server | int,
        type: Literal["linux64"] | None = None,
        ssh_keys: ListOf[SSHKey | str | int] | None = None,
    ) -> EnableRescueResponse:
        """Enable the rescue system for the next boot of the server.

        :param type: Type of the rescue system, ``linux64`` by default
        :param ssh_keys: SSH keys, or their IDs, for the login to the rescue system
        """

    @endpoint("POST /servers/{server.id}/actions/disable_rescue")
    def disable_rescue(self, server: Server | int) -> BoundAction:
        """Disable the rescue system; the next boot is from the disk."""

    @endpoint("POST /servers/{server.id}/actions/create_image")
    def create_image(
        self,
        server: Server | int,
        description: str | None = None,
        type: Literal["snapshot", "backup"] | None = None,
        labels: dict[str, str] | None = None,
    ) -> CreateImageResponse:
        """Create an image of the disk of the server.

        :param description: Description of the image, by which to recognize it: it gets no name
        :param type: ``snapshot`` (default), or ``backup``, which requires enabled backups and may replace the oldest
            backup
        """

    @endpoint("POST /servers/{server.id}/actions/rebuild")
    def rebuild(
        self, server: Server | int, image: Image | str | int, user_data: str | None = None, **kwargs: Any
    ) -> RebuildResponse:
        """Overwrite the server's disk with an image.

        :param image: Image for the disk, by ID or name
        :param user_data: New user data for cloud-init; unchanged by default
        :param kwargs: Ignored, for backward compatibility
        """
        warn_if_deprecated(image)
        return instead()

    @endpoint("POST /servers/{server.id}/actions/enable_backup")
    def enable_backup(self, server: Server | int) -> BoundAction:
        """Enable daily backups of the server, at 20 % of its price."""

    @endpoint("POST /servers/{server.id}/actions/disable_backup")
    def disable_backup(self, server: Server | int) -> BoundAction:
        """Disable daily backups of the server, and delete its existing backups."""

    @endpoint("POST /servers/{server.id}/actions/attach_iso")
    def attach_iso(self, server: Server | int, iso: Iso | str | int) -> BoundAction:
        """Attach an ISO for the next boot of the server.

        :param iso: ISO by ID or name
        """
        warn_if_deprecated(iso)
        return instead()

    @endpoint("POST /servers/{server.id}/actions/detach_iso")
    def detach_iso(self, server: Server | int) -> BoundAction:
        """Detach the ISO from the server."""

    @endpoint("POST /servers/{server.id}/actions/change_dns_ptr")
    def change_dns_ptr(self, server: Server | int, ip: str, dns_ptr: str | None) -> BoundAction:
        """Set the reverse DNS name of an address of the server.

        :param dns_ptr: New name; None restores the default
        """

    @endpoint("POST /servers/{server.id}/actions/change_protection")
    def change_protection(
        self, server: Server | int, delete: bool | None = None, rebuild: bool | None = None
    ) -> BoundAction:
        """Change the protection of the server; the API requires the same value for both.

        :param rebuild: If true, prevent rebuilds of the server
        """

    @endpoint("POST /servers/{server.id}/actions/request_console")
    def request_console(self, server: Server | int) -> RequestConsoleResponse:
        """Request access to the console of the server; the URL is valid for one minute."""

    @endpoint("POST /servers/{server.id}/actions/attach_to_network")
    def attach_to_network(
        self,
        server: Server | int,
        network: Network | int,
        ip: str | None = None,
        alias_ips: list[str] | None = None,
        ip_range: str | None = None,
    ) -> BoundAction:
        """Attach the server to a network.

        :param network: Network to attach to
        :param ip: IP address in the network; a free address by default
        :param alias_ips: Additional IP addresses in the network
        :param ip_range: Subnet of the IP address, in CIDR notation
        """

    @endpoint("POST /servers/{server.id}/actions/detach_from_network")
    def detach_from_network(self, server: Server | int, network: Network | int) -> BoundAction:
        """Detach the server from a network.

        :param network: Network to detach from
        """

    @endpoint("POST /servers/{server.id}/actions/change_alias_ips")
    def change_alias_ips(self, server: Server | int, network: Network | int, alias_ips: list[str]) -> BoundAction:
        """Replace the additional IP addresses of the server in a network.

        :param network: Network of the addresses
        :param alias_ips: New additional IP addresses
        """

    @endpoint("POST /servers/{server.id}/actions/add_to_placement_group")
    def add_to_placement_group(self, server: Server | int, placement_group: PlacementGroup | int) -> BoundAction:
        """Add the server to a placement group; the server must be off.

        :param placement_group: Placement group to add the server to
        """

    @endpoint("POST /servers/{server.id}/actions/remove_from_placement_group")
    def remove_from_placement_group(self, server: Server | int) -> BoundAction:
        """Remove the server from its placement group."""

    @blocking_only
    def wait_until_ready(
        self,
        server: Server | int,
        *,
        ssh: bool = True,
        cloud_init: bool = True,
        timeout: float | None = 600.0,
        address: str | None = None,
        port: int = 22,
        user: str = "root",
        identity_file: str | os.PathLike[str] | None = None,
        known_hosts: str | os.PathLike[str] | None = None,
        on_progress: Callable[[TransferProgress], object] | None = None,
    ) -> BoundServer:
        """Wait until one can log in to the server and cloud-init has finished, and return the server.

        That takes three steps: the status is ``running``; a connection to the SSH port gets the banner of an SSH
        server; ``cloud-init status --wait`` ends, which the program ``ssh`` of this machine runs on the server. A
        server that reboots meanwhile is waited for again. Recoverable errors of cloud-init are logged as a warning.

        The login is by your SSH agent and the keys in ``~/.ssh``, or by ``identity_file``, never by a password; your
        configuration of ``ssh`` takes no part. The host key of a new server is not known, so any is accepted, and none
        is stored: another machine in the place of the server could pretend to be ready, but gets no secret. Pass
        ``known_hosts`` to accept only keys that you know.

        :param server: Server, as a bound object or a record, or its ID
        :param ssh: If false, only wait for the status; then ``cloud_init`` must be false, too
        :param cloud_init: If false, do not log in
        :param timeout: Seconds to wait for all steps together; None waits without a limit
        :param address: IP address or name to connect to; :attr:`Server.address` by default
        :param port: TCP port of the SSH server
        :param user: User to log in as
        :param identity_file: Path of the private key to log in with
        :param known_hosts: Path of a file with the host keys to accept, in the format of ``~/.ssh/known_hosts``
        :param on_progress: Function that is called several times in each step with a
            :class:`~hcloud.TransferProgress`, whose ``phase`` is ``running``, ``ssh`` or ``cloud-init``;
            :func:`hcloud.progress` returns one
        :raises InvalidArgumentError: if an argument is invalid; nothing was sent
        :raises SSHError: if cloud-init failed or is not installed, the login is denied for a minute, or the host key is
            not in ``known_hosts``
        :raises WaitTimeoutError: if the time is over; the message names the step
        """
        from .readiness import Login, wait_until_ready

        login = Login(address, port, user, identity_file, known_hosts)
        return wait_until_ready(self, server, ssh, cloud_init, timeout, login, on_progress)


class ServerExtensions(BoundModelBase[Server]):
    """Base class of bound servers, with the methods that are no single operation of the API."""

    wait_until_ready: Final = bound(ServersClient.wait_until_ready)

    @blocking
    async def cost(self) -> Cost:
        """Return what the server costs with its backups and its primary IPs; see :meth:`PricingClient.cost`.

        Volumes and floating IPs are not part of it, since they can outlive the server.
        """
        cost: Cost = await result_of(self._client._parent.pricing.cost([self]))
        return cost


class BoundServer(ServerExtensions, HasBoundActions[Server], Server, collection="servers", key="server"):
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
    rebuild: Final = bound(ServersClient.rebuild)  # type: ignore[arg-type]  # mypy: **kwargs could contain "server"
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
