"""What all copies of a connection share: the session, and what is left of the API's budget."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from .rate_limit import Budget

__all__ = ["Wire"]


class Wire:
    """Opens the session at the first request, and anew in a forked process."""

    def __init__(self, adapter: BaseAdapter | None, budget: Budget) -> None:
        self.budget = budget
        self._adapter = adapter
        self._session: Any = None
        self._is_own = True
        self._lock = threading.Lock()
        _wires.add(self)

    def session(self) -> Any:
        """The session, made if there is none."""
        session = self._session
        if session is None:
            with self._lock:
                session = self._session
                if session is None:
                    from .transport import Session

                    session = self._session = Session(self._adapter)
                    self._is_own = True
        return session

    def replace(self, session: Any) -> None:
        """Take ``session`` for all requests from now on."""
        self._session, self._is_own = session, False

    def close(self) -> None:
        """Close the session; a request after that opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def forked(self) -> None:
        """Let go of what a forked process must not share with its parent: connections, and locks that others held."""
        self._lock = threading.Lock()
        self.budget.forked()
        mounted: Any = getattr(self._session, "adapters", None)
        adapters: list[Any] = [self._adapter, *(mounted.values() if isinstance(mounted, dict) else ())]
        for adapter in adapters:
            if hasattr(adapter, "__setstate__"):  # of requests: this gives it pools of its own
                adapter.__setstate__(adapter.__getstate__())
        if self._is_own:
            self._session = None


_wires: WeakSet[Wire] = WeakSet()


def _forked() -> None:
    for wire in list(_wires):
        wire.forked()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)
