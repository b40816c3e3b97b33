"""Datacenters: what the API had before locations; it is gone since October 2026.

.. deprecated:: 2.24.0
    Use :mod:`hcloud.locations`.
"""

from . import client, domain
from .client import *
from .domain import *

__all__: list[str] = []
__all__ += client.__all__
__all__ += domain.__all__
