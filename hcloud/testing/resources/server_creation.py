"""Creation of servers: their input, and the choice of location, image and addresses."""

from __future__ import annotations

from typing import Annotated, TypedDict

from ..error_responses import bad_request, invalid, unavailable
from ..resource import FakeResource
from ..schema import Record, Ref
from .deprecations import check_not_expired, is_expired
from .primary_ips import PrimaryIPs

__all__ = ["Attachments", "FirewallInput", "FirewallRef", "ServerCreation", "ServerPublicNetInput"]

FirewallRef = Annotated[Record, Ref("firewalls", names=False)]


class ServerPublicNetInput(TypedDict, total=False):
    """Public addresses of a new server."""

    enable_ipv4: bool
    enable_ipv6: bool
    ipv4: int | None
    ipv6: int | None


class FirewallInput(TypedDict):
    """Firewall of a new server."""

    firewall: FirewallRef


class Attachments(TypedDict):
    """Resources that a new server is attached to; argument of the events of its creation."""

    networks: list[Record]
    volumes: list[Record]
    firewalls: list[Record]
    placement_group: Record | None
    has_public_net: bool


class ServerCreation(FakeResource):
    """Part of the servers that chooses what a new or changed server consists of."""

    def choose_location(self, server_type: Record, location: Record | None) -> Record:
        """Return the location of a server.

        :param location: Requested location; default the first one where the server type is available
        :raises ErrorResponse: if the server type is not available there, or nowhere
        """
        check_not_expired("server_type", server_type, self.now)
        offers = {offer["name"]: offer for offer in server_type["locations"]}
        if location is None:
            available = [name for name, offer in offers.items() if self._is_available(offer)]
            if not available:
                raise unavailable("server type is not available")
            return self.project["locations"][available[0]]
        if location["name"] not in offers:
            raise bad_request("unsupported location for server type")
        if not self._is_available(offers[location["name"]]):
            raise unavailable("error during placement")
        return location

    def _is_available(self, offer: Record) -> bool:
        return bool(offer["available"]) and not is_expired(offer, self.now)

    def choose_image(self, ref: int | str, server_type: Record, disk: int) -> Record:
        """Return the image for a server.

        :param ref: ID of an image, or a name, which images of several architectures can share
        :param disk: Size of the server's disk in GB
        :raises ErrorResponse: if the image does not fit, or is not available
        """
        images = self.project["images"]
        candidates = [images[ref]] if isinstance(ref, int) else [image for image in images if image["name"] == ref]
        architecture = server_type["architecture"]
        image = next((image for image in candidates if image["architecture"] == architecture), None)
        if image is None:
            message = "image has incompatible architecture"
            raise invalid("image", message, message=message)
        if image["status"] != "available":
            raise unavailable("image is not available")
        check_not_expired("image", image, self.now)
        if image["disk_size"] > disk:
            raise invalid("image", "the image is larger than the server's disk")
        return image

    def find_primary_ips(self, public_net: ServerPublicNetInput, location: Record) -> dict[str, Record | None]:
        """Return the primary IPs of a new server by version; ``None`` where one is to be allocated.

        :raises ErrorResponse: if a primary IP cannot be assigned, or its version is not enabled
        """
        options = {
            "ipv4": (public_net.get("enable_ipv4", True), public_net.get("ipv4")),
            "ipv6": (public_net.get("enable_ipv6", True), public_net.get("ipv6")),
        }
        primary_ips: dict[str, Record | None] = {}
        for version, (enabled, number) in options.items():
            if not enabled and number is not None:
                raise invalid(f"public_net.{version}", f"{version} is not enabled")
            if not enabled:
                continue
            primary_ips[version] = None
            if number is not None:
                primary_ips[version] = self.project.of(PrimaryIPs).find_assignable(number, version, location)
        return primary_ips

    def check_limits(self, name: str, addresses: dict[str, Record | None]) -> None:
        """Check that the project can have a new server and its addresses.

        :param addresses: Primary IPs by version, as returned by :meth:`find_primary_ips`
        :raises ErrorResponse: ``uniqueness_error`` or ``resource_limit_exceeded``
        """
        self.check_room({"name": name})
        self.project.of(PrimaryIPs).check_room({}, sum(primary_ip is None for primary_ip in addresses.values()))

    def assign_addresses(self, server: Record, addresses: dict[str, Record | None]) -> None:
        """Assign primary IPs to a new server, after allocating those that are ``None``."""
        primary_ips = self.project.of(PrimaryIPs)
        for version, primary_ip in addresses.items():
            allocated = primary_ip or primary_ips.allocate(version, server["location"])
            primary_ips.set_assignee(allocated, "server", server)

    def new_record(
        self, name: str, server_type: Record, image: Record, location: Record, labels: dict[str, str]
    ) -> Record:
        """Return the record of a new server."""
        price = next(price for price in server_type["prices"] if price["location"] == location["name"])
        return {
            "id": self.new_id(),
            "name": name,
            "status": "initializing",
            "created": self.now,
            "public_net": {"ipv4": None, "ipv6": None, "floating_ips": [], "firewalls": []},
            "private_net": [],
            "server_type": server_type,
            "location": location,
            "image": image,
            "iso": None,
            "rescue_enabled": False,
            "locked": False,
            "backup_window": None,
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": price["included_traffic"],
            "protection": {"delete": False, "rebuild": False},
            "labels": labels,
            "volumes": [],
            "load_balancers": [],
            "primary_disk_size": server_type["disk"],
            "placement_group": None,
        }
