"""Placement groups in the fake cloud."""

from __future__ import annotations

from tests.testing.api import API


def test_life_cycle(api: API) -> None:
    created = api.post("/placement_groups", name="apart", type="spread", labels={"a": "b"})
    group = created["placement_group"]
    assert (created["action"], group["servers"], group["type"]) == (None, [], "spread")
    assert api.post("/placement_groups", name="apart", type="spread").code == "uniqueness_error"
    assert api.post("/placement_groups", name="close", type="pack").fields == ["type"]
    assert api.put(f"/placement_groups/{group['id']}", name="away")["placement_group"]["name"] == "away"
    assert api.get("/placement_groups", type="spread", name="away", label_selector="a")["placement_groups"]

    server = api.server(placement_group=group["id"])
    assert server["placement_group"]["servers"] == [server["id"]]
    assert api.delete(f"/placement_groups/{group['id']}").status == 204
    assert api.get(f"/servers/{server['id']}")["server"]["placement_group"] is None


def test_adding_and_removing_servers(api: API) -> None:
    group = api.post("/placement_groups", name="apart", type="spread")["placement_group"]
    running, stopped = api.server(), api.server("off", start_after_create=False)

    def act(server: int, command: str, **body: object) -> str:
        response = api.post(f"/servers/{server}/actions/{command}_placement_group", **body)
        return str(api.done(response)["status"] if response.status == 201 else response.code)

    assert act(running["id"], "add_to", placement_group=group["id"]) == "server_not_stopped"
    assert act(stopped["id"], "remove_from") == "invalid_input"
    assert act(stopped["id"], "add_to", placement_group=1) == "invalid_input"
    assert act(stopped["id"], "add_to", placement_group=group["id"]) == "success"
    assert act(stopped["id"], "add_to", placement_group=group["id"]) == "invalid_input"
    assert api.get(f"/placement_groups/{group['id']}")["placement_group"]["servers"] == [stopped["id"]]
    assert act(stopped["id"], "remove_from") == "success"

    api.cloud.fail_action("add_to_placement_group")
    assert act(stopped["id"], "add_to", placement_group=group["id"]) == "error"
    assert api.get(f"/placement_groups/{group['id']}")["placement_group"]["servers"] == []


def test_ten_servers_at_most(api: API) -> None:
    group = api.post("/placement_groups", name="apart", type="spread")["placement_group"]
    arguments = {"server_type": "cx23", "image": "debian-12", "placement_group": group["id"]}
    created = [api.post("/servers", name=f"web{number}", **arguments)["server"]["id"] for number in range(10)]
    assert api.post("/servers", name="web10", **arguments).code == "placement_error"
    api.cloud.finish_actions()
    api.delete(f"/servers/{created[0]}")
    assert api.post("/servers", name="web10", **arguments).status == 201
