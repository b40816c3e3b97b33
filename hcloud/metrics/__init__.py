"""Metrics: what was measured of a resource over time."""

from .._exports import export
from .domain import *

export(__name__)
