"""Operations on the RRsets of DNS zones, and the publication of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from .. import dns
from ..error_responses import ErrorResponse, bad_request, invalid, not_found, protected, uniqueness
from ..http import Query
from ..listing import Filter, Listing, ListPage
from ..resource import Body, FakeResource, operation
from ..schema import Labels, Record
from .rrsets import (
    TTL,
    RecordsChange,
    RecordsInput,
    RRSetName,
    RRSetType,
    build_records,
    build_rrset,
    check_compatible,
    check_deletable,
    check_rrset_key,
    find_record,
)

__all__ = ["RRSetOperations", "wrong_mode"]

_RRSETS = Listing(
    "rrsets",
    (Filter("name"), Filter("type", tuple(dns.TYPES), many=True)),
    ("id", "name", "created"),
    labelled=True,
    max_per_page=100,
)


class RRSetOperations(FakeResource):
    """Part of the zones that changes RRsets and publishes changes.

    Changes take effect at once; the action shows their publication. If that fails, they are undone, and the zone has
    the status ``error``.
    """

    @operation("GET /{id}/rrsets")
    def rrsets(self, zone: Record, *, query: Query) -> ListPage | Body:
        """Return the RRsets of a zone."""
        rrsets = self.rrsets_of(zone)
        if "sort" not in query:
            return _RRSETS.of(rrsets.values(), query)
        # RRsets have no time of creation: their order stands for it.
        order = {rrset_id: position for position, rrset_id in enumerate(rrsets)}

        def sort_value(rrset: Record, field: str) -> Any:
            return order[rrset["id"]] if field == "created" else rrset[field]

        return replace(_RRSETS, value=sort_value).of(rrsets.values(), query)

    @operation("POST /{id}/rrsets", starts=("create_rrset",))
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
        others = self.rrsets_of(zone)
        if f"{name}/{type}" in others:
            raise uniqueness("rrset")
        rrset = build_rrset(zone, name, type, build_records(type, records), ttl, labels)
        check_compatible(rrset, others)
        return {"rrset": rrset, "action": self.publish(zone, "create_rrset", {rrset["id"]: rrset})}

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

    @operation("DELETE /{id}/rrsets/{rr_name}/{rr_type}", status=201, starts=("delete_rrset",))
    def delete_rrset(self, zone: Record, name: str, type: str) -> Body:
        """Delete an RRset."""
        rrset = self._changeable_rrset(zone, name, type)
        check_deletable(rrset)
        return {"action": self.publish(zone, "delete_rrset", {rrset["id"]: None})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_protection", starts=("change_rrset_protection",))
    def change_rrset_protection(self, zone: Record, name: str, type: str, *, change: bool) -> Body:
        """Change the protection of an RRset."""
        effect = partial(self.put, self._rrset(zone, name, type), {"protection": {"change": change}})
        return {"action": self.start_action(zone, "change_rrset_protection", effect, seconds=0, locking=False)}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/change_ttl", starts=("change_rrset_ttl",))
    def change_rrset_ttl(self, zone: Record, name: str, type: str, *, ttl: TTL | None) -> Body:
        """Change the TTL of an RRset; ``None`` stands for the TTL of the zone."""
        changed = {**self._changeable_rrset(zone, name, type), "ttl": ttl}
        return {"action": self.publish(zone, "change_rrset_ttl", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/set_records", starts=("set_rrset_records",))
    def set_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Replace the records of an RRset."""
        changed = {**self._changeable_rrset(zone, name, type), "records": build_records(type, records)}
        check_compatible(changed, self.rrsets_of(zone))
        return {"action": self.publish(zone, "set_rrset_records", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/add_records", starts=("add_rrset_records",))
    def add_records(
        self, zone: Record, name: str, type: str, *, records: RecordsChange, ttl: TTL | None = None
    ) -> Body:
        """Add records to an RRset, which is created if it does not exist."""
        rrsets = self.rrsets_of(zone)
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
        return {"action": self.publish(zone, "add_rrset_records", {changed["id"]: changed})}

    @operation("POST /{id}/rrsets/{rr_name}/{rr_type}/actions/remove_records", starts=("remove_rrset_records",))
    def remove_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Remove records from an RRset, which is deleted with its last record."""
        rrset = self._changeable_rrset(zone, name, type)
        removed = [find_record(rrset, record["value"]) for record in records]
        remaining = [record for record in rrset["records"] if record not in removed]
        if not remaining:
            check_deletable(rrset)
        changed = {**rrset, "records": remaining} if remaining else None
        return {"action": self.publish(zone, "remove_rrset_records", {rrset["id"]: changed})}

    @operation(
        "POST /{id}/rrsets/{rr_name}/{rr_type}/actions/update_records", status=200, starts=("update_rrset_records",)
    )
    def update_records(self, zone: Record, name: str, type: str, *, records: RecordsChange) -> Body:
        """Change the comments of records."""
        rrset = self._changeable_rrset(zone, name, type)
        changes = {find_record(rrset, record["value"])["value"]: record.get("comment", "") for record in records}
        updated = [
            {**record, "comment": changes.get(record["value"], record["comment"])} for record in rrset["records"]
        ]
        return {"action": self.publish(zone, "update_rrset_records", {rrset["id"]: {**rrset, "records": updated}})}

    # Contents of a zone

    def rrsets_of(self, zone: Record) -> dict[str, Record]:
        """Return the RRsets of a primary zone by ID.

        :raises ErrorResponse: ``incorrect_zone_mode``
        """
        if zone["mode"] != "primary":
            raise wrong_mode(zone)
        rrsets: dict[str, Record] = self.private(zone)["rrsets"]
        return rrsets

    def _rrset(self, zone: Record, name: str, type: str) -> Record:
        rrset = self.rrsets_of(zone).get(f"{name}/{type}")
        if rrset is None:
            raise not_found("rrset", f"{name}/{type}")
        return rrset

    def _changeable_rrset(self, zone: Record, name: str, type: str) -> Record:
        rrset = self._rrset(zone, name, type)
        if rrset["protection"]["change"]:
            raise protected("rrset", "change")
        return rrset

    def next_serial(self, previous: int) -> int:
        """Return the next serial number: that of the date, or the previous one plus 1 if that is larger.

        It has 32 bits, and begins again after the last one.
        """
        today = datetime.fromtimestamp(self.project.cloud.clock.time(), UTC).strftime("%Y%m%d")
        return max(int(f"{today}00"), (previous + 1) % 2**32)

    # Publication

    def publish(
        self, zone: Record, command: str, rrsets: Mapping[str, Record | None] | None = None, **fields: Any
    ) -> Record:
        """Change a zone and start the action that publishes the change.

        :param rrsets: New RRsets by ID; ``None`` deletes an RRset
        :param fields: New values of fields of the zone
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
        rrsets = self.rrsets_of(zone)
        previous = {rrset_id: rrsets.get(rrset_id) for rrset_id in changes}
        for rrset_id, rrset in changes.items():
            if rrset is None:
                rrsets.pop(rrset_id, None)
            else:
                rrsets[rrset_id] = rrset
        zone["record_count"] = sum(len(rrset["records"]) for rrset in rrsets.values())
        soa = rrsets["@/SOA"]["records"][0]
        nameserver, mailbox, serial, *rest = soa["value"].split()
        soa["value"] = " ".join([nameserver, mailbox, str(self.next_serial(int(serial))), *rest])
        return previous

    def _complete_publication(self, zone: Record) -> None:
        zone["status"] = "ok"

    def _fail_publication(self, zone: Record, fields: Record, rrsets: dict[str, Record | None]) -> None:
        zone.update(fields, status="error")
        self._replace_rrsets(zone, rrsets)


def wrong_mode(zone: Record) -> ErrorResponse:
    """Return the error for an operation that a zone's mode does not allow."""
    return ErrorResponse("incorrect_zone_mode", f"this is not supported for a zone in {zone['mode']} mode")
