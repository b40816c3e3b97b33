"""Warnings that are attributed to the caller's line, and the logger of the package."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

__all__ = ["PACKAGE", "log", "warn_caller"]

PACKAGE = __name__.removesuffix(".core.warn")
"""Name of this package, ``hcloud`` unless it is vendored under another one; also the name of its logger."""


def warn_caller(notice: str, category: type[Warning] = DeprecationWarning) -> None:
    """Issue a warning that points to the nearest caller outside of this package, and outside of an event loop."""
    level, frame = 1, sys._getframe(0)
    inside = (f"{PACKAGE}.", "asyncio.")
    while frame.f_back is not None and f"{frame.f_globals.get('__name__')}.".startswith(inside):
        level, frame = level + 1, frame.f_back
    warnings.warn(notice, category, stacklevel=level)


@cache
def log() -> Logger:
    """Return the logger of this package."""
    import logging  # imported here, as it is not needed to make a client

    return logging.getLogger(PACKAGE)
