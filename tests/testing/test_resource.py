"""A resource is declared by one class."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

import pytest

from hcloud.testing import FakeCloud
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, ListPage
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.resources import resources
from hcloud.testing.resources.locations import LocationRef
from hcloud.testing.resources.servers import ServerRef
from hcloud.testing.router import Router
from hcloud.testing.schema import Labels, Length, Name, Record, Within
from tests.testing.api import API


class Leg(TypedDict, total=False):
    """Part of a thing."""

    length: Annotated[int, Within(1, 10)]
    color: str


class Things(FakeResource):
    """A resource that uses all features."""

    collection = "things"
    singular = "thing"
    sortable = ("id", "name")
    filters = (Filter("name"), Filter("size", value_type=int))
    labelled = True
    acting = True

    @operation("POST /", starts=("create_thing",))
    def create(
        self,
        *,
        name: Name,
        home: LocationRef,
        kind: Literal["good", "bad"] = "good",
        size: float = 1,
        legs: Annotated[list[Leg], Length(0, 2)] | None = None,
        server: ServerRef | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a thing."""
        thing = self.add(
            {"id": self.new_id(), "name": name, "home": home, "kind": kind, "size": size, "labels": labels or {}}
            | {"legs": legs or [], "server": server and server["id"], "status": "new", "protection": {"delete": False}}
        )
        return {
            "thing": thing,
            "action": self.start_action(thing, "create_thing", self._ready, thing, "ready", seconds=5),
        }

    def _ready(self, thing: Record, status: str) -> None:
        thing["status"] = status

    @operation("DELETE /{id}")
    def delete(self, thing: Record) -> None:
        """Delete a thing."""
        self.remove(thing)

    @action(of="servers")
    def assign_thing(self, server: Record, *, thing: str) -> Body:
        """Assign a thing to a server."""
        self.change(self[thing], server=server["id"])
        return {"action": self.start_action(self[thing], "assign_thing", also=[("server", server["id"])])}

    @operation("GET /{id}/legs/{number}/{part}")
    def leg(self, thing: Record, number: int, part: str, *, verbose: bool = False) -> Body:
        """Return a leg."""
        return {"leg": thing["legs"][number], "part": part, "verbose": verbose}

    @operation("GET /{id}/twins")
    def twins(self, thing: Record, *, query: Query) -> ListPage | Body:
        """Return the things of the same size."""
        return self.listing.of([other for other in self if other["size"] == thing["size"]], query)

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for thing in self:
            if thing["server"] == server["id"]:
                self.change(thing, server=0)


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> API:
    """Return the API of a cloud that also has things."""
    classes = (*resources(), Things)
    monkeypatch.setattr(FakeCloud, "resource_classes", staticmethod(lambda: classes))
    cloud = FakeCloud()
    return API(cloud, cloud.project.token)


def test_declared_operations(things: API) -> None:
    created = things.post("/things", name="chair", home="fsn1", legs=[{"length": 3}, {}])
    thing = created["thing"]
    assert things.get("/things", name="chair", size=1, label_selector="!x", sort="name:desc")["things"] == [thing]
    assert things.get(f"/things/{thing['id']}/actions/{created['action']['id']}")["action"] == created["action"]
    assert things.delete(f"/things/{thing['id']}").code == "locked"
    things.cloud.advance(5)
    assert things.cloud.things["chair"]["status"] == "ready"
    things.cloud.things["chair"]["protection"]["delete"] = True
    assert things.delete(f"/things/{thing['id']}").code == "protected"
    things.cloud.things["chair"]["protection"]["delete"] = False
    assert things.delete(f"/things/{thing['id']}").status == 204


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"kind": "ugly"}, "kind"),
        ({"size": "big"}, "size"),
        ({"size": True}, "size"),
        ({"legs": [{}, {}, {}]}, "legs"),
        ({"legs": {}}, "legs"),
        ({"legs": [5]}, "legs"),
        ({"legs": [{"length": 11}]}, "legs.length"),
        ({"legs": [{"length": 1.5}]}, "legs.length"),
        ({"server": "web"}, "server"),
        ({"server": 5}, "server"),
        ({"home": ""}, "home"),
        ({"home": "moon"}, "home"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_invalid_input(things: API, arguments: dict[str, object], field: str) -> None:
    assert things.post("/things", **{"name": "x", "home": 1, **arguments}).fields == [field]
    assert len(things.cloud.things) == 0


def test_null_is_ignored(things: API) -> None:
    assert things.post("/things", name="x", home="1", legs=None, server=None, kind=None)["thing"]["kind"] == "good"


def test_path_and_query_parameters(things: API) -> None:
    thing = things.post("/things", name="chair", home=1, legs=[{"length": 3}])["thing"]
    leg = things.get(f"/things/{thing['id']}/legs/0/the%2Ftop", verbose="TRUE")
    assert leg.body == {"leg": {"length": 3}, "part": "the/top", "verbose": True}
    assert things.get(f"/things/{thing['id']}/legs/first/top").code == "not_found"
    assert things.get(f"/things/{thing['id']}/legs/0/top", verbose="maybe").fields == ["verbose"]
    assert things.get(f"/things/{thing['id']}/twins")["meta"]["pagination"]["total_entries"] == 1
    assert things.get("/things/0/twins").code == "not_found"


def test_actions_and_events_of_other_resources(things: API) -> None:
    server = things.server()
    things.post("/things", name="chair", home=1)
    things.cloud.finish_actions()
    action = things.done(things.post(f"/servers/{server['id']}/actions/assign_thing", thing="chair"))
    assert [resource["type"] for resource in action["resources"]] == ["thing", "server"]
    assert things.cloud.things["chair"]["server"] == server["id"]
    things.delete(f"/servers/{server['id']}")
    assert things.cloud.things["chair"]["server"] == 0


def test_duplicate_operations_are_rejected() -> None:
    with pytest.raises(ValueError, match=r"two operations at POST /servers/\{id\}/actions/assign_thing"):
        Router([*Things.operations, *Things.operations])
