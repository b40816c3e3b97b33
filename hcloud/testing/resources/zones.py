"""DNS zones, with the operations on their RRsets."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
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

from .rrsets import (
    NAMESERVERS,
    TTL,
    RecordsChange,
    RecordsInput,
    RRSetInput,
    RRSetName,
    RRSetType,
    build_records,
    build_rrset,
    build_rrsets,
    check_compatible,
    check_deletable,
    check_rrset_key,
    default_rrsets,
    find_record,
    parse_zonefile,
)

__all__ = ["Zones"]


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


ZoneName = Annotated[
    str,
    Length(1, 253),
    Pattern(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", "is not a valid zone name"),
]


class _RequiredNameserverInput(TypedDict):
    address: Annotated[str, Validator(_check_address)]


class NameserverInput(_RequiredNameserverInput, total=False):
    """Primary nameserver of a secondary zone."""

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
    """DNS zones.

    Changes take effect at once; the action shows their publication. If that fails, they are undone, and the zone has
    the status ``error``.
    """

    collection = "zones"
    singular = "zone"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("mode", ("primary", "secondary")))
    labelled = True
    acting = True

    def by_path(self, text: str) -> Record:
        """Return the zone with an ID or a name.

        :raises ErrorResponse: ``not_found``
        """
        zone = self.find(text)
        if zone is None:
            raise not_found(self.singular, text)
        return zone

    @operation("POST /")
    def create(
        self,
        *,
        name: ZoneName,
        mode: Literal["primary", "secondary"],
        ttl: TTL = 3600,
        labels: Labels | None = None,
        primary_nameservers: list[NameserverInput] | None = None,
        rrsets: list[RRSetInput] | None = None,
        zonefile: str | None = None,
    ) -> Body:
        """Create a zone."""
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
        zone_rrsets: dict[str, Record] = {}
        if mode == "secondary":
            zone["primary_nameservers"] = _build_nameservers(primary_nameservers)
        else:
            zone_rrsets = self._initial_rrsets(zone, rrsets or [], zonefile)
        self.add(zone)
        self.private(zone)["rrsets"] = zone_rrsets
        return {"zone": zone, "action": self._publish(zone, "create_zone")}

    @operation("PUT /{id}")
    def update(self, zone: Record, *, labels: Labels | None = None) -> Body:
        """Change the labels of a zone."""
        return {"zone": self.change(zone, labels=labels)}

    @operation("DELETE /{id}", status=201)
    def delete(self, zone: Record) -> Body:
        """Delete a zone with its RRsets."""
        self.remove(zone)
        return {"action": self.start_action(zone, "delete_zone", locking=False)}

    @operation("GET /{id}/zonefile")
    def export_zonefile(self, zone: Record) -> Body:
        """Return the zone file of a zone."""
        records = (
            dns.ZoneFileRecord(rrset["name"], rrset["type"], rrset["ttl"], record["value"], record["comment"])
            for rrset in self._rrsets(zone).values()
            for record in rrset["records"]
        )
        return {"zonefile": dns.write(zone["name"], zone["ttl"], records)}

    @action()
    def import_zonefile(self, zone: Record, *, zonefile: str) -> Body:
        """Replace the RRsets of a zone by those of a zone file."""
        if any(rrset["protection"]["change"] for rrset in self._rrsets(zone).values()):
            raise protected("rrset", "change")
        ttl, imported = parse_zonefile(zone, zonefile)
        if "@/SOA" not in imported:
            raise invalid("zonefile", "there must be a SOA record")
        records = imported["@/NS"]["records"] if "@/NS" in imported else []
        values = {record["value"].lower() for record in records}
        if missing := [nameserver for nameserver in NAMESERVERS if nameserver not in values]:
            raise invalid("zonefile", f"there must be NS records of the zone's nameservers, also {missing[0]}")
        changes = {**dict.fromkeys(self._rrsets(zone)), **imported}
        return {"action": self._publish(zone, "import_zonefile", changes, ttl=zone["ttl"] if ttl is None else ttl)}

    @action()
    def change_primary_nameservers(self, zone: Record, *, primary_nameservers: list[NameserverInput]) -> Body:
        """Change the primary nameservers of a secondary zone."""
        if zone["mode"] != "secondary":
            raise _wrong_mode(zone)
        nameservers = _build_nameservers(primary_nameservers)
        return {"action": self._publish(zone, "change_primary_nameservers", primary_nameservers=nameservers)}

    @action()
    def change_protection(self, zone: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a zone."""
        return {"action": self.protect(zone, delete)}

    @action()
    def change_ttl(self, zone: Record, *, ttl: TTL) -> Body:
        """Change the TTL of RRsets without one of their own."""
        self._rrsets(zone)
        return {"action": self._publish(zone, "change_ttl", ttl=ttl)}

    # RRsets

    @operation("GET /{id}/rrsets")
    def rrsets(self, zone: Record, *, query: Query) -> ListPage | Body:
        """Return the RRsets of a zone."""
        rrsets = self._rrsets(zone)
        if "sort" not in query:
            return _RRSETS.of(rrsets.values(), query)
        # RRsets have no time of creation: their order stands for it.
        order = {rrset_id: position for position, rrset_id in enumerate(rrsets)}

        def sort_value(rrset: Record, field: str) -> Any:
            return order[rrset["id"]] if field == "created" else rrset[field]

        return replace(_RRSETS, value=sort_value).of(rrsets.values(), query)

    @operation("POST /{id}/rrsets")
    def create_rrset(
        self,
        zone: Record,
        *,
        name: RRSetName,
        type: RRSetType,
        records: RecordsInput,
        ttl: TTL | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Add an RRset."""
        others = self._rrsets(zone)
        if f"{name}/{type}" in others:
            raise uniqueness("rrset")
        rrset = build_rrset(zone, name, type, build_records(type, records), ttl, labels)
        check_compatible(rrset, others)
        return {"rrset": rrset, "action": self._publish(zone, "create_rrset", {rrset["id"]: rrset})}

    @operation("GET /{id}/rrsets/{rr_name}/{rr_type}")
    def rrset(self, zone: Record, name: str, type: str) -> Body:
        """Return an RRset."""
        return {"rrset": self._rrset(zone, name, type)}

    @operation("PUT /{id}/rrsets/{rr_name}/{rr_type}")
    def update_rrset(
        self, zone: Record, name: str, type: str, *, labels: Labels | None = None, records: object = None
    ) -> Body:
        """Change the labels of an RRset."""
        rrset = self._rrset(zone, name, type)
        if records is not None:
            raise bad_request("records cannot be changed here, but by the actions of the rrset")
        if labels is not None:
            rrset["labels"] = labels
        return {"rrset": rrset}

    @operation("DELETE /{id}/rrsets/{rr_name}/{rr_type}", status=201)
    def delete_rrset(self, zone: Record, name: str, type: str) -> Body:
        """Delete an RRset."""
        rrset = self._changeable_rrset(zone, name, type)
        check_deletable(rrset)
        return {"action": self._publish(zone, "delete_rrset", {rrset["id"]: None})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_protection")
    def change_rrset_protection(self, zone: Record, name: str, type: str, *, change: bool) -> Body:
        """Change the protection of an RRset."""
        effect = partial(self.put, self._rrset(zone, name, type), {"protection": {"change": change}})
        return {"action": self.start_action(zone, "change_rrset_protection", effect, seconds=0, locking=False)}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_ttl")
    def change_rrset_ttl(self, zone: Record, name: str, type: str, *, ttl: TTL | None) -> Body:
        """Change the TTL of an RRset; ``None`` stands for the TTL of the zone."""
        changed = {**self._changeable_rrset(zone, name, type), "ttl": ttl}
        return {"action": self._publish(zone, "change_rrset_ttl", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/set_records")
    def set_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Replace the records of an RRset."""
        changed = {**self._changeable_rrset(zone, name, type), "records": build_records(type, records)}
        check_compatible(changed, self._rrsets(zone))
        return {"action": self._publish(zone, "set_rrset_records", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/add_records")
    def add_records(
        self, zone: Record, name: str, type: str, *, records: RecordsChange, ttl: TTL | None = None
    ) -> Body:
        """Add records to an RRset, which is created if it does not exist."""
        rrsets = self._rrsets(zone)
        check_rrset_key(name, type)
        if f"{name}/{type}" in rrsets:
            rrset = self._changeable_rrset(zone, name, type)
            if ttl is not None and rrset["ttl"] is not None and rrset["ttl"] != ttl:
                raise invalid("ttl", f"must be the TTL of the rrset, {rrset['ttl']}")
        else:
            rrset = build_rrset(zone, name, type, [], ttl)
        changed = {**rrset, "records": rrset["records"] + build_records(type, records, rrset["records"])}
        changed["ttl"] = rrset["ttl"] if ttl is None else ttl
        check_compatible(changed, rrsets)
        return {"action": self._publish(zone, "add_rrset_records", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/remove_records")
    def remove_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Remove records from an RRset, which is deleted with its last record."""
        rrset = self._changeable_rrset(zone, name, type)
        removed = [find_record(rrset, record["value"]) for record in records]
        remaining = [record for record in rrset["records"] if record not in removed]
        if not remaining:
            check_deletable(rrset)
        changed = {**rrset, "records": remaining} if remaining else None
        return {"action": self._publish(zone, "remove_rrset_records", {rrset["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/update_records", status=200)
    def update_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Change the comments of records."""
        rrset = self._changeable_rrset(zone, name, type)
        changes = {find_record(rrset, record["value"])["value"]: record.get("comment", "") for record in records}
        updated = [
            {**record, "comment": changes.get(record["value"], record["comment"])} for record in rrset["records"]
        ]
        return {"action": self._publish(zone, "update_rrset_records", {rrset["id"]: {**rrset, "records": updated}})}

    # Contents of a zone

    def _rrsets(self, zone: Record) -> dict[str, Record]:
        """Return the RRsets of a primary zone by ID.

        :raises ErrorResponse: ``incorrect_zone_mode``
        """
        if zone["mode"] != "primary":
            raise _wrong_mode(zone)
        rrsets: dict[str, Record] = self.private(zone)["rrsets"]
        return rrsets

    def _rrset(self, zone: Record, name: str, type: str) -> Record:
        rrset = self._rrsets(zone).get(f"{name}/{type}")
        if rrset is None:
            raise not_found("rrset", f"{name}/{type}")
        return rrset

    def _changeable_rrset(self, zone: Record, name: str, type: str) -> Record:
        rrset = self._rrset(zone, name, type)
        if rrset["protection"]["change"]:
            raise protected("rrset", "change")
        return rrset

    def _initial_rrsets(self, zone: Record, inputs: list[RRSetInput], zonefile: str | None) -> dict[str, Record]:
        """Return the RRsets of a new zone by ID; a zone file can change the TTL of the zone."""
        if zonefile is None:
            rrsets = build_rrsets(zone, inputs)
        elif inputs:
            raise invalid("zonefile", "there can be rrsets or a zonefile, not both")
        else:
            ttl, rrsets = parse_zonefile(zone, zonefile)
            zone["ttl"] = zone["ttl"] if ttl is None else ttl
        return {**default_rrsets(zone, self._next_serial(0)), **rrsets}

    def _next_serial(self, previous: int) -> int:
        """Return the next serial number: that of the date, or the previous one plus 1 if that is larger."""
        today = datetime.fromtimestamp(self.project.cloud.clock.time(), timezone.utc).strftime("%Y%m%d")
        return max(int(f"{today}00"), previous + 1)

    # Publication

    def _publish(
        self, zone: Record, command: str, rrsets: Mapping[str, Record | None] | None = None, **fields: Any
    ) -> Record:
        """Change a zone and start the action that publishes the change.

        :param rrsets: New RRsets by ID; ``None`` deletes an RRset.
        :param fields: New values of fields of the zone.
        """
        previous_fields = {name: zone[name] for name in fields}
        zone.update(fields, status="updating")
        previous_rrsets = self._replace_rrsets(zone, rrsets or {})
        undo = partial(self._fail_publication, zone, previous_fields, previous_rrsets)
        return self.start_action(
            zone, command, self._complete_publication, zone, otherwise=undo, seconds=2, locking=False
        )

    def _replace_rrsets(self, zone: Record, changes: Mapping[str, Record | None]) -> dict[str, Record | None]:
        """Replace RRsets of a zone, update its serial number and record count, and return the previous RRsets."""
        if zone["mode"] != "primary":
            return {}
        rrsets = self._rrsets(zone)
        previous = {rrset_id: rrsets.get(rrset_id) for rrset_id in changes}
        for rrset_id, rrset in changes.items():
            if rrset is None:
                rrsets.pop(rrset_id, None)
            else:
                rrsets[rrset_id] = rrset
        zone["record_count"] = sum(len(rrset["records"]) for rrset in rrsets.values())
        soa = rrsets["@/SOA"]["records"][0]
        nameserver, mailbox, serial, *rest = soa["value"].split()
        soa["value"] = " ".join([nameserver, mailbox, str(self._next_serial(int(serial))), *rest])
        return previous

    def _complete_publication(self, zone: Record) -> None:
        zone["status"] = "ok"
        zone["authoritative_nameservers"].update(
            delegated=list(NAMESERVERS), delegation_last_check=self.now, delegation_status="valid"
        )

    def _fail_publication(self, zone: Record, fields: Record, rrsets: dict[str, Record | None]) -> None:
        zone.update(fields, status="error")
        self._replace_rrsets(zone, rrsets)


def _wrong_mode(zone: Record) -> ErrorResponse:
    return ErrorResponse("incorrect_zone_mode", f"this is not supported for a zone in {zone['mode']} mode")


def _build_nameservers(inputs: list[NameserverInput] | None) -> list[Record]:
    if not inputs:
        raise invalid("primary_nameservers", "a secondary zone needs at least one")
    for nameserver in inputs:
        if ("tsig_key" in nameserver) != ("tsig_algorithm" in nameserver):
            raise invalid("primary_nameservers", "tsig_key and tsig_algorithm belong together")
    return [{"port": 53, **nameserver} for nameserver in inputs]
