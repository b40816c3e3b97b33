from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
from email.utils import formatdate
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest

from hcloud import APIException, Client, RateLimitExceededError
from hcloud.core.rate_limit import Budget, RateLimit
from hcloud.testing import FakeCloud, ManualClock
from tests.stub import Stub, error


class FleetClock:
    """Simulated clock for many threads: when all of them sleep, it jumps to the earliest wake-up time."""

    def __init__(self, threads: int) -> None:
        self._now = 1_792_065_600.0
        self._awake = threads
        self._sleepers: list[tuple[float, int, threading.Lock]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()

    def time(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float, /) -> None:
        assert seconds >= 0
        gate = threading.Lock()
        gate.acquire()
        with self._lock:
            heapq.heappush(self._sleepers, (self._now + seconds, next(self._count), gate))
            self._rest()
        gate.acquire()

    def leave(self) -> None:
        """Report that a thread has ended."""
        with self._lock:
            self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake == 0 and self._sleepers:
            wake, _, gate = heapq.heappop(self._sleepers)
            self._now = max(self._now, wake)
            self._awake = 1
            gate.release()


def run_threads(threads: int, requests_each: int, *, remaining: int, latency: float) -> tuple[FakeCloud, float]:
    """Send requests from many threads of one client; return the fake cloud and the simulated seconds it took."""
    clock = FleetClock(threads)
    cloud = FakeCloud(clock=clock, keep_requests=1_000_000)
    cloud.leave_requests(remaining)
    cloud.slow_down(latency)
    client = cloud.client()
    began = clock.time()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(requests_each):
                client.locations.get_by_id(1)
        except BaseException as failure:  # noqa: BLE001  # asserted below
            failures.append(failure)
        finally:
            clock.leave()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert failures == []
    return cloud, clock.time() - began


def rejected(cloud: FakeCloud) -> list[int]:
    return [number for number, request in enumerate(cloud.requests) if request.status == 429]


@pytest.mark.parametrize("latency", [0.0, 0.05, 2.0])
def test_threads_use_all_of_the_budget_and_no_more(latency: float) -> None:
    cloud, seconds = run_threads(50, 60, remaining=600, latency=latency)
    assert rejected(cloud) == []
    assert len(cloud.requests) == 3000
    fastest = max(3000 - 600, 3000 / 50 * latency)  # one a second, after the remaining ones are used
    assert fastest - 1 <= seconds <= fastest * 1.03 + 5


def test_threads_that_start_with_a_nearly_empty_budget() -> None:
    cloud, seconds = run_threads(50, 20, remaining=10, latency=0.05)
    # The first request of each thread is sent before any response states the limit. After that, none is rejected.
    assert all(number < 50 for number in rejected(cloud))
    assert seconds <= (1000 - 10 + len(rejected(cloud))) * 1.05 + 60


def test_no_waiting_while_the_budget_lasts() -> None:
    cloud, seconds = run_threads(50, 20, remaining=3600, latency=0.05)
    assert rejected(cloud) == []
    assert seconds == pytest.approx(20 * 0.05)


def test_limit_rate_off(cloud: FakeCloud) -> None:
    client = cloud.client(limit_rate=False)
    client.locations.get_list()
    cloud.leave_requests(1)
    for _ in range(3):
        client.locations.get_list()
    assert [request.status for request in cloud.requests] == [200, 200, 429, 200, 429, 200], "no request is delayed"
    assert client.rate_limit is not None


def test_rate_limit_of_the_client(cloud: FakeCloud, client: Client) -> None:
    assert client.rate_limit is None
    client.locations.get_list()
    assert client.rate_limit == RateLimit(3600, 3599, pytest.approx(cloud.clock.time() + 1, abs=1))
    cloud.leave_requests(100)
    client.locations.get_list()
    assert client.rate_limit is not None
    assert client.rate_limit.remaining == 99
    assert client.rate_limit.limit == 3600


def test_one_thread_waits_for_the_refill(cloud: FakeCloud, client: Client) -> None:
    cloud.leave_requests(3)
    began = cloud.clock.time()
    for _ in range(10):
        client.locations.get_by_id(1)
    assert cloud.clock.time() - began == pytest.approx(7, abs=1)
    assert all(request.status == 200 for request in cloud.requests)


class InterruptedClock(ManualClock):
    is_interrupted = False

    def sleep(self, seconds: float, /) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt
        super().sleep(seconds)


def test_an_interrupted_wait_returns_its_token() -> None:
    clock = InterruptedClock()
    budget = Budget(clock)
    budget.observe({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "5000"}, budget.acquire())
    clock.is_interrupted = True
    for _ in range(50):
        with pytest.raises(KeyboardInterrupt):
            budget.acquire()
    clock.is_interrupted = False
    before = clock.monotonic()
    budget.acquire()
    assert clock.monotonic() - before == pytest.approx(1)


def test_each_host_has_its_own_budget() -> None:
    empty = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "1792069200"}
    stub = Stub((200, {"locations": [], "storage_boxes": []}, empty))
    client = stub.client()
    client.locations.get_list()
    client._client_hetzner.request(method="GET", url="/storage_boxes")
    assert stub.clock.slept == []
    client.locations.get_list()
    assert stub.clock.slept == [pytest.approx(1)]


# Bounds of a wait

NOON = 1_792_065_600  # the start of the clock


def state(remaining: int, *, limit: int = 3600, reset: float = NOON + 3600, **more: str) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(int(reset)),
        **more,
    }


LOCATIONS = {"locations": [{"id": 1}]}


@pytest.mark.parametrize(
    "headers",
    [state(0, **{"Retry-After": "3600"}), state(0, reset=NOON + 3000), state(0, limit=10), {"Retry-After": "301"}],
    ids=["Retry-After", "fixed window", "limit of 10", "Retry-After alone"],
)
@pytest.mark.parametrize("options", [{}, {"retries": 0}, {"timeout": 1}], ids=repr)
def test_no_call_waits_longer_than_retry_max_time(headers: dict[str, str], options: dict[str, Any]) -> None:
    stub = Stub((200, LOCATIONS, state(5)), (429, error("rate_limit_exceeded"), headers), (200, LOCATIONS))
    client = stub.client(**options)
    client.locations.get_list()
    for _ in range(3):
        with pytest.raises(RateLimitExceededError, match=r"in 3\d+\.0 s, later than retry_max_time") as caught:
            client.locations.get_list()
        assert 300 < (caught.value.retry_after or 0) <= 3600
        assert repr(caught.value.request) == "<GET https://api.hetzner.cloud/v1/locations>"
    assert len(stub.sent) == 2
    assert stub.clock.slept == []
    stub.clock.sleep(3600)
    client.locations.get_list()


def test_a_rejected_call_returns_its_token() -> None:
    stub = Stub((200, LOCATIONS, state(0, limit=10)))
    client = stub.client()
    client.locations.get_list()
    for _ in range(50):
        with pytest.raises(RateLimitExceededError, match=r"in 360\.0 s"):
            client.locations.get_list()
    client.with_options(retry_max_time=360).locations.get_list()
    assert stub.clock.slept == [360]


def test_the_wait_before_the_first_attempt_leaves_the_time_for_retries() -> None:
    unavailable = (503, error("unavailable"), {"Retry-After": "99"})
    stub = Stub(unavailable, unavailable, (200, LOCATIONS))
    client = stub.client(retry_max_time=200)
    client._client._shared.budget.block(199)
    client.locations.get_list()
    assert stub.clock.slept == [199, 99, 99]


def test_a_thread_that_waits_is_delayed_by_a_rejection() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    budget.observe(state(0), budget.acquire())
    delays = iter([5.0])
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        ManualClock.sleep(clock, seconds)
        for delay in delays:  # another thread gets 429 meanwhile
            budget.block(delay)

    clock.sleep = sleep  # type: ignore[method-assign,assignment]
    budget.acquire()
    assert slept == [pytest.approx(1), pytest.approx(5)]
    budget.block(400)
    with pytest.raises(RateLimitExceededError) as caught:
        budget.acquire(300)
    assert caught.value.retry_after == pytest.approx(400)


def test_rejections_of_other_threads_do_not_extend_the_wait_before_the_first_attempt() -> None:
    stub = Stub((200, LOCATIONS))
    client = stub.client(retry_max_time=300)
    budget, sleep = client._client._shared.budget, stub.clock.sleep

    def sleep_and_block(seconds: float) -> None:
        sleep(seconds)
        if len(stub.clock.slept) < 40:
            budget.block(200)

    stub.clock.sleep = sleep_and_block  # type: ignore[method-assign]
    budget.block(200)
    with pytest.raises(RateLimitExceededError, match="later than retry_max_time"):
        client.locations.get_list()
    assert sum(stub.clock.slept) <= 300
    assert stub.sent == []


# Clocks that are off


@pytest.mark.parametrize("offset", [-86400, -600, -30, 30, 600, 86400])
@pytest.mark.parametrize(
    ("reset", "seconds"), [(3600, 1), (3599, 1), (30, 30), (0, 1)], ids=["refill", "rounded", "window", "passed"]
)
def test_the_time_of_the_server_counts(offset: int, reset: int, seconds: float) -> None:
    date = formatdate(NOON + offset, usegmt=True)
    headers = state(0, reset=NOON + offset + reset, Date=date)
    stub = Stub((429, error("rate_limit_exceeded"), headers), (200, LOCATIONS))
    stub.client().locations.get_list()
    assert stub.clock.slept == [seconds]


@pytest.mark.parametrize("date", ["", "now", "Thu, 32 Oct 2026 12:00:00 GMT"])
def test_without_a_date_the_local_clock_counts(date: str) -> None:
    headers = state(0, reset=NOON + 30, Date=date)
    stub = Stub((429, error("rate_limit_exceeded"), headers), (200, LOCATIONS))
    stub.client().locations.get_list()
    assert stub.clock.slept == [30]


# Processes that share the limit of their project, each with a client of its own


def run_processes(processes: int, seconds: float) -> tuple[list[int], list[BaseException], list[float]]:
    """Return the number of calls of each process, the failures, and the durations of all calls."""
    clock = FleetClock(processes)
    cloud = FakeCloud(clock=clock, keep_requests=0)
    cloud.leave_requests(5)
    cloud.slow_down(0.05)
    end = clock.time() + seconds
    calls, failures, durations = [0] * processes, list[BaseException](), list[float]()

    def work(number: int, client: Client) -> None:
        try:
            while clock.time() < end:
                began = clock.time()
                client.locations.get_list()
                calls[number] += 1
                durations.append(clock.time() - began)
        except BaseException as failure:  # noqa: BLE001  # asserted below
            failures.append(failure)
        finally:
            clock.leave()

    threads = [threading.Thread(target=work, args=(number, cloud.client())) for number in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return calls, failures, durations


def test_a_process_leaves_turns_to_others_after_rejections() -> None:
    limited = (429, error("rate_limit_exceeded"), state(0))
    stub = Stub((200, LOCATIONS, state(1)), limited, limited, limited, (200, LOCATIONS, state(0)))
    client = stub.client()
    client.locations.get_list()
    client.locations.get_list()
    stub.clock.slept.clear()
    client.locations.get_list()
    client.locations.get_list()
    assert stub.clock.slept == [pytest.approx(4), pytest.approx(1)], "three turns for three rejections, once"


def test_no_turns_are_left_while_tokens_are() -> None:
    limited = (429, error("rate_limit_exceeded"), state(0))
    stub = Stub((200, LOCATIONS, state(1)), limited, (200, LOCATIONS, state(2)))
    client = stub.client()
    client.locations.get_list()
    client.locations.get_list()
    stub.clock.slept.clear()
    client.locations.get_list()
    assert stub.clock.slept == []


def test_processes_that_share_a_limit_do_not_fail() -> None:
    calls, failures, durations = run_processes(8, 1800)
    assert failures == []
    assert sum(calls) >= 1800, "the whole limit is used"
    assert max(durations) <= 300
    assert min(calls) >= 0.5 * max(calls), "none is kept out by the others"


@pytest.mark.parametrize("name", ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"])
@pytest.mark.parametrize(
    "value", ["", "x", "-1", "0", "nan", "inf", "-inf", "1e400", "9" * 400, "9" * 9000, "1.5", "1_0"]
)
@pytest.mark.parametrize("status", [200, 429, 503])
def test_malformed_headers(name: str, value: str, status: int) -> None:
    """They cause neither an exception of Python nor an endless wait."""
    plausible = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "3599", "RateLimit-Reset": "1792065601"}
    body = {"locations": []} if status == 200 else error("unavailable")
    stub = Stub(
        (200, {"locations": []}, plausible),
        (status, body, {**plausible, name: value}),
        (200, {"locations": []}, plausible),
    )
    client = stub.client()
    client.locations.get_list()
    with contextlib.suppress(APIException):
        client.locations.get_list()
    client.locations.get_list()
    assert sum(stub.clock.slept) <= 2 * 3600


def test_headers_of_a_mock_response(cloud: FakeCloud) -> None:
    clock = ManualClock()
    budget, before = Budget(clock), clock.time()
    for headers in (MagicMock(), Mock()):
        budget.observe(headers, budget.acquire())
    for _ in range(3):
        budget.acquire()
    assert (budget.last, clock.time()) == (None, before)


def test_a_wait_is_logged(cloud: FakeCloud, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    cloud.leave_requests(1)
    with caplog.at_level("INFO", "hcloud"):
        for _ in range(3):
            client.locations.get_by_id(1)
    assert any(line.startswith("waiting ") for line in caplog.messages)


def test_a_long_wait_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    budget = Budget(ManualClock())
    with caplog.at_level("INFO", "hcloud"):
        for seconds in (59, 60, 90):
            budget.block(seconds)
            budget.acquire()
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "WARNING"]
    assert caplog.messages[1] == "waiting 60.0 s for the rate limit"


def test_threads_that_wait_long_give_one_warning_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    clock.sleep = lambda seconds: None  # type: ignore[method-assign,misc]
    budget = Budget(clock)
    budget.block(90)
    with caplog.at_level("INFO", "hcloud"):
        for _ in range(5):
            budget.acquire()
    assert [record.levelname for record in caplog.records] == ["WARNING", *["INFO"] * 4]


def test_a_changed_limit_is_adopted(cloud: FakeCloud, client: Client) -> None:
    client.locations.get_list()
    cloud.rate_limit = 7200
    cloud.leave_requests(7000)
    client.locations.get_list()
    assert client.rate_limit is not None
    assert client.rate_limit[:2] == (7200, 6999)
