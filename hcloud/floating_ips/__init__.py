"""Floating IPs: addresses that can move from server to server."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
