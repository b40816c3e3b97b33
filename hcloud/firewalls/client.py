from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page, instead
from .domain import CreateFirewallResponse, Firewall, FirewallResource, FirewallRule, FirewallSort

__all__ = ["BoundFirewall", "FirewallsClient", "FirewallsPageResult"]


class FirewallsPageResult(NamedTuple):
    firewalls: list[BoundFirewall]
    meta: Meta


class FirewallsClient(HasActions, HasNames["BoundFirewall"]):
    """The firewalls of a project."""

    _base_url = "/firewalls"

    @endpoint("GET /firewalls/{firewall.id}/actions")
    def get_actions_list(
        self,
        firewall: Firewall | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the firewall."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("GET /firewalls")
    def get_list(
        self,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        name: str | None = None,
        sort: Sequence[FirewallSort] | None = None,
    ) -> FirewallsPageResult:
        """Return a page of firewalls."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /firewalls")
    def create(
        self,
        name: str,
        rules: Sequence[FirewallRule] | None = None,
        labels: dict[str, str] | None = None,
        resources: Sequence[FirewallResource] | None = None,
    ) -> CreateFirewallResponse:
        """Create a firewall.

        :param rules: Rules of the firewall
        :param resources: Servers and label selectors to apply the firewall to
        """
        return instead(resources=None, apply_to=resources)

    @endpoint("PUT /firewalls/{firewall.id}")
    def update(
        self, firewall: Firewall | int, labels: dict[str, str] | None = None, name: str | None = None
    ) -> BoundFirewall:
        """Change the firewall's name or labels."""

    @endpoint("DELETE /firewalls/{firewall.id}")
    def delete(self, firewall: Firewall | int) -> bool:
        """Delete the firewall; it must not be applied to anything."""

    @endpoint("POST /firewalls/{firewall.id}/actions/set_rules")
    def set_rules(self, firewall: Firewall | int, rules: Sequence[FirewallRule]) -> list[BoundAction]:
        """Replace all rules of the firewall.

        :param rules: New rules; an empty list removes all rules
        """

    @endpoint("POST /firewalls/{firewall.id}/actions/apply_to_resources")
    def apply_to_resources(self, firewall: Firewall | int, resources: Sequence[FirewallResource]) -> list[BoundAction]:
        """Apply the firewall to servers.

        :param resources: Servers and label selectors
        """
        return instead(resources=None, apply_to=resources)

    @endpoint("POST /firewalls/{firewall.id}/actions/remove_from_resources")
    def remove_from_resources(
        self, firewall: Firewall | int, resources: Sequence[FirewallResource]
    ) -> list[BoundAction]:
        """Remove the firewall from servers.

        :param resources: Servers and label selectors that the firewall is applied to
        """
        return instead(resources=None, remove_from=resources)


class BoundFirewall(HasBoundActions[Firewall], Firewall, collection="firewalls", key="firewall"):
    get_actions_list: Final = bound(FirewallsClient.get_actions_list)
    get_actions: Final = bound(FirewallsClient.get_actions)

    def update(self, name: str | None = None, labels: dict[str, str] | None = None) -> BoundFirewall:
        """Change the firewall's name or labels; unlike in the client's method, ``name`` comes first.

        :param name: New name
        :param labels: New labels, which replace all existing labels
        """
        firewall = self._client.update(self, labels=labels, name=name)
        self._refresh(firewall)
        return firewall

    delete: Final = bound(FirewallsClient.delete)
    set_rules: Final = bound(FirewallsClient.set_rules)
    apply_to_resources: Final = bound(FirewallsClient.apply_to_resources)
    remove_from_resources: Final = bound(FirewallsClient.remove_from_resources)
