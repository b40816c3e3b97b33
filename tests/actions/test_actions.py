from __future__ import annotations

import warnings
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from hcloud import Client
from hcloud._exceptions import InvalidInputError
from hcloud.actions import Action, ActionFailedException, ActionTimeoutException, BoundAction
from hcloud.core.fields import bound_model
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.testing import FakeCloud
from tests.stub import Stub

SENT = {
    "id": 1,
    "command": "create_image",
    "status": "error",
    "progress": 30,
    "started": "2026-10-15T12:00:00+00:00",
    "finished": None,
    "resources": [{"id": 42, "type": "server"}],
    "error": {"code": "action_failed", "message": "Action failed", "details": {}},
}


def test_every_property(client: Client) -> None:
    action = BoundAction(client.actions, SENT)
    assert {name: getattr(action, name) for name in SENT} == {**SENT, "started": datetime(2026, 10, 15, 12, tzinfo=UTC)}
    assert set(action.__api_properties__) == SENT.keys()


def test_actions_of_a_resource_are_cached(client: Client) -> None:
    with patch.object(client.servers.actions, "get_all", return_value=[]) as get_all:
        assert client.servers.actions.get_all() == []
    get_all.assert_called_once_with()
    assert client.servers.actions is not client.volumes.actions
    assert client.with_options(retries=0).servers.actions is not client.servers.actions


@pytest.mark.parametrize(
    "resource",
    [
        *("certificates", "firewalls", "floating_ips", "images", "load_balancers", "networks", "primary_ips"),
        *("servers", "storage_boxes", "volumes", "zones"),
    ],
)
def test_action_of_a_resource_is_fetched_by_the_route_that_is_not_deprecated(resource: str, stub: Stub) -> None:
    stub.responses = [(200, {"action": SENT})]
    resource_client = getattr(stub.client(), resource)
    model = bound_model("hcloud", resource)
    action = resource_client.get_action(model.model(id=42), 1)
    assert action == model(resource_client, {"id": 42}).get_action(1) == BoundAction(stub.client().actions, SENT)
    assert [sent.url.partition("/v1")[2] for sent in stub.sent] == [f"/{resource}/actions/1"] * 2


def test_by_ids(cloud: FakeCloud, client: Client) -> None:
    created = [
        client.servers.create(f"web-{number}", ServerType(name="cx23"), Image(name="debian-12")) for number in (1, 2)
    ]
    ids = [response.action.id for response in created]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [action.id for action in client.actions.get_list(id=ids).actions] == ids
        assert [action.id for action in client.actions.get_all(id=[*ids, 5])] == ids
        assert client.actions.get_all(id=[]) == []
        assert client.actions.get_by_id(ids[0]) == created[0].action


def test_many_ids_are_sent_in_batches() -> None:
    stub = Stub(lambda sent: (200, {"actions": [{"id": int(id)} for id in sent.query["id"]]}))
    ids = list(range(1, 121))
    assert [action.id for action in stub.client().actions.get_all(id=ids, status=["running"])] == ids
    assert [len(sent.query["id"]) for sent in stub.sent] == [50, 50, 20]
    assert all(sent.query["status"] == ["running"] for sent in stub.sent)


@pytest.mark.parametrize("method", ["get_list", "get_all"])
def test_call_without_ids_warns_the_caller(method: str, cloud: FakeCloud, client: Client) -> None:
    notice = rf"'client\.actions\.{method}' method.*'client\.<resource>\.actions\.{method}'"
    with pytest.warns(DeprecationWarning, match=notice) as caught, pytest.raises(InvalidInputError):
        getattr(client.actions, method)()
    assert caught[0].filename == __file__
    assert len(cloud.requests) == 1


def test_messages_of_exceptions() -> None:
    with_reason = Action.from_dict(SENT)
    assert str(ActionFailedException(with_reason)) == "The pending action failed: Action failed (action_failed, 1)"
    assert str(ActionFailedException(Action(id=2, command="x"))) == "The pending action failed (x, 2)"
    assert str(ActionFailedException(Action(id=2))) == "The pending action failed (2)"
    assert str(ActionTimeoutException(Action(id=2))) == "The pending action timed out (2)"
    assert ActionFailedException(with_reason).action is with_reason


@pytest.mark.parametrize("error", [{}, {"code": "x"}, {"message": "x"}, "boom", ["boom"], 5])
def test_malformed_error_of_a_failed_action(error: object, client: Client) -> None:
    action = BoundAction(client.actions, {**SENT, "error": error})
    with pytest.raises(ActionFailedException, match=r"^The pending action failed \(create_image, 1\)$"):
        action.wait()
