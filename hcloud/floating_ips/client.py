from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page
from .domain import CreateFloatingIPResponse, FloatingIP, FloatingIPSort, FloatingIPType

if TYPE_CHECKING:
    from ..locations import Location
    from ..servers import Server

__all__ = ["BoundFloatingIP", "FloatingIPsClient", "FloatingIPsPageResult"]


class FloatingIPsPageResult(NamedTuple):
    floating_ips: list[BoundFloatingIP]
    meta: Meta


class FloatingIPsClient(HasActions, HasNames["BoundFloatingIP"]):
    """The floating IPs of a project."""

    _base_url = "/floating_ips"

    @endpoint("GET /floating_ips/{floating_ip.id}/actions")
    def get_actions_list(
        self,
        floating_ip: FloatingIP,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the floating IP."""

    @every_page(get_actions_list)
    def get_actions(
        self,
        floating_ip: FloatingIP,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        per_page: int | None = None,
    ) -> list[BoundAction]: ...

    @endpoint("GET /floating_ips")
    def get_list(
        self,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        name: str | None = None,
        *,
        sort: Sequence[FloatingIPSort] | None = None,
    ) -> FloatingIPsPageResult:
        """Return a page of floating IPs."""

    @every_page(get_list)
    def get_all(
        self,
        label_selector: str | None = None,
        name: str | None = None,
        *,
        sort: Sequence[FloatingIPSort] | None = None,
        per_page: int | None = None,
    ) -> list[BoundFloatingIP]: ...

    @endpoint("POST /floating_ips")
    def create(
        self,
        type: FloatingIPType,
        description: str | None = None,
        labels: dict[str, str] | None = None,
        home_location: Location | None = None,
        server: Server | None = None,
        name: str | None = None,
    ) -> CreateFloatingIPResponse:
        """Create a floating IP, in a location or at once for a server.

        :param type: whether to make it an IPv4 address or an IPv6 network
        :param description: what it is for, in words
        :param home_location: where to create it, by ID or name; needed without ``server``
        :param server: the server to assign it to
        :param name: its name, unique in the project; the API makes one up by default
        """

    @endpoint("PUT /floating_ips/{floating_ip.id}")
    def update(
        self,
        floating_ip: FloatingIP,
        description: str | None = None,
        labels: dict[str, str] | None = None,
        name: str | None = None,
    ) -> BoundFloatingIP:
        """Change the floating IP's description, labels or name."""

    @endpoint("DELETE /floating_ips/{floating_ip.id}")
    def delete(self, floating_ip: FloatingIP) -> bool:
        """Delete the floating IP, which must not be assigned."""

    @endpoint("POST /floating_ips/{floating_ip.id}/actions/change_protection")
    def change_protection(self, floating_ip: FloatingIP, delete: bool | None = None) -> BoundAction:
        """Change what the floating IP is protected from."""

    @endpoint("POST /floating_ips/{floating_ip.id}/actions/assign")
    def assign(self, floating_ip: FloatingIP, server: Server) -> BoundAction:
        """Assign the floating IP to a server; the server's system must be told of it, too."""

    @endpoint("POST /floating_ips/{floating_ip.id}/actions/unassign")
    def unassign(self, floating_ip: FloatingIP) -> BoundAction:
        """Take the floating IP from its server."""

    @endpoint("POST /floating_ips/{floating_ip.id}/actions/change_dns_ptr")
    def change_dns_ptr(self, floating_ip: FloatingIP, ip: str, dns_ptr: str) -> BoundAction:
        """Change the name that an address of the floating IP resolves to."""


class BoundFloatingIP(HasBoundActions[FloatingIP], FloatingIP, collection="floating_ips", key="floating_ip"):
    get_actions_list: Final = bound(FloatingIPsClient.get_actions_list)
    get_actions: Final = bound(FloatingIPsClient.get_actions)
    update: Final = bound(FloatingIPsClient.update)
    delete: Final = bound(FloatingIPsClient.delete)
    change_protection: Final = bound(FloatingIPsClient.change_protection)
    assign: Final = bound(FloatingIPsClient.assign)
    unassign: Final = bound(FloatingIPsClient.unassign)
    change_dns_ptr: Final = bound(FloatingIPsClient.change_dns_ptr)
