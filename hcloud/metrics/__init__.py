"""Metrics: what was measured of a resource over time."""

from .domain import *
from .domain import __all__ as __all__
