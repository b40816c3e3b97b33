"""What may still change from one version to the next."""

from __future__ import annotations

from . import zone
from .zone import *

__all__: list[str] = []
__all__ += zone.__all__
