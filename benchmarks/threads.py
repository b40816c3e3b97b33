"""Many threads that share the rate limit of one token: use of the limit, and rejected requests."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from dataclasses import dataclass

from hcloud.testing import FakeCloud
from hcloud.testing.clock import ManualClock

RESPONSE_SECONDS = 0.2


class SharedClock(ManualClock):
    """Clock that jumps to the next time a thread waits for, as soon as all threads sleep."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._awake = threads
        self._turn = threading.Lock()
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = 0

    def sleep(self, seconds: float, /) -> None:
        """Sleep until the clock has advanced by ``seconds``."""
        wake_up = threading.Event()
        with self._turn:
            self._order += 1
            heapq.heappush(self._sleepers, (self._now + seconds, self._order, wake_up))
            self._leave()
        wake_up.wait()

    def leave(self) -> None:
        """Remove a thread that is done."""
        with self._turn:
            self._leave()

    def _leave(self) -> None:
        self._awake -= 1
        if not self._awake and self._sleepers:
            moment, _, wake_up = heapq.heappop(self._sleepers)
            self._now = max(self._now, moment)
            self._awake = 1
            wake_up.set()


@dataclass
class Report:
    """Result of a run."""

    threads: int
    seconds: float
    limit: int
    succeeded: int
    possible: int
    """Requests that the rate limit allowed: those left at the start and those that became available meanwhile."""
    rejected_unaware: int
    """Rejected requests that were sent before the first response told the rate limit."""
    rejected: int
    """Requests rejected after that."""

    def __str__(self) -> str:
        return (
            f"{self.threads} threads, {self.seconds / 3600:g} h with a limit of {self.limit} requests an hour: "
            f"{self.succeeded:,} of {self.possible:,} possible requests succeeded "
            f"({self.succeeded / self.possible:.2%}), "
            f"{self.rejected} rejected once the limit was known, {self.rejected_unaware} before"
        )


def share(threads: int = 50, hours: float = 2.0, *, limit: int = 3600, left: int | None = None) -> Report:
    """Let threads send as many requests as they can.

    :param threads: Number of threads
    :param hours: Duration, in hours of a simulated clock
    :param limit: Requests allowed in an hour
    :param left: Requests left at the start; all by default
    """
    clock = SharedClock(threads)
    cloud = FakeCloud(clock=clock, rate_limit=limit, keep_requests=0)
    cloud.slow_down(RESPONSE_SECONDS)
    start = limit if left is None else left
    cloud.leave_requests(start)
    began = clock.time()
    end = began + hours * 3600
    statuses: Counter[tuple[int, bool]] = Counter()

    def count(request: object, status: int, headers: object) -> None:
        # A response as early as the first one possible belongs to a request sent before it.
        statuses[status, clock.time() <= began + RESPONSE_SECONDS] += 1

    client = cloud.client(on_response=count)

    def work() -> None:
        try:
            while clock.time() < end:
                client.locations.get_by_id(1)
        finally:
            clock.leave()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    seconds = clock.time() - began
    return Report(
        threads,
        seconds,
        limit,
        statuses[200, True] + statuses[200, False],
        start + int(seconds * limit / 3600),
        statuses[429, True],
        statuses[429, False],
    )
