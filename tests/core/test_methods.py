"""Tests of declared endpoint methods: checks and encoding of arguments, results, signatures, deprecation."""

from __future__ import annotations

import inspect
import warnings
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from hcloud import Client
from hcloud._exceptions import InvalidArgumentError
from hcloud.actions import BoundAction, ResourceActionsClient
from hcloud.core import BaseDomain, DomainIdentityMixin, Link, Renamed, encode, record
from hcloud.core.methods import endpoint
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.digitalocean.droplets import Droplet
from hcloud.digitalocean.snapshots import Snapshot
from hcloud.digitalocean.tags import Tag
from hcloud.firewalls import FirewallRule
from hcloud.images import BoundImage, Image, ImagesClient
from hcloud.isos import Iso
from hcloud.load_balancers import LoadBalancer
from hcloud.networks import Network
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, Server, ServersClient
from hcloud.ssh_keys import SSHKeysClient
from hcloud.storage_boxes import StorageBox, StorageBoxSnapshot
from hcloud.testing import FakeCloud
from hcloud.zones import Zone, ZoneRRSet
from tests.stub import Stub

RESPONSE = (
    200,
    {"server": {"id": 1}, "image": {"id": 1}, "action": {"id": 1}, "actions": [], "images": [], "servers": []},
)


@pytest.fixture
def stub() -> Stub:
    return Stub(RESPONSE)


@pytest.fixture
def client(stub: Stub) -> Client:
    return stub.client()


# Rejected arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda client: client.images.delete(Image(name="x")),
            r"ImagesClient.delete\(\): image=.*name='x'.* has no id",
        ),
        (lambda client: client.images.get_by_id("../servers/1"), r"get_by_id\(\): id must be an integer, not '../"),
        (lambda client: client.images.get_by_id(None), r"get_by_id\(\): id=None"),
        (lambda client: client.images.get_by_id(True), "id"),
        (lambda client: client.images.get_by_id(1.0), "id"),
        (lambda client: client.images.get_by_id(b"1"), "id"),
        (lambda client: client.images.get_by_id("²"), "id"),
        (lambda client: client.images.delete(None), "image must be an Image or an ID, not None"),
        (lambda client: client.servers.get_action(Server(id=1), None), "action_id"),
        (lambda client: client.servers.change_type(Server(id=1), ServerType(), False), "id or name must be set"),
        (lambda client: client.servers.attach_iso(Server(id=1), Iso()), "id or name must be set"),
        (lambda client: client.servers.delete(Image(id=7)), r"server must be a Server, not Image\(id=7\)"),
        (lambda client: client.servers.get_by_name(None), "name must be a non-empty string, not None"),
        (lambda client: client.servers.get_by_name(""), "name must be a non-empty string, not ''"),
        (lambda client: client.servers.get_by_name(["a", "b"]), "name must be a non-empty string"),
        (lambda client: client.servers.get_by_name("\ud800"), "can't be encoded"),
        (
            lambda client: client.servers.get_all(label_selector={"env": "prod"}),
            "label_selector={'env': 'prod'} can't be sent",
        ),
        (
            lambda client: client.load_balancers.add_service(LoadBalancer(id=1), 5),
            r"add_service\(\): service can't be 5",
        ),
        (
            lambda client: client.firewalls.create(
                "wall", [FirewallRule.from_dict({"direction": "in", "prot": "tcp"})]
            ),
            "FirewallRule.* lacks protocol",
        ),
        (lambda client: client.request("GET", "servers"), "starts with one slash"),
        (lambda client: client.request("GET", "//example.com/servers"), "starts with one slash"),
        (lambda client: client.request("GET", "/servers", params=[("name", "x")]), "a query is a mapping"),
    ],
    ids=map(str, range(22)),
)
def test_invalid_arguments_are_rejected_before_sending(call: Any, message: str, client: Client, stub: Stub) -> None:
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        call(client)
    assert isinstance(caught.value, ValueError)
    assert stub.sent == []


def test_values_of_a_query(cloud: FakeCloud) -> None:
    """Any iterable is a list of values, without those that are None, as in requests."""
    client = cloud.client()
    texts: list[Any] = [("a", None), {"a"}, iter(["a"]), (letter for letter in "a"), ["a", None], "a"]
    for value in texts:
        client.request("GET", "/servers", params={"name": value, "sort": None, "id": 7})
        assert cloud.requests[-1].query == [("name", "a"), ("id", "7")]
    moment = datetime(2026, 1, 2, tzinfo=UTC)  # it has a text of its own
    client.request("GET", "/servers", params={"name": moment, "id": [True, 1.5]})
    assert cloud.requests[-1].query == [("name", str(moment)), ("id", "true"), ("id", "1.5")]


@pytest.mark.parametrize("identity", ["../x", "..", "", "1/2", "²", "-1", "1 ", "0x1", "1" * 5_000 + "x", "\ud800"])
def test_ids_that_are_no_integers(identity: Any, stub: Stub) -> None:
    client = stub.client()
    for call in (
        lambda: client.servers.delete(Server(id=identity)),
        lambda: BoundServer(client.servers, {"id": identity}).power_on(),
        lambda: client.servers.get_actions_list(Server(id=identity)),
        lambda: client.zones.delete(Zone(id=identity)),
        lambda: client.zones.change_rrset_ttl(ZoneRRSet("www", "A", zone=Zone(id=identity)), 60),
        lambda: client.storage_boxes.delete_snapshot(StorageBoxSnapshot(id=1, storage_box=StorageBox(id=identity))),
        lambda: client.storage_boxes.delete_snapshot(StorageBoxSnapshot(id=identity, storage_box=StorageBox(id=1))),
        lambda: DigitalOceanClient("t" * 64, adapter=stub).droplets.delete(Droplet(id=identity)),
    ):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            call()
    assert stub.sent == []


@pytest.mark.parametrize("name", ["../x", "./x", "..\\x", "..", ".", "", "\ud800"])
def test_names_that_would_change_the_route(name: str, stub: Stub) -> None:
    client, digitalocean = stub.client(), DigitalOceanClient("t" * 64, adapter=stub)
    for call in (
        lambda: client.zones.delete(Zone(name=name)),
        lambda: client.zones.get(name),
        lambda: client.zones.get_rrset(Zone(id=1), name, "A"),
        lambda: digitalocean.tags.delete(Tag(name=name)),
    ):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            call()
    assert stub.sent == []


def test_names_and_slugs_in_the_path(stub: Stub) -> None:
    client, digitalocean = stub.client(), DigitalOceanClient("t" * 64, adapter=stub)
    client.zones.delete(Zone(name="0/25.2.0.192.in-addr.arpa"))
    client.zones.delete(Zone(id="7"))  # type: ignore[arg-type]
    stub.responses = [204]
    digitalocean.tags.delete(Tag(name="..env:prod"))
    digitalocean.snapshots.delete(Snapshot(id="7b0e2b8e-1f3c-11ee-be56-0242ac120002"))
    assert [sent.path for sent in stub.sent] == [
        "/zones/0%2F25.2.0.192.in-addr.arpa",
        "/zones/7",
        "/v2/tags/..env%3Aprod",
        "/v2/snapshots/7b0e2b8e-1f3c-11ee-be56-0242ac120002",
    ]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda client: client.images.get_list(nmae="x"), "nmae"),
        (lambda client: client.images.get_list(*range(20)), "positional"),
        (lambda client: client.images.get_by_id(), "id"),
        (lambda client: client.images.get_by_id(1, id=1), "id"),
        (lambda client: client.images.get_all(page=1), "page"),
        (lambda client: client.images.get_actions(Image(id=1), page=1), "page"),
        (lambda client: client.servers.create("web"), "server_type"),
        (lambda client: BoundImage(client.images, {"id": 1}).update(nmae="x"), "nmae"),
    ],
    ids=map(str, range(8)),
)
def test_calls_that_do_not_match_the_signature_raise_type_error(
    call: Any, name: str, client: Client, stub: Stub
) -> None:
    with pytest.raises(TypeError, match=name):
        call(client)
    assert stub.sent == []


def test_any_iterable_is_accepted_for_a_list(client: Client, stub: Stub) -> None:
    statuses: Any = (status for status in ("running", "off"))
    networks: Any = {1: Network(id=4), 2: Network(id=5)}.values()
    client.servers.get_list(status=statuses)
    client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13"), networks=networks)
    assert stub.sent[0].query == {"status": ["running", "off"]}
    assert stub.sent[1].json["networks"] == [4, 5]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_a_custom_session_cannot_encode_is_rejected(method: str, stub: Stub) -> None:
    client = stub.client()
    client._client._session = session = requests.Session()
    session.mount("https://", stub)
    with pytest.raises(InvalidArgumentError, match="can't be encoded"):
        client.request(method, "/servers", json={"size": float("nan")})
    assert stub.sent == []
    assert stub.clock.slept == []


def test_request_sends_extra_headers(client: Client, stub: Stub) -> None:
    client.request("GET", "/servers", headers={"X-Trace": "1"})
    assert stub.sent[0].headers["X-Trace"] == "1"
    assert stub.sent[0].headers["Authorization"] == "Bearer the-token"


def test_an_id_may_be_a_string(client: Client, stub: Stub) -> None:
    image_id: Any = "42"
    client.images.get_by_id(image_id)
    assert stub.sent[0].path == "/images/42"


def test_a_partial_model_in_the_path_is_not_fetched(client: Client, stub: Stub) -> None:
    partial = BoundServer(client.servers, {"id": 5}, complete=False)
    client.servers.power_on(partial)
    client.servers.rebuild(partial, BoundImage(client.images, {"id": 6}, complete=False))
    assert [(repr(sent), sent.json) for sent in stub.sent] == [
        ("POST /servers/5/actions/poweron", None),
        ("POST /servers/5/actions/rebuild", {"image": 6}),
    ]


# Encoding of arguments


@record
class _Value(BaseDomain):
    """Record with a time, a link, and a list."""

    at: datetime | None = None
    """Time with time zone."""
    image: Link[Image | None] = Link("images")
    """Linked image."""
    names: list[str] | None = None
    """List of names."""


def test_encode() -> None:
    noon = datetime(2026, 10, 15, 14, tzinfo=timezone(timedelta(hours=2)))
    assert encode(noon) == "2026-10-15T12:00:00+00:00"
    assert encode(_Value(at=noon)) == {"at": "2026-10-15T12:00:00+00:00"}
    assert encode([Image(id=1), (Server(id=2),)]) == [1, [2]]
    assert encode({"a": {"b": Image(id=1)}, "c": None}) == {"a": {"b": 1}, "c": None}
    assert encode(noon.date()) == "2026-10-15"
    assert sorted(encode({1, 2})) == [1, 2]


def test_encode_treats_a_naive_datetime_as_local_time() -> None:
    naive = datetime(2026, 10, 15, 12)  # noqa: DTZ001
    assert encode(naive) == naive.astimezone(UTC).isoformat()


def test_none_is_sent_only_for_parameters_that_accept_null(client: Client, stub: Stub) -> None:
    client.servers.change_dns_ptr(Server(id=1), "198.18.0.1", None)
    client.servers.change_dns_ptr(Server(id=1), "198.18.0.1", dns_ptr=None)
    client.servers.update(Server(id=1), labels={})
    client.servers.update(Server(id=1), name=None)
    assert [sent.json for sent in stub.sent] == [
        {"ip": "198.18.0.1", "dns_ptr": None},
        {"ip": "198.18.0.1", "dns_ptr": None},
        {"labels": {}},
        {},
    ]


def test_arguments_are_not_modified(client: Client, stub: Stub) -> None:
    labels, types = {"a": "b"}, ["system"]
    client.images.update(Image(id=1), labels=labels)
    client.images.get_all(type=types)  # type: ignore[arg-type]
    assert (labels, types) == ({"a": "b"}, ["system"])


# Results


def test_types_of_results(client: Client, stub: Stub) -> None:
    assert type(client.images.get_by_id(1)) is BoundImage
    assert type(client.servers.power_on(Server(id=1))) is BoundAction
    assert client.images.delete(Image(id=1)) is True
    page = client.images.get_list()
    assert page == ([], page.meta)
    assert type(page).__name__ == "ImagesPageResult"
    images, meta = page
    assert images == []
    assert meta.pagination is None


def test_actions_are_bound_to_the_actions_client(client: Client, stub: Stub) -> None:
    action = client.servers.power_on(Server(id=1))
    assert action._client is client.actions
    assert type(client.servers.actions) is ResourceActionsClient
    stub.responses = [(200, {"actions": [{"id": 7}], "action": {"id": 7}})]
    assert client.servers.actions.get_list().actions[0].id == 7
    assert client.servers.actions.get_all()[0].id == 7
    client.servers.actions.get_by_id(7)
    assert [sent.path for sent in stub.sent[1:]] == ["/servers/actions", "/servers/actions", "/servers/actions/7"]


def test_iter_actions(cloud: FakeCloud) -> None:
    client = cloud.client()
    server = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-12")).wait().server
    commands = [action.command for action in server.iter_actions()]
    assert "create_server" in commands
    assert [action.command for action in client.servers.iter_actions(server, ["success"])] == commands
    assert [action.command for action in server.iter_actions(["error"])] == []


# Introspection


def test_signatures_and_docstrings() -> None:
    assert str(inspect.signature(BoundServer.update)) == (
        "(self, name: 'str | None' = None, labels: 'dict[str, str] | None' = None) -> 'BoundServer'"
    )
    assert BoundImage.update.__name__ == "update"
    assert BoundImage.update.__module__ == "hcloud.images.client"
    assert ":param description:" in str(BoundImage.update.__doc__)
    assert ":param image:" not in str(BoundImage.update.__doc__)
    assert inspect.signature(ImagesClient.iter).return_annotation == "Iterator[BoundImage]"
    assert inspect.isfunction(ImagesClient.get_all)
    assert ":param label_selector:" in str(ImagesClient.get_list.__doc__)
    assert ":raises ProtectedError:" in str(ImagesClient.delete.__doc__)
    assert ":raises ProtectedError:" not in str(SSHKeysClient.delete.__doc__)


def test_bound_methods_are_defined_in_their_class() -> None:
    for model in (BoundImage, BoundServer):
        for name in ("update", "delete", "get_actions", "get_actions_list"):
            method = vars(model)[name]
            assert inspect.isfunction(method)
            spec = inspect.getfullargspec(inspect.unwrap(method))
            assert spec.varargs is None


def test_names_in_a_path_are_quoted() -> None:
    @endpoint("GET /zones/{zone.id_or_name}/rrsets/{name}/{type}")
    def get(self: Any, zone: Any, name: str, type: str) -> bool: ...

    class Zone(DomainIdentityMixin):
        id, name = None, "example.com/ü"

    class Connection:
        def request(self, **arguments: Any) -> None:
            self.arguments = arguments

    class Resource:
        _client = Connection()

    resource = Resource()
    assert get(resource, Zone(), "@", "A?b#c") is True
    assert resource._client.arguments == {"method": "GET", "url": "/zones/example.com%2F%C3%BC/rrsets/%40/A%3Fb%23c"}


# Deprecation


def test_a_deprecated_method_warns(client: Client, stub: Stub) -> None:
    message = r"'hcloud\.images\.client\.ImagesClient\.get_by_name' method is deprecated.*get_by_name_and_architecture"
    with pytest.warns(DeprecationWarning, match=message) as caught:
        client.images.get_by_name("debian-12")
    assert caught[0].filename == __file__
    assert stub.sent[0].query == {"name": ["debian-12"]}
    assert ".. deprecated:: 1.19" in str(ImagesClient.get_by_name.__doc__)


def test_a_renamed_field_warns() -> None:
    @record
    class Thing(BaseDomain):
        """Record with a renamed field."""

        id: int | None = None
        """ID of the thing."""
        old: Renamed[int | None] = Renamed("image.id", "Use image.")
        """Deprecated ID of the image."""
        image: Link[BoundImage | None] = Link("images")
        """Image of the thing."""

    Thing.__module__ = Image.__module__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thing = Thing.from_dict({"id": 1, "old": 2, "image": 3})
        assert Thing(id=1, old=5) == Thing(id=1)  # type: ignore[call-arg]
        assert "old" not in repr(thing)
        assert thing.to_dict() == {"id": 1, "old": 2, "image": 3}
    with pytest.warns(DeprecationWarning, match="'old' property is deprecated. Use image.") as caught:
        assert thing.old == 3
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="old"):
        assert Thing().old is None


def test_the_deprecated_field_of_an_image_warns() -> None:
    image = Image.from_dict({"id": 1, "deprecation": {"announced": "2026-10-15T12:00:00Z"}})
    with pytest.warns(DeprecationWarning, match=r"\.deprecation"):
        assert image.deprecated == datetime(2026, 10, 15, 12, tzinfo=UTC)


def test_get_server_by_name(client: Client, stub: Stub) -> None:
    assert client.servers.get_by_name("web") is None
    stub.responses = [(200, {"servers": [{"id": 1, "name": "web"}]})]
    server = client.servers.get_by_name("web")
    assert server is not None
    assert server.id == 1
    assert isinstance(client.servers, ServersClient)
