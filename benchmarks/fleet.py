"""Many threads share the budget of one token: how much of it they use, and how often the API refuses them."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from dataclasses import dataclass

from hcloud.testing import FakeCloud
from hcloud.testing.clock import ManualClock

ANSWER_SECONDS = 0.2


class SharedClock(ManualClock):
    """Goes on to the next moment that a thread waits for as soon as all of them sleep."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._awake = threads
        self._turn = threading.Lock()
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = 0

    def sleep(self, seconds: float, /) -> None:
        """Wait until it is ``seconds`` later."""
        call = threading.Event()
        with self._turn:
            self._order += 1
            heapq.heappush(self._sleepers, (self._now + seconds, self._order, call))
            self._leave()
        call.wait()

    def leave(self) -> None:
        """One thread less, since it is done."""
        with self._turn:
            self._leave()

    def _leave(self) -> None:
        self._awake -= 1
        if not self._awake and self._sleepers:
            moment, _, call = heapq.heappop(self._sleepers)
            self._now = max(self._now, moment)
            self._awake = 1
            call.set()


@dataclass
class Report:
    """What came of a fleet."""

    threads: int
    seconds: float
    limit: int
    answered: int
    possible: int
    """What the budget had room for, which is what was left at the start and came back meanwhile."""
    refused_unaware: int
    """Refusals of requests that were sent before the first answer told the budget."""
    refused: int
    """Refusals after that."""

    def __str__(self) -> str:
        return (
            f"{self.threads} threads, {self.seconds / 3600:g} h of a budget of {self.limit} requests an hour: "
            f"{self.answered:,} of {self.possible:,} possible requests answered ({self.answered / self.possible:.2%}), "
            f"{self.refused} refused once the budget was known, {self.refused_unaware} before"
        )


def fleet(threads: int = 50, hours: float = 2.0, *, limit: int = 3600, left: int | None = None) -> Report:
    """Let so many threads send all that they can for so many hours of a simulated clock.

    :param left: how much of the budget is left at the start; default all of it.
    """
    clock = SharedClock(threads)
    cloud = FakeCloud(clock=clock, rate_limit=limit, keep_requests=0)
    cloud.slow_down(ANSWER_SECONDS)
    start = limit if left is None else left
    cloud.leave_requests(start)
    began = clock.time()
    end = began + hours * 3600
    statuses: Counter[tuple[int, bool]] = Counter()

    def count(request: object, status: int, headers: object) -> None:
        # Sent before the first answer came, if it is answered as soon as that could be.
        statuses[status, clock.time() <= began + ANSWER_SECONDS] += 1

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
