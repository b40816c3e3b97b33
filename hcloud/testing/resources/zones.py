"""DNS zones, with their RRsets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Any, Literal, TypedDict

from hcloud.testing import dns
from hcloud.testing.error_responses import ErrorResponse, bad_request, invalid, not_found, protected, uniqueness
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, Filters, Listing, ListPage, Names
from hcloud.testing.resource import Body, FakeResource, action, operation
from hcloud.testing.schema import Labels, Length, Pattern, Record, Validator, Within

__all__ = ["Zones"]

NAMESERVERS = ("hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de.")
_MOST_SECONDS = 2**31 - 1
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_is_name = re.compile(rf"@|(\*|{_LABEL})(\.{_LABEL})*").fullmatch


def _check_address(address: str) -> list[str]:
    try:
        ip_address(address)
    except ValueError:
        return ["must be an IP address"]
    return []


def _check_base64(text: str) -> list[str]:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ["must be encoded in base64"]
    return []


def _check_name(name: str) -> list[str]:
    fits = len(name) <= 253 and _is_name(name)
    return [] if fits else ["must be lower case and relative to the zone, @ for the zone itself"]


def _check_type(type: str) -> list[str]:
    return [] if type in dns.TYPES else [f"must be one of {', '.join(dns.TYPES)}"]


def _check_comment(comment: str) -> list[str]:
    return [] if dns.is_line(comment) else ["must not have control characters"]


ZoneName = Annotated[
    str,
    Length(1, 253),
    Pattern(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", "is not a valid zone name"),
]
RRSetName = Annotated[str, Validator(_check_name)]
RRSetType = Annotated[str, Validator(_check_type)]
_LIFETIME = Within(60, _MOST_SECONDS)
TTL = Annotated[int, _LIFETIME]


class _Value(TypedDict):
    value: str


class RecordWanted(_Value, total=False):
    """A record."""

    comment: Annotated[str, Validator(_check_comment)]


RecordsWanted = Annotated[list[RecordWanted], Length(1)]
FiftyRecords = Annotated[list[RecordWanted], Length(1, 50)]


class _RRSet(TypedDict):
    name: RRSetName
    type: RRSetType
    records: RecordsWanted


class RRSetWanted(_RRSet, total=False):
    """An RRset of a new zone."""

    ttl: TTL | None
    labels: Labels


class _Nameserver(TypedDict):
    address: Annotated[str, Validator(_check_address)]


class PrimaryNameserver(_Nameserver, total=False):
    """Where a secondary zone comes from."""

    port: Annotated[int, Within(1, 65535)]
    tsig_algorithm: Literal["hmac-md5", "hmac-sha1", "hmac-sha256"]
    tsig_key: Annotated[str, Validator(_check_base64)]


_RRSETS = Listing(
    "rrsets",
    (Filter("name"), Filter("type", dns.TYPES, many=True)),
    ("id", "name", "created"),
    labelled=True,
    max_per_page=100,
)


class Zones(FakeResource):
    """DNS zones. Changes are there at once; the action tells when they are published.

    If that fails they are undone, and the zone's status tells.
    """

    collection = "zones"
    singular = "zone"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("mode", ("primary", "secondary")))
    labelled = True
    acting = True

    def by_path(self, text: str) -> Record:
        """The zone that a path names, by id or name."""
        found = self.find(text)
        if found is None:
            raise not_found(self.singular, text)
        return found

    @operation("POST /")
    def create(
        self,
        *,
        name: ZoneName,
        mode: Literal["primary", "secondary"],
        ttl: TTL = 3600,
        labels: Labels | None = None,
        primary_nameservers: list[PrimaryNameserver] | None = None,
        rrsets: list[RRSetWanted] | None = None,
        zonefile: str | None = None,
    ) -> Body:
        """Make a zone."""
        zone: Record = {
            "id": self.new_id(),
            "name": name,
            "created": self.now,
            "mode": mode,
            "ttl": ttl,
            "labels": labels or {},
            "primary_nameservers": [],
            "protection": {"delete": False},
            "status": "updating",
            "record_count": 0,
            "registrar": "other",
            "authoritative_nameservers": {
                "assigned": list(NAMESERVERS),
                "delegated": [],
                "delegation_last_check": None,
                "delegation_status": "unknown",
            },
        }
        made: dict[str, Record] = {}
        if mode == "secondary":
            zone["primary_nameservers"] = _nameservers(primary_nameservers)
        else:
            made = self._first(zone, rrsets or [], zonefile)
        self.add(zone)
        self.private(zone)["rrsets"] = made
        return {"zone": zone, "action": self._publish(zone, "create_zone")}

    @operation("PUT /{id}")
    def update(self, zone: Record, *, labels: Labels | None = None) -> Body:
        """Label it."""
        return {"zone": self.change(zone, labels=labels)}

    @operation("DELETE /{id}", status=201)
    def delete(self, zone: Record) -> Body:
        """Delete it with all RRsets."""
        self.remove(zone)
        return {"action": self.start_action(zone, "delete_zone", locking=False)}

    @operation("GET /{id}/zonefile")
    def export_zonefile(self, zone: Record) -> Body:
        """It as a zone file."""
        records = (
            dns.ZoneFileRecord(rrset["name"], rrset["type"], rrset["ttl"], record["value"], record["comment"])
            for rrset in self._rrsets(zone).values()
            for record in rrset["records"]
        )
        return {"zonefile": dns.write(zone["name"], zone["ttl"], records)}

    @action()
    def import_zonefile(self, zone: Record, *, zonefile: str) -> Body:
        """Replace all RRsets by those of a zone file."""
        if any(rrset["protection"]["change"] for rrset in self._rrsets(zone).values()):
            raise protected("rrset", "change")
        ttl, made = self._read(zone, zonefile)
        if "@/SOA" not in made:
            raise invalid("zonefile", "there must be a SOA record")
        named = {record["value"].lower() for record in made.get("@/NS", {"records": []})["records"]}
        if missing := [each for each in NAMESERVERS if each not in named]:
            raise invalid("zonefile", f"there must be NS records of the zone's nameservers, also {missing[0]}")
        changes = {**dict.fromkeys(self._rrsets(zone)), **made}
        return {"action": self._publish(zone, "import_zonefile", changes, ttl=zone["ttl"] if ttl is None else ttl)}

    @action()
    def change_primary_nameservers(self, zone: Record, *, primary_nameservers: list[PrimaryNameserver]) -> Body:
        """Have a secondary zone come from elsewhere."""
        if zone["mode"] != "secondary":
            raise _wrong_mode(zone)
        nameservers = _nameservers(primary_nameservers)
        return {"action": self._publish(zone, "change_primary_nameservers", primary_nameservers=nameservers)}

    @action()
    def change_protection(self, zone: Record, *, delete: bool | None = None) -> Body:
        """Protect it, or no longer."""
        return {"action": self.protect(zone, delete)}

    @action()
    def change_ttl(self, zone: Record, *, ttl: TTL) -> Body:
        """Set the TTL of RRsets that have none of their own."""
        self._rrsets(zone)
        return {"action": self._publish(zone, "change_ttl", ttl=ttl)}

    # RRsets

    @operation("GET /{id}/rrsets")
    def rrsets(self, zone: Record, *, query: Query) -> ListPage | Body:
        """Its RRsets."""
        found = self._rrsets(zone)
        if "sort" not in query:
            return _RRSETS.of(found.values(), query)
        order = {each: number for number, each in enumerate(found)}

        def value(rrset: Record, field: str) -> Any:
            return order[rrset["id"]] if field == "created" else rrset[field]

        return replace(_RRSETS, value=value).of(found.values(), query)

    @operation("POST /{id}/rrsets")
    def create_rrset(
        self,
        zone: Record,
        *,
        name: RRSetName,
        type: RRSetType,
        records: RecordsWanted,
        ttl: TTL | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Add an RRset."""
        found = self._rrsets(zone)
        if f"{name}/{type}" in found:
            raise uniqueness("rrset")
        made = _rrset(zone, name, type, _records(type, records), ttl, labels)
        _check_together(made, found)
        return {"rrset": made, "action": self._publish(zone, "create_rrset", {made["id"]: made})}

    @operation("GET /{id}/rrsets/{rr_name}/{rr_type}")
    def rrset(self, zone: Record, name: str, type: str) -> Body:
        """One RRset."""
        return {"rrset": self._rrset(zone, name, type)}

    @operation("PUT /{id}/rrsets/{rr_name}/{rr_type}")
    def update_rrset(
        self, zone: Record, name: str, type: str, *, labels: Labels | None = None, records: object = None
    ) -> Body:
        """Label an RRset."""
        found = self._rrset(zone, name, type)
        if records is not None:
            raise bad_request("records cannot be changed here, but by the actions of the rrset")
        if labels is not None:
            found["labels"] = labels
        return {"rrset": found}

    @operation("DELETE /{id}/rrsets/{rr_name}/{rr_type}", status=201)
    def delete_rrset(self, zone: Record, name: str, type: str) -> Body:
        """Delete an RRset."""
        found = self._changeable(zone, name, type)
        _check_own(found)
        return {"action": self._publish(zone, "delete_rrset", {found["id"]: None})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_protection")
    def change_rrset_protection(self, zone: Record, name: str, type: str, *, change: bool) -> Body:
        """Protect an RRset, or no longer."""
        found, protection = self._rrset(zone, name, type), {"protection": {"change": change}}
        begun = self.start_action(
            zone, "change_rrset_protection", self.put, found, protection, seconds=0, locking=False
        )
        return {"action": begun}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_ttl")
    def change_rrset_ttl(self, zone: Record, name: str, type: str, *, ttl: TTL | None) -> Body:
        """Set the TTL of an RRset, or have it use the zone's."""
        wanted = {**self._changeable(zone, name, type), "ttl": ttl}
        return {"action": self._publish(zone, "change_rrset_ttl", {wanted["id"]: wanted})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/set_records")
    def set_records(self, zone: Record, name: str, type: str, *, records: FiftyRecords) -> Body:
        """Replace the records of an RRset."""
        found = self._changeable(zone, name, type)
        wanted = {**found, "records": _records(type, records)}
        _check_together(wanted, self._rrsets(zone))
        return {"action": self._publish(zone, "set_rrset_records", {wanted["id"]: wanted})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/add_records")
    def add_records(self, zone: Record, name: str, type: str, *, records: FiftyRecords, ttl: TTL | None = None) -> Body:
        """Add records to an RRset, which need not be there before."""
        known = self._rrsets(zone)
        if said := _check_name(name) or _check_type(type):
            raise invalid("name", *said)
        if f"{name}/{type}" in known:
            found = self._changeable(zone, name, type)
            if ttl is not None and found["ttl"] is not None and found["ttl"] != ttl:
                raise invalid("ttl", f"must be the TTL of the rrset, {found['ttl']}")
        else:
            found = _rrset(zone, name, type, [], ttl, None)
        wanted = {**found, "records": found["records"] + _records(type, records, found["records"])}
        wanted["ttl"] = found["ttl"] if ttl is None else ttl
        _check_together(wanted, known)
        return {"action": self._publish(zone, "add_rrset_records", {wanted["id"]: wanted})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/remove_records")
    def remove_records(self, zone: Record, name: str, type: str, *, records: FiftyRecords) -> Body:
        """Remove records from an RRset, and it with the last."""
        found = self._changeable(zone, name, type)
        gone = [self._record(found, each["value"]) for each in records]
        left = [each for each in found["records"] if each not in gone]
        if not left:
            _check_own(found)
        wanted = {**found, "records": left} if left else None
        return {"action": self._publish(zone, "remove_rrset_records", {found["id"]: wanted})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/update_records", status=200)
    def update_records(self, zone: Record, name: str, type: str, *, records: FiftyRecords) -> Body:
        """Change the comments of records."""
        found = self._changeable(zone, name, type)
        comments = {self._record(found, each["value"])["value"]: each.get("comment", "") for each in records}
        changed = [{**each, "comment": comments.get(each["value"], each["comment"])} for each in found["records"]]
        return {"action": self._publish(zone, "update_rrset_records", {found["id"]: {**found, "records": changed}})}

    # What is in a zone

    def _rrsets(self, zone: Record) -> dict[str, Record]:
        """The RRsets of a primary zone, by id."""
        if zone["mode"] != "primary":
            raise _wrong_mode(zone)
        found: dict[str, Record] = self.private(zone)["rrsets"]
        return found

    def _rrset(self, zone: Record, name: str, type: str) -> Record:
        found = self._rrsets(zone).get(f"{name}/{type}")
        if found is None:
            raise not_found("rrset", f"{name}/{type}")
        return found

    def _changeable(self, zone: Record, name: str, type: str) -> Record:
        found = self._rrset(zone, name, type)
        if found["protection"]["change"]:
            raise protected("rrset", "change")
        return found

    def _record(self, rrset: Record, value: str) -> Record:
        for record in rrset["records"]:
            if record["value"] == value:
                assert isinstance(record, dict)
                return record
        raise invalid("records", f"there is no record with the value '{value}'")

    def _first(self, zone: Record, wanted: list[RRSetWanted], zonefile: str | None) -> dict[str, Record]:
        """The RRsets of a new zone."""
        if zonefile is not None:
            if wanted:
                raise invalid("zonefile", "there can be rrsets or a zonefile, not both")
            ttl, made = self._read(zone, zonefile)
            zone["ttl"] = zone["ttl"] if ttl is None else ttl
        else:
            made = {}
            for each in wanted:
                records = _records(each["type"], each["records"])
                rrset = _rrset(zone, each["name"], each["type"], records, each.get("ttl"), each.get("labels"))
                _check_together(rrset, made)
                if made.setdefault(rrset["id"], rrset) is not rrset:
                    raise invalid("rrsets", f"duplicate value '{rrset['id']}'")
        soa = f"{NAMESERVERS[0]} dns.hetzner.com. {self._serial(0)} 86400 10800 3600000 3600"
        own = [
            _rrset(zone, "@", "SOA", [{"value": soa, "comment": ""}], None, None),
            _rrset(zone, "@", "NS", [{"value": each, "comment": ""} for each in NAMESERVERS], None, None),
        ]
        return {**{each["id"]: each for each in own}, **made}

    def _read(self, zone: Record, zonefile: str) -> tuple[int | None, dict[str, Record]]:
        """The TTL and the RRsets of a zone file."""
        try:
            read = dns.read(zonefile, zone["name"])
        except ValueError as error:
            raise invalid("zonefile", str(error)) from None
        made: dict[str, Record] = {}
        lifetimes = [("$TTL", read.ttl), *((f"the TTL of '{line.name}'", line.ttl) for line in read.records)]
        said = [f"{of} {each}" for of, ttl in lifetimes if ttl is not None for each in _LIFETIME.check(ttl)]
        said += [f"the name '{line.name}' {each}" for line in read.records for each in _check_name(line.name)]
        if said:
            raise invalid("zonefile", *said)
        for line in read.records:
            rrset = made.setdefault(f"{line.name}/{line.type}", _rrset(zone, line.name, line.type, [], line.ttl, None))
            if rrset["ttl"] != line.ttl:
                raise invalid("zonefile", f"the records {rrset['id']} have different TTLs")
            record: RecordWanted = {"value": line.value, "comment": line.comment}
            rrset["records"] += _records(line.type, [record], rrset["records"], field="zonefile")
        for rrset in made.values():
            _check_together(rrset, made, "zonefile")
        return read.ttl, made

    def _serial(self, last: int) -> int:
        """The serial number after another: the date and two digits."""
        today = datetime.fromtimestamp(self.project.cloud.clock.time(), timezone.utc).strftime("%Y%m%d")
        return max(int(f"{today}00"), last + 1)

    def _publish(
        self, zone: Record, command: str, rrsets: Mapping[str, Record | None] | None = None, **fields: Any
    ) -> Record:
        """Change fields and RRsets of a zone (``None`` deletes one), and begin to publish that."""
        before = {name: zone[name] for name in fields}
        zone.update(fields, status="updating")
        replaced = self._replace(zone, rrsets or {})
        failed = partial(self._unpublished, zone, before, replaced)
        return self.start_action(zone, command, self._published, zone, otherwise=failed, seconds=2, locking=False)

    def _replace(self, zone: Record, rrsets: Mapping[str, Record | None]) -> dict[str, Record | None]:
        """Put RRsets into a zone, ``None`` for none; answers what was there."""
        if zone["mode"] != "primary":
            return {}
        found = self._rrsets(zone)
        replaced = {each: found.get(each) for each in rrsets}
        for each, rrset in rrsets.items():
            if rrset is None:
                found.pop(each, None)
            else:
                found[each] = rrset
        zone["record_count"] = sum(len(rrset["records"]) for rrset in found.values())
        soa = found["@/SOA"]["records"][0]
        first, mailbox, serial, *rest = soa["value"].split()
        soa["value"] = " ".join([first, mailbox, str(self._serial(int(serial))), *rest])
        return replaced

    def _published(self, zone: Record) -> None:
        zone["status"] = "ok"
        zone["authoritative_nameservers"].update(
            delegated=list(NAMESERVERS), delegation_last_check=self.now, delegation_status="valid"
        )

    def _unpublished(self, zone: Record, before: Record, replaced: dict[str, Record | None]) -> None:
        zone.update(before, status="error")
        self._replace(zone, replaced)


def _wrong_mode(zone: Record) -> ErrorResponse:
    return ErrorResponse("incorrect_zone_mode", f"this is not supported for a zone in {zone['mode']} mode")


def _check_own(rrset: Record) -> None:
    """Whether an RRset can be deleted."""
    if rrset["id"] in ("@/SOA", "@/NS"):
        raise bad_request(f"the zone's own {rrset['type']} records cannot be deleted")


def _nameservers(wanted: list[PrimaryNameserver] | None) -> list[Record]:
    if not wanted:
        raise invalid("primary_nameservers", "a secondary zone needs at least one")
    for each in wanted:
        if ("tsig_key" in each) != ("tsig_algorithm" in each):
            raise invalid("primary_nameservers", "tsig_key and tsig_algorithm belong together")
    return [{"port": 53, **each} for each in wanted]


def _rrset(
    zone: Record, name: str, type: str, records: list[Record], ttl: int | None, labels: dict[str, str] | None
) -> Record:
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


def _records(
    type: str, wanted: Iterable[RecordWanted], known: Iterable[Record] = (), field: str = "records"
) -> list[Record]:
    """New records, all valid and none of them known."""
    made: list[Record] = []
    values = {record["value"] for record in known}
    for each in wanted:
        value = each["value"]
        if said := dns.check_value(type, value):
            raise invalid(field, *said)
        if value in values:
            said = [f"duplicate value '{value}'"]
            raise invalid(field, *said, message=said[0])
        values.add(value)
        made.append({"value": value, "comment": each.get("comment", "")})
    return made


def _check_together(rrset: Record, others: dict[str, Record], field: str = "records") -> None:
    """Whether an RRset can be in a zone with others: what is special about CNAME and SOA."""
    name, type = rrset["name"], rrset["type"]
    if type in ("CNAME", "SOA") and len(rrset["records"]) > 1:
        raise invalid(field, f"there can be only one {type} record for a name")
    if (type == "CNAME" and name == "@") or (type == "SOA" and name != "@"):
        raise invalid(field, f"there can be no {type} record for '{name}'")
    clash = (each for each in dns.TYPES if each != type and "CNAME" in (each, type) and f"{name}/{each}" in others)
    if other := next(clash, None):
        raise invalid(field, f"there is a record of type {other} for '{name}': a CNAME record must be alone")
