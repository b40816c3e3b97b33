"""Fields that the API always sends: reading one that is missing raises, and nothing else does."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from hcloud import Client
from hcloud._exceptions import MalformedFieldError
from hcloud.actions import ActionFailedException, BoundAction
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.firewalls import BoundFirewall, FirewallResource
from hcloud.load_balancers import BoundLoadBalancer
from hcloud.networks import NetworkRoute
from hcloud.servers import BoundServer, CreateServerResponse, IPv4Address, IPv6Network, PublicNetwork, Server
from hcloud.storage_boxes import BoundStorageBox
from tests.stub import Stub

INCOMPLETE = {
    "id": 7,
    "name": "web",
    "status": None,
    "public_net": {"ipv4": {"ip": None, "blocked": False}, "ipv6": {}},
}


def received(payload: dict[str, Any] = INCOMPLETE) -> BoundServer:
    """Return a server as a response of the API contains it."""
    return Stub((200, {"server": payload})).client().servers.get_by_id(7)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda server: server.status, "BoundServer 7: the field 'status' is null, but the API should always send it"),
        (
            lambda server: server.labels,
            "BoundServer 7: the field 'labels' is missing, but the API should always send it",
        ),
        (lambda server: server.created, "BoundServer 7: the field 'created' is missing"),
        (lambda server: server.server_type, "BoundServer 7: the field 'server_type' is missing"),
        (lambda server: server.private_net, "BoundServer 7: the field 'private_net' is missing"),
        (lambda server: server.public_net.ipv4.ip, "IPv4Address: the field 'ip' is null"),
        (lambda server: server.public_net.ipv4.dns_ptr, "IPv4Address: the field 'dns_ptr' is missing"),
        (lambda server: server.public_net.ipv6.network, "IPv6Network: the field 'ip' is missing"),
    ],
)
def test_a_missing_value_is_reported_where_it_is_read(read: Callable[[Any], object], message: str) -> None:
    server = received()
    for _ in range(2):  # the first read stores nothing
        with pytest.raises(MalformedFieldError) as caught:
            read(server)
        assert str(caught.value).startswith(message)


def test_what_may_be_missing_is_none() -> None:
    server = received()
    assert (server.image, server.backup_window, server.volumes, server.public_net.firewalls) == (None, None, None, None)
    assert (server.name, server.public_net.ipv4 and server.public_net.ipv4.blocked) == ("web", False)


def test_a_response_reports_what_it_lacks() -> None:
    client = Stub((201, {"server": {"id": 7}, "next_actions": []})).client()
    response = client.servers.create("web", "cx23", "debian-13")
    assert (response.server.id, response.next_actions, response.root_password) == (7, [], None)
    with pytest.raises(MalformedFieldError, match="CreateServerResponse: the field 'action' is missing"):
        response.action  # noqa: B018
    assert "server=" in repr(response)


def test_other_uses_do_not_read_it() -> None:
    server, other = received(), received()
    assert server == other
    assert hash(server) == hash(other)
    assert server.public_net == other.public_net
    assert hash(server.public_net) == hash(other.public_net)
    assert server.public_net.ipv4 != IPv4Address(ip="198.51.100.1")
    assert repr(server.public_net) == "PublicNetwork(ipv4=IPv4Address(blocked=False), ipv6=IPv6Network())"
    assert "name='web'" in repr(server)
    assert {"status", "labels"} <= {*dir(server)}
    assert server.is_fetched("status")
    assert server.is_fetched("labels")
    assert server.to_dict() == INCOMPLETE
    assert server.to_payload() == 7
    assert (server.data_model.status, server.data_model.labels) == (None, None)
    for duplicate in (copy.copy(server), copy.deepcopy(server), pickle.loads(pickle.dumps(server))):
        assert duplicate == server
        with pytest.raises(MalformedFieldError, match="the field 'status' is null"):
            duplicate.status  # noqa: B018
        with pytest.raises(MalformedFieldError, match="IPv4Address: the field 'ip' is null"):
            duplicate.public_net.ipv4.ip  # noqa: B018


def test_requests_with_received_records() -> None:
    """A record of the API that lacks a value is sent without it, or rejected as one that a user made."""
    stub = Stub((200, {"load_balancer": {"id": 1, "algorithm": {}, "services": [{"listen_port": 80}]}}))
    load_balancer: BoundLoadBalancer = stub.client().load_balancers.get_by_id(1)
    assert load_balancer.algorithm.to_payload() == {}
    assert load_balancer.services[0].to_payload() == {"listen_port": 80}
    stub = Stub((200, {"firewall": {"id": 1, "applied_to": [{"server": {"id": 2}}]}}))
    firewall: BoundFirewall = stub.client().firewalls.get_by_id(1)
    with pytest.raises(MalformedFieldError, match="FirewallResource: the field 'type' is missing"):
        firewall.applied_to[0].type  # noqa: B018
    with pytest.raises(ValueError, match="must be set"):
        firewall.applied_to[0].to_payload()
    plan = {"max_snapshots": 10, "minute": None, "hour": 2, "day_of_week": None, "day_of_month": None}
    stub = Stub((200, {"storage_box": {"id": 1, "snapshot_plan": plan}}))
    box: BoundStorageBox = stub.client().storage_boxes.get_by_id(1)
    assert box.snapshot_plan is not None
    assert box.snapshot_plan.to_payload() == plan


def test_a_partial_object_is_fetched_first() -> None:
    stub = Stub((200, {"server": {"id": 7, "status": "off"}}))
    server = BoundServer(stub.client().servers, {"id": 7}, complete=False)
    assert server.status == "off"
    with pytest.raises(MalformedFieldError, match="the field 'labels' is missing"):
        server.labels  # noqa: B018
    assert len(stub.sent) == 1


def test_an_object_that_loses_a_field() -> None:
    stub = Stub((200, {"server": {"id": 7, "status": "off"}}), (200, {"server": {"id": 7}}))
    server = stub.client().servers.get_by_id(7)
    assert server.status == "off"
    server.reload()
    with pytest.raises(MalformedFieldError, match="the field 'status' is missing"):
        server.status  # noqa: B018
    server.status = "off"
    assert server.status == "off"
    server.status = None
    assert server.status is None  # assigned by the user


def test_records_that_a_user_makes_read_none(client: Client) -> None:
    assert (Server(id=1).name, Server.from_dict({"id": 1}).status) == (None, None)
    assert (IPv4Address().ip, IPv6Network().network, PublicNetwork().floating_ips) == (None, None, None)
    assert (CreateServerResponse().server, FirewallResource("server").server) == (None, None)
    # Tests of other programs make bound objects of a few fields.
    server = BoundServer(client.servers, {"id": 1, "public_net": {"ipv4": {}}})
    assert (server.name, server.public_net.ipv4 and server.public_net.ipv4.ip) == (None, None)


def test_a_malformed_value_is_still_malformed() -> None:
    server = received({"id": 7, "created": "yesterday", "public_net": {"ipv4": "198.51.100.1"}})
    with pytest.raises(MalformedFieldError, match="the field 'created' should be a time"):
        server == Server(id=7)  # noqa: B015
    assert "ipv4='(malformed)'" in repr(server.public_net)


def test_an_action_without_details_is_waited_for() -> None:
    running, failed = {"id": 1, "status": None}, {"id": 1, "status": "error"}
    stub = Stub((200, {"action": running}), (200, {"action": running}), (200, {"action": failed}))
    action: BoundAction = stub.client().actions.get_by_id(1)
    with pytest.raises(ActionFailedException, match=r"The pending action failed \(1\)"):
        action.wait_until_finished()


def test_digitalocean() -> None:
    stub = Stub((200, {"droplet": {"id": 7, "name": "web"}}))
    droplet = DigitalOceanClient("token", adapter=stub, clock=stub.clock).droplets.get_by_id(7)
    assert (droplet.name, droplet.vpc_uuid) == ("web", None)
    with pytest.raises(MalformedFieldError, match="BoundDroplet 7: the field 'size_slug' is missing"):
        droplet.size_slug  # noqa: B018
    with pytest.raises(MalformedFieldError, match="BoundDroplet 7: the field 'backups' is missing"):
        droplet.backups  # noqa: B018


def test_signatures_show_what_a_constructor_takes() -> None:
    shown = {name: str(parameter) for name, parameter in inspect.signature(Server).parameters.items()}
    assert shown["name"] == "name: 'str | None' = None"
    assert shown["created"] == "created: 'str | datetime | None' = None"
    assert shown["image"] == "image: 'BoundImage | None' = None"
    assert shown["labels"] == "labels: 'dict[str, str] | None' = None"
    assert str(inspect.signature(NetworkRoute)) == "(destination: 'str', gateway: 'str')"


def read_into(values: list[object], server: BoundServer, name: str) -> None:
    values.append(getattr(server, name))


def test_readers_of_an_object_that_is_being_fetched() -> None:
    """A thread that looked at the object before it was fetched does not report what the object has by now."""
    for _ in range(50):
        stub = Stub((200, {"server": {"id": 7, "status": "off", "locked": False}}))
        server = BoundServer(stub.client().servers, {"id": 7}, complete=False)
        values: list[object] = []
        readers = [threading.Thread(target=read_into, args=(values, server, name)) for name in ("status", "locked") * 4]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert len(values) == len(readers)
