from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page, instead
from ..core.warn import warn_caller
from .domain import CreatePrimaryIPResponse, PrimaryIP, PrimaryIPAssigneeType, PrimaryIPSort, PrimaryIPType

if TYPE_CHECKING:
    from ..locations import Location

__all__ = ["BoundPrimaryIP", "PrimaryIPsClient", "PrimaryIPsPageResult"]


class PrimaryIPsPageResult(NamedTuple):
    primary_ips: list[BoundPrimaryIP]
    meta: Meta


class PrimaryIPsClient(HasActions, HasNames["BoundPrimaryIP"]):
    """The primary IPs of a project."""

    _base_url = "/primary_ips"

    @endpoint("GET /primary_ips")
    def get_list(
        self,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        name: str | None = None,
        ip: str | None = None,
        *,
        sort: Sequence[PrimaryIPSort] | None = None,
    ) -> PrimaryIPsPageResult:
        """Return a page of primary IPs.

        :param ip: Only return the primary IP with this address
        """

    get_all: Final = every_page(get_list)

    @endpoint("POST /primary_ips")
    def create(
        self,
        type: PrimaryIPType,
        name: str,
        location: Location | str | int | None = None,
        assignee_type: PrimaryIPAssigneeType | None = None,
        assignee_id: int | None = None,
        auto_delete: bool | None = False,
        labels: dict[str, str] | None = None,
    ) -> CreatePrimaryIPResponse:
        """Create a primary IP, in a location or assigned to a resource.

        :param type: ``ipv4`` for an IPv4 address, ``ipv6`` for an IPv6 network
        :param assignee_type: Type of the resource; required with ``assignee_id``, but ``server`` by default for now,
            with a deprecation warning
        :param assignee_id: ID of the resource to assign the primary IP to, instead of ``location``; a server must be
            off
        """
        if assignee_id is not None and assignee_type is None:
            warn_caller(
                "primary_ips.create() with 'assignee_id' but without 'assignee_type' is deprecated; 'server' is assumed"
            )
            assignee_type = "server"
        return instead(assignee_type=assignee_type)

    @endpoint("GET /primary_ips/{primary_ip.id}/actions")
    def get_actions_list(
        self,
        primary_ip: PrimaryIP | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the primary IP."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("PUT /primary_ips/{primary_ip.id}")
    def update(
        self,
        primary_ip: PrimaryIP | int,
        auto_delete: bool | None = None,
        labels: dict[str, str] | None = None,
        name: str | None = None,
    ) -> BoundPrimaryIP:
        """Change the primary IP's labels, name or automatic deletion."""

    @endpoint("DELETE /primary_ips/{primary_ip.id}")
    def delete(self, primary_ip: PrimaryIP | int) -> bool:
        """Delete the primary IP; it must not be assigned."""

    @endpoint("POST /primary_ips/{primary_ip.id}/actions/change_protection")
    def change_protection(self, primary_ip: PrimaryIP | int, delete: bool | None = None) -> BoundAction:
        """Change the protection of the primary IP; ``auto_delete`` must be off."""

    @endpoint("POST /primary_ips/{primary_ip.id}/actions/assign")
    def assign(
        self, primary_ip: PrimaryIP | int, assignee_id: int, assignee_type: PrimaryIPAssigneeType = "server"
    ) -> BoundAction:
        """Assign the primary IP to a resource without a primary IP of the same type.

        :param assignee_id: ID of the resource, in the same location; a server must be off
        :param assignee_type: Type of the resource
        """

    @endpoint("POST /primary_ips/{primary_ip.id}/actions/unassign")
    def unassign(self, primary_ip: PrimaryIP | int) -> BoundAction:
        """Unassign the primary IP from its resource; a server must be off."""

    @endpoint("POST /primary_ips/{primary_ip.id}/actions/change_dns_ptr")
    def change_dns_ptr(self, primary_ip: PrimaryIP | int, ip: str, dns_ptr: str) -> BoundAction:
        """Set the reverse DNS name of an address of the primary IP."""


class BoundPrimaryIP(HasBoundActions[PrimaryIP], PrimaryIP, collection="primary_ips", key="primary_ip"):
    get_actions_list: Final = bound(PrimaryIPsClient.get_actions_list)
    get_actions: Final = bound(PrimaryIPsClient.get_actions)
    update: Final = bound(PrimaryIPsClient.update)
    delete: Final = bound(PrimaryIPsClient.delete)
    change_protection: Final = bound(PrimaryIPsClient.change_protection)
    assign: Final = bound(PrimaryIPsClient.assign)
    unassign: Final = bound(PrimaryIPsClient.unassign)
    change_dns_ptr: Final = bound(PrimaryIPsClient.change_dns_ptr)
