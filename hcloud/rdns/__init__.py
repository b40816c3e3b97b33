"""Reverse DNS: names of public addresses."""

from .._exports import export
from .domain import *

export(__name__)
