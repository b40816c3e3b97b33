"""Zones and their record sets."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError, NotFetchedError
from hcloud.zones import BoundZone, BoundZoneRRSet, Zone, ZonePrimaryNameserver, ZoneRecord, ZoneRRSet
from tests.stub import Stub

ACTION = {"id": 1, "command": "x", "status": "success", "progress": 100, "resources": [], "error": None}
RRSET = {"id": "www/A", "name": "www", "type": "A", "zone": 42, "ttl": None, "labels": {}, "records": []}


@pytest.fixture
def zone(stub: Stub) -> BoundZone:
    return BoundZone(stub.client().zones, {"id": 42, "name": "example.com"})


@pytest.mark.parametrize(("zone", "path"), [(Zone(name="example.com"), "example.com"), (Zone(id=42, name="x"), "42")])
def test_zone_is_addressed_by_id_or_name(stub: Stub, zone: Zone, path: str) -> None:
    stub.responses = [(200, {"action": ACTION})]
    stub.client().zones.change_ttl(zone, 60)
    assert [sent.path for sent in stub.sent] == [f"/zones/{path}/actions/change_ttl"]


def test_zone_is_fetched_on_access_and_reloaded(stub: Stub) -> None:
    stub.responses = [(200, {"zone": {"id": 42, "name": "example.com", "ttl": 60}})]
    zone = BoundZone(stub.client().zones, {"id": 42}, complete=False)
    assert zone.ttl == 60
    zone.reload()
    assert [sent.path for sent in stub.sent] == ["/zones/42", "/zones/42"]


def test_rejects_record_sets_together_with_a_zone_file(stub: Stub) -> None:
    with pytest.raises(InvalidArgumentError, match="rrsets and zonefile"):
        stub.client().zones.create(name="example.com", mode="primary", rrsets=[ZoneRRSet("www", "A")], zonefile="x")
    assert stub.sent == []


def test_tsig_key_is_sent_but_not_shown(stub: Stub, zone: BoundZone) -> None:
    stub.responses = [(201, {"action": ACTION})]
    nameserver = ZonePrimaryNameserver("198.51.100.1", 53, "hmac-sha256", "a-key")
    zone.change_primary_nameservers([nameserver])
    assert stub.sent[0].json["primary_nameservers"][0]["tsig_key"] == "a-key"
    assert "a-key" not in repr(nameserver)


# Record sets


@pytest.mark.parametrize("identity", [{"id": "_sip._tcp/SRV"}, {"name": "_sip._tcp", "type": "SRV"}])
def test_id_is_derived_from_name_and_type_and_vice_versa(stub: Stub, identity: dict[str, Any]) -> None:
    bound = BoundZoneRRSet(stub.client().zones, {**identity, "zone": 42}, complete=False)
    for rrset in (ZoneRRSet(**identity), ZoneRRSet.from_dict(identity), bound):
        assert (rrset.id, rrset.name, rrset.type) == ("_sip._tcp/SRV", "_sip._tcp", "SRV")
    assert stub.sent == []


def test_record_set_without_an_identity() -> None:
    rrset = ZoneRRSet(ttl=60)
    assert (rrset.id, rrset.name, rrset.type) == (None, None, None)


def test_new_record_set_is_sent_without_read_only_fields(stub: Stub) -> None:
    stub.responses = [(201, {"zone": {"id": 42}, "action": ACTION})]
    rrset = ZoneRRSet("www", "A", ttl=60, id="www/A", zone=Zone(1), records=[ZoneRecord("198.51.100.1", "web")])
    stub.client().zones.create(name="example.com", mode="primary", rrsets=[rrset])
    assert stub.sent[0].json["rrsets"] == [
        {"name": "www", "type": "A", "ttl": 60, "records": [{"value": "198.51.100.1", "comment": "web"}]}
    ]


def test_record_set_is_addressed_through_its_zone(stub: Stub) -> None:
    stub.responses = [(201, {"rrset": RRSET, "action": ACTION}), (201, {"action": ACTION}), (200, {"rrset": RRSET})]
    rrset = stub.client().zones.create_rrset(Zone(42), name="www", type="A").rrset
    assert isinstance(rrset, BoundZoneRRSet)
    rrset.change_rrset_ttl(None)
    rrset.reload()
    assert [(sent.method, sent.path, sent.json) for sent in stub.sent[1:]] == [
        ("POST", "/zones/42/rrsets/www/A/actions/change_ttl", {"ttl": None}),
        ("GET", "/zones/42/rrsets/www/A", None),
    ]


def test_partial_record_set_is_fetched_through_its_zone(stub: Stub) -> None:
    stub.responses = [(200, {"rrset": {**RRSET, "ttl": 60}})]
    rrset = BoundZoneRRSet(stub.client().zones, {"name": "www", "type": "A", "zone": 42}, complete=False)
    assert rrset.ttl == 60
    assert [sent.path for sent in stub.sent] == ["/zones/42/rrsets/www/A"]


@pytest.mark.parametrize("identity", [{"id": "www/A"}, {"zone": 42, "name": "www"}])
def test_rejects_a_record_set_with_an_incomplete_identity(stub: Stub, identity: dict[str, Any]) -> None:
    rrset = BoundZoneRRSet(stub.client().zones, identity, complete=False)
    with pytest.raises(InvalidArgumentError):
        assert rrset.ttl
    with pytest.raises(InvalidArgumentError):
        rrset.delete_rrset()
    assert stub.sent == []


def test_not_fetched_error_names_load(stub: Stub) -> None:
    zones = stub.client(lazy=False).zones
    for bound in (BoundZone(zones, {"id": 42}, False), BoundZoneRRSet(zones, {"id": "www/A", "zone": 42}, False)):
        with pytest.raises(NotFetchedError, match=r"'ttl' .* call its load\(\)"):
            assert bound.ttl


@pytest.mark.parametrize("by_keyword", [True, False])
def test_record_set_without_a_zone_gets_the_bound_zone(stub: Stub, zone: BoundZone, by_keyword: bool) -> None:
    stub.responses = [(201, {"action": ACTION})]
    rrset = ZoneRRSet("www", "A")
    if by_keyword:
        zone.change_rrset_ttl(rrset=rrset, ttl=60)
    else:
        zone.change_rrset_ttl(rrset, 60)
    zone.delete_rrset(ZoneRRSet("www", "A", zone=Zone(name="example.org")))
    assert [sent.path for sent in stub.sent] == [
        "/zones/42/rrsets/www/A/actions/change_ttl",
        "/zones/example.org/rrsets/www/A",
    ]
    assert rrset.zone is None, "the caller's record set is unchanged"


def test_bound_zone_rejects_unknown_arguments(stub: Stub, zone: BoundZone) -> None:
    with pytest.raises(TypeError):
        zone.delete_rrset(ZoneRRSet("www", "A"), 60)  # type: ignore[call-arg]
    assert stub.sent == []


def test_record_sets_are_streamed_with_100_per_page(stub: Stub, zone: BoundZone) -> None:
    def page(number: int, following: int | None) -> Any:
        pagination = {"page": number, "per_page": 100, "next_page": following, "last_page": 2, "total_entries": 2}
        return 200, {"rrsets": [{**RRSET, "id": f"www{number}/A"}], "meta": {"pagination": pagination}}

    stub.responses = [page(1, 2), page(2, None)]
    ids = [rrset.id for rrset in stub.client().zones.iter_rrset_all(zone, type=["A"], per_page=100)]
    assert ids == ["www1/A", "www2/A"]
    assert [sent.query["per_page"] for sent in stub.sent] == [["100"], ["100"]]


def test_record_set_can_be_copied_and_pickled(stub: Stub) -> None:
    rrset = BoundZoneRRSet(stub.client().zones, {"id": "www/A", "zone": 42, "records": [{"value": "x"}]})
    for twin in (copy.copy(rrset), copy.deepcopy(rrset), pickle.loads(pickle.dumps(rrset))):
        assert twin.records == [ZoneRecord("x")]
        assert twin.name == "www"
        assert hash(twin) == hash(rrset)
    assert stub.sent == []


def test_record_with_an_empty_comment_equals_one_without() -> None:
    written, empty = ZoneRecord("198.51.100.1"), ZoneRecord.from_dict({"value": "198.51.100.1", "comment": ""})
    assert written == empty
    assert hash(written) == hash(empty)
    assert empty.comment == ""
    assert empty.to_dict() == {"value": "198.51.100.1", "comment": ""}
    assert ZoneRRSet(name="www", records=[written]) == ZoneRRSet(name="www", records=[empty])
    assert ZoneRecord("198.51.100.1", "a") != written
    assert ZoneRecord("198.51.100.2", "") != written


def test_records_equal_those_of_the_api(client: Client) -> None:
    zone = client.zones.create(name="example.com", mode="primary").wait().zone
    records = [ZoneRecord("198.51.100.1"), ZoneRecord("198.51.100.2", comment="")]
    zone.create_rrset(name="www", type="A", records=records).wait()
    fetched = zone.get_rrset("www", "A").records
    assert fetched is not None
    assert set(fetched) == set(records)
