"""Primary IPs: defaults of creation and assignment."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud.primary_ips import BoundPrimaryIP, PrimaryIP
from tests.stub import Stub

CREATED: Any = (201, {"primary_ip": {"id": 1, "assignee_id": None, "assignee_type": "unassigned"}, "action": None})


def test_create_disables_automatic_deletion_by_default(stub: Stub) -> None:
    stub.responses = [CREATED]
    response = stub.client().primary_ips.create("ipv4", "mine")
    assert stub.sent[0].json == {"type": "ipv4", "name": "mine", "auto_delete": False}
    assert response.wait().action is None
    assert response.primary_ip.assignee_type == "unassigned"


def test_create_without_an_assignee_type_warns_the_caller(stub: Stub) -> None:
    stub.responses = [CREATED]
    with pytest.warns(DeprecationWarning, match="assignee_type") as warned:
        stub.client().primary_ips.create("ipv4", "mine", assignee_id=7)
    assert [warning.filename for warning in warned] == [__file__]
    expected = {"type": "ipv4", "name": "mine", "auto_delete": False, "assignee_id": 7, "assignee_type": "server"}
    assert stub.sent[0].json == expected


def test_assign_is_to_a_server_by_default(stub: Stub) -> None:
    stub.responses = [(201, {"action": {"id": 1, "status": "running"}})]
    primary_ips = stub.client().primary_ips
    primary_ips.assign(PrimaryIP(id=1), 7)
    BoundPrimaryIP(primary_ips, {"id": 1}).assign(7, "load_balancer")
    assert [sent.json for sent in stub.sent] == [
        {"assignee_id": 7, "assignee_type": "server"},
        {"assignee_id": 7, "assignee_type": "load_balancer"},
    ]
