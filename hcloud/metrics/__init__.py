"""Metrics: time series of measurements of a resource."""

from .._exports import export
from .domain import *

export(__name__)
