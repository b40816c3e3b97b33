"""RRsets of DNS zones: their input, and the rules for records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, TypedDict

from .. import dns
from ..error_responses import bad_request, invalid
from ..schema import Labels, Length, Record, Validator, Within

if TYPE_CHECKING:
    from ..zonefile import ZoneFile

__all__ = [
    "NAMESERVERS",
    "TTL",
    "RRSetInput",
    "RRSetName",
    "RRSetType",
    "RecordInput",
    "RecordsChange",
    "RecordsInput",
    "build_records",
    "build_rrset",
    "build_rrsets",
    "check_compatible",
    "check_deletable",
    "check_rrset_key",
    "default_rrsets",
    "find_record",
    "parse_zonefile",
]

NAMESERVERS = ("hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de.")

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"@|(\*|{_LABEL})(\.{_LABEL})*")
_TTL_RANGE = Within(60, 2**31 - 1)


# Input


def _check_name(name: str) -> list[str]:
    is_valid = len(name) <= 253 and _NAME.fullmatch(name)
    return [] if is_valid else ["must be lower case and relative to the zone, @ for the zone itself"]


def _check_type(type: str) -> list[str]:
    return [] if type in dns.TYPES else [f"must be one of {', '.join(dns.TYPES)}"]


def _check_comment(comment: str) -> list[str]:
    return [] if dns.is_line(comment) else ["must not have control characters"]


RRSetName = Annotated[str, Validator(_check_name)]
RRSetType = Annotated[str, Validator(_check_type)]
TTL = Annotated[int, _TTL_RANGE]


class _RequiredRecordInput(TypedDict):
    value: str


class RecordInput(_RequiredRecordInput, total=False):
    """Record of an RRset."""

    comment: Annotated[str, Validator(_check_comment)]


RecordsInput = Annotated[list[RecordInput], Length(1)]
RecordsChange = Annotated[list[RecordInput], Length(1, 50)]


class _RequiredRRSetInput(TypedDict):
    name: RRSetName
    type: RRSetType
    records: RecordsInput


class RRSetInput(_RequiredRRSetInput, total=False):
    """RRset of a new zone."""

    ttl: TTL | None
    labels: Labels


def check_rrset_key(name: str, type: str) -> None:
    """Check the name and the type of an RRset.

    :raises ErrorResponse: ``invalid_input``
    """
    if messages := _check_name(name) or _check_type(type):
        raise invalid("name", *messages)


# Construction


def build_rrset(
    zone: Record, name: str, type: str, records: list[Record], ttl: int | None, labels: dict[str, str] | None = None
) -> Record:
    """Return the record of an RRset.

    :raises ErrorResponse: ``invalid_input`` if the name ends with that of the zone
    """
    if f".{name}".endswith(f".{zone['name']}"):
        raise invalid("name", "must be relative to the zone, without its name")
    return {
        "id": f"{name}/{type}",
        "name": name,
        "type": type,
        "ttl": ttl,
        "labels": labels or {},
        "protection": {"change": False},
        "records": records,
        "zone": zone["id"],
    }


def build_rrsets(zone: Record, inputs: Iterable[RRSetInput]) -> dict[str, Record]:
    """Return the records of the RRsets of a new zone by ID.

    :raises ErrorResponse: ``invalid_input``
    """
    rrsets: dict[str, Record] = {}
    for rrset_input in inputs:
        name, type = rrset_input["name"], rrset_input["type"]
        records = build_records(type, rrset_input["records"])
        rrset = build_rrset(zone, name, type, records, rrset_input.get("ttl"), rrset_input.get("labels"))
        check_compatible(rrset, rrsets)
        if rrset["id"] in rrsets:
            raise invalid("rrsets", f"duplicate value '{rrset['id']}'")
        rrsets[rrset["id"]] = rrset
    return rrsets


def default_rrsets(zone: Record, serial: int) -> dict[str, Record]:
    """Return the SOA and NS RRsets that a new zone has by default, by ID."""
    soa = f"{NAMESERVERS[0]} dns.hetzner.com. {serial} 86400 10800 3600000 3600"
    rrsets = [
        build_rrset(zone, "@", "SOA", [{"value": soa, "comment": ""}], None),
        build_rrset(zone, "@", "NS", [{"value": nameserver, "comment": ""} for nameserver in NAMESERVERS], None),
    ]
    return {rrset["id"]: rrset for rrset in rrsets}


def build_records(
    type: str, inputs: Iterable[RecordInput], existing: Iterable[Record] = (), field: str = "records"
) -> list[Record]:
    """Return new records of an RRset.

    :param existing: Records of the RRset, whose values must not occur again
    :param field: Name of the field in errors
    :raises ErrorResponse: ``invalid_input``
    """
    from .. import zonefile

    records: list[Record] = []
    values = {record["value"] for record in existing}
    for record_input in inputs:
        value = record_input["value"]
        if messages := zonefile.check_value(type, value):
            raise invalid(field, *messages)
        if value in values:
            message = f"duplicate value '{value}'"
            raise invalid(field, message, message=message)
        values.add(value)
        records.append({"value": value, "comment": record_input.get("comment", "")})
    return records


def find_record(rrset: Record, value: str) -> Record:
    """Return the record of an RRset with a value.

    :raises ErrorResponse: ``invalid_input``
    """
    records: list[Record] = rrset["records"]
    for record in records:
        if record["value"] == value:
            return record
    raise invalid("records", f"there is no record with the value '{value}'")


# Rules


def check_deletable(rrset: Record) -> None:
    """Check that an RRset is not one that every zone must have.

    :raises ErrorResponse: ``invalid_input``
    """
    if rrset["id"] in ("@/SOA", "@/NS"):
        raise bad_request(f"the zone's own {rrset['type']} records cannot be deleted")


def check_compatible(rrset: Record, others: Mapping[str, Record], field: str = "records") -> None:
    """Check the rules for CNAME and SOA records.

    :param others: RRsets of the zone by ID
    :param field: Name of the field in errors
    :raises ErrorResponse: ``invalid_input``
    """
    name, type = rrset["name"], rrset["type"]
    if type in ("CNAME", "SOA") and len(rrset["records"]) > 1:
        raise invalid(field, f"there can be only one {type} record for a name")
    if (type == "CNAME" and name == "@") or (type == "SOA" and name != "@"):
        raise invalid(field, f"there can be no {type} record for '{name}'")
    for other in dns.TYPES if type == "CNAME" else ["CNAME"]:
        if other != type and f"{name}/{other}" in others:
            raise invalid(field, f"there is a record of type {other} for '{name}': a CNAME record must be alone")


# Zone files


def parse_zonefile(zone: Record, text: str) -> tuple[int | None, dict[str, Record]]:
    """Return the default TTL of a zone file, and its RRsets by ID.

    :raises ErrorResponse: ``invalid_input``
    """
    from .. import zonefile

    try:
        content = zonefile.read(text, zone["name"])
    except ValueError as error:
        raise invalid("zonefile", str(error)) from None
    if messages := _check_zonefile(content):
        raise invalid("zonefile", *messages)
    rrsets: dict[str, Record] = {}
    inputs: dict[str, list[RecordInput]] = {}
    for line in content.records:
        rrset = rrsets.setdefault(f"{line.name}/{line.type}", build_rrset(zone, line.name, line.type, [], line.ttl))
        if rrset["ttl"] != line.ttl:
            raise invalid("zonefile", f"the records {rrset['id']} have different TTLs")
        inputs.setdefault(rrset["id"], []).append({"value": line.value, "comment": line.comment})
    for rrset_id, rrset in rrsets.items():
        rrset["records"] = build_records(rrset["type"], inputs[rrset_id], field="zonefile")
    for rrset in rrsets.values():
        check_compatible(rrset, rrsets, "zonefile")
    return content.ttl, rrsets


def _check_zonefile(content: ZoneFile) -> list[str]:
    ttls = [("$TTL", content.ttl), *((f"the TTL of '{line.name}'", line.ttl) for line in content.records)]
    messages = [f"{subject} {message}" for subject, ttl in ttls if ttl is not None for message in _TTL_RANGE.check(ttl)]
    messages += [f"the name '{line.name}' {message}" for line in content.records for message in _check_name(line.name)]
    return messages
