"""Datacenters: parts of locations, removed from the API in October 2026.

.. deprecated:: 2.24.0
    Use :mod:`hcloud.locations`.
"""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
