"""The ``repr`` of records, and their tables in notebooks."""

from __future__ import annotations

import copy
import importlib
import pickle
from html.parser import HTMLParser
from typing import Any

import pytest

from hcloud import MalformedFieldError
from hcloud.actions import Action, ActionResource, BoundAction
from hcloud.core import BaseDomain, BoundModelBase
from hcloud.core.fields import Field
from hcloud.digitalocean.images import BoundImage as DigitalOceanImage
from hcloud.firewalls import FirewallRule
from hcloud.images import BoundImage, Image
from hcloud.networks import Network
from hcloud.placement_groups import PlacementGroup
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, CreateServerResponse, Server
from hcloud.testing import FakeCloud
from hcloud.testing.digitalocean import FakeDigitalOcean
from hcloud.zones import BoundZoneRRSet
from tests.library import RECORDS
from tests.stub import Stub

DIGITALOCEAN_RECORDS = [
    value
    for name in ("actions", "droplets", "images", "regions", "sizes", "snapshots", "tags")
    for module in [importlib.import_module(f"hcloud.digitalocean.{name}.domain")]
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, BaseDomain)
    and value.__module__ == module.__name__
    and value._fields
]
ALL_RECORDS = [*RECORDS, *DIGITALOCEAN_RECORDS]
SNAPSHOT: dict[str, Any] = {
    "id": 7,
    "name": None,
    "type": "snapshot",
    "description": "before upgrade",
    "status": "available",
    "architecture": "x86",
    "created": "2026-10-15T12:00:00+00:00",
    "created_from": {"id": 1, "name": "web"},
    "labels": {"a": "<b>"},
}


@pytest.fixture
def stub() -> Stub:
    return Stub()


def test_objects_are_told_apart(stub: Stub) -> None:
    client = stub.client()
    assert repr(BoundImage(client.images, SNAPSHOT)) == (
        "BoundImage(id=7, type='snapshot', description='before upgrade', status='available', architecture='x86', "
        "created='2026-10-15T12:00:00Z')"
    )
    action = {"id": 5, "command": "create_image", "status": "running", "progress": 40, "error": None}
    assert repr(BoundAction(client.actions, action)) == (
        "BoundAction(id=5, command='create_image', status='running', progress=40)"
    )
    error = {"code": "action_failed", "message": "Action failed"}
    assert repr(BoundAction(client.actions, {**action, "status": "error", "error": error})) == (
        "BoundAction(id=5, command='create_image', status='error', progress=40, "
        "error={'code': 'action_failed', 'message': 'Action failed'})"
    )
    rrset = {"id": "www/A", "name": "www", "type": "A", "ttl": 60, "zone": 3, "records": [{"value": "192.0.2.1"}]}
    assert repr(BoundZoneRRSet(client.zones, rrset)) == (
        "BoundZoneRRSet(id='www/A', name='www', type='A', ttl=60, records=[ZoneRecord(value='192.0.2.1')], zone=3)"
    )


def test_objects_of_digitalocean_are_told_apart() -> None:
    client = FakeDigitalOcean().client()
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra1").droplet
    assert droplet is not None
    assert repr(droplet) == (
        f"BoundDroplet(id={droplet.id}, name='web', status='new', size_slug='s-1vcpu-1gb', image='debian-12-x64', "
        "region='fra1')"
    )
    action = client.actions.get_list().actions[0]
    assert repr(action).startswith(f"BoundAction(id={action.id}, type='create', status='in-progress', resource_type=")
    image = DigitalOceanImage(client.images, {"id": 1, "slug": None, "name": "nightly", "type": "snapshot"})
    assert repr(image) == "BoundImage(id=1, name='nightly', type='snapshot')"


def test_partial_objects_are_marked(stub: Stub) -> None:
    image = BoundImage(stub.client().images, SNAPSHOT)
    origin = image.created_from
    assert repr(origin) == "<partial BoundServer(id=1, name='web')>"
    assert repr([origin]) == "[<partial BoundServer(id=1, name='web')>]"
    assert stub.sent == []


def test_a_record_made_by_a_call_is_shown_as_that_call() -> None:
    server = Server(id=1, server_type=ServerType(name="cx23"), labels={"env": "prod"})
    assert repr(server) == "Server(id=1, server_type=ServerType(name='cx23'), labels={'env': 'prod'})"
    assert eval(repr(server)) == server
    rule = FirewallRule(direction="in", protocol="tcp", source_ips=["0.0.0.0/0"], port="22")
    assert rule.destination_ips == []
    assert repr(rule) == "FirewallRule(direction='in', protocol='tcp', source_ips=['0.0.0.0/0'], port='22')"
    image = Image(id=1, created="2026-10-15T12:00:00Z")
    assert repr(image) == "Image(id=1, created='2026-10-15T12:00:00Z')"
    assert repr(Image()) == "Image()"


def test_a_record_of_the_api_shows_that_it_has_more_fields() -> None:
    assert repr(Network.from_dict({"id": 1, "name": "n", "ip_range": "10.0.0.0/8"})) == (
        "Network(id=1, name='n', ip_range='10.0.0.0/8')"
    )
    assert repr(Network.from_dict({"id": 1, "labels": {"a": "b"}})) == "Network(id=1, ...)"
    assert repr(Network.from_dict({"id": 1, "labels": {}, "servers": []})) == "Network(id=1)"


def test_a_response_shows_its_resources(stub: Stub) -> None:
    payload = {
        "server": {"id": 1, "name": "web", "status": "initializing", "server_type": {"id": 3, "name": "cx23"}},
        "action": {"id": 2, "command": "create_server", "status": "running", "progress": 0},
        "next_actions": [],
        "root_password": "hunter2",
    }
    assert repr(CreateServerResponse._hydrate(payload, stub.client().servers)) == (
        "CreateServerResponse(server=BoundServer(id=1, name='web', status='initializing', server_type='cx23'), "
        "action=BoundAction(id=2, command='create_server', status='running', progress=0), next_actions=[], "
        "root_password='***')"
    )


def test_reading_shows_the_known_values_and_changes_nothing(stub: Stub) -> None:
    image = BoundImage(stub.client().images, copy.deepcopy(SNAPSHOT))
    before = dict(image.__dict__)
    text, table = repr(image), image._repr_html_()
    assert image.__dict__ == before
    assert image.created is not None
    assert image.created_from is not None
    assert (repr(image), image._repr_html_()) == (text, table)
    image.description = "assigned"
    assert "description='assigned'" in repr(image)


def test_long_values_are_cut(stub: Stub) -> None:
    image = BoundImage(stub.client().images, {"id": 1, "description": "x" * 5000})
    assert repr(image) == f"BoundImage(id=1, description='{'x' * 77}...')"
    assert repr(PlacementGroup(id=1, servers=list(range(1000)))) == (
        "PlacementGroup(id=1, servers=[0, 1, 2, 3, 4, ... 1000 in all])"
    )
    deep: Any = {}
    deep["deep"] = deep
    assert repr(Server(id=1, labels=deep)) == "Server(id=1, labels={'deep': {'deep': {'deep': {'deep': {...}}}}})"


class Unprintable:
    """Value whose ``repr`` fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_repr_never_fails() -> None:
    unprintable: Any = Unprintable()
    assert repr(Server(id=1, labels=unprintable)) == "Server(id=1, labels=<Unprintable>)"
    assert repr(Image.from_dict({"id": 1, "created": unprintable, "deleted": 10**5000})) == (
        "Image(id=1, created='(malformed)', ...)"
    )
    with pytest.raises(MalformedFieldError, match="but holds <int>"):
        Image.from_dict({"deleted": 10**5000}).deleted  # noqa: B018
    image = Image.from_dict({"id": [], "created": "x", "created_from": "a", "type": {}, "description": 5})
    assert repr(image) == "Image(id='(malformed)', type={}, description=5, created='(malformed)', ...)"


def test_secrets_are_hidden(stub: Stub) -> None:
    client = stub.client()
    token = "a-token-of-20-letters"
    client = type(client)(token)
    description = f"{'x' * 70}{token} {'x' * 100}"
    image = BoundImage(client.images, {"id": 1, "name": token, "description": description})
    for text in (repr(image), image._repr_html_()):
        assert "***" in text
        assert token[:6] not in text
    server = Server(id=1, labels={"password": "hunter2", "user": "me"})
    assert repr(server) == "Server(id=1, labels={'password': '***', 'user': 'me'})"


@pytest.mark.parametrize("cls", ALL_RECORDS, ids=[f"{cls.__module__}.{cls.__qualname__}" for cls in ALL_RECORDS])
def test_declared_fields_exist(cls: type[BaseDomain]) -> None:
    """Every record with more than ten fields, and every resource, says which ones it shows."""
    if cls._shown is None:
        assert len(cls._fields) <= 8 or cls.__qualname__.startswith(("LoadBalancer", "StorageBox"))
        assert "id" not in cls._fields or len(cls._fields) <= 4
        return
    assert len(cls._shown) <= 6
    for name in cls._shown:
        declared: Field[Any, Any, Any] = cls._fields[name]
        assert declared.is_property
        assert not declared.is_secret
        assert name not in ("id", "name")


# Notebooks


class Cells(HTMLParser):
    """Texts of a table's caption and cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_table(stub: Stub) -> None:
    cells = Cells(BoundImage(stub.client().images, SNAPSHOT)._repr_html_())
    caption, *texts = cells.texts
    assert caption == "BoundImage"
    assert set(cells.tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    rows = dict(zip(texts[::2], texts[1::2], strict=True))
    assert list(rows) == list(BoundImage.__api_properties__)
    assert rows["labels"] == "{'a': '<b>'}"
    assert rows["name"] == rows["bound_to"] == "None"
    assert rows["created_from"] == "'web'"
    assert stub.sent == []


def test_table_of_a_partial_object(stub: Stub) -> None:
    partial = BoundServer(stub.client().servers, {"id": 1, "name": "<i>"}, complete=False)
    assert Cells(partial._repr_html_()).texts == [
        "BoundServer (partial: a field that is missing here is fetched when it is read)",
        *("id", "1", "name", "'<i>'"),
    ]
    assert stub.sent == []


def test_notebooks_look_attributes_up_without_a_request(stub: Stub) -> None:
    partial = BoundServer(stub.client().servers, {"id": 1}, complete=False)
    names = ("_ipython_display_", "_repr_mimebundle_", "_ipython_canary_method_should_not_exist_", "_repr_pretty_")
    assert [name for name in names if hasattr(partial, name)] == []
    assert stub.sent == []


@pytest.mark.parametrize("package", ["hcloud", "hcloud.digitalocean"])
def test_every_object_of_the_fakes_is_shown(package: str) -> None:
    client: Any = FakeCloud().client() if package == "hcloud" else FakeDigitalOcean().client()
    sizes: dict[str, int] = {}
    for name in importlib.import_module(f"{package}._client").Client.__annotations__:
        resource: Any = None if name in ("actions", "datacenters") else getattr(client, name, None)
        if hasattr(resource, "iter"):
            for entry in resource.iter():
                assert isinstance(entry, BoundModelBase)
                text = repr(entry)
                assert text == repr(pickle.loads(pickle.dumps(entry)))
                assert "partial" not in text
                assert "malformed" not in text + entry._repr_html_()
                sizes[name] = max(sizes.get(name, 0), len(text))
    assert len(sizes) >= 3
    assert max(sizes.values()) < 250, sizes


def test_a_record_with_many_nested_ones_stays_short() -> None:
    resource: Any = [ActionResource(id=number, type="server") for number in range(100)]
    assert len(repr(Action(id=1, resources=resource))) < 250
