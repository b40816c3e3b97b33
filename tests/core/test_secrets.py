"""Tokens, passwords, keys and user data appear in no log, no repr and no message of an exception."""

from __future__ import annotations

import logging
import pickle
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests

from hcloud import APIException, Client, HCloudException
from hcloud._exceptions import InvalidArgumentError, MalformedFieldError
from hcloud.core import BaseDomain, Secret
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.servers import ResetPasswordResponse, Server
from hcloud.zones import Zone
from tests.library import every_record
from tests.stub import Stub, StubResponse, error

SECRET = "hunter2-hunter2"
ACTION = {"id": 1, "command": "reset_password", "status": "running"}


def create(client: Client) -> Any:
    return client.servers.create("web", ServerType(id=1), Image(id=1), user_data=f"#cloud-config\n{SECRET}")


def reset(client: Client) -> Any:
    return client.servers.reset_password(Server(id=1))


RESPONSES: dict[str, StubResponse] = {
    "rejected": (422, error("invalid_input", "invalid", {"fields": [{"name": "name"}]})),
    "unknown outcome": 504,
    "broken": requests.ConnectionError("Connection aborted."),
    "no action": (201, {"root_password": SECRET}),
    "action is no object": (201, {"root_password": SECRET, "server": [], "action": []}),
    "truncated": (201, b'{"root_password": "' + SECRET.encode() + b'", "action": {"id"'),
    "truncated within the secret": (201, b'{"root_password":"' + SECRET.encode()),
    "truncated, escaped": (201, b'{"root_password": "\\"' + SECRET.encode() + b'\\""'),
    "an HTML page": (502, b'<html>{"private_key": "' + SECRET.encode() + b'"}'),
    "valid": (201, {"root_password": SECRET, "action": ACTION, "server": {"id": 1}, "next_actions": []}),
}


@pytest.mark.parametrize("call", [create, reset])
@pytest.mark.parametrize("name", RESPONSES)
def test_secrets_are_not_shown(call: Callable[[Client], Any], name: str, caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub(RESPONSES[name])
    client = stub.client()
    shown = [repr(client), repr(client.servers), repr(client._client), str(vars(client.servers))]
    with caplog.at_level(logging.DEBUG):
        try:
            result = call(client)
        except HCloudException as failure:
            shown += [str(failure), repr(failure), repr(failure.request), *traceback.format_exception(failure)]
        else:
            shown += [repr(result), str(result), repr(result.raw)] if name == "valid" else []
            assert result.root_password == SECRET
    for text in [*shown, caplog.text]:
        assert SECRET not in text
        assert "the-token" not in text


def test_no_token_in_pickles() -> None:
    stub = Stub((200, {"server": {"id": 1}, "servers": [{"id": 1}], "action": ACTION}))
    client = stub.client()
    objects = [client.servers.get_by_id(1), client.servers.get_list(), client.servers.power_on(Server(id=1))]
    stub.responses = [requests.ReadTimeout("too slow")]
    with pytest.raises(HCloudException) as caught:
        client.with_options(retries=0).servers.get_list()
    for value in [*objects, caught.value]:
        assert b"the-token" not in pickle.dumps(value)


def test_no_token_in_errors() -> None:
    stub = Stub(requests.ReadTimeout("too slow"))
    with pytest.raises(HCloudException) as caught:
        stub.client().with_options(retries=0).servers.get_list()
    assert "the-token" not in str(vars(caught.value))
    assert not hasattr(caught.value.request, "headers")


@every_record
def test_fields_with_names_of_secrets_are_secret(cls: type[BaseDomain]) -> None:
    for name, field in cls._fields.items():
        if re.search(r"password|private_key|secret|token|wss_url", name):
            assert isinstance(field, Secret), f"{cls.__qualname__}.{name} is shown by its repr"


def test_a_malformed_secret_is_not_shown() -> None:
    response = ResetPasswordResponse.from_dict({"action": [SECRET], "root_password": SECRET})
    with pytest.raises(HCloudException) as caught:
        response.action  # noqa: B018
    assert "root_password" not in str(caught.value)


def test_no_tsig_key_in_the_error_for_a_truncated_response() -> None:
    body = b'{"zone": {"id": 1, "primary_nameservers": [{"address": "198.18.0.1", "tsig_key": "HUSH"}]'
    with pytest.raises(APIException) as caught:
        Stub((200, body)).client().zones.get("example.com")
    assert "HUSH" not in str(caught.value)
    assert "tsig_key" in str(caught.value)


def test_no_content_in_the_error_for_a_malformed_list() -> None:
    zone = Zone.from_dict({"id": 1, "primary_nameservers": {"tsig_key": "HUSH"}})
    with pytest.raises(MalformedFieldError, match="should be a list, but holds an object") as caught:
        zone.primary_nameservers  # noqa: B018
    assert "HUSH" not in str(caught.value)


def test_a_token_as_the_endpoint_is_not_shown() -> None:
    with pytest.raises(InvalidArgumentError, match="is not an endpoint") as caught:
        Client("https://api.hetzner.cloud/v1", "HUSH" * 16)
    assert "HUSH" not in str(caught.value)
