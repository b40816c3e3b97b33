from __future__ import annotations

import pickle
from typing import Any

import pytest

from hcloud import Client
from hcloud._exceptions import (
    APIException,
    HCloudException,
    InvalidArgumentError,
    NotFoundError,
    RateLimitExceededError,
    UnboundError,
    WaitTimeoutError,
)
from hcloud.actions import (
    Action,
    ActionException,
    ActionFailedException,
    ActionsException,
    ActionTimeoutException,
    BoundAction,
)
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, CreateServerResponse
from hcloud.testing import FakeCloud
from tests.stub import Sent, Stub, error


def running(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "command": "create_server", "status": "running", "progress": 0, "error": None, **more}


class Actions:
    """API whose actions are finished after a number of requests."""

    def __init__(
        self, requests: dict[int, int], failed: set[int] | None = None, omitted: set[int] | None = None
    ) -> None:
        self.requests, self.failed, self.omitted = requests, failed or set(), omitted or set()

    def advance(self, number: int) -> dict[str, Any]:
        self.requests[number] -= 1
        if self.requests[number] > 0:
            return running(number, progress=50)
        if number in self.failed:
            return running(number, status="error", error={"code": "action_failed", "message": f"no {number}"})
        return running(number, status="success", progress=100)

    def __call__(self, sent: Sent) -> Any:
        if sent.path != "/actions":
            return 200, {"action": self.advance(int(sent.path.rpartition("/")[2]))}
        ids = [int(number) for number in sent.query["id"]]
        size = int(sent.query.get("per_page", ["25"])[0])
        assert len(ids) <= size, "the second page is not requested"
        return 200, {"actions": [self.advance(number) for number in ids if number not in self.omitted]}


def waiting(stub: Stub, numbers: list[int]) -> tuple[Client, list[BoundAction]]:
    client = stub.client()
    return client, [BoundAction(client.actions, running(number)) for number in numbers]


def test_a_single_action_is_requested_by_id() -> None:
    stub = Stub(Actions({7: 2}))
    client, actions = waiting(stub, [7])
    (action,) = client.actions.wait_for(actions)
    assert action is actions[0]
    assert (action.status, action.progress) == ("success", 100)
    assert [repr(sent) for sent in stub.sent] == ["GET /actions/7"] * 2


def test_many_actions_are_requested_together() -> None:
    stub = Stub(Actions(dict.fromkeys(range(1, 101), 1)))
    client, actions = waiting(stub, list(range(1, 101)))
    assert client.actions.wait_for(actions) == actions
    assert [len(sent.query["id"]) for sent in stub.sent] == [50, 50]
    assert {action.status for action in actions} == {"success"}


def test_only_running_actions_are_requested_again() -> None:
    stub = Stub(Actions({1: 1, 2: 3, 3: 2}))
    client, actions = waiting(stub, [1, 2, 3])
    client.actions.wait_for(actions)
    assert [sorted(sent.query.get("id", [sent.path])) for sent in stub.sent] == [
        ["1", "2", "3"],
        ["2", "3"],
        ["/actions/2"],
    ]


def test_finished_actions_cost_no_request() -> None:
    stub = Stub(500)
    client = stub.client()
    done = BoundAction(client.actions, running(1, status="success"))
    assert client.actions.wait_for([done]) == [done]
    assert client.actions.wait_for([]) == []
    assert stub.sent == []
    assert stub.clock.slept == []


def test_an_action_that_is_listed_twice_is_requested_once() -> None:
    stub = Stub(Actions({1: 1, 2: 1}))
    client, (first, second) = waiting(stub, [1, 2])
    duplicate = BoundAction(client.actions, running(1))
    assert client.actions.wait_for([second, first, duplicate, first]) == [second, first, duplicate, first]
    assert duplicate.status == "success"
    assert [sorted(sent.query["id"]) for sent in stub.sent] == [["1", "2"]]


def test_plain_records_become_bound_actions() -> None:
    stub = Stub(Actions({1: 1, 2: 1}))
    bound = stub.client().actions.wait_for([Action(id=1, status="running"), Action(id=2, status="running")])
    assert [type(action) for action in bound] == [BoundAction] * 2
    assert [action.status for action in bound] == ["success"] * 2


@pytest.mark.parametrize("lazy", [True, False])
def test_partial_actions_are_requested_together(lazy: bool) -> None:
    stub = Stub(Actions(dict.fromkeys(range(1, 101), 0)))
    actions = stub.client(lazy=lazy).actions.wait_for([Action(id=number) for number in range(1, 101)])
    assert [action.status for action in actions] == ["success"] * 100
    assert len(stub.sent) == 2
    assert stub.clock.slept == []


def test_an_action_that_the_listing_omits() -> None:
    actions = Actions({1: 1, 2: 1}, omitted={2})

    def respond(sent: Sent) -> Any:
        return (404, error("not_found")) if sent.path == "/actions/2" else actions(sent)

    stub = Stub(respond)
    client, bound = waiting(stub, [1, 2])
    with pytest.raises(NotFoundError):
        client.actions.wait_for(bound)
    assert len(stub.sent) == 2


def test_the_exception_holds_every_failure() -> None:
    stub = Stub(Actions({1: 1, 2: 2, 3: 3}, failed={1, 3}))
    client, actions = waiting(stub, [1, 2, 3])
    with pytest.raises(ActionsException, match=r"no 1 \(action_failed, 1\); .*no 3 \(action_failed, 3\)") as caught:
        client.actions.wait_for(actions)
    assert [failure.action for failure in caught.value.failed] == [actions[0], actions[2]]
    assert all(isinstance(failure, ActionFailedException) for failure in caught.value.failed)
    assert caught.value.running == []
    assert actions[1].status == "success", "the others were waited for"
    assert isinstance(caught.value, ActionException)
    assert isinstance(caught.value, HCloudException)


def test_timeout() -> None:
    stub = Stub(Actions({1: 1, 2: 10_000, 3: 1}, failed={3}))
    client, actions = waiting(stub, [1, 2, 3])
    began = stub.clock.monotonic()
    with pytest.raises(ActionsException, match=r"still running: create_server \(2\)") as caught:
        client.actions.wait_for(actions, timeout=60)
    assert caught.value.running == [actions[1]]
    assert [failure.action.id for failure in caught.value.failed] == [3]
    assert 50 < stub.clock.monotonic() - began <= 60


def test_a_timeout_that_is_too_large_for_a_float() -> None:
    client, actions = waiting(Stub(Actions({1: 1})), [1])
    with pytest.raises(InvalidArgumentError, match=r"timeout must be at most .* seconds; None is no limit"):
        client.actions.wait_for(actions, timeout=10**400)
    client.actions.wait_for(actions, timeout=float("inf"))


def test_a_timeout_of_zero_sends_nothing() -> None:
    stub = Stub(500)
    client, actions = waiting(stub, [1])
    with pytest.raises(ActionsException):
        client.actions.wait_for(actions, timeout=0)
    assert stub.sent == []


def test_a_timeout_shorter_than_the_interval_ends_with_a_request() -> None:
    stub = Stub(Actions({1: 1}))
    client, actions = waiting(stub, [1])
    assert client.actions.wait_for(actions, timeout=0.5) == actions
    assert stub.clock.slept == [0.5]


@pytest.mark.parametrize("status", [None, "queued"])
def test_an_action_whose_status_is_unknown_is_not_finished(status: str | None) -> None:
    stub = Stub((200, {"action": {"id": 1, "status": status}}), (200, {"action": {"id": 1, "status": "success"}}))
    BoundAction(stub.client().actions, {"id": 1, "status": "running"}).wait_until_finished()
    assert len(stub.sent) == 2


def test_any_iterable_of_actions_can_be_waited_for() -> None:
    stub = Stub(Actions({1: 2, 2: 3}))
    client, actions = waiting(stub, [1, 2])
    anything: Any = (action for action in actions)
    assert client.actions.wait_for(anything) == actions
    assert [action.status for action in actions] == ["success", "success"]


@pytest.mark.parametrize("actions", [[5], [None], 5, "12", Action(id=1)], ids=repr)
def test_arguments_that_are_no_actions(actions: Any) -> None:
    stub = Stub()
    with pytest.raises(InvalidArgumentError, match="takes a list of actions"):
        stub.client().actions.wait_for(actions)
    assert stub.sent == []


def test_action_and_response_in_place_of_a_list() -> None:
    stub = Stub()
    client: Any = stub.client()
    action = BoundAction(client.actions, {"id": 1})
    for actions in (action, CreateServerResponse(None, action), [CreateServerResponse(None, action)]):
        with pytest.raises(InvalidArgumentError, match=r"takes a list of actions, not .*; call its wait\(\)$"):
            client.actions.wait_for(actions)


def test_backoff() -> None:
    stub = Stub(Actions({1: 200}))
    client, actions = waiting(stub, [1])
    client.actions.wait_for(actions)
    slept = stub.clock.slept
    assert slept[0] <= 1.5
    assert slept == sorted(slept)
    assert max(slept) <= 10


def test_poll_interval_of_the_client() -> None:
    stub = Stub(Actions({1: 3, 2: 3}))
    client = stub.client(poll_interval=lambda retries: 0.1 * (retries + 1))
    client.actions.wait_for([BoundAction(client.actions, running(number)) for number in (1, 2)])
    assert len(stub.clock.slept) == 3
    assert stub.clock.slept[0] == pytest.approx(0.1, rel=0.2)


def test_progress() -> None:
    stub = Stub(Actions({1: 1, 2: 3}))
    client, actions = waiting(stub, [1, 2])
    reports: list[list[tuple[int, Any]]] = []
    client.actions.wait_for(
        actions, on_progress=lambda actions: reports.append([(action.id, action.progress) for action in actions])
    )
    assert reports == [[(1, 100), (2, 50)], [(1, 100), (2, 50)], [(1, 100), (2, 100)]]


@pytest.mark.parametrize("on_progress", [True, 5, "show"])
def test_a_callback_that_is_no_function(on_progress: Any) -> None:
    stub = Stub(Actions({1: 1}))
    client, (action,) = waiting(stub, [1])
    for call in (client.actions.wait_for, lambda actions, **options: actions[0].wait(**options)):
        with pytest.raises(InvalidArgumentError, match=r"on_progress must be a function, such as hcloud.progress"):
            call([action], on_progress=on_progress)
    assert not stub.sent


def test_an_exception_of_the_callback_is_raised() -> None:
    client, actions = waiting(Stub(Actions({1: 3})), [1])
    with pytest.raises(ZeroDivisionError):
        client.actions.wait_for(actions, on_progress=lambda actions: 1 / 0)


@pytest.mark.parametrize("fault", [502, 503, 504, 429, (409, error("conflict"))], ids=str)
def test_a_transient_failure_does_not_end_the_wait(fault: Any) -> None:
    plan = Actions({1: 2, 2: 2})
    stub = Stub(plan)
    client = stub.client().with_options(retries=0)
    actions = [BoundAction(client.actions, running(number)) for number in (1, 2)]
    stub.responses = [fault, fault, plan]
    client.actions.wait_for(actions)
    assert [action.status for action in actions] == ["success"] * 2
    assert len(stub.sent) == 4


@pytest.mark.parametrize("fault", [502, 503, 429, (409, error("conflict"))], ids=str)
@pytest.mark.parametrize("lazy", [True, False])
def test_a_transient_failure_of_the_first_lookup_does_not_end_the_wait(fault: Any, lazy: bool) -> None:
    plan = Actions({1: 2, 2: 1})
    stub = Stub(fault, fault, plan)
    client = stub.client(lazy=lazy, retries=0)
    actions = client.actions.wait_for([Action(id=1), Action(id=2)])
    assert [action.status for action in actions] == ["success"] * 2
    assert [sorted(sent.query.get("id", [sent.path])) for sent in stub.sent] == [["1", "2"]] * 3 + [["/actions/1"]]
    assert len(stub.clock.slept) == 3


def test_a_permanent_failure_of_the_first_lookup_ends_the_wait() -> None:
    stub = Stub((401, error("unauthorized")))
    with pytest.raises(APIException, match="unauthorized"):
        stub.client().actions.wait_for([Action(id=1)])
    assert len(stub.sent) == 1


@pytest.mark.parametrize("lazy", [True, False])
def test_actions_that_are_unknown_at_the_timeout(lazy: bool) -> None:
    stub = Stub(503)
    with pytest.raises(ActionsException, match=r"still running: action \(1\), create_server \(2\)") as caught:
        stub.client(lazy=lazy, retries=0).actions.wait_for(
            [Action(id=1), Action(id=2, status="running", command="create_server")], timeout=30
        )
    assert [action.id for action in caught.value.running] == [1, 2]
    assert sum(stub.clock.slept) == pytest.approx(30)
    assert len(stub.sent) == 1 + len(stub.clock.slept), "the message sends no request"


def test_a_permanent_failure_ends_the_wait() -> None:
    stub = Stub((401, error("unauthorized")))
    client, actions = waiting(stub, [1])
    with pytest.raises(APIException, match="unauthorized"):
        client.actions.wait_for(actions)
    assert len(stub.sent) == 1


def test_transient_failures_until_the_timeout() -> None:
    stub = Stub(503)
    client = stub.client().with_options(retries=0)
    with pytest.raises(ActionsException, match="still running"):
        client.actions.wait_for([BoundAction(client.actions, running(1))], timeout=30)


# A single action, with the method of hcloud-python


def test_wait_until_finished() -> None:
    stub = Stub(Actions({1: 3}))
    _, (action,) = waiting(stub, [1])
    action.wait_until_finished()
    assert action.status == "success"
    assert len(stub.sent) == 3


def test_wait_until_finished_with_a_failed_action() -> None:
    _, (action,) = waiting(Stub(Actions({1: 1}, failed={1})), [1])
    with pytest.raises(ActionFailedException, match=r"The pending action failed: no 1 \(action_failed, 1\)") as caught:
        action.wait_until_finished()
    assert caught.value.action is action


def test_wait_until_finished_gives_up() -> None:
    stub = Stub(Actions({1: 1000}))
    _, (action,) = waiting(stub, [1])
    with pytest.raises(ActionTimeoutException, match=r"The pending action timed out \(create_server, 1\)"):
        action.wait_until_finished(max_retries=3)
    assert len(stub.sent) == 3


@pytest.mark.parametrize("max_retries", [1, 0, -1])
def test_wait_until_finished_always_reloads_once(max_retries: int) -> None:
    """As in hcloud-python 2.27.0, whose requests are these."""
    stub = Stub(Actions({1: 1000}))
    _, (action,) = waiting(stub, [1])
    with pytest.raises(ActionTimeoutException):
        action.wait_until_finished(max_retries)
    assert (len(stub.sent), stub.clock.slept) == (1, [])


def test_wait_until_finished_reloads_a_finished_action() -> None:
    """As in hcloud-python 2.27.0."""
    stub = Stub(Actions({1: 1}))
    _, (action,) = waiting(stub, [1])
    action.wait_until_finished()
    action.wait_until_finished()
    assert (action.status, len(stub.sent), stub.clock.slept) == ("success", 2, [])


def test_wait_until_finished_of_a_partial_action() -> None:
    """As in hcloud-python 2.27.0."""
    stub = Stub(Actions({1: 3}))
    BoundAction(stub.client().actions, {"id": 1}, complete=False).wait_until_finished()
    assert (len(stub.sent), stub.clock.slept) == (3, [1, 1])


def test_a_poll_interval_function_gets_the_number_of_requests_so_far() -> None:
    """As in hcloud-python 2.27.0: one after the first request."""
    arguments: list[int] = []

    def poll_interval(retries: int) -> float:
        arguments.append(retries)
        return 0.1 * retries

    stub = Stub(Actions({1: 4}))
    BoundAction(stub.client(poll_interval=poll_interval).actions, running(1)).wait_until_finished()
    assert arguments == [1, 2, 3]
    assert stub.clock.slept == pytest.approx([0.1, 0.2, 0.3])


def test_poll_max_retries_of_the_client() -> None:
    stub = Stub(Actions({1: 1000}))
    client = stub.client(poll_max_retries=2)
    with pytest.raises(ActionTimeoutException):
        BoundAction(client.actions, running(1)).wait_until_finished()
    assert len(stub.sent) == 2


# A single action, with the method that all waits share


def test_wait_returns_the_action() -> None:
    stub = Stub(Actions({1: 3}))
    _, (action,) = waiting(stub, [1])
    assert action.wait() is action
    assert action.status == "success"
    assert [repr(sent) for sent in stub.sent] == ["GET /actions/1"] * 3
    assert action.wait() is action
    assert len(stub.sent) == 3


def test_wait_with_a_failed_action() -> None:
    _, (action,) = waiting(Stub(Actions({1: 1}, failed={1})), [1])
    with pytest.raises(ActionFailedException, match=r"The pending action failed: no 1 \(action_failed, 1\)") as caught:
        action.wait()
    assert caught.value.action is action
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_wait_with_a_timeout() -> None:
    stub = Stub(Actions({1: 1000}))
    _, (action,) = waiting(stub, [1])
    with pytest.raises(
        ActionTimeoutException, match=r"\(create_server, 1\) after 30 s; to wait longer, pass a longer t"
    ):
        action.wait(30)
    assert sum(stub.clock.slept) == 30


def test_wait_reports_the_progress() -> None:
    _, (action,) = waiting(Stub(Actions({1: 3})), [1])
    reports: list[Any] = []
    action.wait(None, lambda actions: reports.append([action.progress for action in actions]))
    assert reports == [[50], [50], [100]]


@pytest.mark.parametrize("fault", [502, 429, TimeoutError("too slow")], ids=str)
def test_a_transient_failure_does_not_end_the_wait_for_an_action(fault: Any) -> None:
    stub = Stub(fault, Actions({1: 2}))
    client = stub.client(retries=0)
    assert BoundAction(client.actions, running(1)).wait().status == "success"


def test_wait_of_an_action_of_a_resource() -> None:
    stub = Stub((200, {"action": running(1)}), Actions({1: 1}))
    client = stub.client()
    assert client.servers.actions.get_by_id(1).wait().status == "success"
    assert BoundAction(client.servers.actions, running(1, status="success")).wait().id == 1


def test_wait_of_a_partial_action() -> None:
    stub = Stub(Actions({1: 2}))
    assert BoundAction(stub.client().actions, {"id": 1}, complete=False).wait().status == "success"


def test_wait_of_an_unpickled_action() -> None:
    _, (action,) = waiting(Stub(500), [1])
    with pytest.raises(UnboundError):
        pickle.loads(pickle.dumps(action)).wait()


def test_a_wait_that_runs_out_says_how_to_wait_longer() -> None:
    stub = Stub(Actions({1: 1000, 2: 1000}))
    client, actions = waiting(stub, [1, 2])
    with pytest.raises(ActionsException, match=r"after 5 s; to wait longer, pass a longer timeout$"):
        client.actions.wait_for(actions, timeout=5)
    with pytest.raises(ActionTimeoutException) as caught:
        actions[0].wait_until_finished()
    assert str(caught.value) == "The pending action timed out (create_server, 1)", "as in hcloud-python 2.27.0"
    (note,) = caught.value.__notes__
    assert "max_retries" in note
    assert "poll_max_retries" in note
    stub.responses = [(200, {"server": {"id": 1, "status": "off"}})]
    server = BoundServer(client.servers, {"id": 1, "status": "off"})
    with pytest.raises(WaitTimeoutError, match=r"within 5 s; to wait longer, pass a longer timeout$"):
        server.wait_for(lambda server: server.status == "running", timeout=5)


# Responses with actions


def test_a_response_waits_for_all_its_actions(cloud: FakeCloud, client: Client) -> None:
    created = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    assert created.action.status == "running"
    assert created.next_actions
    assert created.wait() is created
    assert {action.status for action in (created.action, *created.next_actions)} == {"success"}


def test_the_parameters_of_a_response_are_positional(client: Client) -> None:
    created = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    counts: list[int] = []
    with pytest.raises(ActionsException):
        created.wait(1, lambda actions: counts.append(len(actions)))
    assert set(counts) == {1 + len(created.next_actions)}
    assert created.wait(600).action.status == "success"


def test_a_response_whose_action_fails(cloud: FakeCloud, client: Client) -> None:
    cloud.fail_action("create_server")
    created = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12"))
    with pytest.raises(ActionsException, match="action_failed"):
        created.wait(timeout=600)


# Conditions


def test_wait_for_a_condition() -> None:
    states = iter(["initializing", "starting", "running"])
    stub = Stub(lambda sent: (200, {"server": {"id": 1, "status": next(states)}}))
    server = BoundServer(stub.client().servers, {"id": 1, "status": "initializing"})
    assert server.wait_for(lambda server: server.status == "running") is server
    assert len(stub.sent) == 3
    assert stub.clock.slept == [1.0] * 3


def test_a_condition_that_is_met_costs_no_request() -> None:
    stub = Stub(500)
    server = BoundServer(stub.client().servers, {"id": 1, "status": "running"})
    server.wait_for(lambda server: server.status == "running")
    assert stub.sent == []


def test_a_condition_that_is_never_met() -> None:
    stub = Stub((200, {"server": {"id": 1, "name": "web", "status": "off"}}))
    server = BoundServer(stub.client().servers, {"id": 1, "status": "off"})
    with pytest.raises(WaitTimeoutError, match=r"BoundServer\(id=1.* within 30 s") as caught:
        server.wait_for(lambda server: server.status == "running", timeout=30, interval=4)
    assert isinstance(caught.value, TimeoutError)
    assert stub.clock.slept == [*[4] * 7, 2]


def test_an_object_that_is_deleted_during_the_wait() -> None:
    stub = Stub((404, error("not_found")))
    with pytest.raises(NotFoundError):
        BoundServer(stub.client().servers, {"id": 1}).wait_for(lambda server: False)


def test_an_interrupt_ends_a_wait_at_once() -> None:
    class Interrupted(Stub):
        pass

    stub = Interrupted(Actions({1: 1000}))
    client, actions = waiting(stub, [1])

    def sleep(seconds: float) -> None:
        raise KeyboardInterrupt

    stub.clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        client.actions.wait_for(actions)
    assert len(stub.sent) <= 1


# The rate limit during a wait

BLOCKED = (429, error("rate_limit_exceeded"), {"Retry-After": "200"})


def blocked(stub: Stub) -> Client:
    """Return a client that the API has told to send nothing for 200 seconds."""
    client = stub.client()
    stub.responses = [BLOCKED, *stub.responses]
    with pytest.raises(RateLimitExceededError):
        client.with_options(retry_max_time=0).images.get_list()
    stub.sent.clear()
    return client


def test_wait_for_a_condition_does_not_wait_longer_for_the_rate_limit() -> None:
    stub = Stub((200, {"server": {"id": 1, "status": "running"}}))
    server = BoundServer(blocked(stub).servers, {"id": 1, "status": "off"})
    with pytest.raises(RateLimitExceededError, match=r"possible in 199\.0 s, later than .* the timeout of the wait"):
        server.wait_for(lambda server: server.status == "running", timeout=30)
    assert stub.clock.slept == [1]
    assert stub.sent == []
    server.wait_for(lambda server: server.status == "running", timeout=250)
    assert sum(stub.clock.slept) == pytest.approx(200)


def test_the_condition_does_not_wait_longer_for_the_rate_limit() -> None:
    stub = Stub((200, {"actions": []}))
    server = BoundServer(blocked(stub).servers, {"id": 1, "status": "off"})
    with pytest.raises(RateLimitExceededError):
        server.wait_for(lambda server: not server.get_actions(status=["running"]), timeout=30)
    assert stub.clock.slept == []


def test_a_timeout_is_a_timeout_also_at_the_rate_limit() -> None:
    stub = Stub((200, {"server": {"id": 1, "status": "off"}}))
    server = BoundServer(blocked(stub).servers, {"id": 1, "status": "off"})
    with pytest.raises(WaitTimeoutError, match=r"within 0\.5 s") as caught:
        server.wait_for(lambda server: server.status == "running", timeout=0.5)
    assert isinstance(caught.value.__cause__, RateLimitExceededError)


def test_a_429_during_a_wait_is_not_waited_for_beyond_the_timeout() -> None:
    stub = Stub(BLOCKED)
    server = BoundServer(stub.client().servers, {"id": 1, "status": "off"})
    with pytest.raises(RateLimitExceededError, match=r"possible in 200\.0 s"):
        server.wait_for(lambda server: server.status == "running", timeout=30)
    assert sum(stub.clock.slept) <= 30


def test_wait_for_actions_does_not_wait_longer_for_the_rate_limit() -> None:
    stub = Stub(Actions({1: 1, 2: 1}))
    client = blocked(stub)
    actions = [BoundAction(client.actions, running(number)) for number in (1, 2)]
    with pytest.raises(ActionsException, match="still running"):
        client.actions.wait_for(actions, timeout=30)
    assert sum(stub.clock.slept) == pytest.approx(30)
    assert stub.sent == []
    assert client.actions.wait_for(actions, timeout=300) == actions


def test_the_deadline_of_a_wait_ends_with_it() -> None:
    stub = Stub((200, {"server": {"id": 1, "status": "running"}}))
    client = blocked(stub)
    server = BoundServer(client.servers, {"id": 1, "status": "off"})
    with pytest.raises(RateLimitExceededError):
        server.wait_for(lambda server: server.status == "running", timeout=30)
    server.reload()
    assert sum(stub.clock.slept) == pytest.approx(200)


# Failures during a wait

UNAVAILABLE = (503, error("unavailable"), {"Retry-After": "100"})


def test_wait_for_actions_does_not_retry_beyond_the_timeout() -> None:
    stub = Stub(UNAVAILABLE)
    client, actions = waiting(stub, [1])
    with pytest.raises(ActionsException, match="still running"):
        client.actions.wait_for(actions, timeout=5)
    assert sum(stub.clock.slept) == pytest.approx(5)


def test_wait_for_a_condition_does_not_retry_beyond_the_timeout() -> None:
    stub = Stub(UNAVAILABLE)
    server = BoundServer(stub.client().servers, {"id": 1, "status": "off"})
    with pytest.raises(APIException, match="unavailable"):
        server.wait_for(lambda server: server.status == "running", timeout=5)
    assert sum(stub.clock.slept) <= 5


@pytest.mark.parametrize("fault", [UNAVAILABLE, 502, (409, error("conflict")), TimeoutError("too slow")], ids=str)
def test_a_transient_failure_at_the_timeout_is_a_timeout(fault: Any) -> None:
    stub = Stub(fault)
    server = BoundServer(stub.client().servers, {"id": 1, "status": "off"})
    with pytest.raises(WaitTimeoutError, match=r"within 0\.5 s") as caught:
        server.wait_for(lambda server: server.status == "running", timeout=0.5)
    assert isinstance(caught.value.__cause__, HCloudException)
    assert len(stub.sent) == 1


def test_a_permanent_failure_at_the_timeout_is_raised() -> None:
    server = BoundServer(Stub((404, error("not_found"))).client().servers, {"id": 1, "status": "off"})
    with pytest.raises(NotFoundError):
        server.wait_for(lambda server: server.status == "running", timeout=0.5)
