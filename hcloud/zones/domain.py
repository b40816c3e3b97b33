from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

from ..actions import ActionResponse, BoundAction, WaitsForActions
from ..core import (
    Always,
    BaseDomain,
    Field,
    Identity,
    Link,
    Nested,
    NestedList,
    Protection,
    Received,
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
    """A nameserver that the records of a secondary zone are transferred from."""

    TSIG_ALGORITHM_HMAC_MD5: ClassVar[ZoneTSIGAlgorithm] = "hmac-md5"
    TSIG_ALGORITHM_HMAC_SHA1: ClassVar[ZoneTSIGAlgorithm] = "hmac-sha1"
    TSIG_ALGORITHM_HMAC_SHA256: ClassVar[ZoneTSIGAlgorithm] = "hmac-sha256"

    address: str
    """Public IPv4 or IPv6 address."""
    port: int | None = None
    """Port, 53 by default."""
    tsig_algorithm: ZoneTSIGAlgorithm | None = None
    """Algorithm of the transaction signature (TSIG): ``hmac-md5``, ``hmac-sha1`` or ``hmac-sha256``; None for unsigned
    transfers."""
    tsig_key: Secret[str | None] = Secret()
    """Key of the transaction signature (TSIG), in base64."""


@record
class ZoneAuthoritativeNameservers(BaseDomain, Received):
    """Nameservers that are authoritative for a zone."""

    DELEGATION_STATUS_VALID: ClassVar[ZoneDelegationStatus] = "valid"
    DELEGATION_STATUS_PARTIALLY_VALID: ClassVar[ZoneDelegationStatus] = "partially-valid"
    DELEGATION_STATUS_INVALID: ClassVar[ZoneDelegationStatus] = "invalid"
    DELEGATION_STATUS_LAME: ClassVar[ZoneDelegationStatus] = "lame"
    DELEGATION_STATUS_UNREGISTERED: ClassVar[ZoneDelegationStatus] = "unregistered"
    DELEGATION_STATUS_UNKNOWN: ClassVar[ZoneDelegationStatus] = "unknown"

    assigned: Always[list[str]] = Always()
    """Nameservers that Hetzner has assigned to the zone."""
    delegated: Always[list[str]] = Always()
    """Nameservers that the parent zone delegates to; Hetzner serves the zone if they are the assigned ones."""
    delegation_last_check: Timestamp[datetime | None] = Timestamp()
    """Time of the last check of the delegation, UTC; None before the first check."""
    delegation_status: ZoneDelegationStatus | None = None
    """Result of the check: ``valid`` if the parent zone delegates to the assigned nameservers, ``partially-valid`` if
    it does so in part; else ``invalid``, ``lame``, ``unregistered`` or ``unknown``."""


@record
class Zone(Resource, shown=("status", "mode", "record_count")):
    """A DNS zone. See "Zones" in the API reference."""

    MODE_PRIMARY: ClassVar[ZoneMode] = "primary"
    MODE_SECONDARY: ClassVar[ZoneMode] = "secondary"

    STATUS_OK: ClassVar[ZoneStatus] = "ok"
    STATUS_UPDATING: ClassVar[ZoneStatus] = "updating"
    STATUS_ERROR: ClassVar[ZoneStatus] = "error"

    REGISTRAR_HETZNER: ClassVar[ZoneRegistrar] = "hetzner"
    REGISTRAR_OTHER: ClassVar[ZoneRegistrar] = "other"
    REGISTRAR_UNKNOWN: ClassVar[ZoneRegistrar] = "unknown"

    name: Always[str] = Always()
    """Domain name, such as ``example.com``: in lower case, without a trailing dot, non-ASCII names in Punycode."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    mode: Always[ZoneMode] = Always()
    """Mode: ``primary`` for records that the API manages, ``secondary`` for records of other nameservers."""
    ttl: Always[int] = Always()
    """Default TTL of the records, in seconds."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    protection: Always[ZoneProtection] = Always()
    """Protection against deletion."""
    status: Always[ZoneStatus] = Always()
    """Status of the publication to the nameservers: ``ok``, ``updating`` or ``error``."""
    record_count: Always[int] = Always()
    """Number of records."""
    registrar: Always[ZoneRegistrar] = Always()
    """Registrar of the domain: ``hetzner``, ``other`` or ``unknown``."""
    primary_nameservers: NestedList[list[ZonePrimaryNameserver] | None] = NestedList(ZonePrimaryNameserver)
    """Nameservers that the records are transferred from, if :attr:`mode` is ``secondary``."""
    authoritative_nameservers: Nested[ZoneAuthoritativeNameservers] = Nested(ZoneAuthoritativeNameservers)
    """Authoritative nameservers, with the status of the delegation."""


@record
class CreateZoneResponse(BaseDomain, Received, WaitsForActions):
    """A new zone, and the action that creates it."""

    zone: Link[BoundZone] = Link("zones", complete=True)
    """New zone."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the zone."""


@record
class DeleteZoneResponse(ActionResponse):
    """The action that deletes a zone."""


@record
class ExportZonefileResponse(BaseDomain, Received):
    """The zone file of a zone."""

    zonefile: str
    """Zone file in the format of BIND."""


class ZoneRRSetProtection(TypedDict):
    """Protection of a record set."""

    change: bool
    """True if the record set cannot be changed or deleted."""


@record
class ZoneRecord(BaseDomain):
    """A DNS record."""

    value: str
    """Value in zone file syntax; :func:`hcloud.exp.zone.format_txt_record` formats the value of a TXT record."""
    comment: str | None = None
    """Comment, which is not published by DNS. The API returns an empty one for None, and the two are equal."""

    def _comparison_value(self, name: str) -> Any:
        value = super()._comparison_value(name)
        return None if name == "comment" and value == "" else value


@record
class ZoneRRSet(BaseDomain, shown=("type", "ttl", "records", "zone")):
    """A record set: all records of a zone with the same name and type. See "Zone RRSets" in the API reference."""

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

    name: Always[str] = Always()
    """Name relative to the zone, such as ``www``; ``@`` for the zone itself."""
    type: Always[ZoneRRSetType] = Always()
    """Type of the records, such as ``A`` or ``TXT``."""
    ttl: int | None = None
    """TTL of the records, in seconds; None for the default TTL of the zone."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    protection: Always[ZoneRRSetProtection] = Always()
    """Protection against changes and deletion."""
    records: NestedList[list[ZoneRecord]] = NestedList(ZoneRecord)
    """Records of the set, in no particular order."""
    id: Identity[str] = Identity()
    """ID: name and type, such as ``www/A``; unique in the zone."""
    zone: Link[BoundZone | Zone] = Link("zones")
    """Zone of the record set."""

    def _known_value(self, name: str) -> Any:
        value = super()._known_value(name)
        if value is not None or name not in ("id", "name", "type"):
            return value
        # The ID consists of the name and the type, so each can be derived from the other.
        if name != "id":
            own_name, _, own_type = str(super()._known_value("id") or "").rpartition("/")
            return (own_name if name == "name" else own_type) or None
        parts = (super()._known_value("name"), super()._known_value("type"))
        return "/".join(map(str, parts)) if all(parts) else None

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        known = self._known_value(field.name)
        return super()._missing_value(field) if known is None else known

    def to_payload(self) -> dict[str, Any]:
        """Return the payload for the creation of the record set, without read-only fields."""
        names = ("name", "type", "ttl", "labels", "records")
        return {name: encode(value) for name in names if (value := self._value(name)) is not None}


@record
class CreateZoneRRSetResponse(BaseDomain, Received, WaitsForActions):
    """A new record set, and the action that creates it."""

    rrset: Link[BoundZoneRRSet] = Link("zones.rrsets", complete=True)
    """New record set."""
    action: Link[BoundAction] = Link("actions", complete=True)
    """Action that creates the record set."""


@record
class DeleteZoneRRSetResponse(ActionResponse):
    """The action that deletes a record set."""
