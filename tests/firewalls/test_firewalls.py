"""Firewalls: rules, resources and the argument order of updates."""

from __future__ import annotations

import pytest

from hcloud import InvalidArgumentError
from hcloud.firewalls import Firewall, FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.servers import Server
from tests.stub import Stub

ACTION = {"id": 1, "command": "x", "status": "running", "progress": 0, "resources": [], "error": None}
SSH = {"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0"], "destination_ips": []}


def test_received_values_can_be_sent(stub: Stub) -> None:
    rule = {"direction": "in", "protocol": "icmp", "port": None, "source_ips": ["::/0"], "destination_ips": []}
    applied = {
        "type": "label_selector",
        "label_selector": {"selector": "env=prod"},
        "applied_to_resources": [{"type": "server", "server": {"id": 5}}],
    }
    direct = {"type": "server", "server": {"id": 6}}
    firewall = {"id": 1, "name": "a", "rules": [rule], "applied_to": [applied, direct]}
    stub.responses = [(200, {"firewall": firewall}), (201, {"actions": [ACTION, {**ACTION, "id": 2}]})]
    read = stub.client().firewalls.get_by_id(1)
    assert read.rules is not None
    assert read.applied_to is not None
    actions = read.set_rules(read.rules)
    read.remove_from_resources(read.applied_to)

    assert [action.id for action in actions] == [1, 2]
    assert stub.sent[1].json == {"rules": [{"direction": "in", "protocol": "icmp", "source_ips": ["::/0"]}]}
    selector = {"type": "label_selector", "label_selector": {"selector": "env=prod"}}
    assert stub.sent[2].json == {"remove_from": [selector, direct]}


def test_create_applies_the_firewall(stub: Stub) -> None:
    stub.responses = [(201, {"firewall": {"id": 1, "name": "a"}, "actions": []})]
    stub.client().firewalls.create("a", resources=[FirewallResource("server", Server(id=6))])
    assert stub.sent[0].json == {"name": "a", "apply_to": [{"type": "server", "server": {"id": 6}}]}


@pytest.mark.parametrize(
    "resource",
    [
        FirewallResource("server"),
        FirewallResource("label_selector", server=Server(id=1)),
        FirewallResource("server", label_selector=FirewallResourceLabelSelector("a")),
        FirewallResource("server", Server(name="has no id")),
    ],
)
def test_rejects_a_resource_without_the_field_of_its_type(stub: Stub, resource: FirewallResource) -> None:
    with pytest.raises(InvalidArgumentError):
        stub.client().firewalls.apply_to_resources(Firewall(id=1), [resource])
    assert stub.sent == []


def test_update_of_a_bound_firewall_takes_the_name_first(stub: Stub) -> None:
    stub.responses = [(200, {"firewall": {"id": 1, "name": "a"}}), (200, {"firewall": {"id": 1, "name": "b"}})]
    firewall = stub.client().firewalls.get_by_id(1)
    firewall.update("b", {"env": "prod"})

    assert stub.sent[1].json == {"name": "b", "labels": {"env": "prod"}}
    assert firewall.name == "b"


@pytest.mark.parametrize(
    "rule",
    [
        FirewallRule("in", "tcp", ["0.0.0.0/0"], "22"),
        FirewallRule("in", "tcp", ["0.0.0.0/0"], "22", destination_ips=None),
        FirewallRule.from_dict({"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0"]}),
        FirewallRule.from_dict({**SSH, "destination_ips": None}),
    ],
)
def test_missing_addresses_are_empty_lists(rule: FirewallRule) -> None:
    sent = rule.to_payload()
    assert rule == FirewallRule.from_dict(SSH)
    assert rule.destination_ips == []
    assert rule.to_payload() == sent == {name: value for name, value in SSH.items() if value}
    rule.destination_ips.append("10.0.0.0/8")
    assert rule.to_payload() == {**SSH, "destination_ips": ["10.0.0.0/8"]}
    assert FirewallRule("in", "tcp").destination_ips == []
    rule.destination_ips = None
    assert rule == FirewallRule.from_dict(SSH)
