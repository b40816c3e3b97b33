"""Reverse DNS entries."""

from .domain import *
from .domain import __all__ as __all__
