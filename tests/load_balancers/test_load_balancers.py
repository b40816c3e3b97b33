"""Load balancers: targets, services, metrics, deletion and networks."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import InvalidArgumentError
from hcloud.certificates import Certificate
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    BoundLoadBalancer,
    LoadBalancer,
    LoadBalancerCreatePublicNetwork,
    LoadBalancerHealtCheckHttp,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
    LoadBalancerTargetIP,
    MetricsType,
)
from hcloud.networks import Network
from hcloud.primary_ips import PrimaryIP
from hcloud.servers import Server
from tests.stub import Sent, Stub

ACTION = {"id": 1, "command": "x", "status": "success", "progress": 100, "resources": [], "error": None}
HEALTH = {"listen_port": 443, "status": "unhealthy", "detail": "unexpected_http_status", "http_status_code": 502}
SERVERS = range(10, 20)
RESOLVED = [
    {"type": "server", "server": {"id": id}, "use_private_ip": True, "health_status": [HEALTH]} for id in SERVERS
]
TARGETS = [
    {"type": "label_selector", "label_selector": {"selector": "env=prod"}, "use_private_ip": True, "targets": RESOLVED},
    {"type": "ip", "ip": {"ip": "203.0.113.1"}, "health_status": [{**HEALTH, "status": "healthy"}]},
]
PUBLIC_NET = {
    "enabled": True,
    "ipv4": {"id": 3, "ip": "203.0.113.7", "dns_ptr": "lb.example.com"},
    "ipv6": {"ip": "2001:db8::1", "dns_ptr": None},
}


def load_balancer(stub: Stub, *responses: Any) -> BoundLoadBalancer:
    private_net = [{"network": 4, "ip": "10.0.0.2"}]
    payload = {"id": 1, "name": "lb", "public_net": PUBLIC_NET, "private_net": private_net, "targets": TARGETS}
    stub.responses = [(200, {"load_balancer": payload}), *responses]
    return stub.client().load_balancers.get_by_id(1)


def test_reads_nested_targets(stub: Stub) -> None:
    balancer = load_balancer(stub)
    assert balancer.targets is not None
    by_label, by_ip = balancer.targets

    assert by_label.targets is not None
    assert all(isinstance(target, LoadBalancerTarget) for target in by_label.targets)
    health = by_label.targets[0].health_status
    assert health is not None
    assert (health[0].status, health[0].detail, health[0].http_status_code) == (
        *("unhealthy", "unexpected_http_status"),
        502,
    )
    assert by_ip.ip == LoadBalancerTargetIP("203.0.113.1")
    assert len(stub.sent) == 1


def test_servers_of_nested_targets_are_fetched_together(stub: Stub) -> None:
    def respond(sent: Sent) -> tuple[int, Any]:
        servers = [{"id": id, "name": f"web-{id}"} for id in SERVERS]
        pagination = {"page": 1, "per_page": 50, "next_page": None, "last_page": 1, "total_entries": len(servers)}
        assert sent.path == "/servers"
        return 200, {"servers": servers, "meta": {"pagination": {**pagination, "previous_page": None}}}

    balancer = load_balancer(stub, respond)
    assert balancer.targets is not None
    assert balancer.targets[0].targets is not None
    names = [target.server and target.server.name for target in balancer.targets[0].targets]

    assert names == [f"web-{id}" for id in SERVERS]
    assert len(stub.sent) == 2


def test_received_targets_can_be_sent(stub: Stub) -> None:
    balancer = load_balancer(stub, (201, {"action": ACTION}))
    for target in balancer.targets or []:
        balancer.add_target(target)
        balancer.remove_target(target)

    selector = {"type": "label_selector", "label_selector": {"selector": "env=prod"}}
    address = {"type": "ip", "ip": {"ip": "203.0.113.1"}}
    sent = [request.json for request in stub.sent[1:]]
    assert sent == [{**selector, "use_private_ip": True}, selector, address, address]


@pytest.mark.parametrize(
    "target",
    [LoadBalancerTarget(), LoadBalancerTarget("ip"), LoadBalancerTarget("label_selector", server=Server(id=1))],
)
def test_rejects_a_target_without_the_field_of_its_type(stub: Stub, target: LoadBalancerTarget) -> None:
    with pytest.raises(InvalidArgumentError):
        stub.client().load_balancers.add_target(LoadBalancer(id=1), target)
    assert stub.sent == []


def test_create_sends_ids(stub: Stub) -> None:
    stub.responses = [(201, {"load_balancer": {"id": 1}, "action": ACTION})]
    https = LoadBalancerServiceHttp(certificates=[Certificate(id=7)], timeout_idle=60)
    stub.client().load_balancers.create(
        "lb",
        LoadBalancerType(name="lb11"),
        services=[LoadBalancerService("https", 443, 80, False, http=https)],
        targets=[LoadBalancerTarget("server", Server(id=10), use_private_ip=True)],
        network_zone="eu-central",
        public_net=LoadBalancerCreatePublicNetwork(ipv4=PrimaryIP(id=3)),
        network=Network(id=4),
    )
    assert stub.sent[0].json == {
        "name": "lb",
        "load_balancer_type": "lb11",
        "services": [
            {
                "protocol": "https",
                "listen_port": 443,
                "destination_port": 80,
                "proxyprotocol": False,
                "http": {"certificates": [7], "timeout_idle": 60},
            }
        ],
        "targets": [{"type": "server", "server": {"id": 10}, "use_private_ip": True}],
        "network_zone": "eu-central",
        "public_net": {"ipv4": 3},
        "network": 4,
    }


def test_service_is_deleted_by_its_port(stub: Stub) -> None:
    stub.responses = [(201, {"action": ACTION})]
    stub.client().load_balancers.delete_service(LoadBalancer(id=1), LoadBalancerService("http", 80, 8080))
    assert stub.sent[0].json == {"listen_port": 80}


def test_metrics_types_are_sent_as_one_parameter(stub: Stub) -> None:
    stub.responses = [(200, {"metrics": {"step": 60.0, "time_series": {}}})]
    types: list[MetricsType] = ["bandwidth", "open_connections"]
    stub.client().load_balancers.get_metrics(LoadBalancer(id=1), types, "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z")
    assert stub.sent[0].query["type"] == ["bandwidth,open_connections"]


def test_delete_returns_an_action(stub: Stub) -> None:
    balancer = load_balancer(stub, (201, {"action": {**ACTION, "status": "running"}}), (200, {"action": ACTION}))
    assert balancer.delete().wait().action.status == "success"
    assert [repr(sent) for sent in stub.sent[1:]] == ["DELETE /load_balancers/1", "GET /actions/1"]


def test_networks_and_primary_ips(stub: Stub) -> None:
    balancer = load_balancer(stub)
    net, public = balancer.private_net_for(Network(id=4)), balancer.public_net
    assert net is not None
    assert net.ip == "10.0.0.2"
    assert balancer.private_net_for(4) is net
    assert balancer.private_net_for(Network(id=5)) is None
    assert balancer.private_net_for(5) is None
    assert public is not None
    assert public.ipv4.primary_ip is not None
    assert public.ipv4.primary_ip.id == 3
    assert public.ipv6.primary_ip is None
    assert len(stub.sent) == 1


def test_misspelled_class_warns() -> None:
    with pytest.warns(DeprecationWarning, match="LoadBalancerHealthCheckHttp"):
        check = LoadBalancerHealtCheckHttp("example.com", "/")
    assert check == LoadBalancerHealthCheckHttp(domain="example.com", path="/")
