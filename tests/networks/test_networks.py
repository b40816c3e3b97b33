"""What is special about networks."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.networks import Network, NetworkMember, NetworkSubnet
from tests.stub import Sent, Stub

ACTION = {"id": 1, "command": "x", "status": "running", "progress": 0, "resources": [], "error": None}


def member(type: str, id: int) -> dict[str, Any]:
    return {"id": id, "type": type, "ip": f"10.0.0.{id}", "alias_ips": [], "subnet": "10.0.0.0/24", "status": "ok"}


def test_a_subnet_goes_without_its_gateway(stub: Stub) -> None:
    subnet = {"type": "cloud", "ip_range": "10.0.1.0/24", "network_zone": "eu-central", "gateway": "10.0.0.1"}
    stub.answers = [(200, {"network": {"id": 1, "subnets": [subnet]}}), (201, {"action": ACTION})]
    client = stub.client()
    network = client.networks.get_by_id(1)
    assert network.subnets is not None
    client.networks.add_subnet(Network(id=2), network.subnets[0])
    network.delete_subnet(network.subnets[0])

    assert stub.sent[1].json == {name: value for name, value in subnet.items() if name != "gateway"}
    assert stub.sent[2].json == {"ip_range": "10.0.1.0/24"}


def test_a_subnet_may_leave_its_range_to_the_api(stub: Stub) -> None:
    stub.answers = [(201, {"action": ACTION})]
    stub.client().networks.add_subnet(Network(id=1), NetworkSubnet(None, "cloud", "eu-central"))
    assert stub.sent[0].json == {"type": "cloud", "network_zone": "eu-central"}


@pytest.fixture
def two_pages(stub: Stub) -> Stub:
    """A server and a load balancer with the same ID, each on a page of its own."""

    def answer(sent: Sent) -> tuple[int, Any]:
        page = int(sent.query.get("page", ["1"])[0])
        pagination = {"page": page, "per_page": 1, "last_page": 2, "next_page": 2 if page == 1 else None}
        pagination |= {"previous_page": None, "total_entries": 2}
        one = member("server" if page == 1 else "load_balancer", 7)
        return 200, {"members": [one], "meta": {"pagination": pagination}}

    stub.answers = [answer]
    return stub


def test_members_of_different_kinds_may_have_the_same_id(two_pages: Stub) -> None:
    client = two_pages.client()
    network = Network(id=1)
    everybody = client.networks.get_member_all(network)

    assert [(one.type, one.id) for one in everybody] == [("server", 7), ("load_balancer", 7)]
    assert all(isinstance(one, NetworkMember) for one in everybody)
    assert list(client.networks.iter_member_all(network)) == everybody


def test_a_network_knows_its_members(two_pages: Stub) -> None:
    client = two_pages.client()
    two_pages.answers.insert(0, (200, {"network": {"id": 1}}))
    network = client.networks.get_by_id(1)
    found = list(network.iter_member_all(type=["server"], status=["ok"], subnet=["10.0.0.0/24"], sort=["ip:desc"]))

    assert [one.ip for one in found] == ["10.0.0.7", "10.0.0.7"]
    assert two_pages.sent[1].path == "/networks/1/members"
    assert two_pages.sent[1].query == {
        "type": ["server"],
        "status": ["ok"],
        "subnet": ["10.0.0.0/24"],
        "sort": ["ip:desc"],
        "page": ["1"],
        "per_page": ["50"],
    }


def test_the_retired_type_of_subnets_warns() -> None:
    with pytest.warns(DeprecationWarning, match="TYPE_CLOUD") as warned:
        assert NetworkSubnet.TYPE_SERVER == "server"
    assert warned[0].filename == __file__
    assert NetworkSubnet("10.0.0.0/24", "server").type == "server"
