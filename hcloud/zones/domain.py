from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import (
    BaseDomain,
    Field,
    Link,
    Nested,
    NestedList,
    Protection,
    Resource,
    ResourceSort,
    Secret,
    Timestamp,
    encode,
    record,
)

if TYPE_CHECKING:
    from .client import BoundZone, BoundZoneRRSet

__all__ = [
    "CreateZoneRRSetResponse",
    "CreateZoneResponse",
    "DeleteZoneRRSetResponse",
    "DeleteZoneResponse",
    "ExportZonefileResponse",
    "Zone",
    "ZoneAuthoritativeNameservers",
    "ZoneDelegationStatus",
    "ZoneMode",
    "ZonePrimaryNameserver",
    "ZoneProtection",
    "ZoneRRSet",
    "ZoneRRSetProtection",
    "ZoneRRSetSort",
    "ZoneRRSetType",
    "ZoneRecord",
    "ZoneRegistrar",
    "ZoneSort",
    "ZoneStatus",
    "ZoneTSIGAlgorithm",
]

ZoneDelegationStatus = Literal["valid", "partially-valid", "invalid", "lame", "unregistered", "unknown"]
ZoneMode = Literal["primary", "secondary"]
ZoneProtection = Protection
ZoneRegistrar = Literal["hetzner", "other", "unknown"]
ZoneSort = ResourceSort
ZoneStatus = Literal["ok", "updating", "error"]
ZoneTSIGAlgorithm = Literal["hmac-md5", "hmac-sha1", "hmac-sha256"]
ZoneRRSetSort = ZoneSort
ZoneRRSetType = Literal[
    "A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX", "NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT"
]


@record
class ZonePrimaryNameserver(BaseDomain):
    """A nameserver that a zone in mode ``secondary`` takes its records from."""

    TSIG_ALGORITHM_HMAC_MD5: ClassVar[ZoneTSIGAlgorithm] = "hmac-md5"
    TSIG_ALGORITHM_HMAC_SHA1: ClassVar[ZoneTSIGAlgorithm] = "hmac-sha1"
    TSIG_ALGORITHM_HMAC_SHA256: ClassVar[ZoneTSIGAlgorithm] = "hmac-sha256"

    address: str
    """Its public IPv4 or IPv6 address."""
    port: int | None = None
    """Its port, 53 by default."""
    tsig_algorithm: ZoneTSIGAlgorithm | None = None
    """How transfers are signed."""
    tsig_key: Secret = Secret()
    """The key that transfers are signed with, in base64."""


@record
class ZoneAuthoritativeNameservers(BaseDomain):
    """The nameservers that answer for a zone."""

    DELEGATION_STATUS_VALID: ClassVar[ZoneDelegationStatus] = "valid"
    DELEGATION_STATUS_PARTIALLY_VALID: ClassVar[ZoneDelegationStatus] = "partially-valid"
    DELEGATION_STATUS_INVALID: ClassVar[ZoneDelegationStatus] = "invalid"
    DELEGATION_STATUS_LAME: ClassVar[ZoneDelegationStatus] = "lame"
    DELEGATION_STATUS_UNREGISTERED: ClassVar[ZoneDelegationStatus] = "unregistered"
    DELEGATION_STATUS_UNKNOWN: ClassVar[ZoneDelegationStatus] = "unknown"

    assigned: list[str] | None = None
    """Hetzner's nameservers for the zone."""
    delegated: list[str] | None = None
    """The nameservers that the zone above names; if they are not the assigned ones, Hetzner does not serve the zone."""
    delegation_last_check: Timestamp = Timestamp()
    """When Hetzner last asked the zone above; None if it did not yet."""
    delegation_status: ZoneDelegationStatus | None = None
    """Whether the zone above names the right ones."""


@record
class Zone(Resource):
    """A domain of the DNS. See "Zones" in the API reference."""

    MODE_PRIMARY: ClassVar[ZoneMode] = "primary"
    MODE_SECONDARY: ClassVar[ZoneMode] = "secondary"

    STATUS_OK: ClassVar[ZoneStatus] = "ok"
    STATUS_UPDATING: ClassVar[ZoneStatus] = "updating"
    STATUS_ERROR: ClassVar[ZoneStatus] = "error"

    REGISTRAR_HETZNER: ClassVar[ZoneRegistrar] = "hetzner"
    REGISTRAR_OTHER: ClassVar[ZoneRegistrar] = "other"
    REGISTRAR_UNKNOWN: ClassVar[ZoneRegistrar] = "unknown"

    name: str | None = None
    """The domain, such as ``example.com``: in lower case, without a dot at its end, in Punycode if need be."""
    created: Timestamp = Timestamp()
    """When it was created."""
    mode: ZoneMode | None = None
    """Where its records come from: ``primary`` if they are kept here, ``secondary`` if from other nameservers."""
    ttl: int | None = None
    """Seconds for which others may keep a record whose set says nothing else."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    protection: ZoneProtection | None = None
    """What it is protected from."""
    status: ZoneStatus | None = None
    """Whether Hetzner's nameservers have its latest state."""
    record_count: int | None = None
    """How many records it has."""
    registrar: ZoneRegistrar | None = None
    """Who the domain is registered with."""
    primary_nameservers: NestedList[list[ZonePrimaryNameserver] | None] = NestedList(ZonePrimaryNameserver)
    """The nameservers that its records are taken from, if its mode is ``secondary``."""
    authoritative_nameservers: Nested[ZoneAuthoritativeNameservers | None] = Nested(ZoneAuthoritativeNameservers)
    """The nameservers that answer for it."""


@record
class CreateZoneResponse(BaseDomain, WaitsForActions):
    """A new zone, and the action that creates it."""

    zone: Link[BoundZone] = Link("zones", complete=True)
    """The zone."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""


@record
class DeleteZoneResponse(ActionResponse):
    """The action that deletes a zone."""


@record
class ExportZonefileResponse(BaseDomain):
    """A zone as a file."""

    zonefile: str
    """The file, as BIND reads it."""


class ZoneRRSetProtection(TypedDict):
    """What a set of records is protected from."""

    change: bool


@record
class ZoneRecord(BaseDomain):
    """A record of the DNS."""

    value: str
    """Its value, as zone files write it; :func:`hcloud.exp.zone.format_txt_record` writes that of a TXT record."""
    comment: str | None = None
    """A note on it, which only the API knows."""


@record
class ZoneRRSet(BaseDomain):
    """The records of a zone that have the same name and type. See "Zone RRSets" in the API reference."""

    TYPE_A: ClassVar[ZoneRRSetType] = "A"
    TYPE_AAAA: ClassVar[ZoneRRSetType] = "AAAA"
    TYPE_CAA: ClassVar[ZoneRRSetType] = "CAA"
    TYPE_CNAME: ClassVar[ZoneRRSetType] = "CNAME"
    TYPE_DS: ClassVar[ZoneRRSetType] = "DS"
    TYPE_HINFO: ClassVar[ZoneRRSetType] = "HINFO"
    TYPE_HTTPS: ClassVar[ZoneRRSetType] = "HTTPS"
    TYPE_MX: ClassVar[ZoneRRSetType] = "MX"
    TYPE_NS: ClassVar[ZoneRRSetType] = "NS"
    TYPE_PTR: ClassVar[ZoneRRSetType] = "PTR"
    TYPE_RP: ClassVar[ZoneRRSetType] = "RP"
    TYPE_SOA: ClassVar[ZoneRRSetType] = "SOA"
    TYPE_SRV: ClassVar[ZoneRRSetType] = "SRV"
    TYPE_SVCB: ClassVar[ZoneRRSetType] = "SVCB"
    TYPE_TLSA: ClassVar[ZoneRRSetType] = "TLSA"
    TYPE_TXT: ClassVar[ZoneRRSetType] = "TXT"

    name: str | None = None
    """Its name within the zone, such as ``www``; ``@`` for the zone itself."""
    type: ZoneRRSetType | None = None
    """What its records say."""
    ttl: int | None = None
    """Seconds for which others may keep its records; None for what the zone says."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    protection: ZoneRRSetProtection | None = None
    """What it is protected from."""
    records: NestedList[list[ZoneRecord] | None] = NestedList(ZoneRecord)
    """Its records, in no particular order."""
    id: str | None = None
    """Its name and its type, such as ``www/A``; unique in the zone."""
    zone: Link[BoundZone | Zone | None] = Link("zones")
    """The zone that it is in."""

    def _known(self, name: str) -> Any:
        value = super()._known(name)
        if value is not None or name not in ("id", "name", "type"):
            return value
        # The id is made of the name and the type, so that either tells the other.
        if name != "id":
            own_name, _, own_type = str(super()._known("id") or "").rpartition("/")
            return (own_name if name == "name" else own_type) or None
        parts = (super()._known("name"), super()._known("type"))
        return "/".join(map(str, parts)) if all(parts) else None

    def _absent(self, field: Field[Any, Any]) -> Any:
        known = self._known(field.name)
        return super()._absent(field) if known is None else known

    def to_payload(self) -> dict[str, Any]:
        """What creates a set like it: its values, but what only one that exists has."""
        names = ("name", "type", "ttl", "labels", "records")
        return {name: encode(value) for name in names if (value := getattr(self, name)) is not None}


@record
class CreateZoneRRSetResponse(BaseDomain, WaitsForActions):
    """A new set of records, and the action that creates it."""

    rrset: Link[BoundZoneRRSet] = Link("zones.rrsets", complete=True)
    """The set."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """The action that creates it."""


@record
class DeleteZoneRRSetResponse(ActionResponse):
    """The action that deletes a set of records."""
