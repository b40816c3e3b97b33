"""Counts of a rate limit that several programs share, for ``Client(budget=…)``."""

from __future__ import annotations

from .core.buckets import Reservation
from .core.file_budget import FileBudget
from .core.redis_budget import RedisBudget
from .core.sharing import LimitScope, SharedBudget

__all__ = ["FileBudget", "LimitScope", "RedisBudget", "Reservation", "SharedBudget"]
