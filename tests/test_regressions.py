"""Defects of hcloud-python 2.27.0, one test each, named after the defect."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import threading
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.exceptions import ProtocolError

from hcloud import APIException, Client, HCloudException, exponential_backoff_function
from hcloud._exceptions import (
    InvalidArgumentError,
    InvalidResponseError,
    NetworkError,
    NotFetchedError,
    OutcomeUnknownError,
    UniquenessError,
)
from hcloud.actions import Action, ActionFailedException
from hcloud.core import Meta
from hcloud.exp.zone import format_txt_record
from hcloud.helpers.labels import LabelValidator
from hcloud.images import BoundImage, Image
from hcloud.metrics import Metrics
from hcloud.networks import NetworkMember
from hcloud.servers import BoundServer, ResetPasswordResponse, Server
from tests.stub import Stub, ThreadGroup, serving

IMAGE = (200, {"image": {"id": 1, "name": "debian-12"}})
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))


@pytest.fixture
def stub() -> Stub:
    return Stub(
        serving(servers=[{"id": 1, "name": "web", "status": "running"}], images=[{"id": 1, "name": "debian-12"}])
    )


@pytest.fixture
def client(stub: Stub) -> Client:
    return stub.client()


@pytest.fixture
def partial(client: Client) -> BoundServer:
    return BoundServer(client.servers, {"id": 1, "name": "web"}, complete=False)


def test_01_status_of_images_is_sent_as_per_page(stub: Stub, client: Client) -> None:
    client.images.get_list(status=["available"], per_page=10)
    client.images.get_list(status=["creating"])
    assert [sent.query.get("status") for sent in stub.sent] == [["available"], ["creating"]]


def test_02_copying_and_pickling_fail_or_fetch(stub: Stub, partial: BoundServer) -> None:
    raised = UniquenessError("uniqueness_error", "taken", {}, correlation_id="abc", http_status=409)
    failed = ActionFailedException(Action(id=1, command="x"))
    for thing in (partial, raised, failed):
        for twin in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
            assert type(twin) is type(thing)
            assert repr(twin) == repr(thing)
        assert b"the-token" not in pickle.dumps(thing)
    assert stub.sent == []


def test_03_records_and_bound_objects_are_unhashable(partial: BoundServer) -> None:
    assert len({Server(id=1), Server(id=1), Image(id=1)}) == 2
    assert {partial: "web"}[BoundServer(None, {"id": 1}, complete=False)] == "web"


def test_04_a_partial_never_equals_its_whole(stub: Stub, client: Client, partial: BoundServer) -> None:
    assert partial == BoundServer(client.servers, {"id": 1, "name": "web", "status": "running"})
    assert partial in [Server(id=2), Server(id=1)]
    assert stub.sent == []


def test_05_building_in_threads_leaves_a_warnings_filter(client: Client) -> None:
    before = list(warnings.filters)
    work = lambda: [BoundImage(client.images, {"id": number}).name for number in range(200)]  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def test_06_each_thread_fetches_for_itself(stub: Stub, partial: BoundServer) -> None:
    group = ThreadGroup([lambda: partial.status] * 20)
    respond: Any = stub.responses[0]

    def respond_late(sent: Any) -> Any:
        group.wait_until_fetching()
        return respond(sent)

    stub.responses = [respond_late]
    group.run()
    assert len(stub.sent) == 1


def test_07_a_reset_connection_is_not_retried_and_escapes(stub: Stub, client: Client) -> None:
    stub.responses = [RESET, IMAGE]
    assert client.images.get_by_id(1).name == "debian-12"
    stub.responses = [RESET]
    with pytest.raises(HCloudException) as caught:
        client.images.get_by_id(1)
    assert isinstance(caught.value, NetworkError)
    assert isinstance(caught.value, requests.ConnectionError)
    assert caught.value.__cause__ is RESET


def test_08_a_snapshot_is_taken_twice_after_a_timeout(stub: Stub, client: Client) -> None:
    stub.responses = [requests.ReadTimeout("too slow")]
    with pytest.raises(OutcomeUnknownError):
        client.servers.create_image(Server(id=1))
    assert len(stub.sent) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_09_the_retry_after_header_is_ignored(status: int, stub: Stub, client: Client) -> None:
    stub.responses = [(status, None, {"Retry-After": "17"}), IMAGE]
    client.images.get_by_id(1)
    assert stub.clock.slept == [17]


def test_10_a_new_field_is_a_type_error(stub: Stub, client: Client) -> None:
    meta = {"pagination": {"page": 1, "per_page": 25, "new": 1}, "newer": 2}
    stub.responses = [(200, {"images": [{"id": 1, "newest": 3}], "meta": meta})]
    page = client.images.get_list()
    assert page.meta.raw == meta
    assert page.images[0].raw["newest"] == 3
    assert Meta.parse_meta({"meta": {"pagination": None}}).pagination is None
    for cls in (Metrics, NetworkMember):
        assert cls.from_dict({"new": 1}).raw["new"] == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {"error": "boom"}), (400, {"error": {"message": "m"}}), (200, {}), (200, b"<html>"), (200, [])],
    ids=repr,
)
def test_11_a_malformed_response_is_a_type_error(status: int, body: Any, stub: Stub, client: Client) -> None:
    stub.responses = [(status, body, {"X-Correlation-Id": "abc"})]
    with pytest.raises(APIException) as caught:
        client.images.get_by_id(1)
    assert str(caught.value)
    assert isinstance(caught.value, InvalidResponseError) is (status < 300)
    if body != {}:
        assert caught.value.http_status == status
        assert caught.value.correlation_id == "abc"


def test_12_an_id_can_change_the_path(stub: Stub, client: Client) -> None:
    anything: Any = "../servers/1"
    with pytest.raises(InvalidArgumentError):
        client.images.delete(Image(name="x"))
    with pytest.raises(InvalidArgumentError):
        client.images.get_by_id(anything)
    assert stub.sent == []


def test_13_a_netrc_entry_replaces_the_token(
    stub: Stub, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.hetzner.cloud login someone password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client.images.get_by_id(1)
    assert stub.sent[0].headers["Authorization"] == "Bearer the-token"


@pytest.mark.parametrize("token", ["secret-token\n", "secret-token ", b"secret-token", 5], ids=repr)
def test_14_a_bad_token_is_printed_or_sent(token: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        Client(token)
    assert "secret" not in str(caught.value)


def test_15_the_repr_of_a_response_shows_its_password() -> None:
    response = ResetPasswordResponse.from_dict({"action": {"id": 1}, "root_password": "hunter2"})
    assert "hunter2" not in repr(response)
    assert response.root_password == "hunter2"


def test_16_building_a_bound_object_changes_the_callers_dict(client: Client) -> None:
    sent = {"id": 1, "created": "2026-10-15T12:00:00Z", "bound_to": 2, "created_from": {"id": 3}, "labels": {"a": "b"}}
    before = copy.deepcopy(sent)
    image = BoundImage(client.images, sent)
    assert [image.created, image.bound_to, image.created_from, image.labels].count(None) == 0
    assert sent == before


def test_17_an_assigned_value_outlives_reload_and_update(stub: Stub, client: Client) -> None:
    server = client.servers.get_by_id(1)
    server.name = "mine"
    server.reload()
    assert server.name == "web"
    stub.responses = [(200, {"server": {"id": 1, "name": "new"}})]
    server.update(name="new")
    assert server.name == "new"


def test_18_looking_at_a_partial_fetches(stub: Stub, client: Client, partial: BoundServer) -> None:
    assert "status" not in dir(partial)
    assert dict(inspect.getmembers(partial))["name"] == "web"
    assert vars(partial)["complete"] is False
    assert not partial.is_fetched("status")
    eager = BoundServer(client.with_options(lazy=False).servers, {"id": 1}, complete=False)
    assert not hasattr(eager, "status")
    with pytest.raises(NotFetchedError, match="status"):
        eager.status  # noqa: B018
    assert stub.sent == []


def test_19_the_backoff_overflows_and_starts_without_jitter() -> None:
    backoff = exponential_backoff_function(base=1.0, multiplier=2, cap=60.0, jitter=True)
    assert 30 <= backoff(1100) <= 60
    assert len({backoff(0) for _ in range(50)}) > 1


def test_20_a_listing_returns_duplicates(stub: Stub, client: Client) -> None:
    def respond(sent: Any) -> Any:
        page = int(sent.query["page"][0])
        ids, following = ([1, 2], 2) if page == 1 else ([2, 3], None)
        pagination = {"page": page, "per_page": 2, "next_page": following, "last_page": 2}
        return 200, {"images": [{"id": id} for id in ids], "meta": {"pagination": pagination}}

    stub.responses = [respond]
    assert [image.id for image in client.images.get_all()] == [1, 2, 3]
    assert [image.id for image in client.images.iter()] == [1, 2, 3]


def test_21_there_is_no_end_to_a_connection(stub: Stub, client: Client) -> None:
    with client:
        client.images.get_by_id(1)
    assert stub.close_count > 0
    assert stub.timeouts == [(10.0, 60.0)]


def test_22_a_typo_passes(partial: BoundServer) -> None:
    for thing in (Server(id=1), partial):
        anything: Any = thing
        with pytest.raises(AttributeError, match="nmae"):
            anything.nmae = "web"


def test_23_a_trailing_newline_or_a_superscript_is_accepted() -> None:
    assert LabelValidator.validate({"key": "value"})
    for labels in ({"key": "v\n"}, {"key\n": "v"}, {"key": "\n"}):
        assert not LabelValidator.validate(labels)
        assert LabelValidator.validate_verbose(labels)[0] is False
    assert Server(id=2, name="web").has_id_or_name("\N{SUPERSCRIPT TWO}") is False


@pytest.mark.parametrize("value", ["a" * 600, "ü" * 300, '"' * 300, "\\" * 300, 'a"ü\\' * 200, "", "€" * 200])
def test_24_a_txt_record_is_split_by_characters_and_within_escapes(value: str) -> None:
    written = format_txt_record(value)
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', written, re.DOTALL)
    assert " ".join(f'"{part}"' for part in parts) == written
    plain = [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts]
    assert "".join(plain) == value
    assert all(len(part.encode()) <= 255 for part in plain)


def test_25_actions_are_asked_for_without_ids(stub: Stub, client: Client) -> None:
    stub.responses = [(200, {"actions": []})]
    client.actions.get_list(id=[1, 2])
    assert stub.sent[0].query["id"] == ["1", "2"]
    with pytest.warns(DeprecationWarning, match="client.actions.get_list"):
        client.actions.get_list()


def test_26_a_slash_is_doubled_and_a_zone_is_missing(stub: Stub) -> None:
    client = stub.client(api_endpoint="https://example.com/v1/")
    stub.responses = [(200, {"metrics": {"step": 60}})]
    naive = datetime(2026, 10, 15, 12)  # noqa: DTZ001
    client.servers.get_metrics(Server(id=1), "cpu", naive, naive + timedelta(hours=1))
    assert stub.sent[0].url.startswith("https://example.com/v1/servers/1/metrics?")
    (start,) = stub.sent[0].query["start"]
    assert datetime.fromisoformat(start).utcoffset() == timedelta(0)
    assert datetime.fromisoformat(start) == naive.astimezone(UTC)


def test_27_a_boolean_is_sent_in_python_syntax(stub: Stub, client: Client) -> None:
    client.images.get_list(include_deprecated=True)
    assert stub.sent[0].query["include_deprecated"] == ["true"]


@pytest.mark.parametrize("endpoint", ["http://api.example.com/v1", "http://10.0.0.1/v1", "http://127.example.com/v1"])
def test_28_the_token_is_sent_in_clear(endpoint: str) -> None:
    for options in ({"api_endpoint": endpoint}, {"api_endpoint_hetzner": endpoint}):
        with pytest.raises(InvalidArgumentError, match=r"Client\(allow_http=True\)"):
            Client("token", **options)  # type: ignore[arg-type]
