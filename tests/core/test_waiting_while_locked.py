"""Tests of ``wait_while_locked``: requests that wait while their resource is being changed."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import ConflictError, InvalidArgumentError, LockedError, OutcomeUnknownError, ProtectedError, ServerError
from hcloud.core.clock import before
from hcloud.digitalocean import PendingEventError
from hcloud.servers import Server
from hcloud.testing import FakeCloud, FakeDigitalOcean
from tests.stub import Stub, error

LOCKED = (423, error("locked"))
CONFLICT = (409, error("conflict"))
ACTION = (201, {"action": {"id": 1, "status": "running", "command": "start_server"}})


@pytest.mark.parametrize("rejection", [LOCKED, CONFLICT], ids=["locked", "conflict"])
def test_waits_until_the_resource_is_free(stub: Stub, rejection: Any) -> None:
    stub.responses = [*[rejection] * 7, ACTION]
    client = stub.client(retries=0).with_options(wait_while_locked=120)
    assert client.servers.power_on(Server(id=1)).id == 1
    assert len(stub.sent) == 8
    assert stub.clock.slept == [1.0] * 7


def test_is_off_by_default(stub: Stub) -> None:
    stub.responses = [LOCKED]
    with pytest.raises(LockedError):
        stub.client().servers.power_on(Server(id=1))
    assert (len(stub.sent), stub.clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("rejection", "exception"), [(LOCKED, LockedError), (CONFLICT, ConflictError)], ids=["locked", "conflict"]
)
def test_is_bounded(stub: Stub, rejection: Any, exception: type[Exception]) -> None:
    stub.responses = [rejection]
    client = stub.client(poll_interval=4, wait_while_locked=10)
    with pytest.raises(exception) as raised:
        client.servers.power_on(Server(id=1))
    assert stub.clock.slept == [4.0, 4.0, 2.0]
    assert len(stub.sent) == 4
    assert raised.value.__notes__ == ["The resource was still being changed after 10 s; see wait_while_locked."]


def test_a_deadline_of_the_caller_is_earlier(stub: Stub) -> None:
    stub.responses = [LOCKED]
    client = stub.client(wait_while_locked=100)
    with before(stub.clock.monotonic() + 3), pytest.raises(LockedError):
        client.servers.power_on(Server(id=1))
    assert sum(stub.clock.slept) == 3


def test_each_request_has_the_whole_time(stub: Stub) -> None:
    client = stub.client(wait_while_locked=3)
    for _ in range(2):
        stub.responses = [LOCKED, LOCKED, LOCKED, ACTION]
        client.servers.power_on(Server(id=1))
    assert stub.clock.slept == [1.0] * 6


def test_the_time_for_retries_stays(stub: Stub) -> None:
    """The pauses while the resource is locked do not use up ``retry_max_time``."""
    stub.responses = [*[LOCKED] * 50, (503, error("unavailable")), (200, {"server": {"id": 1}})]
    client = stub.client(wait_while_locked=100, retry_max_time=20)
    assert client.servers.update(Server(id=1), name="x").id == 1
    assert len(stub.sent) == 52


def test_hooks_see_the_pauses(stub: Stub) -> None:
    stub.responses = [LOCKED, LOCKED, ACTION]
    retries: list[tuple[str, int, float]] = []
    client = stub.client(
        wait_while_locked=9, on_retry=lambda request, error, n, delay: retries.append((type(error).__name__, n, delay))
    )
    client.servers.power_on(Server(id=1))
    assert retries == [("LockedError", 1, 1.0), ("LockedError", 2, 1.0)]


@pytest.mark.parametrize(
    ("response", "exception"),
    [
        ((423, error("protected")), ProtectedError),
        ((409, error("uniqueness_error")), Exception),
        ((409, b"<html>conflict</html>"), Exception),  # of a proxy: the request may have taken effect
        ((502, error("locked")), LockedError),  # contradicts itself, so it proves nothing
    ],
    ids=["protected", "uniqueness", "409 of a proxy", "locked with 502"],
)
def test_other_failures_are_not_waited_for(stub: Stub, response: Any, exception: type[Exception]) -> None:
    stub.responses = [response]
    with pytest.raises(exception):
        stub.client(retries=0, wait_while_locked=60).servers.power_on(Server(id=1))
    assert len(stub.sent) == 1


def test_an_unknown_outcome_stays_unknown(stub: Stub) -> None:
    """The first attempt may have locked the resource."""
    stub.responses = [(500, error("server_error")), LOCKED]
    with pytest.raises(ServerError) as raised:
        stub.client(wait_while_locked=60).servers.power_on(Server(id=1))
    assert isinstance(raised.value, OutcomeUnknownError)
    assert len(stub.sent) == 1


def test_with_options_changes_only_the_copy(stub: Stub) -> None:
    client = stub.client()
    client.with_options(wait_while_locked=60)
    stub.responses = [LOCKED]
    with pytest.raises(LockedError):
        client.servers.power_on(Server(id=1))
    assert len(stub.sent) == 1


@pytest.mark.parametrize("value", [-1, "60", float("nan"), None])
def test_rejects_other_values(stub: Stub, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="wait_while_locked must be a number of at least 0"):
        stub.client(wait_while_locked=value)


def test_a_running_action_of_the_fake(cloud: FakeCloud) -> None:
    client = cloud.client(wait_while_locked=120)
    response = client.servers.create("web", "cx23", "ubuntu-24.04")
    response.server.delete().wait()  # while it is still being created
    assert client.servers.get_all() == []


def test_a_pending_event_of_digitalocean() -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()
    droplet = (
        client.droplets.create(name="web", region="nyc3", size="s-1vcpu-1gb", image="ubuntu-24-04-x64").wait().droplet
    )
    assert droplet is not None
    droplet.power_off()
    with pytest.raises(PendingEventError):
        droplet.snapshot("early")
    waiting = client.with_options(wait_while_locked=600)
    assert waiting.droplets.snapshot(droplet, "later").wait().status == "completed"
