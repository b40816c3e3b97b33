"""Exceptions of waits: groups that hold one exception for each action that failed or is still running."""

from __future__ import annotations

import copy
import gc
import logging
import pickle
import traceback
import weakref
from typing import Any

import pytest

from hcloud import Client, HCloudException
from hcloud.actions import (
    Action,
    ActionException,
    ActionFailedException,
    ActionsException,
    ActionTimeoutException,
    BoundAction,
)
from hcloud.digitalocean import actions as digitalocean_actions
from hcloud.testing import FakeDigitalOcean
from tests.stub import Stub

FAILED = [
    ActionFailedException(
        Action(id=number, command="reboot_server", status="error", error={"code": "a", "message": f"no {number}"})
    )
    for number in (1, 2)
]


def running(number: int = 3) -> BoundAction:
    return BoundAction(
        Stub(500).client().actions, {"id": number, "command": "create_server", "status": "running", "progress": 5}
    )


@pytest.fixture
def error() -> ActionsException:
    return ActionsException(FAILED, [running()], timeout=60)


TEXT = (
    "The pending action failed: no 1 (a, 1); The pending action failed: no 2 (a, 2); still running: create_server (3) "
    "after 60 s; to wait longer, pass a longer timeout"
)


def test_it_holds_one_exception_for_each_action(error: ActionsException) -> None:
    assert isinstance(error, ExceptionGroup)
    assert isinstance(error, ActionException)
    assert isinstance(error, HCloudException)
    *failed, timeout = error.exceptions
    assert failed == FAILED == error.failed
    assert type(timeout) is ActionTimeoutException
    assert [timeout.action] == error.running
    assert error.action is FAILED[0].action
    assert str(timeout) == (
        "The pending action timed out (create_server, 3) after 60 s; to wait longer, pass a longer timeout"
    )


def test_texts(error: ActionsException) -> None:
    assert str(error) == error.message == TEXT
    assert error.args == (TEXT,)
    assert str(ActionsException([], [running()])) == "still running: create_server (3)"
    assert str(ActionTimeoutException(running())) == "The pending action timed out (create_server, 3)"


def test_a_traceback_shows_all_parts(error: ActionsException) -> None:
    text = "".join(traceback.format_exception(error))
    assert f"hcloud.actions.domain.ActionsException: {TEXT}\n" in text
    for part in error.exceptions:
        assert f"{type(part).__name__}: {part}\n" in text


def test_except_star(error: ActionsException) -> None:
    caught: list[Any] = []
    try:
        raise error
    except* ActionFailedException as group:
        caught.append(group)
    except* ActionTimeoutException as group:
        caught.append(group)
    failed, timeouts = caught
    assert type(failed) is type(timeouts) is ActionsException
    assert (failed.failed, failed.running, failed.action) == (FAILED, [], FAILED[0].action)
    assert (timeouts.failed, timeouts.running, timeouts.action) == ([], error.running, error.running[0])
    assert str(failed) == "The pending action failed: no 1 (a, 1); The pending action failed: no 2 (a, 2)"
    assert str(timeouts) == "still running: create_server (3) after 60 s; to wait longer, pass a longer timeout"
    assert timeouts.exceptions == error.exceptions[2:]


def test_what_except_star_leaves_is_raised(error: ActionsException) -> None:
    def handle_timeouts() -> None:
        try:
            raise error
        except* ActionTimeoutException:
            pass

    with pytest.raises(ActionsException) as caught:
        handle_timeouts()
    assert (caught.value.failed, caught.value.running) == (FAILED, [])


def test_except_star_with_the_base_class_and_of_a_single_action() -> None:
    caught: list[Any] = []
    for raised in (ActionsException(FAILED, []), FAILED[0]):
        try:
            raise raised
        except* ActionException as group:
            caught.append(group)
    assert type(caught[0]) is ActionsException
    assert caught[1].exceptions == (FAILED[0],)


def test_split_and_subgroup(error: ActionsException) -> None:
    error.add_note("a note")
    error.__cause__ = cause = ValueError("x")
    match, rest = error.split(lambda part: part is FAILED[1])
    assert isinstance(match, ActionsException)
    assert isinstance(rest, ActionsException)
    assert (match.failed, match.running) == ([FAILED[1]], [])
    assert (rest.failed, rest.running) == ([FAILED[0]], error.running)
    assert (match.__notes__, match.__cause__) == (["a note"], cause)
    match, rest = error.split(KeyError)
    assert (match, str(rest)) == (None, TEXT)
    assert error.subgroup(ActionsException) is error
    assert error.subgroup(KeyError) is None


def test_derive(error: ActionsException) -> None:
    derived = error.derive([FAILED[1]])
    assert type(derived) is ActionsException
    assert (derived.exceptions, derived.action) == ((FAILED[1],), FAILED[1].action)
    other = error.derive([ValueError("x"), FAILED[0]])
    assert type(other) is ExceptionGroup
    assert other.message == TEXT


def test_a_group_without_actions_is_rejected() -> None:
    with pytest.raises(ValueError, match="non-empty"):
        ActionsException([], [])


@pytest.mark.parametrize("protocol", [*range(2, pickle.HIGHEST_PROTOCOL + 1), "copy", "deepcopy"])
def test_copies(protocol: Any, error: ActionsException) -> None:
    error.add_note("a note")
    is_pickled = isinstance(protocol, int)
    other = pickle.loads(pickle.dumps(error, protocol)) if is_pickled else getattr(copy, protocol)(error)
    assert type(other) is ActionsException
    assert (str(other), other.args, other.__notes__) == (str(error), error.args, ["a note"])
    assert list(map(str, other.exceptions)) == list(map(str, error.exceptions))
    assert list(other.exceptions[:2]) == other.failed
    assert other.exceptions[2].action is other.running[0]
    assert other.running[0].id == 3
    other.add_note("another")
    assert error.__notes__ == ["a note"]
    assert str(other.split(ActionTimeoutException)[0]).startswith("still running: create_server (3) after 60 s")


def test_an_exception_that_version_3_0_pickled(error: ActionsException) -> None:
    join, (classes, args, state) = error.__reduce__()
    older = join(classes, args, {name: state[name] for name in ("failed", "running", "action")})
    assert (str(older), older.failed, older.running) == (TEXT, FAILED, error.running)
    assert [error.action for error in older.exceptions] == [error.action for error in error.exceptions]
    assert older.subgroup(ActionTimeoutException).running == error.running


def test_tokens_are_masked() -> None:
    token = "secret-token-" + "5" * 51
    client = Client(token)
    action = BoundAction(
        client.actions,
        {"id": 1, "command": token, "status": "error", "error": {"code": "a", "message": f"with {token}"}},
    )
    error = ActionsException([ActionFailedException(action)], [action], timeout=5)
    derived = error.derive([error.exceptions[1]])
    for text in (str(error), repr(error), error.message, str(derived), repr(derived), *map(str, error.exceptions)):
        assert token not in text
    assert token not in "".join(traceback.format_exception(error))
    assert token not in pickle.dumps(error.args).decode("latin-1")


def test_no_reference_cycle() -> None:
    gc.collect()
    gc.disable()
    try:
        action = running()
        reference = weakref.ref(action)
        group = ActionsException(FAILED, [action]).derive([ActionTimeoutException(action)])
        del action, group
        assert reference() is None
    finally:
        gc.enable()


def test_the_exception_of_a_single_action_has_no_group_behind_it() -> None:
    stub = Stub((200, {"action": {"id": 1, "command": "reboot_server", "status": "error", "error": None}}))
    action = stub.client().actions.get_by_id(1)
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(ActionFailedException) as caught:
            action.wait()
        assert (caught.value.__context__, caught.value.__cause__) == (None, None)
        reference = weakref.ref(caught.value)
        del caught
        assert reference() is None
    finally:
        gc.enable()


def test_it_can_be_logged(error: ActionsException, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("failed", exc_info=error)
    assert "still running: create_server (3)" in caplog.text


def test_partial_actions_send_no_request() -> None:
    stub = Stub(500)
    error = ActionsException([], [BoundAction(stub.client().actions, {"id": 1}, complete=False)])
    assert str(error) == "still running: action (1)"
    assert str(error.exceptions[0]) == "The pending action timed out (1)"
    assert stub.sent == []


def test_digitalocean() -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()
    cloud._action_seconds = {"power_off": 500}
    droplet, other = client.droplets.create(["web", "db"], "s-1vcpu-1gb", "debian-12-x64").wait().droplets
    cloud.fail_action("reboot")
    actions = [other.reboot(), droplet.power_off()]
    caught: list[Any] = []
    try:
        client.actions.wait_for(actions, timeout=30)
    except* digitalocean_actions.ActionFailedException as group:
        caught.append(group)
    except* ActionTimeoutException as group:
        caught.append(group)
    assert [type(group) for group in caught] == [digitalocean_actions.ActionsException] * 2
    assert type(caught[1].exceptions[0]) is digitalocean_actions.ActionTimeoutException
    assert caught[1].running == [actions[1]]
    assert str(caught[1]) == (
        f"still in progress: power_off of droplet {droplet.id} (action {actions[1].id}) after 30 s; to wait longer, "
        "pass a longer timeout"
    )
    duplicate = pickle.loads(pickle.dumps(caught[1]))
    assert (type(duplicate), str(duplicate)) == (digitalocean_actions.ActionsException, str(caught[1]))
