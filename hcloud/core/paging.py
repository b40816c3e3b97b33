"""Listings of several pages: fetched at once, or one after another while they are read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .._exceptions import InvalidResponseError

__all__ = ["all_pages", "in_parallel", "iter_pages"]

T = TypeVar("T")
Page = tuple[list[Any], Any]
MAX_LAST_PAGE = 1_000_000
"""Upper bound for ``last_page``; larger values are treated as unknown."""


def next_page(page: Page, number: int) -> int | None:
    """Return the number of the page after ``page``, which is page ``number``; None if it is the last.

    :raises InvalidResponseError: if that number is not larger than ``number``, since the listing would never end
    """
    pagination = page[1] and page[1].pagination
    following = pagination.next_page if pagination else None
    if following is not None and (not isinstance(following, int) or following <= number):
        problem = f"page {number} of the listing has the next_page {following!r}, which must be a larger number"
        raise InvalidResponseError("invalid_response", problem, None)
    return following


def all_pages(fetch: Callable[[int], Page], workers: int) -> list[Page]:
    """Return every page, in order.

    The first response states the number of pages; up to ``workers`` threads fetch the others.
    """
    pages = [fetch(1)]
    pagination = pages[0][1] and pages[0][1].pagination
    last = pagination.last_page if pagination and pagination.next_page else None
    if isinstance(last, int) and 2 < last <= MAX_LAST_PAGE and workers > 1:
        pages += in_parallel(fetch, range(2, last + 1), workers)
    # The number of pages may be unknown, and the listing may have grown in the meantime.
    following = next_page(pages[-1], len(pages))
    while following:
        pages.append(fetch(following))
        following = next_page(pages[-1], following)
    return pages


def iter_pages(fetch: Callable[[int], Page], ahead: bool) -> Iterator[Page]:
    """Iterate over the pages.

    :param ahead: If true, a thread fetches the next page while the caller reads the current one
    """
    page, number = fetch(1), 1
    while True:
        following = next_page(page, number)
        if following is None:
            yield page
            return
        prefetch = _Prefetch(fetch, following)
        ahead = ahead and _start(prefetch)
        yield page
        page, number = prefetch.result() if ahead else fetch(following), following


def _start(thread: threading.Thread) -> bool:
    """Start a thread; return False if the system has no room for another or the interpreter shuts down."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def in_parallel(work: Callable[[int], T], numbers: range, workers: int) -> list[T]:
    """Call ``work`` with each number, and return the results in the order of the numbers.

    The first failure is raised; numbers that no thread has taken yet are skipped. The threads are daemons, which those
    of ``concurrent.futures`` are not: an interrupted caller returns at once, and no thread keeps the process alive.
    """
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    pending = iter(numbers)
    lock = threading.Lock()  # held to take the next number
    finished = threading.Event()

    def run() -> None:
        while not finished.is_set():
            with lock:
                number = next(pending, None)
            if number is None:
                return
            try:
                results[number] = work(number)
            except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
                failures.append(error)
            if failures or len(results) == len(numbers):
                finished.set()

    try:
        for _ in range(min(workers, len(numbers))):
            if not _start(threading.Thread(target=run, daemon=True, name="hcloud-page")):
                run()
        # Not Thread.join(): a failure ends the wait although other threads still have requests in flight.
        finished.wait()
    finally:
        finished.set()
    if failures:
        raise failures[0]
    return [results[number] for number in numbers]


class _Prefetch(threading.Thread):
    """Thread that fetches one page."""

    def __init__(self, fetch: Callable[[int], Page], number: int) -> None:
        super().__init__(daemon=True, name="hcloud-page")
        self._fetch, self._number = fetch, number
        self._failure: BaseException | None = None
        self._page: Any = None

    def run(self) -> None:
        try:
            self._page = self._fetch(self._number)
        except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
            self._failure = error

    def result(self) -> Any:
        """Return the page, or raise the exception of the thread."""
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._page
