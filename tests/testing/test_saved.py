"""Saving the state of a cloud as text, and loading it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.saved import dumps, loads
from tests.testing.api import API


def test_round_trip(cloud: FakeCloud, api: API) -> None:
    api.server("web")
    created = api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")
    cloud.advance(1)
    other = API(cloud, cloud.add_project("other").token)
    other.server("db")
    api.post(f"/servers/{cloud.servers['web']['id']}/actions/create_image")

    loaded = FakeCloud()
    loads(loaded, dumps(cloud))
    assert bool(dumps(loaded) == dumps(cloud))
    assert loaded.clock.time() == cloud.clock.time()
    assert loaded.servers["web"] == cloud.servers["web"]
    assert loaded.servers["web"] is not cloud.servers["web"]
    assert loaded.servers["web"]["server_type"] is loaded.server_types["cx23"]
    assert loaded.projects["other"].servers["db"]["name"] == "db"

    # Running actions continue in the loaded cloud only.
    loaded_api = API(loaded, loaded.project.token)
    assert loaded_api.get(f"/images/{created['image']['id']}")["image"]["status"] == "available"
    running = loaded.project.actions.running[0]
    assert loaded_api.delete(f"/servers/{loaded.servers['web']['id']}").code == "locked"
    loaded.finish_actions()
    assert running["status"] == "success"
    assert cloud.project.actions.records[running["id"]]["status"] == "running"
    assert loaded_api.server("new")["id"] not in cloud.servers


def test_round_trip_of_all_resources(cloud: FakeCloud, api: API) -> None:
    net = api.post("/networks", name="net", ip_range="10.0.0.0/16")["network"]
    subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/24"}
    api.post(f"/networks/{net['id']}/actions/add_subnet", **subnet)
    cloud.finish_actions()
    firewall = api.post("/firewalls", name="fw")["firewall"]
    volume = api.post("/volumes", name="vol", size=10, location="fsn1")["volume"]
    spread = api.post("/placement_groups", name="pg", type="spread")["placement_group"]
    cloud.finish_actions()
    api.server(
        location="fsn1",
        networks=[net["id"]],
        firewalls=[{"firewall": firewall["id"]}],
        volumes=[volume["id"]],
        placement_group=spread["id"],
    )
    target = {"type": "server", "server": {"id": cloud.servers["web"]["id"]}}
    api.post("/load_balancers", name="lb", load_balancer_type="lb11", location="fsn1", targets=[target])
    api.post("/floating_ips", name="fip", type="ipv4", home_location="fsn1")
    api.post("/certificates", name="cert", type="managed", domain_names=["example.com"])
    api.post("/zones", name="example.com", mode="primary")
    arguments = {"name": "box", "storage_box_type": "bx11", "location": "fsn1", "password": "Correct-Horse-9"}
    box = api.post("/storage_boxes", **arguments)["storage_box"]

    loaded = FakeCloud()
    loads(loaded, dumps(cloud))
    cloud.finish_actions()
    loaded.finish_actions()
    assert bool(dumps(loaded) == dumps(cloud))
    loaded_api = API(loaded, loaded.project.token)
    for path in (
        "/zones/example.com/rrsets",
        f"/storage_boxes/{box['id']}/snapshots",
        f"/networks/{net['id']}/members",
    ):
        assert loaded_api.get(path).body == api.get(path).body


def altered(change: Any) -> str:
    """Return the state of a cloud, altered by a function."""
    document = json.loads(dumps(FakeCloud()))
    change(document)
    return json.dumps(document)


def row(*cells: Any) -> Any:
    """Return a function that replaces the first row of a state, that of the locations."""

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
        altered(lambda document: document["projects"]["default"].update(budget=[1])),
        altered(lambda document: document["projects"]["default"].update(budget=[1, 2, 3])),
        altered(row("record", "subprocess", "Popen", {})),
        altered(row("record", "hcloud.testing.cloud", "FakeCloud", {})),
        altered(row("record", "hcloud.testing.resources.servers", "sha256", {})),
        altered(row("method", "os", "system")),
        altered(row("method", [1], "records")),
        altered(row("partial", "print", [1], [1])),
        altered(row("nothing")),
        altered(row("tuple", [0])),
        altered(lambda document: document.update(objects=[["tuple", [number + 1]] for number in range(10_000)])),
        "[" * 100_000,
    ],
)
def test_invalid_states(text: str) -> None:
    cloud = FakeCloud()
    before = dumps(cloud)
    with pytest.raises(ValueError, match=r"not the state of a cloud saved by hcloud\.testing 3"):
        loads(cloud, text)
    assert bool(dumps(cloud) == before)


def test_a_state_of_another_version_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="it has version 1, which can't be converted; delete the file"):
        loads(FakeCloud(), altered(lambda document: document.update(version=1)))
    with pytest.raises(ValueError, match="its format is other"):
        loads(FakeCloud(), altered(lambda document: document.update(format="other")))


def test_unknown_and_new_collections(cloud: FakeCloud, api: API) -> None:
    api.server("web")
    document = json.loads(dumps(cloud))
    resources = document["projects"]["default"]["resources"]
    resources["retired"] = resources.pop("isos")

    loaded = FakeCloud()
    loads(loaded, json.dumps(document))
    assert "web" in loaded.servers
    assert len(loaded.isos) == len(cloud.isos)


def test_attributes_that_cannot_be_saved(cloud: FakeCloud) -> None:
    cloud.servers.oddity = object()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="cannot be saved"):
        dumps(cloud)
