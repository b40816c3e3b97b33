"""DNS zones and RRsets in the fake cloud."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

import hcloud.testing
from hcloud.testing import FakeCloud
from tests.testing.api import API

NAMESERVERS = ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."]
AT = "/zones/example.com"


@pytest.fixture
def zone(api: API) -> Any:
    response = api.post("/zones", name="example.com", mode="primary")
    api.done(response)
    return api.get(AT)["zone"]


@pytest.fixture
def secondary(api: API) -> Any:
    nameservers = [{"address": "198.51.100.1"}]
    response = api.post("/zones", name="second.example", mode="secondary", primary_nameservers=nameservers)
    api.done(response)
    return response["zone"]


def rrset(api: API, name: str, type: str) -> Any:
    return api.get(f"{AT}/rrsets/{name}/{type}")["rrset"]


def values(api: API, name: str, type: str) -> list[str]:
    return [record["value"] for record in rrset(api, name, type)["records"]]


def serial(api: API) -> int:
    return int(values(api, "@", "SOA")[0].split()[2])


def records(*values: str) -> list[dict[str, str]]:
    return [{"value": value} for value in values]


def test_create(api: API) -> None:
    arguments = {"name": "www", "type": "A", "ttl": 60, "records": [{"value": "198.51.100.1", "comment": "web"}]}
    response = api.post("/zones", name="example.com", mode="primary", ttl=7200, labels={"a": "b"}, rrsets=[arguments])
    created = response["zone"]
    assert (created["status"], created["record_count"], created["ttl"], created["registrar"]) == (
        "updating",
        5,
        7200,
        "other",
    )
    assert created["authoritative_nameservers"]["assigned"] == NAMESERVERS
    assert response["action"]["resources"] == [{"id": created["id"], "type": "zone"}]

    assert api.done(response)["command"] == "create_zone"
    created = api.get(f"/zones/{created['id']}")["zone"]
    assert created == api.get(AT)["zone"]
    assert (created["status"], created["authoritative_nameservers"]["delegation_status"]) == ("ok", "unknown")
    assert values(api, "@", "NS") == NAMESERVERS
    assert values(api, "@", "SOA")[0].startswith("hydrogen.ns.hetzner.com. dns.hetzner.com. 20261015")
    assert rrset(api, "www", "A") == {
        "id": "www/A",
        "name": "www",
        "type": "A",
        "ttl": 60,
        "labels": {},
        "protection": {"change": False},
        "records": [{"value": "198.51.100.1", "comment": "web"}],
        "zone": created["id"],
    }


def test_create_with_a_zone_file(api: API) -> None:
    text = "$ORIGIN example.com.\n$TTL 10800\n\n@\tIN\tA\t198.51.100.1 ; My server\n"
    created = api.post("/zones", name="example.com", mode="primary", zonefile=text)["zone"]
    assert (created["ttl"], created["record_count"]) == (10800, 5)
    assert rrset(api, "@", "A")["records"] == [{"value": "198.51.100.1", "comment": "My server"}]


def test_invalid_arguments(api: API, zone: Any) -> None:
    def invalid_fields(name: str = "x.example", mode: str = "primary", **fields: Any) -> list[str]:
        return api.post("/zones", name=name, mode=mode, **fields).fields

    web = {"name": "www", "type": "A", "records": records("198.51.100.1")}
    assert invalid_fields("example") == invalid_fields("Example.com") == invalid_fields("example.com.") == ["name"]
    assert api.post("/zones", name="example.com", mode="primary").code == "uniqueness_error"
    assert invalid_fields(mode="tertiary") == ["mode"]
    assert invalid_fields(ttl=59) == ["ttl"]
    assert invalid_fields(mode="secondary") == ["primary_nameservers"]
    assert invalid_fields(mode="secondary", primary_nameservers=[{"address": "ns.example"}]) == [
        "primary_nameservers.address"
    ]
    keyed = {"address": "2001:db8::1", "tsig_key": "a2V5"}
    assert invalid_fields(mode="secondary", primary_nameservers=[keyed]) == ["primary_nameservers"]
    assert invalid_fields(rrsets=[web], zonefile="") == ["zonefile"]
    assert invalid_fields(rrsets=[web, web]) == ["rrsets"]
    assert invalid_fields(rrsets=[{**web, "type": "B"}]) == ["rrsets.type"]
    assert invalid_fields(rrsets=[{**web, "name": "www."}]) == ["rrsets.name"]


def test_list_update_delete(api: API, zone: Any, secondary: Any) -> None:
    def names(**query: Any) -> list[str]:
        return [zone["name"] for zone in api.get("/zones", **query)["zones"]]

    assert api.put(AT, labels={"a": "b"})["zone"]["labels"] == {"a": "b"}
    assert names(sort="name:desc") == ["second.example", "example.com"]
    assert names(mode="primary") == names(name="example.com") == names(label_selector="a=b") == ["example.com"]
    api.done(api.post(f"{AT}/actions/change_protection", delete=True))
    assert api.delete(AT).code == "protected"
    api.done(api.post(f"{AT}/actions/change_protection", delete=False))
    deleted = api.delete(AT)
    assert (deleted.status, deleted["action"]["command"]) == (201, "delete_zone")
    assert api.get(AT).code == "not_found"
    assert names() == ["second.example"]


def test_rrsets(cloud: FakeCloud, api: API, zone: Any) -> None:
    before = serial(api)
    created = api.post(f"{AT}/rrsets", name="www", type="A", records=records("198.51.100.1"), labels={"a": "b"})
    assert created["rrset"]["ttl"] is None
    assert created["action"]["resources"] == [{"id": zone["id"], "type": "zone"}]
    assert api.get(AT)["zone"]["status"] == "updating"
    assert api.done(created)["command"] == "create_rrset"
    assert api.get(AT)["zone"]["status"] == "ok"
    assert (serial(api), api.get(AT)["zone"]["record_count"]) == (before + 1, 5)
    again = api.post(f"{AT}/rrsets", name="www", type="A", records=records("198.51.100.2"))
    assert (again.status, again.code) == (409, "uniqueness_error")

    at = f"{AT}/rrsets/www/A"
    assert api.put(at, labels={})["rrset"]["labels"] == {}
    assert api.put(at, records=records("198.51.100.2")).code == "invalid_input"
    for action, body, expected in (
        ("add_records", records("198.51.100.2", "198.51.100.3"), ["198.51.100.1", "198.51.100.2", "198.51.100.3"]),
        ("remove_records", records("198.51.100.2"), ["198.51.100.1", "198.51.100.3"]),
        ("set_records", records("198.51.100.9"), ["198.51.100.9"]),
    ):
        done = api.done(api.post(f"{at}/actions/{action}", records=body))
        assert done["command"] == action.replace("_records", "_rrset_records")
        assert values(api, "www", "A") == expected
    updated = api.post(f"{at}/actions/update_records", records=[{"value": "198.51.100.9", "comment": "new"}])
    assert updated.status == 200
    assert rrset(api, "www", "A")["records"] == [{"value": "198.51.100.9", "comment": "new"}]
    api.done(api.post(f"{at}/actions/change_ttl", ttl=300))
    assert rrset(api, "www", "A")["ttl"] == 300
    api.done(api.post(f"{at}/actions/change_ttl", ttl=None))
    assert rrset(api, "www", "A")["ttl"] is None

    deleted = api.delete(at)
    assert (deleted.status, deleted["action"]["command"]) == (201, "delete_rrset")
    assert api.get(at).code == api.delete(at).code == "not_found"
    assert api.get(AT)["zone"]["record_count"] == 4
    assert len(api.get(f"{AT}/actions")["actions"]) == 9


def test_adding_creates_and_removing_the_last_record_deletes_an_rrset(api: API, zone: Any) -> None:
    at = f"{AT}/rrsets/_acme-challenge.www/TXT"
    api.done(api.post(f"{at}/actions/add_records", records=records('"one"'), ttl=60))
    api.done(api.post(f"{at}/actions/add_records", records=records('"two"')))
    assert values(api, "_acme-challenge.www", "TXT") == ['"one"', '"two"']
    twice = api.post(f"{at}/actions/add_records", records=records('"one"'))
    assert (twice.status, twice.fields) == (422, ["records"])
    assert twice.body["error"]["message"].startswith("duplicate value")
    assert api.post(f"{at}/actions/add_records", records=records('"three"'), ttl=61).fields == ["ttl"]
    assert api.post(f"{at}/actions/remove_records", records=records('"four"')).fields == ["records"]
    assert api.post(f"{at}/actions/set_records", records=[]).fields == ["records"]
    api.done(api.post(f"{at}/actions/remove_records", records=records('"one"', '"two"')))
    assert api.get(at).code == "not_found"
    for action in ("set_records", "remove_records", "update_records"):
        assert api.post(f"{at}/actions/{action}", records=records('"one"')).code == "not_found"
    assert api.post(f"{AT}/rrsets/Www/A/actions/add_records", records=records("198.51.100.1")).fields == ["name"]
    assert api.post(f"{AT}/rrsets/www/B/actions/add_records", records=records("198.51.100.1")).fields == ["name"]


@pytest.mark.parametrize("command", ["set_records", "add_records", "remove_records", "update_records"])
def test_fifty_records_at_once(api: API, zone: Any, command: str) -> None:
    many = records(*(f"198.51.100.{number}" for number in range(51)))
    path = f"{AT}/rrsets/www/A/actions"
    api.done(api.post(f"{path}/add_records", records=many[:1]))
    assert api.post(f"{path}/{command}", records=many).fields == ["records"]


def test_serial_numbers_follow_the_date(cloud: FakeCloud, api: API, zone: Any) -> None:
    def change() -> int:
        api.post(f"{AT}/actions/change_ttl", ttl=60)
        return serial(api)

    first = change()
    assert str(first).startswith("20261015")
    assert change() == first + 1
    cloud.advance(86_400)
    assert change() == 2026101600


def test_rrset_protection(api: API, zone: Any) -> None:
    at = f"{AT}/rrsets/www/A"
    api.post(f"{AT}/rrsets", name="www", type="A", records=records("198.51.100.1"))
    done = api.done(api.post(f"{at}/actions/change_protection", change=True))
    assert done["command"] == "change_rrset_protection"
    assert rrset(api, "www", "A")["protection"] == {"change": True}
    assert api.delete(at).code == api.post(f"{at}/actions/change_ttl", ttl=60).code == "protected"
    for action in ("set_records", "add_records", "remove_records", "update_records"):
        assert api.post(f"{at}/actions/{action}", records=records("198.51.100.1")).code == "protected"
    assert api.post(f"{AT}/actions/import_zonefile", zonefile="").code == "protected"
    api.done(api.post(f"{at}/actions/change_protection", change=False))
    assert api.delete(at).status == 201


def test_listing_rrsets(api: API, zone: Any) -> None:
    for name in ("b", "a"):
        body = {"type": "A", "records": records("198.51.100.1"), "labels": {name: ""}}
        api.done(api.post(f"{AT}/rrsets", name=name, **body))

    def ids(**query: Any) -> list[str]:
        return [rrset["id"] for rrset in api.get(f"{AT}/rrsets", **query)["rrsets"]]

    assert ids() == ["@/SOA", "@/NS", "b/A", "a/A"]
    assert ids(sort="name", type=["A", "NS"]) == ["@/NS", "a/A", "b/A"]
    assert ids(sort="created:desc") == ["a/A", "b/A", "@/NS", "@/SOA"]
    assert ids(name="b") == ids(label_selector="b") == ["b/A"]
    assert api.get(f"{AT}/rrsets", type="B").fields == ["type"]
    assert api.get(f"{AT}/rrsets", per_page=200)["meta"]["pagination"]["per_page"] == 100


DIGEST = "2BB183AF5F22588179A53B0A98631FAD1A292118"


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("A", ["198.51.100.1"], ["198.51.100", "2001:db8::1", "", "198.51.100.1 198.51.100.2"]),
        ("AAAA", ["2001:db8::1"], ["198.51.100.1", "fe80::1%eth0"]),
        ("CAA", ['0 issue "letsencrypt.org"', '128 issuewild ";"'], ['300 issue "x"', "0 issue", "0 issue ;"]),
        ("CNAME", ["www", "www.example.org."], ["not a name", "-x", f"{'a' * 64}.example."]),
        (
            "DS",
            [f"60485 5 1 {DIGEST}", f"1 8 1 {DIGEST[:20]} {DIGEST[20:]}"],
            ["60485 5 1", "60485 5 1 XY", "1 8 2 AB"],
        ),
        ("HINFO", ['"PC" "Linux"', "PC Linux"], ["PC"]),
        (
            "HTTPS",
            ["1 . alpn=h2", "0 www.example.org.", '1 . alpn="h2,h3" port=8443'],
            ["1", "x .", '1 . alpn= "h2"', "1 . port=8443 port=8443", "0 . port=8443", "1 . ipv4hint=2001:db8::1"],
        ),
        ("MX", ["10 mail", "0 .", "10 mail.example.org."], ["mail", "70000 mail", "10 mail 5"]),
        ("NS", ["ns1.example.org."], ["10 ns1"]),
        ("PTR", ["host.example.org."], ["a b"]),
        ("RP", ["me.example.org. info.example.org.", r"john\.doe.example.org. ."], ["me.example.org.", "a\\ b.c. ."]),
        ("SRV", ["0 5 5060 sip.example.org."], ["0 5 sip.example.org."]),
        ("SVCB", ["1 svc.example.org. ipv4hint=198.51.100.1"], ["svc.example.org."]),
        ("TLSA", ["3 1 0 0C72AC70B745AC19998811B131D662C9"], ["3 1 1", "256 1 0 AB"]),
        ("TXT", ['"v=spf1 -all"', '"one" "two"', r'"a \"quoted\" word"'], ["v=spf1", f'"{"x" * 256}"', '"open']),
    ],
)
def test_values(api: API, zone: Any, type: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert api.post(f"{AT}/rrsets", name="x", type=type, records=records(value)).status == 201, value
        assert api.delete(f"{AT}/rrsets/x/{type}").status == 201
    for value in bad:
        assert api.post(f"{AT}/rrsets", name="x", type=type, records=records(value)).fields == ["records"], value


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("A", "198.51.100.1 ; a comment"),
        ("A", "( 198.51.100.1 )"),
        ("A", "198.51.100.1 "),
        ("A", "198.51.100.\u0661"),
        ("A", r"\# 4 C6336401"),
        ("A", ";"),
        ("CNAME", "a\\"),
        ("CNAME", "bücher.example."),
        ("CNAME", "a!b"),
        ("CNAME", "a.*.b"),
        ("MX", "1" * 5000 + " mail"),
        ("SOA", f"a b {'1' * 60_000}s 2 3 4 5"),
        ("SOA", r"a b \049 2 3 4 5"),
        ("TXT", '"x" ' * 16_384),
        ("TXT", " " * 200_000),
    ],
)
def test_values_of_no_line(api: API, zone: Any, type: str, value: str) -> None:
    response = api.post(f"{AT}/rrsets", name="x", type=type, records=records(value))
    assert response.fields == ["records"]
    (field,) = response.body["error"]["details"]["fields"]
    assert "is not a valid" in field["messages"][0]


def test_incompatible_records(api: API, zone: Any) -> None:
    def add(name: str, type: str, *values: str) -> Any:
        return api.post(f"{AT}/rrsets", name=name, type=type, records=records(*values))

    assert add("www", "CNAME", "a", "b").fields == ["records"]
    assert add("@", "CNAME", "a").fields == ["records"]
    assert add("www", "SOA", "a b 1 2 3 4 5").fields == ["records"]
    assert add("www", "CNAME", "a").status == 201
    assert add("www", "A", "198.51.100.1").fields == ["records"]
    assert api.post(f"{AT}/rrsets/www/CNAME/actions/add_records", records=records("b")).fields == ["records"]
    assert api.post(f"{AT}/rrsets/www/CNAME/actions/set_records", records=records("b")).status == 201
    assert add("web", "A", "198.51.100.1").status == 201
    assert add("web", "CNAME", "www").fields == ["records"]
    assert add("www.example.com", "A", "198.51.100.1").fields == ["name"]
    assert add("*.web", "A", "198.51.100.1", "198.51.100.1").fields == ["records"]
    assert add("*.web", "A", "198.51.100.1").status == 201
    for type in ("SOA", "NS"):
        assert api.delete(f"{AT}/rrsets/@/{type}").code == "invalid_input"


def test_failed_publication(cloud: FakeCloud, api: API, zone: Any) -> None:
    cloud.fail_action("change_ttl")
    assert api.done(api.post(f"{AT}/actions/change_ttl", ttl=60))["status"] == "error"
    assert api.get(AT)["zone"]["status"] == "error"
    api.done(api.post(f"{AT}/actions/change_ttl", ttl=61))
    assert api.get(AT)["zone"]["status"] == "ok"


def test_secondary_zones(api: API, secondary: Any) -> None:
    at = "/zones/second.example"
    assert (secondary["primary_nameservers"], secondary["record_count"]) == (
        [{"address": "198.51.100.1", "port": 53}],
        0,
    )
    keyed = {"address": "2001:db8::1", "port": 5353, "tsig_algorithm": "hmac-sha256", "tsig_key": "a2V5"}
    changed = api.post(f"{at}/actions/change_primary_nameservers", primary_nameservers=[keyed])
    assert api.done(changed)["command"] == "change_primary_nameservers"
    assert api.get(at)["zone"]["primary_nameservers"] == [keyed]
    assert api.get(at)["zone"]["status"] == "ok"
    assert api.post(f"{at}/actions/change_primary_nameservers", primary_nameservers=[]).code == "invalid_input"

    web = records("198.51.100.1")
    for response in (
        api.get(f"{at}/rrsets"),
        api.get(f"{at}/zonefile"),
        api.get(f"{at}/rrsets/www/A"),
        api.post(f"{at}/rrsets", name="www", type="A", records=web),
        api.post(f"{at}/rrsets/www/A/actions/add_records", records=web),
        api.post(f"{at}/actions/change_ttl", ttl=60),
        api.post(f"{at}/actions/import_zonefile", zonefile=""),
    ):
        assert (response.status, response.code) == (422, "incorrect_zone_mode")


def test_primary_zones_have_no_primary_nameservers(api: API, zone: Any) -> None:
    response = api.post(f"{AT}/actions/change_primary_nameservers", primary_nameservers=[{"address": "198.51.100.1"}])
    assert response.code == "incorrect_zone_mode"


# Zone files

ZONEFILE = """\
$ORIGIN example.com.
$TTL 2h
; a comment of its own
@ 3600 IN SOA hydrogen.ns.hetzner.com. dns.hetzner.com. ( 2024010100 ; serial
    86400 10800 3600000 3600 )
@       IN 10800 NS hydrogen.ns.hetzner.com. ; the first
        IN 10800 NS oxygen.ns.hetzner.com.
        10800 IN NS HELIUM.ns.hetzner.de.
WWW     A       198.51.100.1
        A       198.51.100.2 ; the second
        AAAA    2001:db8::1
mail.example.com. 1h30m IN MX 10 mx.example.org.
txt     TXT     "one; two" "a \\"quote\\"" ; three
"""


def test_import(api: API, zone: Any) -> None:
    api.done(api.post(f"{AT}/rrsets", name="old", type="A", records=records("198.51.100.1")))
    done = api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=ZONEFILE))
    assert (done["command"], done["status"]) == ("import_zonefile", "success")
    assert api.get(AT)["zone"]["ttl"] == 7200
    rrsets = {rrset["id"]: rrset for rrset in api.get(f"{AT}/rrsets")["rrsets"]}
    assert set(rrsets) == {"@/SOA", "@/NS", "www/A", "www/AAAA", "mail/MX", "txt/TXT"}
    assert rrsets["@/SOA"]["ttl"] == 3600
    assert serial(api) == 2026101500
    assert [record["comment"] for record in rrsets["@/NS"]["records"]] == ["the first", "", ""]
    assert rrsets["www/A"]["ttl"] is None
    assert [record["comment"] for record in rrsets["www/A"]["records"]] == ["", "the second"]
    assert (rrsets["mail/MX"]["ttl"], rrsets["mail/MX"]["records"][0]["value"]) == (5400, "10 mx.example.org.")
    assert rrsets["txt/TXT"]["records"] == [{"value": r'"one; two" "a \"quote\""', "comment": "three"}]


def test_export_and_import_again(api: API, zone: Any) -> None:
    api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=ZONEFILE))
    text = api.get(f"{AT}/zonefile")["zonefile"]
    assert text.startswith("$ORIGIN\texample.com.\n$TTL\t7200\n\n@\tIN\t3600\tSOA\thydrogen.ns.hetzner.com.")
    assert "@\tIN\t10800\tNS\thydrogen.ns.hetzner.com. ; the first\n" in text
    before = api.get(f"{AT}/rrsets", sort="id")["rrsets"]
    api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=text))
    after = api.get(f"{AT}/rrsets", sort="id")["rrsets"]
    for rrsets in (before, after):
        del rrsets[0]["records"], rrsets[1]["records"]
    assert [rrset for rrset in after if rrset["type"] != "SOA"] == [rrset for rrset in before if rrset["type"] != "SOA"]


def test_values_cannot_forge_lines_of_an_export(api: API, zone: Any) -> None:
    injected = {"value": "198.51.100.1", "comment": "one\ntwo IN A 198.51.100.9"}
    assert api.post(f"{AT}/rrsets", name="www", type="A", records=[injected]).fields == ["records.comment"]
    path = f"{AT}/rrsets/txt/TXT/actions/add_records"
    assert api.post(path, records=records('"one\ntwo"')).fields == ["records"]
    kept = [{"value": '"one\u2028two"', "comment": "tab\tand"}]
    api.done(api.post(path, records=kept))
    text = api.get(f"{AT}/zonefile")["zonefile"]
    api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=text.replace("\n", "\r\n")))
    assert rrset(api, "txt", "TXT")["records"] == kept


def test_brackets_comments_and_units(api: API, zone: Any) -> None:
    text = (
        "@ SOA hydrogen.ns.hetzner.com. dns.hetzner.com. (1 ; serial\n 1d 3h 5w6d 1h ) ; the end\n"
        + "".join(f"@ NS {nameserver}\n" for nameserver in NAMESERVERS)
        + 'web HTTPS 1 . alpn="h3,h2" ipv4hint=198.51.100.1,198.51.100.2\n'
        + '   IN   HTTPS ( 2 . ; one\n\talpn="h3,h2"\n port=8443 ) ; two\n'
        + 'txt TXT "a""b"  "c  d"\t"e" ;  three \n'
        + " \t ; nothing\n"
        + 'more TXT ("f;" "g(")\n'
        + 'key TXT ("v=DKIM1; k=rsa; "\n\t"p=MIGf")\n'
        + "_sip._tcp SRV ( 10 60\n  5060 sip\n)"
    )
    for _ in range(2):  # the second time, what was exported
        api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=text))
        soa = values(api, "@", "SOA")[0].split()
        assert [soa[0], *soa[3:]] == ["hydrogen.ns.hetzner.com.", "1d", "3h", "5w6d", "1h"]
        assert rrset(api, "@", "SOA")["records"][0]["comment"] == "serial the end"
        assert rrset(api, "web", "HTTPS")["records"] == [
            {"value": '1 . alpn="h3,h2" ipv4hint=198.51.100.1,198.51.100.2', "comment": ""},
            {"value": '2 . alpn="h3,h2" port=8443', "comment": "one two"},
        ]
        assert rrset(api, "txt", "TXT")["records"] == [{"value": '"a""b"  "c  d"\t"e"', "comment": " three "}]
        assert values(api, "more", "TXT") == ['"f;" "g("']
        assert values(api, "key", "TXT") == ['"v=DKIM1; k=rsa; " "p=MIGf"']
        assert values(api, "_sip._tcp", "SRV") == ["10 60 5060 sip"]
        text = api.get(f"{AT}/zonefile")["zonefile"]


def test_a_second_ttl_is_that_of_the_records_after_it(api: API, zone: Any) -> None:
    head = "$TTL 2h\n@ SOA a b 1 2 3 4 5\n" + "".join(f"@ NS {nameserver}\n" for nameserver in NAMESERVERS)
    text = f"{head}a A 192.0.2.1\n$TTL 600\nb A 192.0.2.1\nc 60 A 192.0.2.1\n$TTL 7200\nd A 192.0.2.1\n"
    api.done(api.post(f"{AT}/actions/import_zonefile", zonefile=text))
    assert api.get(AT)["zone"]["ttl"] == 7200
    assert [rrset(api, name, "A")["ttl"] for name in "abcd"] == [None, 600, 60, None]


def test_many_records_of_a_name_take_no_longer_than_many_names(api: API, zone: Any) -> None:
    def seconds(name: str) -> float:
        lines = (f"{name.format(number)} A 10.0.{number // 256}.{number % 256}\n" for number in range(8_000))
        start = time.process_time()
        assert api.post(f"{AT}/actions/import_zonefile", zonefile=HEAD + "".join(lines)).status == 201
        return time.process_time() - start

    assert seconds("www") < 2 * seconds("www{}")


def test_serial_numbers_have_32_bits(api: API, zone: Any) -> None:
    soa = "hydrogen.ns.hetzner.com. dns.hetzner.com. 4294967295 86400 10800 3600000 3600"
    api.done(api.post(f"{AT}/rrsets/@/SOA/actions/set_records", records=records(soa)))
    assert serial(api) == 2026101500


def test_missing_library(cloud: FakeCloud, api: API, zone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "dns"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "hcloud.testing.zonefile")
    monkeypatch.delattr(hcloud.testing, "zonefile")
    monkeypatch.setitem(sys.modules, "dns", None)
    for path, body in (
        ("/rrsets", {"name": "www", "type": "A", "records": records("198.51.100.1")}),
        ("/actions/import_zonefile", {"zonefile": ZONEFILE}),
    ):
        with pytest.raises(ImportError, match=r"DNS zones needs dnspython: pip install 'hcloud\[testing\]'"):
            api.post(f"{AT}{path}", **body)
    assert len(api.get(f"{AT}/rrsets")["rrsets"]) == 2


HEAD = "".join(f"@ NS {nameserver}\n" for nameserver in NAMESERVERS) + "@ SOA a b 1 2 3 4 5\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.replace("@ SOA a b 1 2 3 4 5\n", ""), "SOA"),
        (HEAD.replace("oxygen", "argon"), "oxygen.ns.hetzner.com."),
        (HEAD + "$ORIGIN example.org.", "line 5: $ORIGIN must be 'example.com.'"),
        (HEAD + "$INCLUDE other", "'$INCLUDE other' is not supported"),
        (HEAD + "www A 198.51.100", "line 5: '198.51.100' is not a valid A record"),
        (HEAD + "www CH A 198.51.100.1", "the class must be IN, not CH"),
        (HEAD + "www B 198.51.100.1", "no records of type 'B'"),
        (HEAD + "www IN 60", "a record without a type"),
        (HEAD + "www.example.org. A 198.51.100.1", "'www.example.org.' is not in the zone"),
        (HEAD + 'txt TXT "open', "line 5: a quote that is not closed"),
        (HEAD + 'txt TXT ( "open"\n', "line 5: a bracket that is not closed"),
        (HEAD + 'txt TXT "one\ntwo"', "line 5: a quote that is not closed"),
        (HEAD + "txt TXT )", "line 5: a bracket or a backslash out of place"),
        (HEAD + "txt TXT abc\\", "line 5: a bracket or a backslash out of place"),
        (HEAD + "www 1h30 A 198.51.100.1", "line 5: '1h30' is not a valid TTL"),
        (HEAD + f"x {'1' * 200_000}", "line 5: the record is too long"),
        (HEAD + "txt TXT (" + ' "x"\n' * 20_000 + ")", "line 5: the record is too long"),
        (HEAD + f"x {'1' * 60_000}", "is not a valid TTL"),
        (HEAD + f"x {'1' * 30}", "is not a valid TTL"),
        (f"$TTL {'1' * 60_000}s", "is not a valid TTL"),
        ("  A 198.51.100.1", "line 1: a record without a name"),
        (HEAD + "www 60 A 198.51.100.1\nwww 61 A 198.51.100.2", "different TTLs"),
        (HEAD + "www A 198.51.100.1\nwww A 198.51.100.1", "duplicate value"),
        (HEAD + "www A 198.51.100.1\nwww CNAME a", "must be alone"),
        *(
            (HEAD + f"{name} A 198.51.100.1", f"the name '{name}' must be")
            for name in ("a!b", "a..b", "-x", "ü", "x" * 80)
        ),
        (HEAD + "www 5 A 198.51.100.1", "the TTL of 'www' must be between 60 and 2147483647"),
        (HEAD + "www 2147483648 A 198.51.100.1", "the TTL of 'www' must be between"),
        (HEAD + "www 99999999999 A 198.51.100.1", "'99999999999' is not a valid TTL"),
        ("$TTL 1\n" + HEAD, "$TTL must be between"),
        (HEAD + 'txt TXT "a\x0cb"', "is not a valid TXT record"),
    ],
)
def test_bad_zone_files(api: API, zone: Any, text: str, message: str) -> None:
    response = api.post(f"{AT}/actions/import_zonefile", zonefile=text)
    assert response.fields == ["zonefile"]
    (field,) = response.body["error"]["details"]["fields"]
    assert message in field["messages"][0]
    assert len(api.get(f"{AT}/rrsets")["rrsets"]) == 2
