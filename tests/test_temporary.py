"""Tests of ``Client.temporary``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hcloud import Client, HCloudExceptionGroup, OutcomeUnknownError
from hcloud._temporary import AsyncTemporary
from hcloud.testing import FakeCloud


def test_deletes_what_has_its_label(client: Client) -> None:
    kept = client.networks.create("kept", "10.0.0.0/16", labels={"env": "ci"})
    with client.temporary() as labels:
        server = client.servers.create("web", "cx23", "ubuntu-24.04", labels=labels).wait().server
        client.networks.create("net", "10.1.0.0/16", labels={**labels, "env": "ci"})
        assert server.labels == labels
        assert client.servers.get_all() == [server]
    assert client.servers.get_all() == []
    assert client.networks.get_all() == [kept]


def test_labels_are_random_and_valid(client: Client) -> None:
    with client.temporary() as first, client.temporary() as second:
        assert first.keys() == second.keys() == {"hcloud-temporary"}
        assert first != second
        client.networks.create("net", "10.1.0.0/16", labels=first)


def create_temporarily(client: Client, then: Callable[[], object]) -> None:
    with client.temporary() as labels:
        client.networks.create("net", "10.0.0.0/16", labels=labels)
        then()


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit])
def test_deletes_after_an_exception(client: Client, exception: type[BaseException]) -> None:
    error = exception("original")
    with pytest.raises(exception) as raised:
        create_temporarily(client, lambda: fail(error))
    assert raised.value is error
    assert not hasattr(error, "__notes__")
    assert client.networks.get_all() == []


def test_a_failure_after_an_exception_is_noted(cloud: FakeCloud, client: Client) -> None:
    error = ValueError("original")
    cloud.fail_next(status=403, code="forbidden", method="DELETE")
    with pytest.raises(ValueError, match="original") as raised:
        create_temporarily(client, lambda: fail(error))
    assert raised.value is error
    assert raised.value.__cause__ is None
    [note] = error.__notes__
    assert note.startswith("Temporary resources with the label hcloud-temporary=")
    assert "(forbidden" in note


def test_a_failure_alone_is_raised(cloud: FakeCloud, client: Client) -> None:
    cloud.fail_next(status=403, code="forbidden", method="DELETE")
    with pytest.raises(HCloudExceptionGroup) as raised:
        create_temporarily(client, lambda: None)
    assert "(forbidden" in str(raised.value)


def test_protected_resources_are_a_failure(client: Client) -> None:
    with pytest.raises(HCloudExceptionGroup) as raised:
        create_temporarily(client, lambda: client.networks.get("net").change_protection(delete=True).wait())
    assert [network.name for network in raised.value.result.protected] == ["net"]
    assert "protected network" in str(raised.value)


@pytest.mark.parametrize("error", [None, ValueError("original")])
def test_an_interruption_of_the_deletion_names_the_label(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    monkeypatch.setattr("hcloud._client.Client.delete_all", lambda *_, **__: fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt) as raised:
        create_temporarily(client, lambda: fail(error) if error else None)
    [network] = client.networks.get_all()
    label = network.labels["hcloud-temporary"]
    assert raised.value.__notes__ == [f"Temporary resources with the label hcloud-temporary={label} may be left."]


def test_a_changed_dict_does_not_change_what_is_deleted(client: Client) -> None:
    with client.temporary() as labels:
        client.networks.create("net", "10.0.0.0/16", labels=labels)
        client.networks.create("kept", "10.1.0.0/16", labels={"env": "prod"})
        labels.clear()
        labels["env"] = "prod"
    assert [network.name for network in client.networks.get_all()] == ["kept"]


def test_a_creation_of_unknown_outcome_is_deleted(cloud: FakeCloud, client: Client) -> None:
    cloud.break_next(when="after", method="POST")
    with pytest.raises(OutcomeUnknownError):
        create_temporarily(client, lambda: None)
    assert client.networks.get_all() == []
    assert [request.method for request in cloud.requests].count("DELETE") == 1


def test_asynchronous(client: Client) -> None:
    async def use() -> None:
        async with AsyncTemporary(client) as labels:
            client.networks.create("net", "10.0.0.0/16", labels=labels)
            raise KeyError("original")

    with pytest.raises(KeyError, match="original"):
        asyncio.run(use())
    assert client.networks.get_all() == []
