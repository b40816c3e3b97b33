"""What the API tells of its offers that it is about to retire."""

from __future__ import annotations

from . import domain
from .domain import *

__all__: list[str] = []
__all__ += domain.__all__
