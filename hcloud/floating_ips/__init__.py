"""Floating IPs: public addresses that can be moved between servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
