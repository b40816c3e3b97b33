"""Locations: places where resources are hosted."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
