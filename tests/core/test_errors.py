"""The texts of errors of the API: the message, and the reasons that its details add."""

from __future__ import annotations

import copy
import json
import pickle
import time
from typing import Any

import pytest

from hcloud import APIException, Client, InvalidInputError, ResourceLimitExceededError, UniquenessError
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.digitalocean import UnprocessableEntityError
from hcloud.testing import FakeCloud
from hcloud.testing.digitalocean import FakeDigitalOcean
from tests.stub import Stub


def field(name: Any, *messages: Any) -> dict[str, Any]:
    return {"name": name, "messages": list(messages)}


ONE = "invalid input in field 'ip_range'"
TWO = "invalid input in fields 'a', 'b'"
MANY = [field(f"f{number}", "is bad") for number in range(1000)]


@pytest.mark.parametrize(
    ("message", "details", "text"),
    [
        (ONE, {"fields": [field("ip_range", "must be private")]}, f"{ONE}: must be private"),
        (ONE, {"fields": [field("ip_range", "must be private", "is short")]}, f"{ONE}: must be private, is short"),
        (ONE, {"fields": [field("ip_range", "is bad", "is bad")]}, f"{ONE}: is bad"),
        (ONE, {"fields": [field("ip_range", "is\n  bad\t")]}, f"{ONE}: is bad"),
        (ONE, {"fields": [field("ip_range", "is bad")] * 2}, f"{ONE}: ip_range: is bad"),
        (TWO, {"fields": [field("a", "is bad"), field("b", "is bad")]}, f"{TWO}: a: is bad; b: is bad"),
        ("invalid input", {"fields": [field("a", "is bad")]}, "invalid input: a: is bad"),
        ("Invalid input.", {"fields": [field("a", "is bad")]}, "Invalid input. a: is bad"),
        ("", {"fields": [field("a", "is bad")]}, "a: is bad"),
        # The message has the reason already, as most of the API's messages do.
        ("invalid input in field 'a': is too long", {"fields": [field("a", "is too long")]}, None),
        ("invalid input in field 'a': Is too\n long", {"fields": [field("a", "is too long.")]}, None),
        ("SSH key name is already used", {"fields": [{"name": "name"}]}, None),
        ("SSH key is not unique", {"fields": [{"name": "public_key"}]}, "SSH key is not unique: field 'public_key'"),
        ("SSH key is not unique", {"fields": [field("public_key")]}, "SSH key is not unique: field 'public_key'"),
        # A word within another is not mentioned.
        ("servername is used", {"fields": [{"name": "name"}]}, "servername is used: field 'name'"),
        ("limit exceeded", {"limits": [{"name": "server_limit"}]}, "limit exceeded: limit 'server_limit'"),
        ("server_limit exceeded", {"limits": [{"name": "server_limit"}]}, None),
        ("removed", {"announcement": "https://docs.example/1"}, "removed: see https://docs.example/1"),
        ("removed, see https://docs.example/1", {"announcement": "https://docs.example/1"}, None),
        ("bad request", ["tag is invalid", 5], "bad request: tag is invalid"),
        # A message within another, and other forms of lists
        (ONE, {"fields": [field("ip_range", "is bad", "ip_range is bad")]}, f"{ONE}: ip_range is bad"),
        (
            "bad",
            {"fields": ["name", "size"], "limits": ["servers"]},
            "bad: field 'name'; field 'size'; limit 'servers'",
        ),
        ("bad", {"fields": {"name": ["is long"], "size": "is small"}}, "bad: name: is long; size: is small"),
        # Malformed details
        *((ONE, details, None) for details in (None, {}, [], "text", 5, {"fields": None}, {"fields": "a"})),
        *((ONE, {"fields": entries}, None) for entries in ([], [None, 5, []], [{}], [field(5, 5, None, {})])),
        (ONE, {"limits": [None, {"name": []}], "announcement": {}, "fields": [{"name": {}, "messages": {}}]}, None),
        (ONE, {"fields": [{"name": "ip_range", "messages": "is bad"}]}, f"{ONE}: is bad"),
        (ONE, {"fields": [{"messages": ["is bad"]}]}, f"{ONE}: is bad"),
        # Long lists and texts
        (
            "invalid input",
            {"fields": MANY},
            "invalid input: f0: is bad; f1: is bad; f2: is bad; f3: is bad; f4: is bad; and 995 more",
        ),
        (ONE, {"fields": [field("ip_range", "x" * 5000)]}, f"{ONE}: {'x' * 197}..."),
    ],
)
def test_reasons(message: str, details: Any, text: str | None) -> None:
    before = copy.deepcopy(details)
    error = InvalidInputError("invalid_input", message, details, correlation_id="c0ffee")
    assert str(error) == f"{message if text is None else text} (invalid_input, c0ffee)"
    assert error.message == message
    assert error.details == before
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == str(error)


def test_long_details_are_read_in_a_moment() -> None:
    fields = [field(f"field_{number}", *(f"reason {number} {i}" for i in range(100))) for number in range(2000)]
    started = time.process_time()
    error = InvalidInputError("invalid_input", "bad " * 1000, {"fields": fields})
    assert time.process_time() - started < 10
    assert "field_4: reason 4 0, reason 4 1, reason 4 2, reason 4 3, reason 4 4; and 95 more; and 1995 more" in str(
        error
    )


def test_reasons_from_a_response() -> None:
    body = {"error": {"code": "invalid_input", "message": ONE, "details": {"fields": [field("ip_range", "is bad")]}}}
    with pytest.raises(InvalidInputError) as caught:
        Stub((422, json.dumps(body).encode())).client().networks.create("n", "10.0.0.0/33")
    assert str(caught.value) == f"{ONE}: is bad (invalid_input)"
    assert caught.value.message == ONE


def test_reasons_of_the_fake() -> None:
    client = FakeCloud(limits={"networks": 1}).client()
    with pytest.raises(InvalidInputError, match=r"field 'ip_range': '10.0.0.0/33' must be .* \(invalid_input, \w+\)$"):
        client.networks.create("n", "10.0.0.0/33")
    client.networks.create("n", "10.0.0.0/8")
    with pytest.raises(UniquenessError, match=r"^network name is already used \(uniqueness_error, "):
        client.networks.create("n", "10.0.0.0/8")
    with pytest.raises(ResourceLimitExceededError, match="network_limit"):
        client.networks.create("other", "10.0.0.0/8")


def test_reasons_of_digitalocean() -> None:
    with pytest.raises(UnprocessableEntityError, match=r"size 'a' not found \(unprocess") as caught:
        FakeDigitalOcean().client().droplets.create("web", "a", "b")
    assert str(caught.value).startswith(caught.value.message)
    body = {"error": "Bad Request", "messages": ["tag"], "root_causes": ["name is invalid"]}
    client = DigitalOceanClient("the-token", adapter=Stub((400, json.dumps(body).encode())))
    with pytest.raises(APIException, match=r"^Bad Request; tag: name is invalid \(bad_request\)$"):
        client.tags.create("web")


def test_tokens_in_reasons_are_masked() -> None:
    token = "a-token-of-21-letters"
    reason = f"{'x' * 190} {token} {'x' * 100}"
    body = {"error": {"code": "invalid_input", "message": ONE, "details": {"fields": [field(token, reason)]}}}
    client = Client(token, adapter=Stub((422, json.dumps(body).encode())))
    with pytest.raises(InvalidInputError) as caught:
        client.networks.create("n", "10.0.0.0/33")
    assert token[:5] not in str(caught.value) + repr(caught.value.details)
    assert "***" in str(caught.value)
