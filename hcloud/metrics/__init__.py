"""Metrics: what was measured of a resource over time."""

from __future__ import annotations

from . import domain
from .domain import *

__all__: list[str] = []
__all__ += domain.__all__
