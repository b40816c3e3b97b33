"""Fetching of partial objects: those that one response links to are fetched with as few requests as possible."""

from __future__ import annotations

import os
import threading
from bisect import bisect
from copy import copy
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from .._exceptions import NotFoundError
from .coroutines import result_of
from .stale import tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from .client import BoundModelBase
    from .domain import BaseDomain

__all__ = ["Batch", "ThreadLock"]

MAX_STALE = 1_000
"""Number of members of a batch of stale objects from which the next wait begins a new one."""
MAX_SINGLE_FETCHES = 3
"""Up to this many missing objects are fetched one by one: a listing without any of them would waste a request."""
MAX_RECENT = 8
"""Number of recent listings of a client that share the listing of linked objects."""
GROWTH = 1.1
"""Growth of a batch after which its members are searched again: a listing did not contain all their missing objects."""

_NO_OBJECTS: WeakValueDictionary[tuple[Any, ...], BoundModelBase[Any]] = WeakValueDictionary()
"""Table of a batch without links, such as that of a single object; a table of its own would take 1 µs and 735 bytes."""


class Batch:
    """Objects and records of one response or listing, and the partial objects that they link to.

    Within a batch, each ID has one object. The first read of a missing field decides how to fetch:

    - Up to three objects of the collection are missing: each is fetched alone, when it is read.
    - More are missing: pages of the collection are listed as long as they contain missing objects often enough, see
      :meth:`_CollectionListing.is_worthwhile`. What the listing did not contain is fetched alone, when it is read.

    In the worst case that is one request more than fetching each object alone. A listing also serves the batches of
    the client's latest other listings, as far as objects of them exist: their objects are completed, too.
    """

    __slots__ = (
        *("__weakref__", "_fetch_lock", "_is_open", "_listings", "_members", "_not_found", "_objects", "_pid"),
        *("_searched", "_stale", "_table_lock", "_unclaimed"),
    )

    def __init__(self) -> None:
        # Weak references: objects that are no longer in use are not fetched.
        self._members: list[ref[BaseDomain]] = []
        self._objects = _NO_OBJECTS
        # Payloads that a listing contained while no object had their ID; used when a link to one is read.
        self._unclaimed: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        # Errors of objects that the API does not have; None if a listing proved it.
        self._not_found: dict[tuple[Any, ...], NotFoundError | None] = {}
        # Stale objects; several may have the same ID.
        self._stale: dict[tuple[Any, ...], list[ref[BoundModelBase[Any]]]] = {}
        self._listings: dict[tuple[Any, ...], _CollectionListing] = {}
        # Number of members that there were when a listing ended without all missing objects.
        self._searched: dict[tuple[Any, ...], int] = {}
        # The table lock guards the attributes above. It is held briefly and never during a request, so that reading
        # a link does not wait for the network. The fetch lock is held during requests: threads that read missing
        # fields of the same batch wait, and then usually find their object complete. It is reentrant, as a hook that
        # is called during a request may read a missing field itself. It is created when it is first needed, by the
        # class that the objects of the batch name: blocking clients lock out other threads, asynchronous ones other
        # tasks. The fetch lock is always taken first.
        self._table_lock = threading.Lock()
        self._fetch_lock: Any = None
        self._pid = os.getpid()
        self._is_open = True

    def __deepcopy__(self, memo: dict[int, Any]) -> Batch:
        return Batch()  # a copy of the client that holds this one has no objects yet

    @classmethod
    def of_listing(cls, client: Any) -> Batch:
        """Return a new batch for a listing of a resource client."""
        batch = cls()
        batch.remember(client)
        return batch

    def remember(self, client: Any) -> None:
        """Let the next batches of the main client look for what this one lacks, too, as long as it has objects."""
        state = getattr(getattr(client, "_parent", None), "__dict__", None)
        if state is not None:
            recent = [reference for reference in state.get("_recent_batches", ()) if reference() is not None]
            state["_recent_batches"] = [*recent[1 - MAX_RECENT :], ref(self)]

    @classmethod
    def of_stale(cls, client: Any) -> Batch:
        """Return the batch for the objects of a client that become stale now.

        It is the same one until an object in it is fetched: a program that waits for one response after the other, and
        reads them then, sends no more requests than after a single wait.
        """
        state = vars(client)
        batch: Batch | None = state.get("_stale_batch")
        if batch is None or not batch._is_open or len(batch._members) >= MAX_STALE:
            batch = state["_stale_batch"] = cls()
        return batch

    def add(self, member: BaseDomain) -> None:
        """Include the links of ``member`` when fetching, as long as it exists."""
        self._members.append(ref(member))

    def add_stale(self, model: Any) -> None:
        """Fetch ``model``, which becomes stale, with others of this batch."""
        key = model._batch_key()
        with self._table_lock:
            self._stale.setdefault(key, []).append(ref(model))
            if model._parent_link is None:
                self._own_objects().setdefault(key, model)
        self.add(model)

    def _own_objects(self) -> WeakValueDictionary[tuple[Any, ...], BoundModelBase[Any]]:
        if self._objects is _NO_OBJECTS:
            self._objects = WeakValueDictionary()
        return self._objects

    def merge(self, members: list[Any]) -> None:
        """Move objects into this batch from their own; no field of them may have been read yet."""
        self._members = [member for member in self._members if member() is not None]
        self._searched.clear()
        for member in members:
            member._join(self)

    def partial(self, model: type[BoundModelBase[Any]], client: Any, raw: dict[str, Any]) -> BoundModelBase[Any]:
        """Return the object of this batch with the ID in ``raw``; create it if there is none.

        It is complete if a listing contained it before.
        """
        key = (model, raw.get(model._record_class._identified_by))
        self._replace_locks_if_forked()
        with self._table_lock:
            known = self._objects.get(key)
            if known is not None:
                return known
            listed = self._unclaimed.pop(key, None)
            created = model._create(client, raw if listed is None else listed, self, complete=listed is not None)
            if key[1] is not None:
                self._own_objects()[key] = created
        if listed is not None:
            self.add(created)
        return created

    @classmethod
    def joint(cls, models: list[Any]) -> Batch:
        """Return a batch for objects that are fetched together: the one that all of them are in, or a new one."""
        shared: Batch | None = models[0]._batch
        if shared is not None and all(model._batch is shared for model in models):
            return shared
        joint = cls()
        for model in models:
            model.__dict__["_batch"] = joint
            joint.add_stale(model)
        return joint

    def raise_if_not_found(self, model: BoundModelBase[Any]) -> None:
        """Raise the NotFoundError of an earlier request for ``model``, if there was one."""
        key = model._batch_key()
        if key in self._not_found:
            error = self._not_found[key]
            # What a listing proved to be missing is reported like the API does.
            message = f"the listing of {model._collection} does not contain {key[1]!r}"
            raise copy(error) if error else NotFoundError("not_found", message, None, http_status=404)

    async def load(self, wanted: BoundModelBase[Any], *, is_read: bool = False) -> None:
        """Complete ``wanted``, and with it any other object of this batch that the same requests return.

        A stale object that the API does not have any more stays as it is known.

        :param is_read: If true, it is fetched because a field was read
        :raises NotFoundError: if the API does not have it any more
        """
        self._replace_locks_if_forked()
        self._is_open = False
        async with self._lock_of(wanted):
            if wanted.complete:  # fetched by the thread or task that held the lock before
                return
            key = wanted._batch_key()
            if key not in self._not_found and await self._list(type(wanted), wanted):
                return
            if key in self._not_found:
                if wanted._keep_known():
                    return
                self.raise_if_not_found(wanted)
            try:
                raw, requested = await wanted._fetch_alone(is_read=is_read)
            except NotFoundError as error:
                self._not_found[key] = copy(error)  # without the traceback, which keeps all frames and locals alive
                if wanted._keep_known():
                    return
                raise
            self._adopt_copies(key, raw, requested)

    def _adopt_copies(self, key: tuple[Any, ...], raw: Any, requested: int) -> None:
        """Complete the stale objects with the same ID as one that was fetched."""
        for reference in self._stale.get(key, ()):
            model = reference()
            if model is not None and not model.complete:
                model._adopt(raw, requested, keep_assigned=True)

    def _replace_locks_if_forked(self) -> None:
        # In the child of a fork, a lock that another thread of the parent held would stay locked.
        if self._pid != os.getpid():
            self._table_lock, self._fetch_lock, self._pid = threading.Lock(), None, os.getpid()

    def _lock_of(self, model: BoundModelBase[Any]) -> AbstractAsyncContextManager[None]:
        with self._table_lock:
            if self._fetch_lock is None:
                self._fetch_lock = model._lock_class()
            lock: AbstractAsyncContextManager[None] = self._fetch_lock
        return lock

    async def _list(self, model: type[BoundModelBase[Any]], wanted: BoundModelBase[Any]) -> bool:
        """List pages of the collection while that is worthwhile; return True if ``wanted`` is complete now.

        The fetch lock must be held.
        """
        wanted_key = wanted._batch_key()
        _, _, *parent = wanted_key
        collection = (model, *parent)
        if len(self._members) < GROWTH * self._searched.get(collection, 0):
            return False
        missing = self._missing_parts(wanted_key) if parent else self._missing(model)
        missing[wanted._identity()] = None
        listing = self._listing_for(collection, missing, wanted)
        if listing is None:
            return False
        while missing and listing.is_worthwhile():
            requested = tick()
            page = await result_of(wanted._list_page(listing.pages_read + 1))
            self._claim_page(listing, collection, page, requested, wanted)
        if missing:
            self._searched[collection] = len(self._members)
        if not parent:
            for batch, ids in listing.proven_missing():
                batch._not_found.update(dict.fromkeys((model, identity) for identity in ids))
        return wanted.complete

    def _listing_for(
        self, collection: tuple[Any, ...], missing: dict[Any, None], wanted: BoundModelBase[Any]
    ) -> _CollectionListing | None:
        """Return the listing of a collection, begun or continued; None if its objects are to be fetched one by one.

        :param collection: Class of the objects, and the resource that they are parts of, if they are
        :param missing: IDs of the objects that this batch lacks
        """
        listing = self._listings.get(collection)
        if listing is not None:
            listing.look_for(self, missing)
            return listing
        others = self._missing_in_others(wanted) if len(collection) == 1 else {}
        if len(missing.keys() | set().union(*others.values())) <= MAX_SINGLE_FETCHES or not wanted._has_list():
            return None
        listing = _CollectionListing({self: missing, **others})
        for batch in listing.batches():
            batch._listings.setdefault(collection, listing)
        return listing

    def _claim_page(
        self,
        listing: _CollectionListing,
        collection: tuple[Any, ...],
        page: Any,
        requested: int,
        wanted: BoundModelBase[Any],
    ) -> None:
        """Complete the missing objects of all batches of a listing that a page contains.

        :param requested: Logical time of the request
        """
        model, *parent = collection
        parts, matched = listing.missing(), 0
        identities = []
        for listed in page[0]:
            identity = listed._raw[model._record_class._identified_by]
            if identity.__class__ is not int:  # the API may send integers as texts
                identity = listed._identity()
            identities.append(identity)
            key = (model, identity, *parent)
            is_missing = [
                batch._claim(key, listed._raw, requested, ids, wanted if batch is self else None)
                for batch, ids in parts
            ]
            matched += any(is_missing)
        listing.add_page(page, matched, identities)

    def _claim(
        self,
        key: tuple[Any, ...],
        raw: Mapping[str, Any],
        requested: int,
        missing: dict[Any, None],
        wanted: BoundModelBase[Any] | None,
    ) -> bool:
        """Complete the objects with an ID by the one that a listing contained; return True if they were missing.

        :param wanted: Object that the listing is read for, if it is in this batch
        """
        self._replace_locks_if_forked()
        # Held until the object is complete or unclaimed: partial() must not create one in between.
        with self._table_lock:
            # An object from a response of its own is not in the table.
            target = wanted if wanted and key == wanted._batch_key() else self._objects.get(key)
            if target is None:
                if len(key) == 2 and (wanted or key[1] in missing):
                    self._unclaimed[key] = raw
            elif not target.complete:
                target._adopt(raw, requested, keep_assigned=True)
                self.add(target)
            elif key not in self._stale:
                return False
        self._adopt_copies(key, raw, requested)
        is_missing = key[1] in missing
        missing.pop(key[1], None)
        return is_missing

    def _missing_in_others(self, wanted: BoundModelBase[Any]) -> dict[Batch, dict[Any, None]]:
        """Return the IDs of the same collection that are missing in recent other batches of the client."""
        state = getattr(getattr(wanted._client, "_parent", None), "__dict__", {})
        batches = [reference() for reference in tuple(state.get("_recent_batches", ()))]
        missing = {
            batch: batch._missing(type(wanted))
            for batch in batches
            if batch is not None and batch is not self and (type(wanted),) not in batch._listings
        }
        return {batch: ids for batch, ids in missing.items() if ids}

    def _missing_parts(self, wanted: tuple[Any, ...]) -> dict[Any, None]:
        """Return the IDs of the stale objects that are parts of the same resource as the one with the given key."""
        return {
            key[1]: None
            for key, references in list(self._stale.items())
            if (key[0], key[2:]) == (wanted[0], wanted[2:])
            and key not in self._not_found
            and any(model is not None and not model.complete for model in (reference() for reference in references))
        }

    def _missing(self, model: type[BoundModelBase[Any]]) -> dict[Any, None]:
        """Return the IDs that existing members link to and that are not loaded, in order."""
        ids: dict[Any, None] = {}
        for reference in list(self._members):
            member = reference()
            if member is not None:
                member._collect_partial_ids(member._raw, model._collection, ids)
        with self._table_lock:
            for (other_model, identity), known in list(self._objects.items()):
                if other_model is model:
                    if known.complete:
                        ids.pop(identity, None)
                    else:
                        ids[identity] = None
            for key in (*self._unclaimed, *self._not_found):
                if key[0] is model:
                    ids.pop(key[1], None)
        return ids


class ThreadLock:
    """Reentrant lock of threads, as a context manager of coroutines."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *error: object) -> None:
        self._lock.release()


class _CollectionListing:
    """Progress of listing a collection for one or several batches."""

    __slots__ = (
        *("_highest_id", "_is_only_page", "_missing", "_missing_before", "_spans", "matched", "matched_on_last_page"),
        *("pages_left", "pages_read"),
    )

    def __init__(self, missing: Mapping[Batch, dict[Any, None]]) -> None:
        """
        :param missing: IDs of the objects that each of the batches lacks
        """
        self._missing = {ref(batch): ids for batch, ids in missing.items()}
        # A page proves nothing about an object that was created after it was read.
        self._missing_before = {reference: frozenset(ids) for reference, ids in self._missing.items()}
        # Lowest and highest ID of what each page proves, in ascending order.
        self._spans: list[tuple[float, float]] = []
        self._highest_id: float = -inf
        self._is_only_page = False
        self.pages_read, self.matched, self.matched_on_last_page = 0, 0, 0
        self.pages_left: int | None = None
        """Number of pages that were not read yet, None before the first."""

    def batches(self) -> Iterable[Batch]:
        """Return the batches that still have objects."""
        return [batch for batch, _ in self.missing()]

    def missing(self) -> list[tuple[Batch, dict[Any, None]]]:
        """Return the IDs that are missing, for each batch that still has objects."""
        pairs = [(reference(), ids) for reference, ids in self._missing.items()]
        return [(batch, ids) for batch, ids in pairs if batch is not None]

    def look_for(self, batch: Batch, missing: dict[Any, None]) -> None:
        """Continue with ``missing`` as the IDs of the objects that ``batch`` lacks."""
        self._missing[ref(batch)] = missing

    def proven_missing(self) -> Iterator[tuple[Batch, list[Any]]]:
        """Iterate over the batches, with the IDs of each that the pages prove to be missing."""
        for batch, ids in self.missing():
            before = self._missing_before.get(ref(batch), ())
            yield batch, [identity for identity in before if identity in ids and self._is_proven_missing(identity)]

    def _is_proven_missing(self, identity: Any) -> bool:
        """Return True if a page would contain ``identity``, if it existed.

        An entry that moves from one page to another, while they are read, may be on neither. A page that is sorted by
        ID contains all IDs from its first to its last one, and an only page contains all.
        """
        if self._is_only_page or identity.__class__ is not int:
            return self._is_only_page
        index = bisect(self._spans, (identity, inf)) - 1
        return index >= 0 and identity < self._spans[index][1]

    def is_worthwhile(self) -> bool:
        """Return True if another page should be requested.

        The pages read so far must have contained one missing object each, on average: then no request was wasted,
        and the next page can waste one at most. After a page without a missing object the listing ends, unless there
        are no more pages left than objects missing.
        """
        missing = sum(len(ids) for ids in list(self._missing.values()))
        if self.pages_left is None:
            return missing > MAX_SINGLE_FETCHES
        return (
            self.pages_left > 0
            and self.pages_read <= self.matched
            and (self.matched_on_last_page > 0 or self.pages_left <= missing)
        )

    def add_page(self, page: Any, matched: int, ids: list[Any]) -> None:
        """Count ``page`` with ``ids`` as read; ``matched`` of its objects were missing."""
        self.pages_read += 1
        self.matched += matched
        self.matched_on_last_page = matched
        pagination = page[1].pagination
        last = pagination.last_page if pagination else None
        if not isinstance(last, int):  # unknown
            last = self.pages_read + 1 if pagination and pagination.next_page else self.pages_read
        self.pages_left = last - self.pages_read
        self._is_only_page = self.pages_read == 1 and self.pages_left == 0
        is_sorted = all(identity.__class__ is int for identity in ids) and all(
            lower < higher for lower, higher in pairwise((self._highest_id, *ids))
        )
        if ids and is_sorted:
            lowest = -inf if self.pages_read == 1 else ids[0]
            self._highest_id = ids[-1]
            self._spans.append((lowest, inf if self.pages_left == 0 else ids[-1]))
        else:  # neither this page nor later ones prove anything
            self._highest_id = inf
