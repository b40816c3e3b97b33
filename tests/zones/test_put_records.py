"""Tests of ``put_records``, and of zones by their Unicode names."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from hcloud import Client, InvalidArgumentError, InvalidInputError, NotFoundError, ProtectedError
from hcloud.testing import FakeCloud
from hcloud.zones import BoundZone, Zone, ZoneRecord, ZoneRRSet
from hcloud.zones.record_values import canonical_value, relative_name
from tests.stub import Stub, error


@pytest.fixture
def zone(client: Client) -> BoundZone:
    """Zone of the fake cloud."""
    return client.zones.create(name="example.com", mode="primary", ttl=3600).wait().zone


def requests(cloud: FakeCloud) -> list[str]:
    entries = [
        f"{entry.method} {entry.path.partition('/rrsets')[2]}"
        for entry in cloud.requests
        if not entry.path.startswith("/actions")
    ]
    cloud.requests.clear()
    return entries


def test_creates_a_missing_record_set(cloud: FakeCloud, zone: BoundZone) -> None:
    cloud.requests.clear()
    response = zone.put_records("www", "A", ["198.51.100.1", "198.51.100.2"], ttl=300)
    assert requests(cloud) == ["GET /www/A", "POST "]
    rrset = response.wait().rrset
    assert response.is_changed
    assert ([record.value for record in rrset.records], rrset.ttl) == (["198.51.100.1", "198.51.100.2"], 300)


def test_sends_no_write_if_nothing_changes(cloud: FakeCloud, zone: BoundZone) -> None:
    zone.put_records("www", "A", ["198.51.100.1", "198.51.100.2"], ttl=300).wait()
    cloud.requests.clear()
    for values, ttl in ((["198.51.100.2", "198.51.100.1"], 300), (("198.51.100.1", "198.51.100.2"), None)):
        response = zone.put_records("WWW", "A", values, ttl=ttl)
        assert (response.is_changed, response.actions) == (False, [])
        assert response.wait() is response
        assert requests(cloud) == ["GET /www/A"]


def test_replaces_the_values(cloud: FakeCloud, zone: BoundZone) -> None:
    records = [ZoneRecord("198.51.100.1", comment="stays"), ZoneRecord("198.51.100.2", comment="goes")]
    zone.create_rrset(name="www", type="A", ttl=120, records=records).wait()
    cloud.requests.clear()
    rrset = zone.put_records("www", "A", ["198.51.100.3", "198.51.100.1"]).wait().rrset
    assert requests(cloud) == ["GET /www/A", "POST /www/A/actions/set_records"]
    assert {record.value: record.comment for record in rrset.records} == {"198.51.100.1": "stays", "198.51.100.3": ""}
    assert rrset.ttl == 120


def test_changes_the_ttl(cloud: FakeCloud, zone: BoundZone) -> None:
    zone.put_records("www", "A", ["198.51.100.1"]).wait()
    cloud.requests.clear()
    assert zone.put_records("www", "A", ["198.51.100.1"], ttl=60).wait().rrset.ttl == 60
    assert requests(cloud) == ["GET /www/A", "POST /www/A/actions/change_ttl", "GET /www/A"]
    response = zone.put_records("www", "A", ["198.51.100.2"], ttl=90).wait()
    assert len(response.actions) == 2
    assert ([record.value for record in response.rrset.records], response.rrset.ttl) == (["198.51.100.2"], 90)


@pytest.mark.parametrize(
    ("type", "first", "same"),
    [
        ("AAAA", "2001:db8::1", "2001:DB8:0:0::1"),
        ("TXT", 'v=spf1 include:"x" -all', '"v=spf1 include:\\"x\\" -all"'),
        ("TXT", '"one two"', '"one" " two"'),
        ("TXT", "ä" * 200, "ä" * 200),
        ("CNAME", "target.example.org.", "TARGET.Example.org."),
        ("CNAME", "mail.example.com.", "mail"),
        ("MX", "10 mail.example.com.", "10   Mail"),
        ("MX", "10 example.com.", "10 @"),
        ("NS", "ns1.example.org.", "NS1.example.org."),
        ("SRV", "0 5 5060 sip.example.com.", "0 5 5060 sip"),
        ("CAA", '0 issue "letsencrypt.org"', "0 ISSUE letsencrypt.org"),
        ("CAA", "0 issue letsencrypt.org", '00 issue "letsencrypt.org"'),
        ("MX", "10 mail", "010 mail"),
        ("SRV", "0 5 443 sip", "00 05 0443 sip"),
        ("HINFO", '"PC" "Linux"', "PC Linux"),
        ("HTTPS", '1 . alpn="h2,h3" port=443', "1 . port=443 alpn=h2,h3"),
        ("SVCB", "0 svc.example.com.", "0 SVC"),
        ("CNAME", "bücher.example.org.", "xn--bcher-kva.example.org."),
        ("MX", "10 bücher", "10 Bücher.example.com."),
        ("TLSA", "3 1 1 " + "ab" * 32, "3 1 1 " + "AB" * 16 + " " + "AB" * 16),
    ],
)
def test_values_that_mean_the_same_are_equal(zone: BoundZone, type: Any, first: str, same: str) -> None:
    assert zone.put_records("a", type, [first]).wait().is_changed
    assert not zone.put_records("a", type, [same]).is_changed
    assert not zone.put_records("a", type, [same, first]).is_changed


@pytest.mark.parametrize(
    ("type", "first", "other"),
    [
        ("TXT", "Text", "text"),
        ("TXT", "a b", "a  b"),
        ("CNAME", "mail.example.com.", "mail.example.com"),  # without the dot, it is a name below the zone
        ("MX", "10 mail.example.com.", "20 mail.example.com."),
        ("CAA", '0 issue "letsencrypt.org"', '0 issue "letsencrypt.org; policy=x"'),
        ("CAA", '0 iodef "mailto:A@example.com"', '0 iodef "mailto:a@example.com"'),
        ("HINFO", '"PC" "Linux"', '"pc" "Linux"'),
        ("HTTPS", "1 . alpn=h2", "1 . alpn=h3"),
        ("MX", "0 mail", "00 mail2"),
    ],
)
def test_other_values_are_different(type: str, first: str, other: str) -> None:
    assert canonical_value(type, first, "example.com") != canonical_value(type, other, "example.com")


@pytest.mark.parametrize(
    ("type", "value"), [("TXT", f'"{"x" * 300}"'), ("TXT", '"\\300"'), ("A", "1.1"), ("CNAME", "ü" * 70)]
)
def test_a_malformed_value_of_the_api_equals_itself_only(type: str, value: str) -> None:
    assert canonical_value(type, value, "example.com") == value


def test_the_serial_number_of_the_zone_is_no_change(zone: BoundZone) -> None:
    values = ["hydrogen.ns.hetzner.com. dns.hetzner.com. 1 86400 10800 3600000 3600"]
    zone.put_records("@", "SOA", values).wait()
    assert not zone.put_records("@", "SOA", values).is_changed


def test_names_within_values_are_sent_in_punycode(zone: BoundZone) -> None:
    rrset = zone.put_records("@", "MX", ["10 bücher.example.org.", "20 mail"]).wait().rrset
    assert {record.value for record in rrset.records} == {"10 xn--bcher-kva.example.org.", "20 mail"}


def test_the_zone_may_have_a_trailing_dot(client: Client, zone: BoundZone) -> None:
    assert client.zones.put_records("example.com.", "www", "A", ["198.51.100.1"]).wait().is_changed
    assert not zone.put_records("www.example.com.", "A", ["198.51.100.1"]).is_changed


def test_txt_is_quoted(zone: BoundZone) -> None:
    rrset = zone.put_records("@", "TXT", ['say "hi"', '"quoted"']).wait().rrset
    assert {record.value for record in rrset.records} == {'"say \\"hi\\""', '"quoted"'}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("@", "@"), ("www", "www"), ("WWW.Example.com.", "www"), ("example.com.", "@"), ("bücher", "xn--bcher-kva")],
)
def test_names(name: str, expected: str) -> None:
    assert relative_name(name, "example.com") == expected


@pytest.mark.parametrize(
    ("name", "type", "values"),
    [
        ("www", "A", "198.51.100.1"),
        ("www", "A", None),
        ("www", "A", []),
        ("www", "A", ["198.51.100"]),
        ("www", "A", ["2001:db8::1"]),
        ("www", "AAAA", ["198.51.100.1"]),
        ("www", "A", [""]),
        ("www", "A", [1]),
        ("www", "TXT", ['"' + "x" * 256 + '"']),
        ("", "A", ["198.51.100.1"]),
        (None, "A", ["198.51.100.1"]),
        ("www.example.org.", "A", ["198.51.100.1"]),
        ("bü..cher..", "A", ["198.51.100.1"]),
        ("www", "CNAME", ["ü" * 70]),
    ],
)
def test_rejects_what_can_not_be_sent(cloud: FakeCloud, zone: BoundZone, name: Any, type: Any, values: Any) -> None:
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError):
        zone.put_records(name, type, values)
    assert cloud.requests == []


def test_the_api_rejects_other_values(zone: BoundZone) -> None:
    with pytest.raises(InvalidInputError):
        zone.put_records("www", "MX", ["mail"])


def test_a_protected_record_set(zone: BoundZone) -> None:
    rrset = zone.put_records("www", "A", ["198.51.100.1"]).wait().rrset
    rrset.change_rrset_protection(change=True).wait()
    assert not zone.put_records("www", "A", ["198.51.100.1"]).is_changed
    with pytest.raises(ProtectedError):
        zone.put_records("www", "A", ["198.51.100.2"])
    assert zone.get_rrset("www", "A").records == [ZoneRecord("198.51.100.1")]


@pytest.mark.parametrize(
    "form",
    [lambda zone: zone.id, lambda zone: str(zone.id), lambda zone: Zone(id=zone.id)],
    ids=["integer", "text", "record"],
)
def test_a_zone_by_its_id(client: Client, zone: BoundZone, form: Any) -> None:
    client.zones.put_records(form(zone), "a", "CNAME", ["mail.example.com."]).wait()
    assert not client.zones.put_records(form(zone), "a", "CNAME", ["mail"]).is_changed


def test_a_missing_zone(client: Client) -> None:
    with pytest.raises(NotFoundError):
        client.zones.put_records("example.net", "www", "A", ["198.51.100.1"])


def test_a_record_set_that_appears_meanwhile(stub: Stub) -> None:
    rrset = {"id": "www/A", "name": "www", "type": "A", "ttl": None, "records": [{"value": "198.51.100.1"}], "zone": 1}
    stub.responses = [(404, error("not_found")), (409, error("uniqueness_error")), (200, {"rrset": rrset})]
    assert not stub.client().zones.put_records("example.com", "www", "A", ["198.51.100.1"]).is_changed
    assert [sent.method for sent in stub.sent] == ["GET", "POST", "GET"]


def test_zones_by_their_unicode_names(cloud: FakeCloud, client: Client) -> None:
    zone = client.zones.create(name="bücher.example", mode="primary").wait().zone
    assert zone.name == "xn--bcher-kva.example"
    assert client.zones.get("bücher.example") == client.zones.get("Bücher.example") == zone
    assert client.zones.get_list(name="bücher.example").zones == [zone]
    assert client.zones.get_all(name="bücher.example") == list(client.zones.iter(name="bücher.example")) == [zone]
    cloud.requests.clear()
    client.zones.put_records("bücher.example", "straße", "A", ["198.51.100.1"]).wait()
    assert client.zones.get_rrset("bücher.example", "straße", "A").name == "xn--strae-oqa"
    assert client.zones.update("bücher.example", labels={"a": "b"}).labels == {"a": "b"}
    assert client.zones.update(Zone(name="bücher.example"), labels={}).labels == {}
    assert client.zones.delete_rrset(ZoneRRSet(name="straße", type="A", zone=Zone(name="bücher.example"))).wait()
    client.zones.delete("bücher.example").wait()
    assert client.zones.get_all() == []


@pytest.mark.parametrize("name", ["bü cher.example", "ü" * 64 + ".example", "a\u200db.example", "²"])
def test_names_that_are_none_are_sent_as_they_are(cloud: FakeCloud, client: Client, name: str) -> None:
    with pytest.raises(NotFoundError):
        client.zones.get(name)
    assert [request.path for request in cloud.requests] == [f"/zones/{quote(name)}"]
    with pytest.raises(InvalidArgumentError, match="no domain name"):
        client.zones.put_records("example.com", name, "A", ["198.51.100.1"])


@pytest.mark.parametrize("name", ["EXAMPLE.com", "Example.COM.", Zone(name="Example.com")])
def test_the_case_of_a_zone_makes_no_difference(client: Client, zone: BoundZone, name: Any) -> None:
    zone.put_records("www", "A", ["198.51.100.1"]).wait()
    assert not client.zones.put_records(name, "www", "A", ["198.51.100.1"]).is_changed


@pytest.mark.parametrize("name", ["müller.de", "MÜLLER.DE", "Müller.De."])
def test_the_case_of_a_zone_with_an_unicode_name_makes_no_difference(client: Client, name: str) -> None:
    zone = client.zones.create(name="müller.de", mode="primary").wait().zone
    assert client.zones.put_records(name, "www", "A", ["198.51.100.1"]).rrset.zone == zone
    assert client.zones.get(name.removesuffix(".")).id == zone.id


def test_a_ttl_that_the_api_rejects_changes_nothing(cloud: FakeCloud, zone: BoundZone) -> None:
    zone.put_records("www", "A", ["198.51.100.1"], ttl=300).wait()
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match="ttl must be a number of seconds from 60 to 2147483647"):
        zone.put_records("www", "A", ["198.51.100.2"], ttl=30)
    assert cloud.requests == []
    assert [record.value for record in zone.get_rrset("www", "A").records] == ["198.51.100.1"]
