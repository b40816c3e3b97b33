"""What the API tells of its offers that it is about to retire."""

from __future__ import annotations

from .domain import *
from .domain import __all__ as __all__
