"""Decoding of responses: repeated resources are decoded once, with the result of decoding the whole response."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcloud.core import decoding
from hcloud.core.decoding import SharingDecoder, decode
from tests.stub import Stub, ThreadGroup, serving

Entry = dict[str, Any]


def location(number: int, **fields: Any) -> Entry:
    description = "Falkenstein DC Park, where the resource is"
    return {"id": number, "name": f"fsn{number}", "description": description, "country": "DE", "city": "F", **fields}


def image(number: int, **fields: Any) -> Entry:
    return {**location(number), "labels": {"a": "b"}, "disk_size": 5, **fields}


def server(number: int, **fields: Any) -> Entry:
    linked = {"image": image(number % 3), "datacenter": {**location(7, location=location(1)), "more": [1, 2]}}
    return {"id": number, "name": f"web-{number}", **linked, "location": location(number % 2), **fields}


def page(entries: Any, key: str = "servers") -> bytes:
    return json.dumps({key: entries, "meta": {"pagination": None}}).encode()


def values_of(payload: Any, field: str) -> set[int]:
    return {id(entry[field]) for entry in payload["servers"]}


@pytest.mark.parametrize("indent", [None, 2], ids=["compact", "indented"])
def test_equal_resources_are_one_object(indent: int | None) -> None:
    decoder = SharingDecoder()
    entries = [server(number) for number in range(50)]
    payloads = [decoder.decode(json.dumps({"servers": entries}, indent=indent).encode()) for _ in range(2)]
    assert payloads == [{"servers": entries}] * 2
    joined = {"servers": payloads[0]["servers"] + payloads[1]["servers"]}
    assert [len(values_of(joined, field)) for field in ("image", "datacenter", "location")] == [3, 1, 2]


def test_a_single_resource_shares_with_other_responses() -> None:
    decoder = SharingDecoder()
    first, second = (
        decoder.decode(page(server(6, name=name, user_data="x" * 500), "server"))["server"] for name in "ab"
    )
    assert first["image"] is second["image"]
    assert (first["name"], second["name"]) == ("a", "b")


def test_a_field_that_is_null_in_the_first_entry() -> None:
    decoder = SharingDecoder()
    entries = [server(1, image=None), *[server(3) for _ in range(9)]]
    for _ in range(2):
        payload = decoder.decode(page(entries))
        assert payload["servers"] == entries
    assert len(values_of(payload, "image")) == 2  # null, and one image


def test_numbers_of_other_types_are_not_shared() -> None:
    entries = [server(3, image=image(3, disk_size=size)) for size in (5, 5.0, True, 5)] * 5
    payload = SharingDecoder().decode(page(entries))
    sizes = [entry["image"]["disk_size"] for entry in payload["servers"]]
    assert [(size, type(size)) for size in sizes] == [(5, int), (5.0, float), (True, bool), (5, int)] * 5


def text_of(*entries: str) -> bytes:
    filler = json.dumps(server(1))
    return f'{{"servers": [{", ".join([filler, filler, *entries, filler])}]}}'.encode("utf-8", "surrogatepass")


IMAGE = json.dumps(image(1))
UNUSUAL = {
    "the field twice": f'{{"id": 5, "image": {json.dumps(image(2))}, "image": {IMAGE}}}',
    "the field in a label": '{"id": 5, "labels": {"image": "x", "location": ""}}',
    "the field deeper": f'{{"id": 5, "image": null, "other": {{"image": {IMAGE}}}}}',
    "the field in a list": f'{{"id": 5, "image": [{{"image": {IMAGE}}}]}}',
    "the field in itself": f'{{"id": 5, "image": {{"id": 1, "image": {IMAGE}, "a": 1, "b": 2, "c": 3}}}}',
    "the field within a text": json.dumps({"id": 5, "name": f'"image": {IMAGE}'}),
    "the field as the end of another key": f'{{"id": 5, "other\\"image": {IMAGE}}}',
    "space before the colon": f'{{"id": 5, "image" : {IMAGE}}}',
    "an escaped key": f'{{"id": 5, "im\\u0061ge": {IMAGE}}}',
    "a number": '{"id": 5, "image": 0, "location": -1}',
    "a list": f'{{"id": 5, "image": [{IMAGE}, {IMAGE}]}}',
    "the placeholder": '{"id": 5, "image": "\x7f"}',
    "the placeholder, and the field deeper": f'{{"id": 5, "image": "\x7f", "other": {{"image": {IMAGE}}}}}',
    "the placeholder escaped": f'{{"id": 5, "image": "\\u007F", "other": {{"image": {IMAGE}}}}}',
    "an entry that is no object": "5",
    "null for an entry": "null",
    "an empty object": '{"id": 5, "image": {}}',
    "the rest of a known text": f'{{"id": 5, "image": {IMAGE[:-1]}, "more": 1}}}}',
    "a value nested deeply": f'{{"id": 5, "image": {{"id": 1, "a": {"[" * 150}{"]" * 150}}}}}',
    "text outside of ASCII": json.dumps(server(5, image=image(1, name="Zürich \U0001f600 \ud800")), ensure_ascii=False),
}


@pytest.mark.parametrize("entry", UNUSUAL.values(), ids=UNUSUAL)
def test_unusual_responses_are_read_as_by_json(entry: str) -> None:
    decoder = SharingDecoder()
    for body in (text_of(), text_of(entry), text_of(entry), text_of()):
        assert repr(decoder.decode(body)) == repr(decode(body))


TOP_LEVEL = [
    f'{{"servers": [{json.dumps(server(1))}], "image": {IMAGE}, "filler": "{"x" * 1000}"}}',
    f'{{"servers": [{json.dumps(server(1))}], "servers": 5, "filler": "{"x" * 1000}"}}',
    f'{{"servers": {json.dumps(server(1))}, "servers": null, "filler": "{"x" * 1000}"}}',
    f'{{"servers": [{{}}], "filler": "{"x" * 1000}"}}',
    f'{{"servers": [], "image": {IMAGE}, "filler": "{"x" * 1000}"}}',
    f"[{json.dumps(server(1))}, {json.dumps(server(2))}, {json.dumps(server(2))}]",
]


@pytest.mark.parametrize("text", TOP_LEVEL)
def test_other_values_besides_the_entries(text: str) -> None:
    decoder = SharingDecoder()
    for body in (text.encode(), text_of(), text.encode()):
        assert repr(decoder.decode(body)) == repr(decode(body))


def cut(content: bytes) -> bytes:
    return content[:-200]


def with_nan(content: bytes) -> bytes:
    return content.replace(b'"disk_size": 5', b'"disk_size": NaN')


def too_deep(content: bytes) -> bytes:
    return content.replace(b'"disk_size": 5', b'"disk_size": ' + b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("spoil", [cut, with_nan, too_deep])
@pytest.mark.parametrize("is_known", [False, True])
def test_what_is_no_json_fails(spoil: Callable[[bytes], bytes], is_known: bool) -> None:
    decoder = SharingDecoder()
    if is_known:
        decoder.decode(text_of())
    with pytest.raises((ValueError, RecursionError)):
        decoder.decode(spoil(text_of()))
    assert decoder.decode(text_of()) == decode(text_of())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"])
def test_encodings(encoding: str) -> None:
    entries = [server(number, name="Zürich") for number in range(5)]
    content = json.dumps({"servers": entries}, ensure_ascii=False).encode(encoding)
    decoder = SharingDecoder()
    assert [decoder.decode(content) for _ in range(2)] == [{"servers": entries}] * 2


def test_resources_that_are_all_different_are_not_kept() -> None:
    decoder = SharingDecoder()
    for first in range(0, 1_000, 50):
        entries = [server(number, group=image(number)) for number in range(first, first + 50)]
        assert decoder.decode(page(entries))["servers"] == entries
    assert len(decoder._known["group"]) < decoding._MOST_TEXTS + 50
    assert len(values_of(decoder.decode(page([server(1, group=image(1))] * 3)), "group")) == 3
    assert len(values_of(decoder.decode(page([server(1)] * 3)), "image")) == 1


def test_texts_that_went_out_of_use_are_dropped() -> None:
    decoder = SharingDecoder()
    for version in range(200):
        payload = decoder.decode(page([server(1, image=image(version))] * 5))
        assert len(values_of(payload, "image")) == 1
    assert len(decoder._known["image"]) <= decoding._MOST_TEXTS


def test_threads_share_a_decoder() -> None:
    decoder = SharingDecoder()
    contents = [page([server(n, image=image(n % 90)) for n in range(first, first + 50)]) for first in range(0, 400, 50)]
    wrong: list[bytes] = []

    def run() -> None:
        wrong.extend(content for content in contents * 3 if decoder.decode(content) != decode(content))

    ThreadGroup([run] * 8).run()
    assert wrong == []


names = st.sampled_from(["id", "name", "image", "location", "é"])
unusual_names = st.sampled_from([*"abcdefghijkl", 'q"image', "image", "im\\age"])
scalars = st.sampled_from([None, True, 0, 1.0, -5, "", "x" * 90, '"image":', "\\"])
more = st.dictionaries(unusual_names, scalars | st.lists(scalars, max_size=2), max_size=1)
resources = st.builds(lambda number, more: {**location(number), **more}, st.integers(0, 2), more)
entries = st.builds(
    lambda plain, linked, more: {"id": 1, **plain, **linked, **more},
    st.dictionaries(names, scalars, max_size=1),
    st.dictionaries(st.sampled_from(["image", "location", "é"]), resources),
    more,
)


@given(st.lists(st.lists(entries, max_size=6), max_size=3), st.sampled_from([None, 1]), st.booleans())
def test_any_listing_is_read_as_by_json(pages: list[list[Entry]], indent: int | None, ensure_ascii: bool) -> None:
    decoder = SharingDecoder()
    for listed in [*pages, *pages]:
        payload = {"servers": [*listed, *listed], "filler": "x" * 1_000}
        content = json.dumps(payload, indent=indent, ensure_ascii=ensure_ascii).encode()
        assert repr(decoder.decode(content)) == repr(decode(content))


def test_the_payload_of_a_request_of_the_user_is_not_shared() -> None:
    stub = Stub(serving(servers=[server(number) for number in range(1, 10)]))
    client = stub.client()
    listed = client.servers.get_all()
    for payload in (client.request("GET", "/servers"), client._client.request("GET", "/servers")):
        payload["servers"][0]["image"]["name"] = payload["servers"][2]["location"]["name"] = "changed"
    again = client.servers.get_all()
    assert [entry.image and entry.image.name for entry in [*listed, *again]] == ["fsn1", "fsn2", "fsn0"] * 6
    assert listed[0]._raw["image"] is again[0]._raw["image"] is again[3]._raw["image"]


def test_the_path_of_a_failed_request_is_a_plain_text() -> None:
    stub = Stub((404, {"error": {"code": "not_found", "message": "gone"}}))
    with pytest.raises(Exception, match="gone") as caught:
        stub.client().servers.get_by_id(1)
    assert caught.value.request.path.__class__ is str  # type: ignore[attr-defined]
