"""What helps before a request is made."""

from __future__ import annotations

from . import labels
from .labels import *

__all__: list[str] = []
__all__ += labels.__all__
