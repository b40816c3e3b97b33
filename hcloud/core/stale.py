"""Objects that must be fetched again after an action changed them: they become partial, but keep their last values."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .fields import Texts
from .forking import reset_in_child

if TYPE_CHECKING:
    from .batches import Batch
    from .domain import BaseDomain
    from .fields import Field

    _Record = BaseDomain  # every bound model is also derived from its record
else:
    _Record = object

__all__ = ["Renewable", "Stale", "known", "known_value", "tick"]

_ticks = itertools.count(1)


class Stale(dict[str, Any]):
    """The ``_raw`` of a stale object: only the fields that identify it."""

    __slots__ = ("complete", "known", "time")

    def __init__(self, known: Mapping[str, Any], names: Iterable[str], complete: bool) -> None:
        super().__init__((name, known[name]) for name in names if name in known)
        self.known: Mapping[str, Any] = known
        """Object as it was fetched last."""
        self.complete: bool = complete
        """True if ``known`` has all fields."""
        self.time: int = tick()
        """Logical time at which the object became stale."""


def tick() -> int:
    """Return a logical time, which is later than all that were returned before."""
    return next(_ticks)


def known(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object as it was fetched last, given the ``_raw`` of a record."""
    return raw.known if isinstance(raw, Stale) else raw


def known_value(record: BaseDomain, field: Field[Any, Any, Any]) -> Any:
    """Return the value of a field that ``_raw`` lacks: the last known one of a stale object, or the default."""
    raw = known(record._raw)
    value = None if raw is record._raw else field.pick(raw)
    if value is not None:
        return field.convert(record, value)
    return None if field.name in raw else field.default


class Renewable(_Record):
    """Base of the bound models: an object whose fields can be replaced and can become stale, while threads read them.

    Readers take no lock. The order of changes matters: ``_raw`` is replaced first, then the converted values are
    deleted, and ``complete`` is set last. A reader that has converted a value of the old ``_raw`` sees that ``_raw``
    has changed and converts again, see ``Field.__get__``.
    """

    _stale_lock: ClassVar[threading.Lock] = threading.Lock()
    """Held while the fields of an object are replaced: a newer object must not be replaced by an older one."""
    _parent_link: ClassVar[str | None] = None
    """Field that links to the resource of which this one is a part, for collections within a resource."""

    def _adopt(self, raw: Mapping[str, Any], requested: int | None = None, *, keep_assigned: bool = False) -> None:
        """Replace all fields by those of ``raw``, which is complete.

        :param requested: Logical time of the request; if the object became stale since, the response is too old
        :param keep_assigned: If true, keep values that were assigned since the object became stale
        """
        with Renewable._stale_lock:
            current = self.__dict__.get("_raw")
            if not isinstance(current, Stale):
                self._replace(raw, complete=True)
            elif requested is None or current.time < requested:
                self._replace(raw, complete=True, kept=self._assigned() if keep_assigned else ())

    def _assigned(self) -> tuple[str, ...]:
        """Return the names of the fields of a stale object that have values: no read stores one.

        An empty list of texts is the exception: reading the plain record creates it, if the API sent none.
        """
        values = [(name, value) for name, value in list(self.__dict__.items()) if name in self._fields]
        return tuple(name for name, value in values if value or not isinstance(self._fields[name], Texts))

    def _replace(self, raw: Mapping[str, Any], *, complete: bool, kept: tuple[str, ...] = ()) -> None:
        state, fields = self.__dict__, self._fields
        if not complete:
            state["complete"] = False
        state["_raw"] = raw
        for name in list(state):  # a list, as readers add entries
            if name in fields and name not in kept:
                state.pop(name, None)
        if complete:
            state["complete"] = True

    def _mark_stale(self, batch: Batch) -> None:
        """Let the next read of a field fetch the object, together with the others in ``batch``.

        What identifies the object is read as before; ``raw``, ``to_dict()`` and ``repr`` show the last known state.
        """
        state = self.__dict__
        if "_raw" not in state or self._identity() is None:
            return
        names = tuple(name for name in (self._record_class._identified_by, self._parent_link) if name)
        state["_batch"] = batch
        batch.add_stale(self)
        with Renewable._stale_lock:
            raw = state["_raw"]
            complete = raw.complete if isinstance(raw, Stale) else state["complete"]
            self._replace(Stale(known(raw), names, complete), complete=False, kept=names)

    def _is_stale(self) -> bool:
        return isinstance(self._raw, Stale)

    def _keep_known(self) -> bool:
        """Let a stale object stay in its last known state, since it was deleted; return False if it is not stale."""
        with Renewable._stale_lock:
            raw = self._raw
            if isinstance(raw, Stale):
                self._replace(raw.known, complete=raw.complete)
        return isinstance(raw, Stale)

    def _batch_key(self) -> tuple[Any, ...]:
        """Return the key of this object in a batch: its class, and its ID among those of its client."""
        if self._parent_link is None:
            return (type(self), self._identity())
        parent = self._known_value(self._parent_link)
        return (type(self), self._identity(), parent and (parent._identity() or parent._known_value("name")))

    def _known_value(self, name: str) -> Any:
        raw = self._raw
        if isinstance(raw, Stale) and name in self._fields and name not in self.__dict__ and raw.get(name) is None:
            value = known_value(self, self._fields[name])
            if value is not None:
                return value
        return super()._known_value(name)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        raw = self.__dict__.get("_raw")
        if isinstance(raw, Stale):
            state["complete"] = raw.complete
        return state


reset_in_child(lambda: setattr(Renewable, "_stale_lock", threading.Lock()))
