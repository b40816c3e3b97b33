"""Connection, errors, pagination and rate limit of DigitalOcean."""

from __future__ import annotations

import os
import pickle
import threading
from email.utils import formatdate
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
from hcloud.digitalocean.actions import Action, ActionsException
from hcloud.digitalocean.images import Image, ImagesClient
from hcloud.testing import FakeAdapter, FakeDigitalOcean, ManualClock
from tests.stub import Stub


def test_client(client: Client) -> None:
    assert repr(client) == "<Client of https://api.digitalocean.com/v2>"
    assert repr(FakeDigitalOcean()) == "<FakeDigitalOcean with 1 project>"
    assert client._client._headers["Authorization"].startswith("Bearer ")
    assert {"account", "actions", "droplets", "images", "regions", "sizes", "snapshots", "ssh_keys", "tags"} <= set(
        dir(client)
    )
    with pytest.raises(AttributeError, match="servers"):
        _ = client.servers  # type: ignore[attr-defined]
    copy = client.with_options(timeout=1, lazy=False)
    assert copy._client._timeout == 1
    assert copy._client._shared is client._client._shared
    assert copy.images is not client.images
    client.close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of the process, without variables of DigitalOcean."""
    for name in [name for name in os.environ if name.startswith("DIGITALOCEAN_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_from_env(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="set DIGITALOCEAN_TOKEN"):
        Client.from_env()
    (tmp_path / "token").write_text("dop_v1_file\n")
    environment.setenv("DIGITALOCEAN_TOKEN_FILE", str(tmp_path / "token"))
    assert Client.from_env()._client._token == "dop_v1_file"
    environment.setenv("DIGITALOCEAN_TOKEN", "dop_v1_variable")
    environment.setenv("DIGITALOCEAN_ENDPOINT", "http://127.0.0.1:1/v2")
    client = Client.from_env(timeout=3)
    assert (client._client._token, client._client._endpoint) == ("dop_v1_variable", "http://127.0.0.1:1/v2")
    assert client._client._timeout == 3


def test_token_of_other_programs(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("file\n")
    environment.setenv("DIGITALOCEAN_ACCESS_TOKEN_FILE", str(tmp_path / "token"))
    assert Client.from_env()._client._token == "file"
    environment.setenv("DIGITALOCEAN_ACCESS_TOKEN", "access")
    assert Client.from_env()._client._token == "access"
    environment.setenv("DIGITALOCEAN_TOKEN", " ")
    assert Client.from_env()._client._token == "access"
    environment.setenv("DIGITALOCEAN_TOKEN", "first")
    assert Client.from_env()._client._token == "first"


@pytest.mark.parametrize(
    ("api_url", "endpoint"),
    [
        ("https://api.digitalocean.com", "https://api.digitalocean.com/v2"),
        ("https://api.digitalocean.com/", "https://api.digitalocean.com/v2"),
        ("https://api.digitalocean.com/v2", "https://api.digitalocean.com/v2"),
        ("https://api.digitalocean.com/v2/", "https://api.digitalocean.com/v2"),
        ("https://proxy.example.com/do", "https://proxy.example.com/do/v2"),
        ("", "https://api.digitalocean.com/v2"),
    ],
)
def test_api_url_of_other_programs(environment: pytest.MonkeyPatch, api_url: str, endpoint: str) -> None:
    environment.setenv("DIGITALOCEAN_TOKEN", "token")
    environment.setenv("DIGITALOCEAN_API_URL", api_url)
    assert Client.from_env()._client._endpoint == endpoint
    environment.setenv("DIGITALOCEAN_ENDPOINT", "https://other.example.com/do")
    assert Client.from_env()._client._endpoint == "https://other.example.com/do"


@pytest.mark.parametrize("endpoint", ["https://api.digitalocean.com", "https://api.digitalocean.com/"])
def test_endpoint_without_version(cloud: FakeDigitalOcean, endpoint: str) -> None:
    client = Client(cloud.project.token, endpoint, adapter=FakeAdapter(cloud), clock=cloud.clock)
    assert repr(client) == "<Client of https://api.digitalocean.com/v2>"
    assert client.account.get().status == "active"
    assert client.with_options(retries=0).account.get().status == "active"


def test_errors(cloud: FakeDigitalOcean, client: Client) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.images.get_by_id("windows")
    error = missing.value
    assert (error.code, error.http_status) == ("not_found", 404)
    assert error.correlation_id == "00000000-0000-4000-8000-000000000001"
    assert str(error) == f"The resource you were accessing could not be found. (not_found, {error.correlation_id})"
    with pytest.raises(UnauthorizedError, match="Unable to authenticate you"):
        cloud.client("wrong").images.get_list()
    with pytest.raises(UnprocessableEntityError) as raised:
        client.images.create("x", "https://example.com/x", "moon1")
    assert isinstance(raised.value, InvalidInputError)
    assert pickle.loads(pickle.dumps(raised.value)).code == "unprocessable_entity"
    with pytest.raises(APIException, match="not a valid tag name") as tag:
        client.tags.create("no spaces")
    assert (tag.value.code, tag.value.http_status, tag.value.details) == ("bad_request", 400, [])


def test_errors_from_other_servers() -> None:
    cloud = FakeDigitalOcean()
    cloud.truncate_next()
    with pytest.raises(InvalidResponseError, match="does not have the API's form"):
        cloud.client(retries=0).regions.get_list()
    cloud.fail_next(status=500, message="sorry")
    with pytest.raises(ServerError, match="sorry"):
        cloud.client(retries=0).regions.get_list()


@pytest.mark.parametrize("wrapped", [False, True])
def test_format_of_actions_on_images(wrapped: bool) -> None:
    action = {"id": 7, "status": "in-progress", "type": "convert", "resource_id": 1, "resource_type": "image"}
    with responses.RequestsMock() as mock:
        mock.post(
            "https://api.digitalocean.com/v2/images/1/actions",
            json={"action": action} if wrapped else action,
            status=201,
        )
        converted = Client("token").images.convert(Image(id=1))
    assert (converted.id, converted.type, converted.resource_id) == (7, "convert", 1)


@pytest.mark.parametrize("body", [{"sorry": True}, {"id": 7, "error": {}}, ["sorry"]])
def test_errors_in_an_unknown_format(body: Any) -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://api.digitalocean.com/v2/tags/x", json=body, status=400, headers={"x-request-id": "7c3e"})
        with pytest.raises(APIException, match="it starts") as raised:
            Client("token").tags.get_by_id("x")
    assert (raised.value.code, raised.value.correlation_id) == (400, "7c3e")


def test_transient_failures_are_retried(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.fail_next(2, status=502)
    cloud.fail_next(1, status=503)
    assert client.regions.get_list().regions
    assert [request.status for request in cloud.requests] == [502, 502, 503, 200]


# Pagination


def test_pagination_from_links(cloud: FakeDigitalOcean, client: Client) -> None:
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
def test_missing_links(links: dict[str, Any]) -> None:
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "meta": {"total": 7}, **links})
    assert meta.pagination is not None
    assert (meta.pagination.page, meta.pagination.per_page, meta.pagination.total_entries) == (1, 7, 7)
    assert (meta.pagination.next_page, meta.pagination.last_page) == (None, 1)


def test_link_without_page_number() -> None:
    links = {"pages": {"next": "https://api.digitalocean.com/v2/images?cursor=abc"}}
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "links": links})
    assert meta.pagination is not None
    assert meta.pagination.next_page is None


def test_unknown_last_page() -> None:
    links = {"pages": {"next": "https://api.digitalocean.com/v2/images?page=3&per_page=2"}}
    meta = ImagesClient(Client("token"))._read_meta({"images": [], "links": links, "meta": {"total": 9}})
    assert meta.pagination is not None
    assert (meta.pagination.page, meta.pagination.next_page, meta.pagination.last_page) == (2, 3, None)


@pytest.mark.parametrize("workers", [1, 8])
def test_all_pages(cloud: FakeDigitalOcean, workers: int) -> None:
    client = cloud.client(parallel_pages=workers)
    regions = client.regions.get_all(per_page=5)
    assert [region.slug for region in regions] == [region["slug"] for region in cloud.regions]
    assert sorted(dict(request.query)["page"] for request in cloud.requests) == ["1", "2", "3"]
    assert list(client.regions.iter(per_page=5)) == regions


def test_default_page_size(cloud: FakeDigitalOcean, client: Client) -> None:
    client.images.get_all()
    assert cloud.requests[0].query == [("page", "1"), ("per_page", "200")]


# Rate limits


def test_reported_rate_limit(client: Client) -> None:
    assert client.rate_limit is None
    client.regions.get_list()
    assert client.rate_limit is not None
    assert (client.rate_limit.limit, client.rate_limit.remaining) == (5000, 4999)


def test_burst_limit(cloud: FakeDigitalOcean, client: Client) -> None:
    start = cloud.clock.time()
    for _ in range(251):
        client.regions.get_list()
    assert {request.status for request in cloud.requests} == {200}
    assert cloud.clock.time() == start + 60


def test_hourly_limit(cloud: FakeDigitalOcean) -> None:
    client = cloud.client(retry_max_time=3600)
    cloud.leave_requests(1)
    start = cloud.clock.time()
    client.regions.get_list()
    client.regions.get_list()
    assert {request.status for request in cloud.requests} == {200}
    assert cloud.clock.time() == start + 3600 - 120  # when the oldest request expires


def test_hourly_limit_beyond_retry_max_time(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.leave_requests(1)
    start = cloud.clock.time()
    client.regions.get_list()
    for _ in range(3):
        with pytest.raises(RateLimitExceededError, match=r"in 3480\.0 s, later than retry_max_time") as raised:
            client.regions.get_list()
        assert raised.value.retry_after == 3480
    assert (len(cloud.requests), cloud.clock.time()) == (1, start)
    cloud.clock.sleep(3480)
    client.regions.get_list()


def test_wait_for_actions_within_its_timeout_at_the_hourly_limit(cloud: FakeDigitalOcean, client: Client) -> None:
    client.regions.get_list()
    cloud.leave_requests(0)
    with pytest.raises(RateLimitExceededError):
        client.regions.get_list()
    start = cloud.clock.time()
    with pytest.raises(ActionsException, match=r"still in progress: action 7"):
        client.actions.wait_for([Action(id=7)], timeout=30)
    assert cloud.clock.time() == start + 30
    assert len(cloud.requests) == 2


@pytest.mark.parametrize("offset", [-86400, -600, 600, 86400])
def test_the_time_of_the_server_counts(offset: int) -> None:
    clock = StoppedClock()
    budget = SlidingBudget(clock)
    headers = {**HEADERS, "RateLimit-Reset": str(160 + offset), "Date": formatdate(100 + offset, usegmt=True)}
    assert budget.retry_delay(headers) == 60
    budget.observe(headers, budget.acquire())
    clock.set(110)
    budget.acquire()
    assert clock.slept == [50]


@pytest.mark.parametrize("reset", ["100", "99", "0"])
def test_a_reset_that_has_passed(reset: str) -> None:
    budget = SlidingBudget(StoppedClock())
    assert budget.retry_delay({**HEADERS, "RateLimit-Reset": reset}) == 3600 / 5000, "never zero"


def test_burst_without_limit_rate_is_rejected_and_retried(cloud: FakeDigitalOcean) -> None:
    client = cloud.client(limit_rate=False)
    for _ in range(250):
        client.regions.get_list()
    start = cloud.clock.time()
    client.regions.get_list()
    assert [request.status for request in cloud.requests[-2:]] == [429, 200]
    assert cloud.clock.time() == start + 60  # Retry-After


def test_no_retry_after_a_long_wait(cloud: FakeDigitalOcean) -> None:
    cloud.leave_requests(0)
    with pytest.raises(RateLimitExceededError) as raised:
        cloud.client().regions.get_list()
    assert raised.value.code == "too_many_requests"


HEADERS = {"RateLimit-Limit": "5000", "RateLimit-Remaining": "0", "RateLimit-Reset": "160"}


class StoppedClock(ManualClock):
    """Clock that records sleeps, and does not advance."""

    def __init__(self) -> None:
        super().__init__(100.0)
        self.slept: list[float] = []

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)


def test_requests_over_the_limit_wait_until_earlier_ones_expire() -> None:
    clock = StoppedClock()
    budget = SlidingBudget(clock)
    budget.acquire()
    clock.set(110)
    budget.acquire()
    budget.observe(HEADERS, 0)
    budget.observe(HEADERS, 0)
    budget.acquire()  # when the oldest request of the account expires; the next one when that of this client does
    budget.acquire()
    assert clock.slept == [160 - 110, 110 + 3600 - 110]


def test_no_wait_after_the_reset() -> None:
    clock = StoppedClock()
    budget = SlidingBudget(clock)
    budget.acquire()
    budget.observe(HEADERS, 0)
    clock.set(4000)
    for _ in range(3):
        budget.acquire()
    assert clock.slept == []


def test_pause_after_a_rejected_request() -> None:
    clock = StoppedClock()
    budget = SlidingBudget(clock)
    budget.block(30)
    budget.acquire()
    assert clock.slept == [30]
    assert budget.retry_delay({"Retry-After": "7"}) == 7
    assert budget.retry_delay(HEADERS) == 60
    assert budget.retry_delay({**HEADERS, "RateLimit-Remaining": "5"}) is None
    assert budget.retry_delay({}) is None
    budget.block(86400)
    budget.acquire()
    assert clock.slept == [30, 3600], "an hour at most"


def test_interrupted_wait_does_not_count_as_a_request() -> None:
    class InterruptedClock(StoppedClock):
        def sleep(self, seconds: float, /) -> None:
            raise KeyboardInterrupt

    budget = SlidingBudget(InterruptedClock())
    budget.block(30)
    with pytest.raises(KeyboardInterrupt):
        budget.acquire()
    assert not budget._bucket.sent


def test_threads_share_the_rate_limit(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.burst_limit = 250
    threads = [threading.Thread(target=lambda: [client.regions.get_list() for _ in range(70)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cloud.requests) == 280
    assert {request.status for request in cloud.requests} == {200}


def test_clock(cloud: FakeDigitalOcean) -> None:
    clock: Clock = cloud.clock
    assert cloud.client()._client._clock is clock


@pytest.mark.parametrize("messages", [5, {"a": 1}, "text", [1, None, {"a": 1}], None], ids=repr)
@pytest.mark.parametrize("root_causes", [5, None, {}], ids=repr)
def test_malformed_details_of_an_error_about_tags(messages: Any, root_causes: Any) -> None:
    stub = Stub((400, {"error": "invalid", "messages": messages, "root_causes": root_causes}))
    client = Client("token", adapter=stub, clock=stub.clock)
    with pytest.raises(APIException, match=r"^invalid"):
        client.request("POST", "/tags", json={"name": "x"})
    assert len(stub.sent) == 1


@pytest.mark.parametrize("page", ["9" * 5000, "²", "", "x"])
def test_a_page_number_that_is_none_ends_the_listing(page: str) -> None:
    links = {"pages": {"next": f"https://api.digitalocean.com/v2/sizes?page={page}"}}
    client = Client("token", adapter=Stub((200, {"sizes": [], "links": links, "meta": {"total": 0}})))
    meta = client.sizes.get_list().meta
    assert meta.pagination is not None
    assert meta.pagination.next_page is None
