"""Listings of many pages: all at once, or one after another while they are read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .._exceptions import InvalidResponseError

__all__ = ["all_pages", "each_page", "in_parallel"]

T = TypeVar("T")
Page = tuple[list[Any], Any]
MOST = 1_000_000
"""A last page beyond this is not believed."""


def next_page(page: Page, number: int) -> int | None:
    """The number of the page that follows ``page``, the one with ``number``, if its meta names one.

    :raises InvalidResponseError: if it is none that can follow
    """
    pagination = page[1] and page[1].pagination
    following = pagination.next_page if pagination else None
    if following is not None and (not isinstance(following, int) or following <= number):
        # It would never end.
        problem = f"the listing says that page {following!r} follows page {number}"
        raise InvalidResponseError("invalid_response", problem, None)
    return following


def all_pages(fetch: Callable[[int], Page], workers: int) -> list[Page]:
    """Every page, in order; once the first tells how many there are, up to ``workers`` threads fetch the others."""
    pages = [fetch(1)]
    pagination = pages[0][1] and pages[0][1].pagination
    last = pagination.last_page if pagination and pagination.next_page else None
    if isinstance(last, int) and 2 < last <= MOST and workers > 1:
        pages += in_parallel(fetch, range(2, last + 1), workers)
    following = next_page(pages[-1], len(pages))
    while following:  # no count was told, or the listing grew meanwhile
        pages.append(fetch(following))
        following = next_page(pages[-1], following)
    return pages


def each_page(fetch: Callable[[int], Page], ahead: bool) -> Iterator[Page]:
    """One page after another; with ``ahead`` the next one is fetched while the caller reads this one."""
    page, number = fetch(1), 1
    while True:
        following = next_page(page, number)
        if following is None:
            yield page
            return
        coming = _Task(fetch, following)
        ahead = ahead and _start(coming)
        yield page
        page, number = coming.result() if ahead else fetch(following), following


def _start(thread: threading.Thread) -> bool:
    """Start a thread; False if there can be no more, as when the program ends."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def in_parallel(work: Callable[[int], T], numbers: range, workers: int) -> list[T]:
    """``work`` of each number, in their order; the first failure stops the rest and is raised.

    The threads are daemons: an interrupted caller returns at once and leaves no thread that keeps the process alive.
    """
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    todo = iter(numbers)
    lock = threading.Lock()
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            with lock:
                number = next(todo, None)
            if number is None:
                return
            try:
                results[number] = work(number)
            except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
                failures.append(error)
            if failures or len(results) == len(numbers):
                done.set()

    try:
        for _ in range(min(workers, len(numbers))):
            if not _start(threading.Thread(target=run, daemon=True, name="hcloud-page")):
                run()
        done.wait()
    finally:
        done.set()
    if failures:
        raise failures[0]
    return [results[number] for number in numbers]


class _Task(threading.Thread):
    def __init__(self, work: Callable[[int], Any], number: int) -> None:
        super().__init__(daemon=True, name="hcloud-page")
        self._work, self._number = work, number
        self._failure: BaseException | None = None
        self._result: Any = None

    def run(self) -> None:
        try:
            self._result = self._work(self._number)
        except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
            self._failure = error

    def result(self) -> Any:
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._result
