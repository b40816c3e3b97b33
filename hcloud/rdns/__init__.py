"""Reverse DNS entries."""

from .._exports import export
from .domain import *

export(__name__)
