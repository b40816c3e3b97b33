"""Networks: subnets and members."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.networks import Network, NetworkMember, NetworkSubnet
from tests.stub import Sent, Stub

ACTION = {"id": 1, "command": "x", "status": "running", "progress": 0, "resources": [], "error": None}


def member_payload(type: str, id: int) -> dict[str, Any]:
    return {"id": id, "type": type, "ip": f"10.0.0.{id}", "alias_ips": [], "subnet": "10.0.0.0/24", "status": "ok"}


def test_subnet_is_sent_without_its_gateway(stub: Stub) -> None:
    subnet = {"type": "cloud", "ip_range": "10.0.1.0/24", "network_zone": "eu-central", "gateway": "10.0.0.1"}
    stub.responses = [(200, {"network": {"id": 1, "subnets": [subnet]}}), (201, {"action": ACTION})]
    client = stub.client()
    network = client.networks.get_by_id(1)
    assert network.subnets is not None
    client.networks.add_subnet(Network(id=2), network.subnets[0])
    network.delete_subnet(network.subnets[0])

    assert stub.sent[1].json == {name: value for name, value in subnet.items() if name != "gateway"}
    assert stub.sent[2].json == {"ip_range": "10.0.1.0/24"}


def test_subnet_without_an_ip_range(stub: Stub) -> None:
    stub.responses = [(201, {"action": ACTION})]
    stub.client().networks.add_subnet(Network(id=1), NetworkSubnet(None, "cloud", "eu-central"))
    assert stub.sent[0].json == {"type": "cloud", "network_zone": "eu-central"}


@pytest.fixture
def two_pages(stub: Stub) -> Stub:
    """Stub with two pages of members: a server and a load balancer with the same ID."""

    def respond(sent: Sent) -> tuple[int, Any]:
        page = int(sent.query.get("page", ["1"])[0])
        pagination = {"page": page, "per_page": 1, "last_page": 2, "next_page": 2 if page == 1 else None}
        pagination |= {"previous_page": None, "total_entries": 2}
        members = [member_payload("server" if page == 1 else "load_balancer", 7)]
        return 200, {"members": members, "meta": {"pagination": pagination}}

    stub.responses = [respond]
    return stub


def test_members_of_different_types_may_have_the_same_id(two_pages: Stub) -> None:
    client = two_pages.client()
    network = Network(id=1)
    members = client.networks.get_member_all(network)

    assert [(member.type, member.id) for member in members] == [("server", 7), ("load_balancer", 7)]
    assert all(isinstance(member, NetworkMember) for member in members)
    assert list(client.networks.iter_member_all(network)) == members


def test_members_of_a_bound_network(two_pages: Stub) -> None:
    client = two_pages.client()
    two_pages.responses.insert(0, (200, {"network": {"id": 1}}))
    network = client.networks.get_by_id(1)
    members = list(network.iter_member_all(type=["server"], status=["ok"], subnet=["10.0.0.0/24"], sort=["ip:desc"]))

    assert [member.ip for member in members] == ["10.0.0.7", "10.0.0.7"]
    assert two_pages.sent[1].path == "/networks/1/members"
    assert two_pages.sent[1].query == {
        "type": ["server"],
        "status": ["ok"],
        "subnet": ["10.0.0.0/24"],
        "sort": ["ip:desc"],
        "page": ["1"],
        "per_page": ["50"],
    }


def test_deprecated_type_of_subnets_warns() -> None:
    with pytest.warns(DeprecationWarning, match="TYPE_CLOUD") as warned:
        assert NetworkSubnet.TYPE_SERVER == "server"
    assert warned[0].filename == __file__
    assert NetworkSubnet("10.0.0.0/24", "server").type == "server"
