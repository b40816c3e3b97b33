"""Volumes: validation of arguments, and waiting for the attachment."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import InvalidArgumentError
from hcloud.locations import Location
from hcloud.servers import Server
from tests.stub import Stub


@pytest.mark.parametrize(
    "arguments",
    [
        {"size": 0, "location": Location(name="fsn1")},
        {"size": "10", "location": Location(name="fsn1")},
        {"size": 10},
        {"size": 10, "location": Location(name="fsn1"), "server": Server(id=1)},
    ],
)
def test_create_rejects_invalid_arguments(stub: Stub, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        stub.client().volumes.create(name="data", **arguments)
    assert stub.sent == []


def test_wait_waits_for_the_attachment_too(stub: Stub) -> None:
    def action(id: int, status: str) -> dict[str, Any]:
        return {"id": id, "command": "x", "status": status, "progress": 0, "resources": [], "error": None}

    volume = {"id": 3, "name": "data", "server": None}
    created = {"volume": volume, "action": action(1, "running"), "next_actions": [action(2, "running")]}
    finished = {"actions": [action(1, "success"), action(2, "success")]}
    stub.responses = [(201, created), (200, finished), (200, {"volume": {**volume, "server": 7}})]
    response = stub.client().volumes.create(10, "data", server=Server(id=7), automount=False).wait()

    assert stub.sent[0].json == {"size": 10, "name": "data", "server": 7, "automount": False}
    assert sorted(stub.sent[1].query["id"]) == ["1", "2"]
    assert [action.status for action in response.next_actions] == ["success"]
    assert response.volume.server is not None
    assert response.volume.server.id == 7
