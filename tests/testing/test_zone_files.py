"""Zones that are exported and imported again."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hcloud.testing import FakeCloud, dns
from tests.testing.api import API

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
labels = st.text(f"{LETTERS}_", min_size=1, max_size=8)
hosts = st.builds(
    lambda labels, end: ".".join(labels) + end, st.lists(labels, min_size=1, max_size=4), st.sampled_from(["", "."])
) | st.just("@")
spaces = st.sampled_from([" ", "  ", "\t", " \t "])
printable = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"\\')
quoted = st.lists(printable | st.sampled_from(['\\"', "\\\\", "\\;", "\\032"]), max_size=20).map(
    lambda parts: f'"{"".join(parts)}"'
)
words = st.text(LETTERS, min_size=1, max_size=10)
v4, v6 = st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)
times = st.integers(0, 2**31).map(str) | st.from_regex(r"[1-9][dhm]([1-9]s)?", fullmatch=True)


def numbers(bits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 2**bits - 1).map(str)


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdefABCDEF", min_size=length, max_size=length)


@st.composite
def joined(draw: st.DrawFn, *parts: st.SearchStrategy[Any]) -> str:
    """Draw the parts of a value; a part that is a list is several."""
    value = ""
    for part in parts:
        drawn = draw(part)
        for word in drawn if isinstance(drawn, list) else [drawn]:
            value += (draw(spaces) if value else "") + word
    return value


parameters = st.fixed_dictionaries(
    {},
    optional={
        "alpn": st.sampled_from(['"h3,h2"', "h2", '"h2"']),
        "port": numbers(16),
        "ipv4hint": st.lists(v4, min_size=1, max_size=3).map(",".join),
        "ipv6hint": v6.map('"{}"'.format),
        "key65000": quoted,
    },
).map(lambda values: [f"{key}={value}" for key, value in values.items()])
service = joined(numbers(16).filter(lambda priority: priority != "0"), hosts | st.just("."), parameters)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "A": v4,
    "AAAA": v6,
    "CAA": joined(numbers(8), words, quoted | words),
    "CNAME": hosts,
    "DS": joined(numbers(16), numbers(8), st.just("2"), st.tuples(hexadecimal(30), hexadecimal(34)).map(list)),
    "HINFO": joined(quoted | words, quoted | words),
    "HTTPS": service,
    "MX": joined(numbers(16), hosts | st.just(".")),
    "NS": hosts,
    "PTR": hosts,
    "RP": joined(hosts, hosts),
    "SOA": joined(hosts, hosts, numbers(32), times, times, times, times),
    "SRV": joined(numbers(16), numbers(16), numbers(16), hosts),
    "SVCB": service,
    "TLSA": joined(numbers(8), numbers(8), st.just("0"), st.lists(hexadecimal(8), min_size=1, max_size=3)),
    "TXT": joined(st.lists(quoted, min_size=1, max_size=3)),
}
comments = st.just("") | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)


@st.composite
def rrsets(draw: st.DrawFn) -> dict[str, Any]:
    type = draw(st.sampled_from(sorted(VALUES)))
    count = 1 if type in ("CNAME", "SOA") else 3
    values = draw(st.lists(VALUES[type], min_size=1, max_size=count, unique=True))
    return {
        "name": "@" if type == "SOA" else draw(st.just("*") | st.lists(labels, min_size=1, max_size=3).map(".".join)),
        "type": type,
        "ttl": draw(st.none() | st.integers(60, 2**31 - 1)),
        "records": [{"value": value, "comment": draw(comments)} for value in values],
    }


def test_every_type_has_a_strategy() -> None:
    assert sorted(VALUES) == sorted(dns.TYPES)


@settings(max_examples=150, deadline=None)
@given(st.lists(rrsets(), max_size=5, unique_by=lambda rrset: rrset["name"]))
def test_export_and_import_give_back_what_was_there(created: list[dict[str, Any]]) -> None:
    cloud = FakeCloud(action_seconds=0)
    api = API(cloud, cloud.project.token)
    assert api.post("/zones", name="example.com", mode="primary", rrsets=created)["zone"]["name"] == "example.com"

    def stored() -> dict[str, Any]:
        current = api.get("/zones/example.com/rrsets", per_page=100)["rrsets"]
        for rrset in current:
            if rrset["type"] == "SOA":  # each change takes another serial number
                (record,) = rrset["records"]
                nameserver, mailbox, _, *times = record["value"].split()
                record["value"] = " ".join([nameserver, mailbox, *times])
        return {rrset["id"]: rrset for rrset in current}

    before = stored()
    for rrset in created:
        if rrset["type"] != "SOA":
            assert before[f"{rrset['name']}/{rrset['type']}"]["records"] == rrset["records"]
    text = api.get("/zones/example.com/zonefile")["zonefile"]
    response = api.post("/zones/example.com/actions/import_zonefile", zonefile=text)
    assert response["action"]["status"] == "success"
    assert stored() == before
