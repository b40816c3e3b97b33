"""The HTTP session and the rate-limit budget that all copies of a connection share."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet

from .forking import import_lock, reset_in_child

if TYPE_CHECKING:
    from .rate_limit import Budget

__all__ = ["SharedSession"]


class SharedSession:
    """The session of one API host, opened at the first request. It stays the same after ``close()`` and in a fork."""

    setting: ClassVar[str] = "adapter"
    """Option of a client that replaces the network."""

    def __init__(self, adapter: Any, budget: Budget, max_response_size: int | None = None) -> None:
        self.budget = budget
        self._max_response_size = max_response_size
        self._adapter = adapter
        self._session: Any = None
        self.is_own: bool = True
        """True if the session is the library's, False if the caller has put one in its place."""
        self._lock = threading.Lock()
        if budget.sharing is not None:
            budget.sharing.attach(self)
        _sessions.add(self)

    def get(self) -> Any:
        """Return the session; open it if there is none."""
        session = self._session
        if session is None:
            with import_lock:
                from . import errors  # noqa: F401  # the first failure imports it
                from .transport import Session
            with self._lock:
                session = self._session
                if session is None:
                    session = self._session = Session(self._adapter, self._max_response_size)
        return session

    def replace(self, session: Any) -> None:
        """Use ``session``, which the caller owns, for all requests from now on."""
        self._session, self.is_own = session, False
        if self.budget.sharing is not None:  # it may be a fake
            self.budget.sharing.stop_default()

    def close(self) -> None:
        """Close the connections of the session; the next request opens new ones."""
        if self._session is not None:
            self._session.close()

    def reset_after_fork(self) -> None:
        """Drop what a forked process must not share with its parent: connections, and locks that other threads held."""
        self._lock = threading.Lock()
        self.budget.reset_after_fork()
        session = self._session
        if hasattr(getattr(session, "cookies", None), "copy"):  # the copy has a lock of its own
            session.cookies = session.cookies.copy()
        mounted = getattr(session, "adapters", None)
        seen: set[int] = set()
        for adapter in (self._adapter, *(mounted.values() if isinstance(mounted, dict) else ())):
            if adapter is not None:
                _disconnect(adapter, seen)
        if not isinstance(mounted, dict) and hasattr(session, "close"):  # the user's own, of another kind
            session.close()


def _disconnect(adapter: Any, seen: set[int]) -> None:
    """Drop the connections of ``adapter`` and of the adapters that it wraps, without waiting for their locks."""
    if id(adapter) in seen:
        return
    seen.add(id(adapter))
    for manager in (getattr(adapter, "poolmanager", None), *getattr(adapter, "proxy_manager", {}).values()):
        for pool in list(getattr(getattr(manager, "pools", None), "_container", {}).values()):
            connections = pool.pool
            if connections is not None:
                connections.__init__(connections.maxsize)  # an empty queue with new locks
    if hasattr(adapter, "__setstate__"):  # an adapter of requests: this gives it new pools
        adapter.__setstate__(adapter.__getstate__())
    for inner in list(getattr(adapter, "__dict__", {}).values()):
        if callable(getattr(inner, "send", None)) and callable(getattr(inner, "close", None)):
            _disconnect(inner, seen)
    with suppress(NotImplementedError):  # as BaseAdapter raises it
        adapter.close()  # a subclass may keep connections elsewhere


_sessions: WeakSet[SharedSession] = WeakSet()


def _reset_after_fork() -> None:
    with ExitStack() as stack:  # an adapter that raises must not keep the others from being reset
        for session in list(_sessions):
            stack.callback(session.reset_after_fork)


reset_in_child(_reset_after_fork)
