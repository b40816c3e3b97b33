"""What is DigitalOcean's own: errors, pages, rate limits."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
import responses

from hcloud._exceptions import (
    APIException,
    InvalidArgumentError,
    InvalidInputError,
    InvalidResponseError,
    NotFoundError,
    RateLimitExceededError,
    ServerError,
    UnauthorizedError,
)
from hcloud.core.clock import Clock
from hcloud.digitalocean import Client, UnprocessableEntityError
from hcloud.digitalocean._rate_limit import SlidingBudget
from hcloud.digitalocean.images import Image, ImagesClient
from hcloud.testing import FakeDigitalOcean, ManualClock


def test_its_connection(client: Client) -> None:
    assert repr(client) == "<Client of https://api.digitalocean.com/v2>"
    assert repr(FakeDigitalOcean()) == "<FakeDigitalOcean with 1 project>"
    assert client._client._headers["Authorization"].startswith("Bearer ")
    assert {"actions", "droplets", "images", "regions", "sizes", "snapshots", "tags"} <= set(dir(client))
    with pytest.raises(AttributeError, match="servers"):
        _ = client.servers  # type: ignore[attr-defined]
    quick = client.with_options(timeout=1, lazy=False)
    assert quick._client._timeout == 1
    assert quick._client._wire is client._client._wire
    assert quick.images is not client.images
    client.close()


def test_from_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_TOKEN_FILE", "DIGITALOCEAN_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidArgumentError, match="set DIGITALOCEAN_TOKEN"):
        Client.from_env()
    (tmp_path / "token").write_text("dop_v1_file\n")
    monkeypatch.setenv("DIGITALOCEAN_TOKEN_FILE", str(tmp_path / "token"))
    assert Client.from_env()._client._token == "dop_v1_file"
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_variable")
    monkeypatch.setenv("DIGITALOCEAN_ENDPOINT", "http://127.0.0.1:1/v2")
    client = Client.from_env(timeout=3)
    assert (client._client._token, client._client._endpoint) == ("dop_v1_variable", "http://127.0.0.1:1/v2")
    assert client._client._timeout == 3


def test_errors(cloud: FakeDigitalOcean, client: Client) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.images.get_by_id("windows")
    error = missing.value
    assert (error.code, error.http_status) == ("not_found", 404)
    assert error.correlation_id == "0000000000000001"
    assert str(error) == "The resource you were accessing could not be found. (not_found, 0000000000000001)"
    with pytest.raises(UnauthorizedError, match="Unable to authenticate you"):
        cloud.client("wrong").images.get_list()
    with pytest.raises(UnprocessableEntityError) as refused:
        client.images.create("x", "https://example.com/x", "moon1")
    assert isinstance(refused.value, InvalidInputError)
    assert pickle.loads(pickle.dumps(refused.value)).code == "unprocessable_entity"
    with pytest.raises(APIException, match="no name of a tag") as tag:
        client.tags.create("no spaces")
    assert (tag.value.code, tag.value.http_status, tag.value.details) == ("bad_request", 400, [])


def test_errors_from_other_servers() -> None:
    cloud = FakeDigitalOcean()
    cloud.truncate_next()
    with pytest.raises(InvalidResponseError, match="is not what the API documents"):
        cloud.client().regions.get_list()
    cloud.fail_next(status=500, message="sorry")
    with pytest.raises(ServerError, match="sorry"):
        cloud.client().regions.get_list()


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_action_of_an_image_may_come_bare(wrapped: bool) -> None:
    action = {"id": 7, "status": "in-progress", "type": "convert", "resource_id": 1, "resource_type": "image"}
    with responses.RequestsMock() as answers:
        answers.post(
            "https://api.digitalocean.com/v2/images/1/actions",
            json={"action": action} if wrapped else action,
            status=201,
        )
        made = Client("token").images.convert(Image(id=1))
    assert (made.id, made.type, made.resource_id) == (7, "convert", 1)


@pytest.mark.parametrize("body", [{"sorry": True}, {"id": 7, "error": {}}, ["sorry"]])
def test_an_error_of_another_form(body: Any) -> None:
    with responses.RequestsMock() as answers:
        answers.get("https://api.digitalocean.com/v2/tags/x", json=body, status=400, headers={"x-request-id": "7c3e"})
        with pytest.raises(APIException, match="it starts") as refused:
            Client("token").tags.get_by_id("x")
    assert (refused.value.code, refused.value.correlation_id) == (400, "7c3e")


def test_passing_failures_are_repeated(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.fail_next(2, status=502)
    cloud.fail_next(1, status=503)
    assert client.regions.get_list().regions
    assert [each.status for each in cloud.requests] == [502, 502, 503, 200]


# Pages


def test_pages_follow_links(cloud: FakeDigitalOcean, client: Client) -> None:
    pagination = client.regions.get_list(page=2, per_page=5).meta.pagination
    assert pagination is not None
    assert pagination.to_dict() == {
        "page": 2,
        "per_page": 5,
        "previous_page": 1,
        "next_page": 3,
        "last_page": 3,
        "total_entries": 12,
    }
    last = client.regions.get_list(page=3, per_page=5).meta.pagination
    assert last is not None
    assert (last.page, last.next_page, last.last_page) == (3, None, 3)


@pytest.mark.parametrize("links", [{}, {"links": {}}, {"links": {"pages": {}}}, {"links": None}])
def test_links_may_be_missing(links: dict[str, Any]) -> None:
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "meta": {"total": 7}, **links})
    assert meta.pagination is not None
    assert (meta.pagination.page, meta.pagination.per_page, meta.pagination.total_entries) == (1, 7, 7)
    assert (meta.pagination.next_page, meta.pagination.last_page) == (None, 1)


def test_a_link_without_number_leads_nowhere() -> None:
    links = {"pages": {"next": "https://api.digitalocean.com/v2/images?cursor=abc"}}
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "links": links})
    assert meta.pagination is not None
    assert meta.pagination.next_page is None


def test_the_last_page_may_be_unknown() -> None:
    links = {"pages": {"next": "https://api.digitalocean.com/v2/images?page=3&per_page=2"}}
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "links": links, "meta": {"total": 9}})
    assert meta.pagination is not None
    assert (meta.pagination.page, meta.pagination.next_page, meta.pagination.last_page) == (2, 3, None)


@pytest.mark.parametrize("workers", [1, 8])
def test_all_pages(cloud: FakeDigitalOcean, workers: int) -> None:
    client = cloud.client(parallel_pages=workers)
    regions = client.regions.get_all(per_page=5)
    assert [region.slug for region in regions] == [each["slug"] for each in cloud.regions]
    assert sorted(dict(each.query)["page"] for each in cloud.requests) == ["1", "2", "3"]
    assert list(client.regions.iter(per_page=5)) == regions


def test_pages_are_as_large_as_can_be(cloud: FakeDigitalOcean, client: Client) -> None:
    client.images.get_all()
    assert cloud.requests[0].query == [("page", "1"), ("per_page", "200")]


# Rate limits


def test_what_the_api_says_of_its_limit(client: Client) -> None:
    assert client.rate_limit is None
    client.regions.get_list()
    assert client.rate_limit is not None
    assert (client.rate_limit.limit, client.rate_limit.remaining) == (5000, 4999)


def test_no_more_than_fit_into_a_minute(cloud: FakeDigitalOcean, client: Client) -> None:
    began = cloud.clock.time()
    for _ in range(251):
        client.regions.get_list()
    assert {each.status for each in cloud.requests} == {200}
    assert cloud.clock.time() == began + 60


def test_no_more_than_fit_into_an_hour(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.leave_requests(1)
    began = cloud.clock.time()
    client.regions.get_list()
    client.regions.get_list()
    assert {each.status for each in cloud.requests} == {200}
    assert cloud.clock.time() == began + 3600 - 120  # when the oldest expires


def test_without_pacing_a_burst_is_refused_and_repeated(cloud: FakeDigitalOcean) -> None:
    client = cloud.client(limit_rate=False)
    for _ in range(250):
        client.regions.get_list()
    began = cloud.clock.time()
    client.regions.get_list()
    assert [each.status for each in cloud.requests[-2:]] == [429, 200]
    assert cloud.clock.time() == began + 60  # Retry-After


def test_an_hour_is_too_long_to_repeat(cloud: FakeDigitalOcean) -> None:
    cloud.leave_requests(0)
    with pytest.raises(RateLimitExceededError) as refused:
        cloud.client().regions.get_list()
    assert refused.value.code == "too_many_requests"


HEADERS = {"RateLimit-Limit": "5000", "RateLimit-Remaining": "0", "RateLimit-Reset": "160"}


class Stopped(ManualClock):
    """A clock whose sleepers are only counted."""

    def __init__(self) -> None:
        super().__init__(100.0)
        self.slept: list[float] = []

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)


def test_those_over_the_limit_wait_for_those_before_them() -> None:
    clock = Stopped()
    budget = SlidingBudget(clock)
    budget.admit()
    clock.set(110)
    budget.admit()
    budget.learn(HEADERS, 0)
    budget.learn(HEADERS, 0)
    budget.admit()  # when the oldest of the account expires, but not before our own
    budget.admit()
    assert clock.slept == [160 - 110, 110 + 3600 - 110]


def test_a_reset_that_has_passed_holds_nobody() -> None:
    clock = Stopped()
    budget = SlidingBudget(clock)
    budget.admit()
    budget.learn(HEADERS, 0)
    clock.set(4000)
    for _ in range(3):
        budget.admit()
    assert clock.slept == []


def test_nobody_goes_while_the_api_refuses() -> None:
    clock = Stopped()
    budget = SlidingBudget(clock)
    budget.forget(30)
    budget.admit()
    assert clock.slept == [30]
    assert budget.pause({"Retry-After": "7"}) == 7
    assert budget.pause(HEADERS) == 60
    assert budget.pause({**HEADERS, "RateLimit-Remaining": "5"}) is None
    assert budget.pause({}) is None


def test_who_is_interrupted_takes_no_place() -> None:
    class Interrupted(Stopped):
        def sleep(self, seconds: float, /) -> None:
            raise KeyboardInterrupt

    budget = SlidingBudget(Interrupted())
    budget.forget(30)
    with pytest.raises(KeyboardInterrupt):
        budget.admit()
    assert not budget._sent


def test_threads_share_the_limit(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.burst_limit = 250
    threads = [threading.Thread(target=lambda: [client.regions.get_list() for _ in range(70)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cloud.requests) == 280
    assert {each.status for each in cloud.requests} == {200}


def test_a_clock_is_what_it_asks(cloud: FakeDigitalOcean) -> None:
    clock: Clock = cloud.clock
    assert cloud.client()._client._clock is clock
