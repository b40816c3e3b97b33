"""Datacenters: what the API had before locations; it is gone since October 2026.

.. deprecated:: 2.24.0
    Use :mod:`hcloud.locations`.
"""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
