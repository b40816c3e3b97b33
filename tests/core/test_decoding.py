"""Decoding of responses: repeated resources are decoded once, with the result of decoding the whole response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcloud import APIException, InvalidResponseError
from hcloud.core import decoding
from hcloud.core.decoding import SharingDecoder, decode
from tests.stub import Stub, ThreadGroup, serving

Entry = dict[str, Any]


@pytest.fixture(autouse=True, scope="module")
def any_length() -> Iterator[None]:
    """Let the decoder look for repeated texts in responses of any length."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_MIN_LENGTH", 0)
        yield


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


def kept_texts(decoder: SharingDecoder, field: str) -> list[str]:
    return [text for texts in decoder._known[field]._by_beginning.values() for text, _ in texts]


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
    first, second = (decoder.decode(page(server(6, name=name), "server"))["server"] for name in "ab")
    assert first["image"] is second["image"]
    assert (first["name"], second["name"]) == ("a", "b")


def test_texts_with_the_same_beginning() -> None:
    entries = [server(1, image={"description": "x" * 100, **image(number % 3)}) for number in range(30)]
    payload = SharingDecoder().decode(page(entries))
    assert payload["servers"] == entries
    assert len(values_of(payload, "image")) == 3


def test_a_field_that_is_null_in_the_first_entry() -> None:
    decoder = SharingDecoder()
    entries = [server(1, image=None), *[server(3) for _ in range(9)]]
    payloads = [decoder.decode(page(entries)) for _ in range(2)]
    assert payloads == [json.loads(page(entries))] * 2
    assert len(values_of(payloads[1], "image")) == 2  # null, and one image


def test_a_name_that_a_resource_also_uses_within() -> None:
    size = {"slug": "s-1", "disks": [{"size": {"amount": 5}}], "price": 1, "memory": 2, "cpus": 3}
    decoder = SharingDecoder()
    entries = [{"id": number, "disk": {"size": {"amount": 5}}, "size": size} for number in range(9)]
    payloads = [decoder.decode(page(entries)) for _ in range(2)]
    assert payloads == [json.loads(page(entries))] * 2
    assert len(values_of(payloads[1], "size")) == 1


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
    f'{{"servers": [{json.dumps(server(1))}], "image": {IMAGE}}}',
    f'{{"servers": [{json.dumps(server(1))}], "servers": 5}}',
    f'{{"servers": {json.dumps(server(1))}, "servers": null}}',
    '{"servers": [{}]}',
    f'{{"servers": [], "image": {IMAGE}}}',
    f"[{json.dumps(server(1))}, {json.dumps(server(2))}, {json.dumps(server(2))}]",
]


@pytest.mark.parametrize("text", TOP_LEVEL)
def test_other_values_besides_the_entries(text: str) -> None:
    decoder = SharingDecoder()
    for body in (text.encode(), text_of(), text.encode()):
        assert repr(decoder.decode(body)) == repr(decode(body))


def test_fields_whose_names_end_other_names() -> None:
    names = ['image"', "a", "\\u0061", "a\\", ""]
    entry = json.dumps({"id": 1, **{name: location(number) for number, name in enumerate(names)}})
    bodies = [f'{{"servers": [{entry}, {entry}]}}'.encode(), f'{{"servers": [{{"\\u0061": {IMAGE}}}]}}'.encode()]
    decoder = SharingDecoder()
    for body in [*bodies, *bodies]:
        assert repr(decoder.decode(body)) == repr(decode(body))


def test_a_field_that_is_replaced_before_the_one_that_contains_it() -> None:
    short = {"id": 1, "location": location(1), "a": 1, "b": 2, "c": 3}
    bodies = [
        page([{"location": location(1, notes="x" * 999), "datacenter": {**short, "location": None}}], key)
        for key in ("servers", "volumes")
    ]
    bodies += [page([{"location": location(1), "datacenter": short}] * 3, key) for key in ("servers", "volumes")]
    decoder = SharingDecoder()
    for body in [*bodies, *bodies, page([server(1), server(2)], "images"), *bodies]:
        assert repr(decoder.decode(body)) == repr(decode(body))


def test_a_response_that_ends_anywhere() -> None:
    decoder, body = SharingDecoder(), text_of()
    for end in range(len(body)):
        with pytest.raises(ValueError, match=r"line|empty"):
            decoder.decode(body[:end])
        if end % 100 == 0:
            assert len(values_of(decoder.decode(body), "image")) == 1


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
    assert len(kept_texts(decoder, "group")) == decoding._MAX_TEXTS
    assert len(values_of(decoder.decode(page([server(1, group=image(1))] * 3)), "group")) == 3
    assert len(values_of(decoder.decode(page([server(1)] * 3)), "image")) == 1


def test_texts_that_went_out_of_use_are_dropped() -> None:
    decoder = SharingDecoder()
    for version in range(200):
        payload = decoder.decode(page([server(1, image=image(version))] * 5))
        assert len(values_of(payload, "image")) == 1
    assert len(kept_texts(decoder, "image")) <= decoding._MAX_TEXTS


def test_few_and_small_texts_are_kept() -> None:
    decoder = SharingDecoder()
    decoder.decode(page([server(number, group=image(number)) for number in range(500)]))
    decoder.decode(page([server(1, image=image(1, description="x" * 1_000_000))] * 2))
    decoder.decode(page({f"server_{number}": server(number) for number in range(500)}, "by_name"))
    kept = [text for field in decoder._known for text in kept_texts(decoder, field)]
    assert len(decoder._known) == 4
    assert len(kept) <= 4 * decoding._MAX_TEXTS
    assert max(map(len, kept)) <= decoding._MAX_TEXT_LENGTH


def test_the_names_that_a_server_makes_up_do_not_fill_the_memory() -> None:
    decoder = SharingDecoder()
    for number in range(300):
        fields = {f"field_{number}_{position}": image(position) for position in range(9)}
        entries = [server(1, **{**fields, "x" * 10_000: image(1)})] * 2
        for key in (f"kind_{number}", "x" * 10_000 + str(number)):
            assert decoder.decode(page(entries, key))[key] == entries
    assert len(decoder._fields) <= decoding._MAX_KINDS
    assert len(decoder._known) <= decoding._MAX_KINDS
    assert max(map(len, [*decoder._fields, *decoder._known])) <= decoding._MAX_NAME_LENGTH


def test_threads_share_a_decoder() -> None:
    decoder = SharingDecoder()
    contents = [page([server(n, image=image(n % 90)) for n in range(first, first + 50)]) for first in range(0, 400, 50)]
    wrong: list[bytes] = []

    def run() -> None:
        wrong.extend(content for content in contents * 3 if decoder.decode(content) != decode(content))

    ThreadGroup([run] * 8).run()
    assert wrong == []


names = st.sampled_from(
    ["id", "slug", "image", "location", "a", "", "\\u0061", "\\\\u0061", 'image\\"', '\\"image', "é"]
)
scalars = st.sampled_from(
    ["null", "5", "5.0", "true", '""', '"image"', '"\\"image\\":"', '"\\\\"', '"\\ud800"', '"\x7f"']
)
spaces = st.sampled_from(["", "", " ", "\n\t"])


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects as JSON; a key may be repeated, or hold an escape."""
    members = st.builds('{0}"{1}"{2}:{3}{4}'.format, spaces, names, st.sampled_from(["", "", "", " "]), spaces, values)
    return st.lists(members, max_size=5).map(lambda texts: f"{{{','.join(texts)}}}")


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda texts: f"[{','.join(texts)}]")


values = st.recursive(scalars, lambda values: objects(values) | arrays(values), max_leaves=12)
responses = st.builds('{{{0}"{1}":{0}{2},"more":{3}}}'.format, spaces, names, arrays(objects(values)) | values, values)


@given(st.lists(responses, max_size=4), st.sampled_from([1, 128]))
def test_any_responses_are_read_as_by_json(texts: list[str], most_texts: int) -> None:
    decoder = SharingDecoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_MIN_MEMBERS", 1)
        patch.setattr(decoding, "_MAX_TEXTS", most_texts)
        for content in [text.encode() for text in [*texts, *texts, *reversed(texts)]]:
            assert outcome(decoder.decode, content) == outcome(decode, content)


def outcome(function: Callable[[bytes], Any], content: bytes) -> str:
    try:
        return repr(function(content))
    except ValueError as error:
        return str(error)


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


def test_the_details_of_an_error_are_not_shared() -> None:
    error = {"code": "locked", "message": "wait", "details": image(1)}
    client = Stub((200, {"error": error})).client(retries=0)
    for _ in range(2):
        with pytest.raises(APIException, match="wait") as caught:
            client.servers.get_by_id(1)
        assert caught.value.details == image(1)
        caught.value.details["name"] = "changed"


def test_masking_a_token_in_an_unexpected_response_changes_no_shared_value() -> None:
    listed = [server(number, image=image(1, name="of the-token")) for number in range(1, 10)]
    stub = Stub(serving(servers=listed))
    client = stub.client(retries=0)
    (first, *_) = client.servers.get_all()
    stub.responses = [(200, {"servers": [*listed, {"name": "without ID"}]})]
    with pytest.raises(InvalidResponseError) as caught:
        client.servers.get_list()
    assert "the-token" not in repr(caught.value.details)
    assert first.image is not None
    assert first.image.name == "of the-token"
