"""Actions: waiting for one and for many."""

from __future__ import annotations

import pickle

import pytest

import hcloud.actions
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import (
    Action,
    ActionFailedException,
    ActionsException,
    ActionTimeoutException,
    BoundAction,
)
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.testing import FakeDigitalOcean


def many(client: Client, count: int) -> list[BoundAction]:
    names = [f"web{number}" for number in range(count)]
    return [action for start in range(0, count, 10) for action in create(client, names[start : start + 10])]


def create(client: Client, names: list[str]) -> list[BoundAction]:
    return client.droplets.create(names, "s-1vcpu-1gb", "debian-12-x64").actions


def test_states(client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    assert (action.status, action.completed_at) == ("in-progress", None)
    action.wait_until_finished()
    assert (action.status, action.completed_at is not None) == ("completed", True)


def test_a_failed_action(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    cloud.fail_action("snapshot")
    action = droplet.snapshot("x")
    with pytest.raises(ActionFailedException) as failed:
        action.wait_until_finished()
    assert isinstance(failed.value, hcloud.actions.ActionFailedException)
    assert str(failed.value) == f"The pending action failed: snapshot of droplet {droplet.id} (action {action.id})"
    assert pickle.loads(pickle.dumps(failed.value)).action.id == action.id
    assert cloud.images.own == []


def test_a_wait_that_ends(droplet: BoundDroplet) -> None:
    action = droplet.snapshot("x")
    with pytest.raises(ActionTimeoutException, match="timed out: snapshot of droplet"):
        action.wait_until_finished(max_retries=2)


def test_many_are_looked_up_together(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = 5
    actions = many(client, 60)
    cloud.requests.clear()
    seen: list[int] = []
    done = client.actions.wait_for(actions, on_progress=lambda actions: seen.append(len(actions)))
    assert done == actions
    assert {action.status for action in done} == {"completed"}
    assert {each.path for each in cloud.requests} == {"/actions"}
    assert len(cloud.requests) <= 6 + 1  # one look at them, or at what is missing of them, a second
    assert set(seen) == {60}


def test_old_ones_are_looked_up_one_by_one(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = {"create": 600}
    old = many(client, 2)
    cloud._action_seconds = 0
    cloud.advance(0)
    droplet = client.droplets.create("noise", "s-1vcpu-1gb", "debian-12-x64").droplet
    for _ in range(200):
        droplet.reboot()
    cloud.requests.clear()
    found = client.actions._get_many([action.id or 0 for action in old])
    assert [action.id for action in found] == [action.id for action in old]
    assert [each.path for each in cloud.requests] == ["/actions", *(f"/actions/{action.id}" for action in old)]


def test_one_is_looked_up_alone(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    cloud.requests.clear()
    (done,) = client.actions.wait_for([Action(id=action.id)])
    assert done.status == "completed"
    assert {each.path for each in cloud.requests} == {f"/actions/{action.id}"}


def test_of_many_some_fail_and_some_take_too_long(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = {"power_off": 500, "reboot": 1}
    client.droplets.create(["a", "b", "c"], "s-1vcpu-1gb", "debian-12-x64").wait()
    a, b, c = client.droplets.get_all()
    cloud.fail_action("reboot")
    actions = [a.reboot(), b.reboot(), c.power_off()]
    with pytest.raises(ActionsException) as stopped:
        client.actions.wait_for(actions, timeout=30)
    assert [error.action for error in stopped.value.failed] == [actions[0]]
    assert stopped.value.running == [actions[2]]
    assert str(stopped.value) == (
        f"The pending action failed: reboot of droplet {a.id} (action {actions[0].id}); "
        f"still in progress: power_off of droplet {c.id} (action {actions[2].id})"
    )
    assert len(pickle.loads(pickle.dumps(stopped.value)).running) == 1


def test_what_it_is_about(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    assert action.resource == droplet
    assert action.resource is not None
    assert action.resource.name == "web"
    assert Action(id=1, resource_id=2, resource_type="image").resource is None  # nothing was sent for it
    assert Action.from_dict({"id": 1, "resource_id": 2, "resource_type": "image"}).resource.to_dict() == {"id": 2}  # type: ignore[union-attr]
    assert BoundAction(client.actions, {"id": 1, "resource_id": 2, "resource_type": "volume"}).resource is None
    assert BoundAction(client.actions, {"id": 1, "resource_type": "backend"}).resource is None
    assert Action(id=1, resource=droplet).resource is droplet


def test_resources_of_many_are_fetched_together(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = 0
    many(client, 10)
    actions = client.actions.get_all()
    cloud.requests.clear()
    assert sorted(action.resource.name or "" for action in actions if action.resource) == [f"web{n}" for n in range(10)]
    assert [each.path for each in cloud.requests] == ["/droplets"]
