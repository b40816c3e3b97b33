"""DNS zones."""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address
from typing import Annotated, Literal, TypedDict

from ..error_responses import invalid, not_found, protected
from ..listing import Filter, Filters, Names
from ..resource import Body, action, operation
from ..schema import Labels, Length, Pattern, Record, Validator, Within
from .rrset_operations import RRSetOperations, wrong_mode
from .rrsets import NAMESERVERS, TTL, RRSetInput, build_rrsets, default_rrsets, parse_zonefile

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


class Zones(RRSetOperations):
    """DNS zones. Their delegation is never checked: its status stays ``unknown``."""

    collection = "zones"
    singular = "zone"
    sortable: Names = ("id", "name", "created")
    # A guess: two modes mean either.
    filters: Filters = (Filter("name"), Filter("mode", ("primary", "secondary"), many=True))
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

    @operation("POST /", starts=("create_zone",))
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
        return {"zone": zone, "action": self.publish(zone, "create_zone")}

    @operation("PUT /{id}")
    def update(self, zone: Record, *, labels: Labels | None = None) -> Body:
        """Change the labels of a zone."""
        return {"zone": self.change(zone, labels=labels)}

    @operation("DELETE /{id}", status=201, starts=("delete_zone",))
    def delete(self, zone: Record) -> Body:
        """Delete a zone with its RRsets, unless one of them is protected."""
        self.check_protection(zone)
        self._check_rrset_protection(zone)
        self.remove(zone)
        return {"action": self.start_action(zone, "delete_zone", locking=False)}

    @operation("GET /{id}/zonefile")
    def export_zonefile(self, zone: Record) -> Body:
        """Return the zone file of a zone."""
        from .. import zonefile

        records = (
            zonefile.ZoneFileRecord(rrset["name"], rrset["type"], rrset["ttl"], record["value"], record["comment"])
            for rrset in self.rrsets_of(zone).values()
            for record in rrset["records"]
        )
        return {"zonefile": zonefile.write(zone["name"], zone["ttl"], records)}

    @action()
    def import_zonefile(self, zone: Record, *, zonefile: str) -> Body:
        """Replace the RRsets of a zone by those of a zone file."""
        current = self.rrsets_of(zone)
        self._check_rrset_protection(zone)
        ttl, imported = parse_zonefile(zone, zonefile)
        if "@/SOA" not in imported:
            raise invalid("zonefile", "there must be a SOA record")
        records = imported["@/NS"]["records"] if "@/NS" in imported else []
        values = {record["value"].lower() for record in records}
        if missing := [nameserver for nameserver in NAMESERVERS if nameserver not in values]:
            raise invalid("zonefile", f"there must be NS records of the zone's nameservers, also {missing[0]}")
        changes = {**dict.fromkeys(current), **imported}
        return {"action": self.publish(zone, "import_zonefile", changes, ttl=zone["ttl"] if ttl is None else ttl)}

    @action()
    def change_primary_nameservers(self, zone: Record, *, primary_nameservers: list[NameserverInput]) -> Body:
        """Change the primary nameservers of a secondary zone."""
        if zone["mode"] != "secondary":
            raise wrong_mode(zone)
        nameservers = _build_nameservers(primary_nameservers)
        return {"action": self.publish(zone, "change_primary_nameservers", primary_nameservers=nameservers)}

    @action()
    def change_protection(self, zone: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a zone."""
        return {"action": self.protect(zone, delete)}

    @action()
    def change_ttl(self, zone: Record, *, ttl: TTL) -> Body:
        """Change the TTL of RRsets without one of their own."""
        if zone["mode"] != "primary":
            raise wrong_mode(zone)
        return {"action": self.publish(zone, "change_ttl", ttl=ttl)}

    def _check_rrset_protection(self, zone: Record) -> None:
        """Check that no RRset of a zone is protected.

        :raises ErrorResponse: ``protected``
        """
        if any(rrset["protection"]["change"] for rrset in self.private(zone)["rrsets"].values()):
            raise protected("rrset", "change")

    def _initial_rrsets(self, zone: Record, inputs: list[RRSetInput], zonefile: str | None) -> dict[str, Record]:
        """Return the RRsets of a new zone by ID; a zone file can change the TTL of the zone."""
        if zonefile is None:
            rrsets = build_rrsets(zone, inputs)
        elif inputs:
            raise invalid("zonefile", "there can be rrsets or a zonefile, not both")
        else:
            ttl, rrsets = parse_zonefile(zone, zonefile)
            zone["ttl"] = zone["ttl"] if ttl is None else ttl
        return {**default_rrsets(zone, self.next_serial(0)), **rrsets}


def _build_nameservers(inputs: list[NameserverInput] | None) -> list[Record]:
    if not inputs:
        raise invalid("primary_nameservers", "a secondary zone needs at least one")
    for nameserver in inputs:
        if ("tsig_key" in nameserver) != ("tsig_algorithm" in nameserver):
            raise invalid("primary_nameservers", "tsig_key and tsig_algorithm belong together")
    return [{"port": 53, **nameserver} for nameserver in inputs]
