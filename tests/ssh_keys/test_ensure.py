"""Tests of ``ssh_keys.ensure``, and of the reading of public keys."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError, OutcomeUnknownError, UniquenessError
from hcloud.ssh_keys.public_key import read_public_key
from hcloud.testing import FakeCloud
from tests.stub import Stub, error

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def key_of(number: int, key_type: str = "ssh-ed25519") -> str:
    fields = (key_type.encode(), bytes([number]) * 32)
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"{key_type} {base64.b64encode(blob).decode()}"


def writes(cloud: FakeCloud) -> list[str]:
    return [request.method for request in cloud.requests if request.method != "GET"]


def test_adds_a_missing_key_once(cloud: FakeCloud, client: Client) -> None:
    key = client.ssh_keys.ensure(key_of(1), name="me", labels={"env": "ci"})
    assert (key.name, key.labels, key.public_key) == ("me", {"env": "ci"}, key_of(1))
    assert writes(cloud) == ["POST"]
    cloud.requests.clear()
    assert client.ssh_keys.ensure(key_of(1), name="me") == key
    assert [str(request.path) for request in cloud.requests] == ["/ssh_keys"]
    assert writes(cloud) == []


@pytest.mark.parametrize(
    "text", [f"{key_of(1)}\n", f"  {key_of(1)} other@host", key_of(1).replace(" ", " \t "), f"{key_of(1)}   two words "]
)
def test_comment_and_space_do_not_matter(client: Client, text: str) -> None:
    key = client.ssh_keys.ensure(f"{key_of(1)} me@host")
    assert key.name == "me@host"
    assert client.ssh_keys.ensure(text, name="another") == key
    assert [key.name for key in client.ssh_keys.get_all()] == ["me@host"]


def test_fingerprints_are_those_of_the_api(client: Client) -> None:
    for number, key_type in enumerate(["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"]):
        created = client.ssh_keys.create(f"key {number}", f"{key_of(number, key_type)} comment")
        assert read_public_key(key_of(number, key_type)).fingerprint == created.fingerprint


def test_the_fingerprint_of_a_known_key() -> None:
    """As ``ssh-keygen -l -E md5`` prints it."""
    assert read_public_key(f"{ED25519} github.com").fingerprint == "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd"


def test_the_name_of_another_key(cloud: FakeCloud, client: Client) -> None:
    client.ssh_keys.create("me", key_of(1))
    with pytest.raises(UniquenessError) as raised:
        client.ssh_keys.ensure(key_of(2), name="me")
    assert raised.value.__notes__ == ["Another SSH key of the project has the name 'me': pass another name."]
    assert len(client.ssh_keys.get_all()) == 1


FOUND = (200, {"ssh_keys": [{"id": 7, "name": "me"}], "meta": {"pagination": {"page": 1, "last_page": 1}}})
MISSING = (200, {"ssh_keys": [], "meta": {"pagination": {"page": 1, "last_page": 1}}})


@pytest.mark.parametrize(
    "failure", [(409, error("uniqueness_error")), (500, error("server_error"))], ids=["race", "lost response"]
)
def test_a_key_that_appears_meanwhile(stub: Stub, failure: Any) -> None:
    stub.responses = [MISSING, failure, FOUND]
    assert stub.client().ssh_keys.ensure(key_of(1), name="me").id == 7
    assert [sent.method for sent in stub.sent] == ["GET", "POST", "GET"]


def test_an_unknown_outcome_without_a_key(stub: Stub) -> None:
    stub.responses = [MISSING, (500, error("server_error")), MISSING]
    with pytest.raises(OutcomeUnknownError):
        stub.client().ssh_keys.ensure(key_of(1), name="me")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "NoneType"),
        (b"ssh-rsa AAAA", "bytes"),
        ("", "not one line"),
        (f"{key_of(1)}\n{key_of(2)}", "not one line"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----", "is a private key"),
        ("ssh-ed25519", "not base64"),
        ("ssh-ed25519 !!!!", "not base64"),
        ("ssh-ed25519 ä", "not base64"),
        (key_of(1)[:-8], "truncated"),
        (f"{key_of(1)}AAAA", "truncated"),
        ("ssh-ed25519 AAAA", "truncated"),
        (key_of(1).replace("ssh-ed25519", "ssh-rsa"), "first word"),
        (f'command="x" {key_of(1)}', "not base64"),
    ],
)
def test_rejects_what_is_no_public_key(cloud: FakeCloud, client: Client, text: Any, problem: str) -> None:
    with pytest.raises(InvalidArgumentError, match=problem) as raised:
        client.ssh_keys.ensure(text, name="me")
    assert "secret" not in str(raised.value)
    assert cloud.requests == []


@pytest.mark.parametrize("name", [None, "", 1])
def test_needs_a_name(cloud: FakeCloud, client: Client, name: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="pass a name"):
        client.ssh_keys.ensure(key_of(1), name=name)
    assert cloud.requests == []


def test_a_byte_order_mark_is_not_part_of_a_public_key() -> None:
    assert read_public_key(f"\ufeff{ED25519} me\r\n") == read_public_key(f"{ED25519} me")
