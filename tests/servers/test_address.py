"""Tests of ``server.address`` and ``ipv6.host``."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import Client
from hcloud.networks import NetworkSubnet
from hcloud.servers import IPv6Network, Server, ServerCreatePublicNetwork
from hcloud.testing import FakeCloud


@pytest.mark.parametrize(
    ("network", "host"),
    [
        ("2001:db8::/64", "2001:db8::1"),
        ("2001:db8:1234::/64", "2001:db8:1234::1"),
        ("2a01:4f8:c0c:2::/64", "2a01:4f8:c0c:2::1"),
        ("2001:DB8:0:0:0::5/64", "2001:db8::1"),
        ("2001:db8::7/128", None),
        ("198.51.100.1", None),
        ("", None),
    ],
)
def test_the_first_host_of_a_network(network: str, host: str | None) -> None:
    assert IPv6Network.from_dict({"ip": network}).host == host


@pytest.mark.parametrize(("ipv4", "ipv6"), [(True, True), (True, False), (False, True), (False, False)])
def test_the_address_of_a_server(client: Client, ipv4: bool, ipv6: bool) -> None:
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.0.0/24")
    network = client.networks.create("net", "10.0.0.0/16", subnets=[subnet])
    public_net = ServerCreatePublicNetwork(enable_ipv4=ipv4, enable_ipv6=ipv6)
    server = client.servers.create("web", "cx23", "debian-13", networks=[network], public_net=public_net).wait().server
    if ipv4:
        assert server.public_net.ipv4 is not None
        assert server.address == server.public_net.ipv4.ip
    elif ipv6:
        assert server.public_net.ipv6 is not None
        assert server.address == server.public_net.ipv6.host
        assert str(server.address).endswith("::1")
    else:
        assert server.address == server.private_net[0].ip
        assert str(server.address).startswith("10.0.0.")


@pytest.mark.parametrize(
    "fields", [{}, {"public_net": None}, {"public_net": {"ipv4": None, "ipv6": None}, "private_net": []}]
)
def test_a_server_without_an_address(fields: Any) -> None:
    assert Server.from_dict({"id": 1, **fields}).address is None


def test_a_complete_server_is_not_fetched(cloud: FakeCloud, client: Client) -> None:
    client.servers.create("web", "cx23", "debian-13").wait()
    servers = client.servers.get_all()
    cloud.requests.clear()
    assert [server.address for server in servers] == [cloud.servers["web"]["public_net"]["ipv4"]["ip"]]
    assert cloud.requests == []
