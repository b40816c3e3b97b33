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

    TSIG_ALGORITHM_HMAC_MD5: ClassVar[Literal["hmac-md5"]] = "hmac-md5"
    """TSIG algorithm HMAC-MD5."""
    TSIG_ALGORITHM_HMAC_SHA1: ClassVar[Literal["hmac-sha1"]] = "hmac-sha1"
    """TSIG algorithm HMAC-SHA-1."""
    TSIG_ALGORITHM_HMAC_SHA256: ClassVar[Literal["hmac-sha256"]] = "hmac-sha256"
    """TSIG algorithm HMAC-SHA-256."""

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

    DELEGATION_STATUS_VALID: ClassVar[Literal["valid"]] = "valid"
    """Delegation status: all name servers of the parent zone are those of Hetzner."""
    DELEGATION_STATUS_PARTIALLY_VALID: ClassVar[Literal["partially-valid"]] = "partially-valid"
    """Delegation status: some name servers of the parent zone are those of Hetzner."""
    DELEGATION_STATUS_INVALID: ClassVar[Literal["invalid"]] = "invalid"
    """Delegation status: no name server of the parent zone is one of Hetzner."""
    DELEGATION_STATUS_LAME: ClassVar[Literal["lame"]] = "lame"
    """Delegation status: the parent zone delegates to name servers that do not serve the zone."""
    DELEGATION_STATUS_UNREGISTERED: ClassVar[Literal["unregistered"]] = "unregistered"
    """Delegation status: the domain is not registered."""
    DELEGATION_STATUS_UNKNOWN: ClassVar[Literal["unknown"]] = "unknown"
    """Delegation status: not checked yet, or not known."""

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

    MODE_PRIMARY: ClassVar[Literal["primary"]] = "primary"
    """Mode of a zone whose records are managed here."""
    MODE_SECONDARY: ClassVar[Literal["secondary"]] = "secondary"
    """Mode of a zone that is transferred from other name servers."""

    STATUS_OK: ClassVar[Literal["ok"]] = "ok"
    """Status of a zone that is served."""
    STATUS_UPDATING: ClassVar[Literal["updating"]] = "updating"
    """Status of a zone that is being published."""
    STATUS_ERROR: ClassVar[Literal["error"]] = "error"
    """Status of a zone whose last change was not published."""

    REGISTRAR_HETZNER: ClassVar[Literal["hetzner"]] = "hetzner"
    """Registrar: Hetzner."""
    REGISTRAR_OTHER: ClassVar[Literal["other"]] = "other"
    """Registrar: another one."""
    REGISTRAR_UNKNOWN: ClassVar[Literal["unknown"]] = "unknown"
    """Registrar: not known."""

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

    TYPE_A: ClassVar[Literal["A"]] = "A"
    """Record type A: IPv4 addresses."""
    TYPE_AAAA: ClassVar[Literal["AAAA"]] = "AAAA"
    """Record type AAAA: IPv6 addresses."""
    TYPE_CAA: ClassVar[Literal["CAA"]] = "CAA"
    """Record type CAA: certificate authorities that may issue."""
    TYPE_CNAME: ClassVar[Literal["CNAME"]] = "CNAME"
    """Record type CNAME: an alias."""
    TYPE_DS: ClassVar[Literal["DS"]] = "DS"
    """Record type DS: keys of a signed child zone."""
    TYPE_HINFO: ClassVar[Literal["HINFO"]] = "HINFO"
    """Record type HINFO: hardware and system."""
    TYPE_HTTPS: ClassVar[Literal["HTTPS"]] = "HTTPS"
    """Record type HTTPS: parameters of an HTTPS service."""
    TYPE_MX: ClassVar[Literal["MX"]] = "MX"
    """Record type MX: mail servers."""
    TYPE_NS: ClassVar[Literal["NS"]] = "NS"
    """Record type NS: name servers."""
    TYPE_PTR: ClassVar[Literal["PTR"]] = "PTR"
    """Record type PTR: names of addresses."""
    TYPE_RP: ClassVar[Literal["RP"]] = "RP"
    """Record type RP: responsible persons."""
    TYPE_SOA: ClassVar[Literal["SOA"]] = "SOA"
    """Record type SOA: start of authority."""
    TYPE_SRV: ClassVar[Literal["SRV"]] = "SRV"
    """Record type SRV: servers of a service."""
    TYPE_SVCB: ClassVar[Literal["SVCB"]] = "SVCB"
    """Record type SVCB: parameters of a service."""
    TYPE_TLSA: ClassVar[Literal["TLSA"]] = "TLSA"
    """Record type TLSA: certificates of a TLS service."""
    TYPE_TXT: ClassVar[Literal["TXT"]] = "TXT"
    """Record type TXT: texts."""

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
