"""The HTTP session and the rate-limit budget that all copies of a connection share."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from .rate_limit import Budget

__all__ = ["SharedSession"]


class SharedSession:
    """The session of one API host, opened at the first request and again in a forked process."""

    def __init__(self, adapter: BaseAdapter | None, budget: Budget, max_response_size: int | None = None) -> None:
        self.budget = budget
        self._max_response_size = max_response_size
        self._adapter = adapter
        self._session: Any = None
        self._is_own = True
        self._lock = threading.Lock()
        _sessions.add(self)

    def get(self) -> Any:
        """Return the session; open it if there is none."""
        session = self._session
        if session is None:
            with self._lock:
                session = self._session
                if session is None:
                    from .transport import Session

                    session = self._session = Session(self._adapter, self._max_response_size)
                    self._is_own = True
        return session

    @property
    def is_own(self) -> bool:
        """True if the session is the library's, False if the caller has put one in its place."""
        return self._is_own

    def replace(self, session: Any) -> None:
        """Use ``session``, which the caller owns, for all requests from now on."""
        self._session, self._is_own = session, False

    def close(self) -> None:
        """Close the session; the next request opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def reset_after_fork(self) -> None:
        """Drop what a forked process must not share with its parent: connections, and locks that other threads held."""
        self._lock = threading.Lock()
        self.budget.reset_after_fork()
        mounted: Any = getattr(self._session, "adapters", None)
        adapters: list[Any] = [self._adapter, *(mounted.values() if isinstance(mounted, dict) else ())]
        for adapter in adapters:
            if hasattr(adapter, "__setstate__"):  # an adapter of requests: this gives it new connection pools
                adapter.__setstate__(adapter.__getstate__())
        if self._is_own:
            self._session = None


_sessions: WeakSet[SharedSession] = WeakSet()


def _reset_after_fork() -> None:
    for session in list(_sessions):
        session.reset_after_fork()


os.register_at_fork(after_in_child=_reset_after_fork)
