"""The version of this library, stated here only."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "3.0.0"
