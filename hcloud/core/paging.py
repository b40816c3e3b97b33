"""Listings of several pages: read ahead, and read again where entries moved from one page to another."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Hashable, Iterator, Set
from contextvars import copy_context
from functools import cached_property
from itertools import count
from typing import Any, Self

from .._exceptions import InvalidResponseError
from .cancellation import call_ended
from .coroutines import result_of, run
from .secrets import mask

__all__ = ["Page", "Pages", "ReadAhead", "ThreadsAhead"]

MAX_LAST_PAGE = 1_000_000
"""Upper bound for ``last_page``; larger values are treated as unknown."""
MAX_PAGES = 10_000
"""Number of pages after which a listing of unknown length is considered endless."""
MAX_REPEATED_PAGES = 100
"""Number of successive pages without a new entry after which a listing is considered endless."""
MAX_REREADS = 6
"""Number of times that pages are read again without any progress before the listing continues nevertheless."""


class Page:
    """A page of a listing.

    :param number: Number of the page, from 1
    :param response: Entries of the page, and its ``meta``
    :param order: Counter of the pages that were read
    :param key_of: Function that returns the key by which an entry is recognized on another page
    """

    known: Set[Any] = frozenset()
    """Keys of the entries that pages before had, too."""

    def __init__(self, number: int, response: Any, order: Iterator[int], key_of: Callable[[Any], Hashable]) -> None:
        self.number: int = number
        self.order: int = next(order)
        self.entries: list[Any] = response[0]
        self._key_of = key_of
        pagination = response[1] and response[1].pagination
        self.following: Any = pagination.next_page if pagination else None
        """Number of the next page according to the API, which may be malformed."""
        self.last: int | None = _integer(pagination.last_page, 1, MAX_LAST_PAGE) if pagination else None
        self.total: int | None = _integer(pagination.total_entries, 0) if pagination else None

    @cached_property
    def keys(self) -> list[Any]:
        """Keys of the entries."""
        return list(map(self._key_of, self.entries))

    @property
    def is_only(self) -> bool:
        """True if the listing has no other page; keys are not needed then."""
        return self.order == 0 and self.following is None

    def take_new(self) -> list[Any]:
        """Return the entries that no page before had, and drop the others."""
        entries, self.entries = self.entries, []
        if self.is_only:
            return list(entries)
        return [entry for key, entry in dict(zip(self.keys, entries, strict=True)).items() if key not in self.known]


def _has_gap(before: Page, after: Page) -> bool:
    """Return True if an entry may have moved from one page to the other unseen.

    The listing was shorter when ``after`` was read. If that was later, entries were deleted, and others moved to the
    page before. If that was earlier, entries were created, and others moved to the page after.
    """
    if before.total is not None and after.total is not None:
        return after.total < before.total
    if before.last is not None and after.last is not None:
        return after.last < before.last
    return before.following is not None and not after.entries


def _integer(value: Any, minimum: int, maximum: int | None = None) -> int | None:
    """Return ``value`` if it is an integer between the limits, else None."""
    is_valid = value.__class__ is int and value >= minimum and (maximum is None or value <= maximum)
    return value if is_valid else None


class Pages:
    """Iterator over the pages of a listing, in order. Pages between which an entry may have moved are read again.

    It is a context manager, at whose end no page is read ahead any more. It is not an asynchronous generator, which an
    event loop in the same thread would register.

    :param fetch: Function that returns the entries and the ``meta`` of the page with a number, maybe as a coroutine
    :param key_of: Function that returns the key by which an entry is recognized on another page
    :param workers: Maximum number of pages that are read at the same time; with 1, none is read ahead
    :param read_ahead: Class that reads pages ahead
    :param everything: If true, all pages are read ahead; otherwise the next one while the caller processes the current
        one
    :raises InvalidResponseError: if the listing has no end
    """

    def __init__(
        self,
        fetch: Callable[[int], Any],
        key_of: Callable[[Any], Hashable],
        workers: int,
        read_ahead: type[ReadAhead],
        *,
        everything: bool,
    ) -> None:
        self._listing = _Listing(fetch, key_of, read_ahead)
        self._workers, self._everything = workers, everything
        self._page: Page | None = None
        self._following: int | None = 1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page:
        listing, number = self._listing, self._following
        if number is None:
            raise StopAsyncIteration
        page = await (listing.read(number) if self._page is None else listing.next(self._page, number))
        following = listing.accept(page)
        if following is not None and self._workers > 1:
            if not self._everything:
                listing.read_ahead(range(following, following + 1), 1)
            elif page.order == 0 and page.last is not None and page.last > 2:
                listing.read_ahead(range(2, page.last + 1), self._workers)
        self._page, self._following = page, following
        return page

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._listing.end()


class _Listing:
    """Progress of a listing.

    The pages up to the current one contain all entries up to a certain one in the order of the API, except those that
    were created meanwhile. Any page that contains one of them therefore continues the listing without a gap.
    """

    def __init__(
        self, fetch: Callable[[int], Any], key_of: Callable[[Any], Hashable], read_ahead: type[ReadAhead]
    ) -> None:
        self._fetch, self._key_of, self._read_ahead_class = fetch, key_of, read_ahead
        self._order = count()
        self._seen: set[Any] = set()
        self._ahead: ReadAhead | None = None
        self._max_pages = MAX_PAGES
        self._total = self._furthest = 0
        self._repeated = self._reread = 0

    async def read(self, number: int) -> Page:
        """Request a page; threads and tasks call this, too."""
        return Page(number, await result_of(self._fetch(number)), self._order, self._key_of)

    def read_ahead(self, numbers: range, workers: int) -> None:
        """Start to read the pages with these numbers."""
        self._ahead = self._read_ahead_class(self.read, numbers)
        self._ahead.start(workers)

    async def end(self) -> None:
        """End what reads ahead: no request is sent any more."""
        if self._ahead is not None:
            await self._ahead.end()

    def accept(self, page: Page) -> int | None:
        """Make ``page`` the current one; return the number of the next one, None if there is none.

        :raises InvalidResponseError: if that number is malformed, or the listing has no end
        """
        if page.is_only:
            return None
        if page.order == 0:
            # Deletions by the caller can cause each page to be read three times.
            self._max_pages += 4 * (page.last or 0)
            self._total = page.total or 0
        page.known = self._seen.intersection(page.keys)
        self._seen.update(page.keys)
        if len(page.known) == len(page.keys):
            self._repeated += 1
        else:
            self._repeated = 0
            # Where entries are created without end, pages that are read again always have new ones: no progress.
            if page.number > self._furthest or len(self._seen) <= self._total:
                self._reread = 0
        self._furthest = max(self._furthest, page.number)
        return self._number_after(page)

    def _number_after(self, page: Page) -> int | None:
        following: object = page.following
        if following is None:
            # Later pages may have been read before the listing became shorter, or after it became longer.
            return self._ahead.next(page.number) if self._ahead is not None else None
        if not isinstance(following, int) or following <= page.number:
            problem = "which must be a larger number"
        elif self._repeated >= MAX_REPEATED_PAGES:
            problem = f"but {self._repeated} pages in a row held no new entry"
        elif max(following, page.order) > self._max_pages:
            problem = f"but a listing of this length ends after {self._max_pages} pages at most"
        else:
            return following
        problem = f"page {page.number} of the listing has the next_page {following!r}, {problem}"
        raise InvalidResponseError("invalid_response", mask(problem), None)

    async def next(self, page: Page, number: int) -> Page:
        """Return the page that comes after the current ``page``: number ``number``, or an earlier one to read again."""
        after = (self._ahead and await self._ahead.take(number)) or await self.read(number)
        if after.order < page.order and _has_gap(page, after) and self._reread < MAX_REREADS:
            self._reread += 1
            after = await self.read(number)
        if _has_gap(page, after) and self._reread < MAX_REREADS:
            after = await self._go_back(page.number)
        return after

    async def _go_back(self, number: int) -> Page:
        """Read the page ``number`` again, and those before it up to one that continues the listing; return that one.

        The pages after it are then read again, too, since only pages read in their order show every gap between them.
        """
        self._reread += 1
        while True:
            page = await self.read(number)
            if number == 1 or not self._seen.isdisjoint(page.keys):
                return page
            number = min(number - 1, page.last or number)


class ReadAhead(ABC):
    """Reading of pages in advance.

    :param read: Function that requests a page
    :param numbers: Numbers of the pages
    """

    def __init__(self, read: Callable[[int], Coroutine[Any, Any, Page]], numbers: range) -> None:
        self._read, self._numbers, self._pending = read, numbers, iter(numbers)
        self._taken: set[int] = set()
        self._pages: dict[int, Page] = {}
        self._failure: BaseException | None = None

    @abstractmethod
    def start(self, workers: int) -> None:
        """Start to read, as many pages as ``workers`` at the same time."""

    @abstractmethod
    async def end(self) -> None:
        """End all reading."""

    def next(self, number: int) -> int | None:
        """Return the number of the next page after ``number`` that was not taken yet, None if there is none."""
        return next((later for later in self._numbers if later > number and later not in self._taken), None)

    async def take(self, number: int) -> Page | None:
        """Wait for a page and return it; return None if it is not read ahead.

        The failure of any page is raised at once, although other requests may be in flight.
        """
        if number not in self._numbers or number in self._taken:
            return None
        self._taken.add(number)
        return await self._wait(number)

    @abstractmethod
    async def _wait(self, number: int) -> Page | None: ...


class ThreadsAhead(ReadAhead):
    """Threads that read pages.

    The threads are daemons, which those of ``concurrent.futures`` are not: an interrupted caller returns at once, and
    no thread keeps the process alive. They end with the call: after :meth:`end` or a failure they send no request, and
    repeat none that failed. They see the context variables of the caller, as the deadline of a wait is one. A process
    that the caller forks has none of these threads, and reads the pages itself.
    """

    def __init__(self, read: Callable[[int], Coroutine[Any, Any, Page]], numbers: range) -> None:
        super().__init__(read, numbers)
        self._changed = threading.Condition()  # held to take the next number, too
        self._ended = threading.Event()
        self._pid = os.getpid()

    def start(self, workers: int) -> None:
        """Start the threads, or as many of them as the system has room for."""
        threads = (
            threading.Thread(target=copy_context().run, args=(self._run,), daemon=True, name="hcloud-page")
            for _ in self._numbers[:workers]  # each has its own copy: two threads cannot enter the same context
        )
        if not any([*map(_start, threads)]):
            self._numbers = range(0)

    async def end(self) -> None:
        """End the threads."""
        if self._pid == os.getpid():  # in a fork, a thread that is gone may hold the lock of the event
            self._ended.set()

    async def _wait(self, number: int) -> Page | None:
        if self._pid != os.getpid():  # the same holds for the condition
            return None
        with self._changed:
            while self._failure is None and number not in self._pages:
                self._changed.wait()
            if self._failure is not None:
                raise self._failure
            return self._pages.pop(number)

    def _run(self) -> None:
        call_ended.set(self._ended)
        while not self._ended.is_set():
            with self._changed:
                number = next(self._pending, None)
            if number is None:
                return
            try:
                page = run(self._read(number))
            except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
                with self._changed:
                    self._failure = self._failure or error
                    self._ended.set()
                    self._changed.notify()
                return
            with self._changed:
                self._pages[number] = page
                self._changed.notify()


def _start(thread: threading.Thread) -> bool:
    """Start a thread; return False if the system has no room for another or the interpreter shuts down."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True
