"""Actions, and waiting for one or several of them."""

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


def create_droplets(client: Client, count: int) -> list[BoundAction]:
    names = [f"web{number}" for number in range(count)]
    return [action for start in range(0, count, 10) for action in create_batch(client, names[start : start + 10])]


def create_batch(client: Client, names: list[str]) -> list[BoundAction]:
    return client.droplets.create(names, "s-1vcpu-1gb", "debian-12-x64").actions


def test_statuses(client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    assert (action.status, action.completed_at) == ("in-progress", None)
    action.wait_until_finished()
    assert (action.status, action.completed_at is not None) == ("completed", True)


def test_failed_action(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    cloud.fail_action("snapshot")
    action = droplet.snapshot("x")
    with pytest.raises(ActionFailedException) as failed:
        action.wait_until_finished()
    assert isinstance(failed.value, hcloud.actions.ActionFailedException)
    assert str(failed.value) == f"The pending action failed: snapshot of droplet {droplet.id} (action {action.id})"
    assert pickle.loads(pickle.dumps(failed.value)).action.id == action.id
    assert cloud.images.own == []


def test_timeout(droplet: BoundDroplet) -> None:
    action = droplet.snapshot("x")
    with pytest.raises(ActionTimeoutException) as raised:
        action.wait_until_finished(max_retries=2)
    text = (
        f"The pending action timed out: snapshot of droplet {droplet.id} (action {action.id}) after 2 polls; to wait "
        "longer, pass a larger max_retries, or use wait()"
    )
    assert str(raised.value) == text
    assert str(pickle.loads(pickle.dumps(raised.value))) == text
    with pytest.raises(ActionTimeoutException, match="after 30 s; to wait longer, pass a longer timeout"):
        action.wait(timeout=30)


def test_several_actions_are_fetched_from_the_list(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = 5
    actions = create_droplets(client, 60)
    cloud.requests.clear()
    counts: list[int] = []
    finished = client.actions.wait_for(actions, on_progress=lambda actions: counts.append(len(actions)))
    assert finished == actions
    assert {action.status for action in finished} == {"completed"}
    assert {request.path for request in cloud.requests} == {"/actions"}
    assert len(cloud.requests) <= 6 + 1  # about one per second
    assert set(counts) == {60}


def test_old_actions_are_fetched_one_by_one(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = {"create": 600}
    old = create_droplets(client, 2)
    cloud._action_seconds = 0
    cloud.advance(0)
    droplet = client.droplets.create("noise", "s-1vcpu-1gb", "debian-12-x64").droplet
    for _ in range(200):
        droplet.reboot()
    cloud.requests.clear()
    fetched = client.actions._get_many([action.id or 0 for action in old])
    assert {action.id for action in fetched} == {action.id for action in old}
    assert [request.path for request in cloud.requests] == ["/actions"] * 2  # both are on the last page
    client.actions.max_per_page = 50
    cloud.requests.clear()
    fetched = client.actions._get_many([action.id or 0 for action in old])
    assert [action.id for action in fetched] == [action.id for action in old]
    assert [request.path for request in cloud.requests] == ["/actions", *(f"/actions/{action.id}" for action in old)]


def test_a_single_action_is_fetched_by_id(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    cloud.requests.clear()
    (finished,) = client.actions.wait_for([Action(id=action.id)])
    assert finished.status == "completed"
    assert {request.path for request in cloud.requests} == {f"/actions/{action.id}"}


def test_failures_and_timeouts_of_several_actions(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = {"power_off": 500, "reboot": 1}
    client.droplets.create(["a", "b", "c"], "s-1vcpu-1gb", "debian-12-x64").wait()
    a, b, c = client.droplets.get_all()
    cloud.fail_action("reboot")
    actions = [a.reboot(), b.reboot(), c.power_off()]
    with pytest.raises(ActionsException) as raised:
        client.actions.wait_for(actions, timeout=30)
    assert [error.action for error in raised.value.failed] == [actions[0]]
    assert raised.value.running == [actions[2]]
    assert str(raised.value) == (
        f"The pending action failed: reboot of droplet {a.id} (action {actions[0].id}); "
        f"still in progress: power_off of droplet {c.id} (action {actions[2].id}) after 30 s; "
        "to wait longer, pass a longer timeout"
    )
    assert len(pickle.loads(pickle.dumps(raised.value)).running) == 1


def test_resource_of_an_action(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    action = droplet.power_off()
    assert action.resource == droplet
    assert action.resource is not None
    assert action.resource.name == "web"
    assert Action(id=1, resource_id=2, resource_type="image").resource is None  # without a request
    assert Action.from_dict({"id": 1, "resource_id": 2, "resource_type": "image"}).resource.to_dict() == {"id": 2}  # type: ignore[union-attr]
    assert BoundAction(client.actions, {"id": 1, "resource_id": 2, "resource_type": "volume"}).resource is None
    assert BoundAction(client.actions, {"id": 1, "resource_type": "backend"}).resource is None
    assert Action(id=1, resource=droplet).resource is droplet


def test_resources_of_several_actions_are_fetched_together(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud._action_seconds = 0
    create_droplets(client, 10)
    actions = client.actions.get_all()
    cloud.requests.clear()
    assert sorted(action.resource.name or "" for action in actions if action.resource) == [f"web{n}" for n in range(10)]
    assert [request.path for request in cloud.requests] == ["/droplets"]


# Objects after a wait


def test_new_droplets_are_listed_when_they_are_read(cloud: FakeDigitalOcean, client: Client) -> None:
    response = client.droplets.create(["a", "b", "c", "d"], "s-1vcpu-1gb", "debian-12-x64").wait()
    cloud.requests.clear()
    assert {droplet.status for droplet in response.droplets} == {"active"}
    assert [request.path for request in cloud.requests] == ["/droplets"]


def test_a_droplet_after_its_action(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    assert droplet.status == "active"
    assert droplet.power_off().wait().status == "completed"
    cloud.requests.clear()
    assert (droplet.id, cloud.requests) == (droplet.id, [])
    assert (droplet.status, droplet.locked) == ("off", False)
    assert [request.path for request in cloud.requests] == [f"/droplets/{droplet.id}"]
    client.actions.wait_for([client.droplets.power_on(droplet)])
    assert droplet.status == "active"


def test_an_image_after_its_transfer(client: Client, droplet: BoundDroplet) -> None:
    droplet.snapshot("x").wait()
    assert droplet.snapshots
    (image,) = droplet.snapshots
    assert image.regions == ["fra1"]
    image.transfer("nyc3").wait()
    assert image.regions == ["fra1", "nyc3"]


def test_without_lazy_loading(cloud: FakeDigitalOcean) -> None:
    client = cloud.client(lazy=False)
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64").wait().droplet
    cloud.requests.clear()
    assert droplet.status == "active"
    droplet.power_off().wait()
    assert cloud.requests[-1].path == f"/droplets/{droplet.id}"
    assert droplet.status == "off"


def test_wait_with_a_failure_and_a_timeout(cloud: FakeDigitalOcean, droplet: BoundDroplet) -> None:
    cloud.fail_action("snapshot")
    with pytest.raises(ActionFailedException, match="snapshot of droplet"):
        droplet.snapshot("x").wait()
    cloud._action_seconds = 60
    action = droplet.reboot()
    with pytest.raises(ActionTimeoutException, match=r"reboot of droplet \d+ \(action \d+\) after 5 s; to wait longer"):
        action.wait(5)
    assert action.wait(120) is action
