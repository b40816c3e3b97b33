"""Servers: creation, life cycle, metrics, networks and addresses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from hcloud import Client
from hcloud._exceptions import InvalidInputError, UniquenessError
from hcloud.firewalls import Firewall
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import Network
from hcloud.placement_groups import PlacementGroup
from hcloud.primary_ips import PrimaryIP
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, CreateServerResponse, IPv6Network, Server, ServerCreatePublicNetwork
from hcloud.ssh_keys import SSHKey
from hcloud.testing import FakeCloud
from hcloud.volumes import Volume
from tests.stub import Stub

ACTION = {"id": 1, "command": "x", "status": "running"}
CREATED = (201, {"server": {"id": 42}, "action": ACTION, "next_actions": [ACTION], "root_password": "hunter2"})


def test_create_with_all_arguments() -> None:
    stub = Stub(CREATED)
    created = stub.client().servers.create(
        "web",
        ServerType(name="cx23"),
        Image(id=7, name="debian-12"),
        ssh_keys=[SSHKey(id=1), SSHKey(name="mine")],
        volumes=[Volume(id=2)],
        firewalls=[Firewall(id=3)],
        networks=[Network(id=4)],
        user_data="#cloud-config",
        labels={"a": "b"},
        location=Location(name="fsn1"),
        start_after_create=False,
        automount=True,
        placement_group=PlacementGroup(id=5),
        public_net=ServerCreatePublicNetwork(ipv4=PrimaryIP(id=6), enable_ipv6=False),
    )
    assert stub.sent[0].json == {
        "name": "web",
        "server_type": "cx23",
        "image": 7,
        "ssh_keys": [1, "mine"],
        "volumes": [2],
        "firewalls": [{"firewall": 3}],
        "networks": [4],
        "user_data": "#cloud-config",
        "labels": {"a": "b"},
        "location": "fsn1",
        "start_after_create": False,
        "automount": True,
        "placement_group": 5,
        "public_net": {"ipv4": 6, "enable_ipv4": True, "enable_ipv6": False},
    }
    assert type(created) is CreateServerResponse
    assert created.root_password == "hunter2"
    assert created.server.id == 42


def test_create_with_required_arguments() -> None:
    stub = Stub(CREATED)
    stub.client().servers.create("web", ServerType(id=1), Image(id=7))
    assert stub.sent[0].json == {"name": "web", "server_type": 1, "image": 7, "start_after_create": True}


def test_life_cycle(cloud: FakeCloud, client: Client) -> None:
    server = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12")).wait().server
    assert server.wait_for(lambda server: server.status == "running").status == "running"
    assert client.servers.get_by_name("web") == server
    assert server.public_net is not None
    assert server.public_net.ipv4 is not None
    assert server.public_net.ipv6 is not None
    assert server.public_net.ipv6.network == str(server.public_net.ipv6.ip).partition("/")[0]
    server.update(name="db", labels={"a": "b"})
    assert (server.name, server.labels) == ("db", {"a": "b"})
    server.power_off().wait_until_finished()
    server.reload()
    assert server.status == "off"
    rebuilt = server.rebuild(Image(name="ubuntu-24.04")).wait()
    assert rebuilt.root_password
    server.delete().wait_until_finished()
    assert client.servers.get_all() == []
    assert client.servers.get_by_name("db") is None


def test_errors_name_the_field(client: Client) -> None:
    client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    with pytest.raises(UniquenessError) as taken:
        client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    assert [field["name"] for field in taken.value.details["fields"]] == ["name"]
    with pytest.raises(InvalidInputError) as rejected:
        client.servers.create("not a hostname", ServerType(name="cx23"), Image(name="debian-12"))
    assert [field["name"] for field in rejected.value.details["fields"]] == ["name"]


def test_date_in_metrics_means_midnight() -> None:
    stub = Stub((200, {"metrics": {"start": "2026-10-15T00:00:00Z"}}))
    stub.client().servers.get_metrics(Server(id=1), "cpu", "2026-10-15", "2026-10-16")
    assert stub.sent[0].query == {"type": ["cpu"], "start": ["2026-10-15T00:00:00"], "end": ["2026-10-16T00:00:00"]}


@pytest.mark.parametrize(("types", "sent"), [("cpu", "cpu"), (["cpu"], "cpu"), (("cpu", "disk"), "cpu,disk")], ids=str)
def test_query_of_metrics(types: Any, sent: str) -> None:
    stub = Stub((200, {"metrics": {"start": "2026-10-15T10:00:00Z", "end": "2026-10-15T12:00:00Z", "step": 60}}))
    begin = datetime(2026, 10, 15, 12, tzinfo=timezone(timedelta(hours=2)))
    response = stub.client().servers.get_metrics(Server(id=1), types, begin, "2026-10-15T12:00:00Z", step=60)
    assert stub.sent[0].query == {
        "type": [sent],
        "start": ["2026-10-15T10:00:00+00:00"],
        "end": ["2026-10-15T12:00:00Z"],
        "step": ["60"],
    }
    assert response.metrics.start == begin
    assert response.metrics.step == 60


def test_private_net_for(client: Client) -> None:
    nets = [{"network": 5, "ip": "10.0.0.2"}, {"network": 6, "ip": "10.1.0.2"}]
    server = BoundServer(client.servers, {"id": 1, "private_net": nets})
    private_net = server.private_net_for(Network(id=6))
    assert private_net is not None
    assert private_net.ip == "10.1.0.2"
    assert server.private_net_for(6) is private_net
    assert server.private_net_for(Network(id=7)) is None
    assert server.private_net_for(7) is None
    assert BoundServer(client.servers, {"id": 1}).private_net_for(Network(id=6)) is None


def test_parts_of_an_ipv6_network() -> None:
    network = IPv6Network(ip="2001:db8::/64")
    assert (network.network, network.network_mask) == ("2001:db8::", "64")
    assert (IPv6Network().network, IPv6Network().network_mask) == (None, None)
    network.ip = "2001:db8:1::/48"
    assert (network.network, network.network_mask) == ("2001:db8:1::", "48")
    assert IPv6Network(ip="2001:db8::/64") == IPv6Network.from_dict({"ip": "2001:db8::/64"})
