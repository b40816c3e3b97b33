"""A cloud's state as text, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.saved import dumps, loads
from tests.testing.api import API


def test_there_and_back(cloud: FakeCloud, api: API) -> None:
    api.server("web")
    taken = api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")
    cloud.advance(1)
    other = API(cloud, cloud.add_project("other").token)
    other.server("db")
    api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")

    back = FakeCloud()
    loads(back, dumps(cloud))
    assert bool(dumps(back) == dumps(cloud))
    assert back.clock.time() == cloud.clock.time()
    assert back.servers["web"] == cloud.servers["web"]
    assert back.servers["web"] is not cloud.servers["web"]
    assert back.servers["web"]["server_type"] is back.server_types["cx23"]
    assert back.projects["other"].servers["db"]["name"] == "db"

    # What was running goes on there, and only there.
    again = API(back, back.project.token)
    assert again.get(f"/images/{taken['image']['id']}")["image"]["status"] == "available"
    running = back.project.actions.running[0]
    assert again.delete(f"/servers/{back.servers['web']['id']}").code == "locked"
    back.finish_actions()
    assert running["status"] == "success"
    assert cloud.project.actions.records[running["id"]]["status"] == "running"
    assert again.server("new")["id"] not in cloud.servers


def altered(change: Any) -> str:
    document = json.loads(dumps(FakeCloud()))
    change(document)
    return json.dumps(document)


def row(*cells: Any) -> Any:
    """A change that puts a row first, where the locations are."""

    def change(document: Any) -> None:
        document["objects"][0] = list(cells)

    return change


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        altered(lambda document: document.update(version=99)),
        altered(lambda document: document.update(objects=[])),
        altered(row("record", "subprocess", "Popen", {})),
        altered(row("record", "hcloud.testing.cloud", "FakeCloud", {})),
        altered(row("record", "hcloud.testing.resources.servers", "sha256", {})),
        altered(row("method", "os", "system")),
        altered(row("method", [1], "records")),
        altered(row("partial", "print", [1], [1])),
        altered(row("nothing")),
    ],
)
def test_what_is_no_state(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a state that hcloud\.testing 1 saved"):
        loads(FakeCloud(), text)


def test_collections_come_and_go(cloud: FakeCloud, api: API) -> None:
    api.server("web")
    document = json.loads(dumps(cloud))
    resources = document["projects"]["default"]["resources"]
    resources["retired"] = resources.pop("isos")

    back = FakeCloud()
    loads(back, json.dumps(document))
    assert "web" in back.servers
    assert len(back.isos) == len(cloud.isos)


def test_what_cannot_be_saved(cloud: FakeCloud) -> None:
    cloud.servers.oddity = object()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="cannot be saved"):
        dumps(cloud)
