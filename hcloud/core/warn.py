"""Warnings that are attributed to the caller's line."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn_caller"]


def warn_caller(notice: str, category: type[Warning] = DeprecationWarning) -> None:
    """Issue a warning that points to the nearest caller outside of this package."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(notice, category, stacklevel=level)
