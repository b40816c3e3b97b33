"""Fork of a process while other threads import modules at their first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

__all__ = ["import_lock", "reset_in_child"]

import_lock: threading.RLock = threading.RLock()
"""Held during imports at first use: a fork waits for it.

In the child of a fork, a module that another thread of the parent was importing can never be imported.
"""


def reset_in_child(function: Callable[[], object]) -> None:
    """Let the child of every fork call ``function``."""
    if hasattr(os, "register_at_fork"):  # Windows has no forks
        os.register_at_fork(after_in_child=function)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=import_lock.acquire, after_in_parent=import_lock.release, after_in_child=import_lock.release
    )
