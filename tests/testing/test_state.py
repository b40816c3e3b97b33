"""Time, snapshots and fault injection."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hcloud import RateLimitExceededError
from hcloud.testing import ConnectionBroken, FakeCloud, FakeDigitalOcean, ManualClock, RealClock
from hcloud.testing.saved import dumps
from tests.testing.api import API

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def test_actions_follow_the_clock(cloud: FakeCloud, api: API) -> None:
    created = api.post("/servers", name="web", server_type="cx23", image="debian-12")
    server, action, start = created["server"]["id"], created["action"], created["next_actions"][0]
    assert (action["status"], action["progress"], action["finished"]) == ("running", 0, None)

    cloud.advance(4)
    assert api.get(f"/actions/{action['id']}")["action"]["progress"] == 50
    cloud.advance(4)
    done = api.get(f"/actions/{action['id']}")["action"]
    assert (done["status"], done["progress"], done["finished"]) == ("success", 100, "2026-10-15T12:00:08+00:00")
    assert api.get(f"/actions/{start['id']}")["action"]["status"] == "running"
    assert api.get(f"/servers/{server}")["server"]["status"] == "off"

    cloud.advance(100)
    assert api.get(f"/actions/{start['id']}")["action"]["finished"] == "2026-10-15T12:00:10+00:00"
    assert api.get(f"/servers/{server}")["server"]["status"] == "running"


def test_actions_without_duration() -> None:
    cloud = FakeCloud(action_seconds=0)
    api = API(cloud, cloud.project.token)
    created = api.post("/servers", name="web", server_type="cx23", image="debian-12")

    assert created["action"]["status"] == "success"
    assert created["server"]["status"] == "running"


def test_action_seconds_does_not_apply_to_immediate_actions() -> None:
    cloud = FakeCloud(action_seconds=5)
    api = API(cloud, cloud.project.token)
    server = api.server()

    for ip in (server["public_net"]["ipv4"]["ip"], server["public_net"]["ipv6"]["ip"].replace("/64", "1")):
        named = api.post(f"/servers/{server['id']}/actions/change_dns_ptr", ip=ip, dns_ptr="web.example.com")
        assert named["action"]["status"] == "success"
    stopping = api.post(f"/servers/{server['id']}/actions/poweroff")["action"]
    assert stopping["status"] == "running"
    cloud.advance(5)
    assert cloud.actions[stopping["id"]]["status"] == "success"


def test_action_seconds_by_command() -> None:
    cloud = FakeCloud(action_seconds={"create_server": 500})
    api = API(cloud, cloud.project.token)
    api.post("/servers", name="web", server_type="cx23", image="debian-12")

    cloud.advance(499)
    assert cloud.servers["web"]["status"] == "initializing"
    cloud.advance(1)
    assert cloud.servers["web"]["status"] == "off"


def test_snapshot_and_restore(cloud: FakeCloud, api: API) -> None:
    api.server("kept")
    snapshotting = api.post(f"/servers/{cloud.servers['kept']['id']}/actions/create_image")["image"]
    before = cloud.snapshot()
    time_before = cloud.clock.time()

    api.server("lost")
    cloud.finish_actions()
    assert cloud.images[snapshotting["id"]]["status"] == "available"
    cloud.restore(before)

    assert "lost" not in cloud.servers
    assert cloud.clock.time() == time_before
    assert cloud.images[snapshotting["id"]]["status"] == "creating"
    assert cloud.servers["kept"]["server_type"] is cloud.server_types["cx23"]
    cloud.finish_actions()
    assert cloud.images[snapshotting["id"]]["status"] == "available"
    assert api.server("lost")["name"] == "lost"


def test_restoring_ends_faults(cloud: FakeCloud, api: API) -> None:
    before = cloud.snapshot()
    cloud.fail_next(5)
    cloud.fail_action("create_server")
    cloud.slow_down(3)
    api.get("/servers")
    cloud.restore(before)

    assert api.get("/servers").status == 200
    assert cloud.delay == 0
    assert [str(request) for request in cloud.requests] == ["GET /servers -> 200"]
    assert api.server()["status"] == "running"


def test_snapshot_of_another_provider_is_rejected() -> None:
    for cloud, other in ((FakeCloud(), FakeDigitalOcean()), (FakeDigitalOcean(), FakeCloud())):
        with pytest.raises(ValueError, match=f"it is one of {cloud.provider}, not of {other.provider}"):
            other.restore(cloud.snapshot())


def test_a_cloud_stays_as_it_was_if_a_snapshot_is_invalid(cloud: FakeCloud, api: API) -> None:
    api.server()
    before = dumps(cloud)
    saved = json.loads(before)
    for invalid in (
        pickle.dumps({}),
        b"\xff",
        json.dumps({**saved, "now": float("inf")}).encode(),
        json.dumps({**saved, "counters": {}}).encode(),
        json.dumps({**saved, "projects": {}}).encode(),
    ):
        with pytest.raises(ValueError, match="this is not the state of a cloud"):
            cloud.restore(invalid)
        assert bool(dumps(cloud) == before)
    with pytest.raises(ValueError, match="it is a snapshot of an older version"):
        cloud.restore(pickle.dumps({}))


def test_projects_of_a_snapshot(cloud: FakeCloud, api: API) -> None:
    kept = cloud.add_project("kept")
    API(cloud, kept.token).server()
    before = cloud.snapshot()
    lost = cloud.add_project("lost")
    cloud.restore(before)
    assert list(cloud.projects) == ["default", "kept"]
    assert kept.servers["web"]["name"] == "web"
    assert API(cloud, lost.token).get("/servers").status == 401
    assert API(cloud, kept.read_only_token).get("/servers").status == 200

    other = FakeCloud(token="mine")
    other.restore(before)
    assert API(other, "mine").get("/servers").status == 200
    assert API(other, cloud.project.token).get("/servers").status == 401
    assert len(API(other, kept.token).get("/servers")["servers"]) == 1
    with pytest.raises(ValueError, match="each project needs a token of its own"):
        FakeCloud(token=kept.token).restore(before)


@pytest.mark.parametrize("cloud_class", [FakeCloud, FakeDigitalOcean])
def test_the_rate_limit_is_part_of_a_snapshot(cloud_class: type[FakeCloud]) -> None:
    cloud = cloud_class(rate_limit=10)
    client = cloud.client()

    def left() -> int:
        client.images.get_list()
        headers = cloud.project.spend()[1]
        return next(int(value) for name, value in headers.items() if name.lower() == "ratelimit-remaining")

    assert left() == 8
    before = cloud.snapshot()
    assert left() == 6
    cloud.advance(1000)
    cloud.restore(before)
    assert left() == 6


def test_invalid_settings() -> None:
    with pytest.raises(ValueError, match=r"limits must name collections \(actions, .* servers, .*\), not 'server'"):
        FakeCloud(limits={"server": 1})
    for seconds in (-1, float("nan"), float("inf"), {"create_server": -1}):
        with pytest.raises(ValueError, match="the duration of an action must be 0 seconds or more"):
            FakeCloud(action_seconds=seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda cloud: cloud.fail_next("conflict"), "count must be at least 1, not 'conflict'"),
        (lambda cloud: cloud.fail_next(1.5), "count must be at least 1, not 1.5"),
        (lambda cloud: cloud.break_next("reset"), "count must be at least 1, not 'reset'"),
        (lambda cloud: cloud.fail_action("create_server", "error"), "count must be at least 1, not 'error'"),
        (lambda cloud: cloud.fail_next(status="503"), "status must be an error status, 300 to 599, not '503'"),
        (lambda cloud: cloud.leave_requests("1"), "the number of requests left must be at least 0, not '1'"),
        (lambda cloud: cloud.leave_requests(-1), "the number of requests left must be at least 0, not -1"),
        (lambda cloud: cloud.clock.set(NOON), r"now must be a number of seconds .*, not .*; pass its timestamp\(\)"),
        (lambda cloud: cloud.clock.set(float("nan")), "now must be a number of seconds since 1970, not nan"),
        (lambda cloud: cloud.clock.advance(timedelta(1)), "advances must be 0 seconds or more, not datetime"),
        (lambda cloud: ManualClock(NOON), r"start must be a number of seconds .*; pass its timestamp\(\)"),
        (lambda cloud: ManualClock("noon"), "start must be a number of seconds since 1970, not 'noon'"),
        (lambda cloud: FakeCloud(clock=NOON), "clock must have the methods time, monotonic and sleep, as ManualClock"),
        (lambda cloud: FakeCloud(limits={"servers": "1"}), "the limit of servers must be at least 0, not '1'"),
        (lambda cloud: FakeCloud(rate_limit=0), "rate_limit must be at least 1, not 0"),
        (lambda cloud: FakeDigitalOcean(burst_limit="9"), "burst_limit must be at least 1, not '9'"),
        (lambda cloud: FakeCloud(action_seconds="5"), "the duration of an action must be 0 seconds or more, not '5'"),
    ],
    ids=map(str, range(17)),
)
def test_values_of_another_type(cloud: FakeCloud, call: Callable[[FakeCloud], object], message: str) -> None:
    """They would fail at a later request, or not at all."""
    now = cloud.clock.time()
    with pytest.raises(ValueError, match=message):
        call(cloud)
    assert (cloud.clock.time(), cloud.faults) == (now, [])


@pytest.mark.parametrize("make", [FakeCloud, FakeDigitalOcean])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_fake_is_copied_by_its_state(make: Callable[[], Any], duplicate: Callable[[object], object]) -> None:
    cloud, other = make(), make()
    with pytest.raises(TypeError, match=rf"a {make.__name__} can't be copied .*: pass its snapshot\(\) to restore\(\)"):
        duplicate(cloud)
    cloud.advance(60)
    other.restore(cloud.snapshot())
    assert other.snapshot() == cloud.snapshot()


def test_a_limit_of_zero(cloud: FakeCloud) -> None:
    assert FakeCloud(limits={"servers": 0}).limits == {"servers": 0}
    cloud.leave_requests(0)
    with pytest.raises(RateLimitExceededError):
        cloud.client(retries=0, retry_max_time=0.1).locations.get_list()


@pytest.mark.parametrize("seconds", [-60, float("nan"), float("inf"), "60", None, timedelta(minutes=1)])
def test_invalid_seconds(cloud: FakeCloud, seconds: Any) -> None:
    now = cloud.clock.time()
    with pytest.raises(ValueError, match="the time to advance must be 0 seconds or more"):
        cloud.advance(seconds)
    with pytest.raises(ValueError, match="the delay of a response must be 0 seconds or more"):
        cloud.slow_down(seconds)
    assert (cloud.clock.time(), cloud.delay) == (now, 0)


def test_invalid_faults(cloud: FakeCloud, api: API) -> None:
    for inject in (cloud.fail_next, cloud.break_next, cloud.truncate_next):
        with pytest.raises(ValueError, match="count must be at least 1, not 0"):
            inject(0)
        for path in ("servers", "/v1/servers"):
            with pytest.raises(ValueError, match="path must be one below /v1"):
                inject(path=path)
    with pytest.raises(ValueError, match="count must be at least 1"):
        cloud.fail_action("create_server", 0)
    for status in (0, 200, 600):
        with pytest.raises(ValueError, match="status must be an error status"):
            cloud.fail_next(status=status)
    with pytest.raises(ValueError, match="kind must be one of reset, connect, timeout, not 'bogus'"):
        cloud.break_next(kind="bogus")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="when must be one of before, after, not 'during'"):
        cloud.break_next(when="during")  # type: ignore[arg-type]
    assert api.get("/servers").status == 200

    cloud.fail_next(method="get")
    assert api.get("/servers").status == 502


@pytest.mark.parametrize("command", ["reboot", "power_off", "", "*"])
def test_unknown_commands_are_rejected(cloud: FakeCloud, command: str) -> None:
    message = f"no action has the command {command!r}.* Known commands: add_route, .*, reboot_server, .*stop_server"
    with pytest.raises(ValueError, match=message.replace("*'", r"\*'")):
        cloud.fail_action(command)
    with pytest.raises(ValueError, match="no action has the command"):
        FakeCloud(action_seconds={command: 1})
    assert cloud.faults == []


def test_similar_commands_are_named(cloud: FakeCloud) -> None:
    with pytest.raises(ValueError, match="no action has the command 'reboot'; did you mean 'reboot_server'"):
        cloud.fail_action("reboot")
    digitalocean = FakeDigitalOcean()
    with pytest.raises(ValueError, match=r"did you mean 'reboot'\? Known commands: change_backup_policy, .*, transfer"):
        digitalocean.fail_action("reboot_server")
    digitalocean.fail_action("reboot")
    digitalocean.fail_import()
    assert list(map(repr, digitalocean.faults)) == [
        "fail_action('reboot', 1, code='action_failed')",
        "fail_action('_import', 1, code='action_failed')",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (None, "/server/1"),
        (None, "/servers/*/actions/create_imag/"),
        (None, "/servers/1/actions/reboots"),
        (None, "/servers/*/actions/power_off"),
        (None, "/servers?name=web"),
        (None, "/servers//actions/reboot"),
        (None, "/*/*/*/*/*/*/*/*"),
        ("PATCH", None),
        ("PUT", "/servers/*/actions/reboot"),
        ("DELETE", "/locations"),
    ],
)
def test_faults_that_no_request_can_match_are_rejected(cloud: FakeCloud, method: str | None, path: str | None) -> None:
    for inject in (cloud.fail_next, cloud.break_next, cloud.truncate_next):
        with pytest.raises(ValueError, match="so this fault would never fire"):
            inject(method=method, path=path)
    assert cloud.faults == []
    with pytest.raises(ValueError, match="no operation of the API matches '/servers', so this fault would never fire"):
        FakeDigitalOcean().fail_next(path="/servers")


def test_a_path_with_asterisks_matches_any_segment(cloud: FakeCloud, api: API) -> None:
    web, server = (f"/servers/{api.server(name)['id']}/actions" for name in ("web", "db"))
    cloud.fail_next(2, method="POST", path="/servers/*/actions/create_image")
    cloud.fail_next(path="/datacenters")
    assert api.get("/servers").status == 200
    assert api.post(f"{web}/reset").status == 201
    cloud.finish_actions()
    assert [api.post(f"{at}/create_image").status for at in (web, server, web)] == [502, 502, 201]
    assert api.get("/datacenters/1").status == 502
    cloud.fail_next(path="/s*s/*/a")
    assert api.get("/servers").status == 200
    assert api.get(web).status == 502


def test_faults_lists_those_that_have_not_fired(cloud: FakeCloud, api: API) -> None:
    assert cloud.faults == []
    cloud.fail_next(2, 503, path="/servers/*/actions")
    cloud.break_next(method="PUT", when="after")
    cloud.truncate_next(path="/images")
    cloud.fail_action("create_image", 3, code="disk_full")
    assert api.get("/servers/1/actions").status == 503
    assert list(map(repr, cloud.faults)) == [
        "fail_next(1, status=503, path='/servers/*/actions')",
        "break_next(1, when='after', kind='reset', method='PUT')",
        "truncate_next(1, path='/images')",
        "fail_action('create_image', 3, code='disk_full')",
    ]
    assert api.get("/servers/1/actions").status == 503
    assert len(cloud.faults) == 3
    cloud.restore(cloud.snapshot())
    assert cloud.faults == []


def test_failing_requests(cloud: FakeCloud, api: API) -> None:
    cloud.fail_next(2)
    cloud.fail_next(status=503, path="/images", headers={"Retry-After": "3"})

    assert [api.get("/servers").code for _ in range(2)] == ["bad_gateway"] * 2
    assert api.get("/servers").status == 200
    response = api.get("/images")
    assert (response.status, response.code, response.headers["Retry-After"]) == (503, "unavailable", "3")
    assert api.get("/images").status == 200


def test_breaking_connections(cloud: FakeCloud, api: API) -> None:
    arguments = {"name": "x", "server_type": "cx23", "image": "debian-12"}
    cloud.break_next(method="POST")
    with pytest.raises(ConnectionBroken):
        api.post("/servers", **arguments)
    assert "x" not in cloud.servers

    cloud.break_next(when="after", kind="timeout")
    with pytest.raises(ConnectionBroken, match="timeout"):
        api.post("/servers", **arguments)
    assert "x" in cloud.servers
    assert [request.status for request in cloud.requests] == [None, None]


def test_truncated_responses() -> None:
    cloud = FakeCloud()
    cloud.truncate_next()
    api = API(cloud, cloud.project.token)
    with pytest.raises(ValueError, match="column"):
        api.get("/locations")
    assert api.get("/locations").status == 200


def test_failing_actions(cloud: FakeCloud, api: API) -> None:
    server = api.server()
    cloud.fail_action("create_image", code="no_space", message="no space left")
    failed = api.post(f"/servers/{server['id']}/actions/create_image")

    action = api.done(failed)
    assert (action["status"], action["error"]) == ("error", {"code": "no_space", "message": "no space left"})
    assert api.get(f"/images/{failed['image']['id']}").code == "not_found"
    again = api.post(f"/servers/{server['id']}/actions/create_image")
    assert api.done(again)["status"] == "success"


def test_clocks() -> None:
    clock = ManualClock(100)
    clock.sleep(5)
    assert clock.time() == clock.monotonic() == 105
    with pytest.raises(ValueError, match="must be 0 seconds or more"):
        clock.sleep(-1)

    ahead, behind = RealClock(1000), RealClock()
    ahead.advance(1000)
    assert ahead.time() - behind.time() > 1900
    with pytest.raises(ValueError, match="must be 0 seconds or more"):
        ahead.advance(-1)


def test_real_time_can_be_advanced() -> None:
    cloud = FakeCloud(clock=RealClock())
    api = API(cloud, cloud.project.token)
    api.post("/servers", name="web", server_type="cx23", image="debian-12")
    cloud.advance(3600)
    assert cloud.servers["web"]["status"] == "running"
