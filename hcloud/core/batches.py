"""Partial objects that came together are fetched together."""

from __future__ import annotations

import os
import threading
from copy import copy
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from .._exceptions import NotFoundError

if TYPE_CHECKING:
    from .client import BoundModelBase

__all__ = ["Batch"]

FEW = 3
"""How many missing objects are fetched one by one: a listing might miss them all and come on top."""


class Batch:
    """The objects of one response or listing, and the partial objects that they link to.

    One object stands for one id. The first read of a missing field lists the collection, as far as that is no more
    requests than fetching one by one; what a listing did not bring is fetched alone when it is read.
    """

    __slots__ = ("_flight", "_gone", "_listings", "_lock", "_members", "_objects", "_pid", "_raws")

    def __init__(self) -> None:
        self._members: list[ref[BoundModelBase[Any]]] = []
        self._objects: WeakValueDictionary[tuple[type, Any], BoundModelBase[Any]] = WeakValueDictionary()
        self._raws: dict[tuple[type, Any], dict[str, Any]] = {}  # listed, but not yet asked for
        self._gone: dict[tuple[type, Any], NotFoundError] = {}
        self._listings: dict[type, _Listing] = {}
        self._lock = threading.Lock()  # held for the tables, never while waiting
        self._flight = threading.RLock()  # held while fetching: who needs the same waits for it
        self._pid = os.getpid()

    def add(self, member: BoundModelBase[Any]) -> None:
        """Take the links of ``member`` into account while it lives."""
        self._members.append(ref(member))

    def merge(self, members: list[Any]) -> None:
        """Make objects that nobody has read yet members of this batch instead of their own."""
        self._members = [member for member in self._members if member() is not None]
        for member in members:
            member._join(self)

    def partial(self, kind: type[BoundModelBase[Any]], client: Any, raw: dict[str, Any]) -> BoundModelBase[Any]:
        """The one object of this batch that stands for the id in ``raw``."""
        key = (kind, raw.get(kind._kind._identified_by))
        self._unlock_if_forked()
        with self._lock:
            known = self._objects.get(key)
            if known is not None:
                return known
            whole = self._raws.pop(key, None)
            made = kind._of(client, raw if whole is None else whole, self, complete=whole is not None)
            if key[1] is not None:
                self._objects[key] = made
        if whole is not None:
            self.add(made)
        return made

    def load(self, wanted: BoundModelBase[Any]) -> None:
        """Make ``wanted`` complete, and with it what else can be had for the same requests.

        :raises NotFoundError: if the API does not know it any more
        """
        self._unlock_if_forked()
        with self._flight:
            if wanted.complete:  # by the thread that held the flight before
                return
            kind = type(wanted)
            key = (kind, wanted._identity())
            if key in self._gone:
                raise copy(self._gone[key])
            if self._list(kind, wanted):
                return
            try:
                wanted._fetch_alone()
            except NotFoundError as error:
                self._gone[key] = copy(error)  # without the traceback, which would keep all that it passed
                raise

    def _unlock_if_forked(self) -> None:
        if self._pid != os.getpid():  # forked, maybe while another thread held them
            self._lock, self._flight, self._pid = threading.Lock(), threading.RLock(), os.getpid()

    def _list(self, kind: type[BoundModelBase[Any]], wanted: BoundModelBase[Any]) -> bool:
        """Bring what a listing can bring, and tell whether ``wanted`` was among it."""
        client = wanted._client
        missing = self._missing(kind)
        missing[wanted._identity()] = None
        listing = self._listings.get(kind)
        if listing is None:
            if len(missing) <= FEW or not hasattr(client, "get_list"):
                return False
            listing = self._listings[kind] = _Listing()
        while missing and listing.pays(len(missing)):
            page = client._list_everything(listing.pages + 1)
            before = listing.found
            for whole in page[0]:
                identity = whole._raw[kind._kind._identified_by]
                key = (kind, identity)
                with self._lock:
                    waiting = wanted if wanted._identity() == identity else self._objects.get(key)
                    if waiting is None:
                        self._raws[key] = whole._raw
                    elif not waiting.complete:
                        waiting._adopt(whole._raw)
                        self.add(waiting)
                    else:
                        continue
                if identity in missing:
                    del missing[identity]
                    listing.found += 1
            listing.turn(page, listing.found - before)
        return wanted.complete

    def _missing(self, kind: type[BoundModelBase[Any]]) -> dict[Any, None]:
        found: dict[Any, None] = {}
        for each in list(self._members):
            member = each()
            if member is not None:
                member._partials(member._raw, kind._collection, found)
        with self._lock:
            for (of, identity), known in list(self._objects.items()):
                if of is kind:
                    if known.complete:
                        found.pop(identity, None)
                    else:
                        found[identity] = None
            for of, identity in (*self._raws, *self._gone):
                if of is kind:
                    found.pop(identity, None)
        return found


class _Listing:
    """How far a collection was listed for a batch."""

    __slots__ = ("brought", "found", "left", "pages")

    def __init__(self) -> None:
        self.pages, self.found, self.brought = 0, 0, 0
        self.left: int | None = None

    def pays(self, missing: int) -> bool:
        """Whether to turn another page: only while each brought one object, so that one by one would be no cheaper.

        A page that brought nothing ends it, unless the pages that are left are fewer than the missing objects.
        """
        if self.left is None:
            return missing > FEW
        return self.left > 0 and self.pages <= self.found and (self.brought > 0 or self.left <= missing)

    def turn(self, page: Any, brought: int) -> None:
        """Take in that ``page`` was the next one, and how many of the missing objects it brought."""
        self.pages += 1
        self.brought = brought
        pagination = page[1].pagination
        last = pagination and (pagination.last_page or (self.pages + 1 if pagination.next_page else self.pages))
        self.left = (last or self.pages) - self.pages
