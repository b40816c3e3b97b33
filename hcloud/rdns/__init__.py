"""Reverse DNS entries."""

from __future__ import annotations

from .domain import *
from .domain import __all__ as __all__
