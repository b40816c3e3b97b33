"""Zones: domains of the DNS, with their records."""

from __future__ import annotations

from .client import BoundZone, BoundZoneRRSet, ZoneRRSetsPageResult, ZonesClient, ZonesPageResult
from .domain import (
    CreateZoneResponse,
    CreateZoneRRSetResponse,
    DeleteZoneResponse,
    DeleteZoneRRSetResponse,
    ExportZonefileResponse,
    Zone,
    ZoneAuthoritativeNameservers,
    ZoneMode,
    ZonePrimaryNameserver,
    ZoneProtection,
    ZoneRecord,
    ZoneRegistrar,
    ZoneRRSet,
    ZoneRRSetProtection,
    ZoneRRSetSort,
    ZoneRRSetType,
    ZoneSort,
    ZoneStatus,
)

__all__ = [
    "BoundZone",
    "BoundZoneRRSet",
    "CreateZoneRRSetResponse",
    "CreateZoneResponse",
    "DeleteZoneRRSetResponse",
    "DeleteZoneResponse",
    "ExportZonefileResponse",
    "Zone",
    "ZoneAuthoritativeNameservers",
    "ZoneMode",
    "ZonePrimaryNameserver",
    "ZoneProtection",
    "ZoneRRSet",
    "ZoneRRSetProtection",
    "ZoneRRSetSort",
    "ZoneRRSetType",
    "ZoneRRSetsPageResult",
    "ZoneRecord",
    "ZoneRegistrar",
    "ZoneSort",
    "ZoneStatus",
    "ZonesClient",
    "ZonesPageResult",
]
