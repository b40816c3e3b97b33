"""Datacenters: what the API had before locations; it is gone since October 2026.

.. deprecated:: 2.24.0
    Use :mod:`hcloud.locations`.
"""

from __future__ import annotations

from .client import BoundDatacenter, DatacentersClient, DatacentersPageResult
from .domain import Datacenter, DatacenterServerTypes

__all__ = ["BoundDatacenter", "Datacenter", "DatacenterServerTypes", "DatacentersClient", "DatacentersPageResult"]
