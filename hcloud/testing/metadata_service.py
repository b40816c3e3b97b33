"""Fake of the metadata service of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import metadata
from .._exceptions import NetworkError

if TYPE_CHECKING:
    from types import TracebackType

    from .cloud import FakeAPI

__all__ = ["FakeMetadataService"]


class FakeMetadataService:
    """Context manager: in its block, :class:`hcloud.metadata.MetadataClient` runs on a server of a fake cloud.

    Without a server, the service does not respond, as on a machine elsewhere.

    :param cloud: Fake cloud of the server
    :param server: ID or name of the server in the first project of the cloud; ``None`` for a machine elsewhere
    """

    def __init__(self, cloud: FakeAPI | None = None, server: int | str | None = None) -> None:
        self.requests: list[str] = []
        """Paths that were requested, without the prefix of the service."""
        self._cloud = cloud
        self._server = server
        self._original: Any = None

    def __enter__(self) -> FakeMetadataService:
        self._original = metadata._fetch
        metadata._fetch = self._fetch
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        metadata._fetch = self._original

    def _fetch(self, url: str, timeout: float) -> tuple[int, bytes]:
        path = urlsplit(url).path.removeprefix("/hetzner/v1/")
        self.requests.append(path)
        if self._cloud is None or self._server is None:
            raise NetworkError(f"the metadata service at {urlsplit(url).netloc} does not respond: timed out")
        servers = self._cloud.project["servers"]
        facts = self._facts(servers[self._server])
        return (200, facts[path].encode()) if path in facts else (404, b"not found")

    def _facts(self, server: Any) -> dict[str, str]:
        location, ipv4 = server["location"], server["public_net"]["ipv4"]
        facts = {
            "metadata/instance-id": str(server["id"]),
            "metadata/hostname": server["name"],
            "metadata/region": location["network_zone"],
            "metadata/availability-zone": f"{location['name']}-dc1",
            "metadata/public-ipv4": "" if ipv4 is None else ipv4["ip"],
            "metadata/private-networks": self._private_networks(server),
        }
        assert self._cloud is not None
        user_data = self._cloud.project["servers"].private(server).get("user_data")
        return facts if user_data is None else {**facts, "userdata": user_data}

    def _private_networks(self, server: Any) -> str:
        assert self._cloud is not None
        entries = []
        for number, attachment in enumerate(server["private_net"], 1):
            network = self._cloud.project["networks"][attachment["network"]]
            subnet = _subnet_of(network, attachment["ip"])
            entries.append(
                f"- ip: {attachment['ip']}\n"
                f"  alias_ips: [{', '.join(attachment['alias_ips'])}]\n"
                f"  interface_num: {number}\n"
                f"  mac_address: {attachment['mac_address']}\n"
                f"  network_id: {network['id']}\n"
                f"  network_name: {network['name']}\n"
                f"  network: {network['ip_range']}\n"
                f"  subnet: {subnet['ip_range']}\n"
                f"  gateway: {subnet['gateway']}\n"
            )
        return "".join(entries) or "[]"


def _subnet_of(network: Any, address: str) -> Any:
    from ipaddress import ip_address, ip_network

    return next(subnet for subnet in network["subnets"] if ip_address(address) in ip_network(subnet["ip_range"]))
