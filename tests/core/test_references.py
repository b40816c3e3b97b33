"""Tests of arguments that name a resource: what annotations say, what is sent, and what is rejected."""

from __future__ import annotations

import enum
import importlib
import numbers
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest

import hcloud
import hcloud.digitalocean
from hcloud import Client
from hcloud._exceptions import InvalidArgumentError
from hcloud.certificates import Certificate
from hcloud.core import BaseDomain, ResourceClientBase
from hcloud.core.methods import Endpoint, endpoint
from hcloud.core.references import Reference, id_or_text
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.digitalocean.droplets import Droplet, Kernel
from hcloud.digitalocean.images import Image as DropletImage
from hcloud.digitalocean.regions import Region
from hcloud.digitalocean.sizes import Size
from hcloud.digitalocean.snapshots import Snapshot
from hcloud.digitalocean.ssh_keys import SSHKey as DropletKey
from hcloud.digitalocean.tags import Tag
from hcloud.firewalls import Firewall, FirewallResource
from hcloud.images import BoundImage, Image
from hcloud.isos import Iso
from hcloud.load_balancers import (
    LoadBalancerCreatePublicNetwork,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
)
from hcloud.locations import Location
from hcloud.networks import Network
from hcloud.placement_groups import PlacementGroup
from hcloud.primary_ips import PrimaryIP
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, CreateServerResponse, Server, ServerCreatePublicNetwork
from hcloud.ssh_keys import SSHKey
from hcloud.storage_boxes import StorageBox, StorageBoxSnapshot
from hcloud.testing import FakeCloud
from hcloud.volumes import Volume
from hcloud.zones import Zone
from tests.api.table import load, route_shape
from tests.stub import Stub

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio"  # of nobody
PROVIDERS = {"hetzner": (hcloud, Client), "digitalocean": (hcloud.digitalocean, DigitalOceanClient)}


def record_classes(provider: Any, client: type[Any]) -> dict[str, type[BaseDomain]]:
    """Return the records of a provider by name."""
    return {
        name: member
        for resource, annotation in client.__annotations__.items()
        if annotation.endswith("Client")
        for name, member in vars(importlib.import_module(f"{provider.__name__}.{resource}.domain")).items()
        if isinstance(member, type) and issubclass(member, BaseDomain)
    } | {"BaseDomain": BaseDomain}


def endpoints() -> Iterator[tuple[str, str, str, Endpoint]]:
    """Yield provider, name, route and declaration of each method."""
    for api, (provider, client) in PROVIDERS.items():
        for resource, annotation in client.__annotations__.items():
            if annotation.endswith("Client"):
                cls = getattr(importlib.import_module(f"{provider.__name__}.{resource}.client"), annotation)
                for base in cls.__mro__:
                    for name, method in vars(base).items():
                        if isinstance(declared := getattr(method, "__endpoint__", None), Endpoint):
                            route = declared.path.replace("~", getattr(cls, "_base_url", ""), 1)
                            yield api, f"{resource}.{name}", f"{declared.verb} {route}", declared


ENDPOINTS = {f"{api} {name}": (api, route, declared) for api, name, route, declared in endpoints()}
RECORDS = {api: record_classes(*provider) for api, provider in PROVIDERS.items()}
WITH_PARENT = {"StorageBoxSnapshot", "StorageBoxSubaccount", "ZoneRRSet"}
"""Records whose ID is not enough, since the path also has that of their storage box or zone."""


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_record_with_an_id_may_be_passed_as_its_id(name: str) -> None:
    api, _, declared = ENDPOINTS[name]
    for parameter in declared.names:
        annotation = declared.method.__annotations__[parameter]
        for word in re.findall(r"\w+", annotation):
            record = RECORDS[api].get(word)
            if record is None or record._identified_by not in record._fields or parameter in declared.references:
                continue
            if record.to_payload is not BaseDomain.to_payload and f"{{{parameter}." not in declared.path:
                continue  # sent with all its values
            if re.search(rf"\b{word} \|.* str\b", annotation):
                continue  # one of several records, or an ID that is a text: the method sends it itself
            is_nested = any(len(steps) > 2 and steps[0] == parameter for _, steps in declared.segments)
            assert word in WITH_PARENT, f"annotate {parameter}: {word} | int, or {word} | str | int"
            assert is_nested, f"annotate {parameter}: {word} | int, or {word} | str | int"


EXPLAINED = {
    "hetzner floating_ips.create home_location": "the API takes IDs as text, too",
    "hetzner storage_boxes.create ssh_keys": "public keys: the API takes no IDs, although its description has integers",
    "digitalocean droplets.restore image": "the API has one description of all actions; a backup has no slug",
}
"""Parameters that differ from the tables of the APIs, and the reason of each."""


def type_in_table(api: str, route: str, declared: Endpoint, parameter: str) -> str | None:
    """Return the type of a parameter in the table of the API, None if the parameter is not sent."""
    shape = route_shape(route).partition("?")[0]
    prefix = "/v2" if api == "digitalocean" else ""
    operation = next(
        operation
        for operation in load(api).operations.values()
        if f"{operation.method} {route_shape(operation.route).removeprefix(prefix)}" == shape
    )
    in_path = [steps[0] for _, steps in declared.segments if steps]
    if parameter in in_path:
        field = list(operation.path.values())[in_path.index(parameter)]
        return "string|integer" if field.name == "id_or_name" else field.scalar
    name = "firewalls[].firewall" if parameter == "firewalls" else parameter
    fields = operation.query if declared.payload_argument == "params" else operation.body
    return fields[name].scalar if name in fields else None


REFERENCES = [
    (name, parameter)
    for name, (_, _, declared) in ENDPOINTS.items()
    for parameter in declared.references
    if not name.endswith(".get_action")  # deprecated on Hetzner; its route in the table has the resource
]


def test_finds_references() -> None:
    assert len(REFERENCES) > 200


@pytest.mark.parametrize(("name", "parameter"), REFERENCES)
def test_annotations_say_what_the_api_takes(name: str, parameter: str) -> None:
    api, route, declared = ENDPOINTS[name]
    reference = declared.references[parameter]
    types = (type_in_table(api, route, declared, parameter) or "").split("|")
    as_in_table = (reference.by_id, reference.by_name) == ("integer" in types, "string" in types)
    assert as_in_table is not (f"{name} {parameter}" in EXPLAINED), f"the API takes {types}"
    record = RECORDS[api][reference.record]
    if reference.by_id and api == "hetzner" and f"{{{parameter}." not in declared.path:
        assert reference.by_name is record._by_name, "the record is sent by its name, too"


# Forms of an argument that are sent alike


@pytest.mark.parametrize(
    ("call", "forms"),
    [
        (lambda client, it: client.servers.create("web", it, "debian-13"), [ServerType(id=7), 7, "7"]),
        (lambda client, it: client.servers.create("web", it, "debian-13"), [ServerType(name="cx23"), "cx23"]),
        (lambda client, it: client.servers.create("web", 1, it), [Image(id=7), 7, "7", BoundImage(None, {"id": 7})]),
        (lambda client, it: client.servers.create("web", 1, 1, location=it), [Location(name="fsn1"), "fsn1"]),
        (lambda client, it: client.servers.create("web", 1, 1, ssh_keys=[it]), [SSHKey(name="me"), "me"]),
        (
            lambda client, it: client.servers.create("web", 1, 1, ssh_keys=it),
            [[SSHKey(7), SSHKey(8)], (7, "8"), {7: 1, 8: 2}.keys()],
        ),
        (lambda client, it: client.servers.create("web", 1, 1, volumes=iter([it])), [Volume(id=7), 7, "7"]),
        (lambda client, it: client.servers.create("web", 1, 1, firewalls=iter([it])), [Firewall(id=7), 7, "7"]),
        (lambda client, it: client.servers.create("web", 1, 1, networks=[it]), [Network(id=7), 7, "7"]),
        (lambda client, it: client.servers.create("web", 1, 1, placement_group=it), [PlacementGroup(id=7), 7, "7"]),
        (lambda client, it: client.servers.delete(it), [Server(id=7), 7, "7", BoundServer(None, {"id": 7})]),
        (lambda client, it: client.servers.delete(server=it), [Server(id=7), 7, "7"]),
        (lambda client, it: client.servers.delete(it), [SimpleNamespace(id=7), 7]),
        (lambda client, it: client.servers.attach_iso(7, it), [Iso(name="x.iso"), "x.iso"]),
        (lambda client, it: client.images.update(it, "before"), [Image(id=7), 7, "7"]),
        (lambda client, it: client.volumes.attach(1, it), [Server(id=7), 7, "7"]),
        (lambda client, it: client.volumes.create(10, "data", server=it), [Server(id=7), 7, "7"]),
        (lambda client, it: client.storage_boxes.rollback_snapshot(it, 1), [StorageBox(id=7), 7, "7"]),
        (lambda client, it: client.storage_boxes.rollback_snapshot(1, it), [StorageBoxSnapshot(id=7), 7, "7"]),
        (lambda client, it: client.storage_boxes.rollback_snapshot(1, it), [StorageBoxSnapshot(name="s"), "s"]),
        (lambda client, it: client.zones.delete(it), [Zone(id=7), 7, "7"]),
        (lambda client, it: client.zones.delete(it), [Zone(name="example.com"), "example.com"]),
        (lambda client, it: client.servers.get_actions(it), [Server(id=7), 7, "7"]),
        (lambda client, it: list(client.servers.iter_actions(it)), [Server(id=7), 7, "7"]),
        (lambda client, it: client.zones.get_rrset_all(it), [Zone(name="example.com"), "example.com"]),
        (lambda client, it: BoundServer(client.servers, {"id": 1}).change_type(it, False), [ServerType(7), 7, "7"]),
    ],
    ids=map(str, range(26)),
)
def test_forms_that_are_sent_alike(call: Callable[[Client, Any], Any], forms: list[Any]) -> None:
    stub = Stub((200, {"action": {"id": 1}, "actions": [], "image": {"id": 7}, "rrsets": [], "server": {"id": 1}}))
    for form in forms:
        call(stub.client(), form)
    assert len({(sent.method, sent.path, str(sent.query), str(sent.json)) for sent in stub.sent}) == 1
    assert len(stub.sent) == len(forms)


@pytest.mark.parametrize(
    ("call", "forms"),
    [
        (lambda client, it: client.droplets.delete(it), [Droplet(id=7), 7, "7"]),
        (lambda client, it: client.droplets.get_action(it, 1), [Droplet(id=7), 7]),
        (lambda client, it: client.droplets.get_backups(it), [Droplet(id=7), 7, "7"]),
        (lambda client, it: client.droplets.create("web", it, 1), [Size("s-1vcpu-1gb"), "s-1vcpu-1gb"]),
        (lambda client, it: client.droplets.create("web", "s", it), [DropletImage(id=7), 7, "7"]),
        (lambda client, it: client.droplets.create("web", "s", it), [DropletImage(slug="debian"), "debian"]),
        (lambda client, it: client.droplets.create("web", "s", 1, it), [Region("nyc3"), "nyc3"]),
        (lambda client, it: client.droplets.restore(1, it), [DropletImage(id=7), 7, "7"]),
        (lambda client, it: client.droplets.change_kernel(1, it), [Kernel(id=7), 7, "7"]),
        (lambda client, it: client.images.transfer(it, "nyc3"), [DropletImage(id=7), 7, "7"]),
        (lambda client, it: client.snapshots.delete(it), [Snapshot(id="7"), 7, "7"]),
        (lambda client, it: client.tags.delete(it), [Tag("2024"), "2024"]),
    ],
    ids=map(str, range(12)),
)
def test_forms_that_digitalocean_gets_alike(call: Callable[[DigitalOceanClient, Any], Any], forms: list[Any]) -> None:
    stub = Stub((200, {"action": {"id": 1}, "droplet": {"id": 1}, "backups": [], "links": {}, "meta": {}}))
    for form in forms:
        stub.responses = [204] if "delete" in call.__code__.co_names else stub.responses
        call(DigitalOceanClient("t" * 64, adapter=stub), form)
    assert len({(sent.method, sent.path, str(sent.query), str(sent.json)) for sent in stub.sent}) == 1
    assert len(stub.sent) == len(forms)


@pytest.mark.parametrize(
    ("call", "forms"),
    [
        (
            lambda client, it: client.firewalls.apply_to_resources(1, [FirewallResource("server", it)]),
            [Server(7), 7, "7"],
        ),
        (lambda client, it: client.load_balancers.add_target(1, LoadBalancerTarget("server", it)), [Server(7), 7, "7"]),
        (
            lambda client, it: client.servers.create("a", 1, 1, public_net=ServerCreatePublicNetwork(it)),
            [PrimaryIP(7), 7, "7"],
        ),
        (
            lambda client, it: client.load_balancers.create("a", 1, public_net=LoadBalancerCreatePublicNetwork(it)),
            [PrimaryIP(7), 7, "7"],
        ),
        (
            lambda client, it: client.load_balancers.add_service(
                1, LoadBalancerService("https", http=LoadBalancerServiceHttp(certificates=[it]))
            ),
            [Certificate(7), 7, "7"],
        ),
    ],
    ids=map(str, range(5)),
)
def test_ids_in_records(call: Callable[[Client, Any], Any], forms: list[Any]) -> None:
    stub = Stub((201, {"action": {"id": 1}, "actions": [], "server": {"id": 1}, "load_balancer": {"id": 1}}))
    for form in forms:
        call(stub.client(), form)
    assert len({str(sent.json) for sent in stub.sent}) == 1
    assert "7" in str(stub.sent[0].json)
    record = type(forms[0])
    values = ("web", True, 1.5, -7, "", [7], record(id=True), record(id="web"), record(name="web"), Volume(7))
    for invalid in values:
        with pytest.raises(InvalidArgumentError, match=r"must be (an? \w+|set)|has no (valid )?id"):
            call(stub.client(), invalid)
    assert len(stub.sent) == len(forms)


def certificates_sent(certificates: Any) -> Any:
    """Return the certificates of a request with these in a service."""
    stub = Stub((201, {"action": {"id": 1}}))
    http = LoadBalancerServiceHttp(certificates=certificates)
    stub.client().load_balancers.add_service(1, LoadBalancerService("https", http=http))
    return cast("Any", stub.sent[0].json)["http"]["certificates"]


def test_lists_of_ids_in_records() -> None:
    for certificates in ([7, Certificate(8)], (7, "8"), {7: 1, 8: 2}.keys(), iter([7, 8]), frozenset([7, 8])):
        assert sorted(certificates_sent(certificates)) == [7, 8]
    for invalid in (7, "7", Certificate(7)):
        with pytest.raises(InvalidArgumentError, match="certificates must be a list, not "):
            certificates_sent(invalid)


class Number(int):
    """An integer with a text of its own."""

    def __str__(self) -> str:
        return "seven"


class Key(enum.IntEnum):
    SEVEN = 7


class Name(enum.StrEnum):
    SEVEN = "7"
    WEB = "web"


class NumPyInteger:
    """An integer that is not an ``int``, as those of NumPy."""

    def __int__(self) -> int:
        return 7

    def __index__(self) -> int:
        return 7


numbers.Integral.register(NumPyInteger)


@pytest.mark.parametrize("key", [Number(7), Key.SEVEN, Name.SEVEN, NumPyInteger()], ids=lambda key: type(key).__name__)
def test_integers_that_are_not_int(key: Any) -> None:
    stub = Stub((201, {"action": {"id": 1}, "actions": [], "server": {"id": 1}, "load_balancer": {"id": 1}}))
    client = stub.client()
    client.servers.delete(key)
    client.servers.delete(Server(id=key))
    client.servers.get(key)
    client.servers.get_by_id(key)
    assert [sent.path for sent in stub.sent] == ["/servers/7"] * 4
    client.volumes.attach(1, key)
    client.volumes.attach(1, Server(id=key))
    assert [repr(sent.json) for sent in stub.sent[4:]] == ["{'server': 7}"] * 2
    client.load_balancers.add_target(1, LoadBalancerTarget("server", server=key))
    assert repr(cast("Any", stub.sent[6].json)["server"]) == "{'id': 7}"


@pytest.mark.parametrize(
    "item",
    [SimpleNamespace(id=7), SimpleNamespace(id="7", id_or_name=1), mock.MagicMock(id=7)],
    ids=["int", "text", "mock"],
)
def test_other_objects_are_sent_by_their_id(item: Any) -> None:
    stub = Stub(
        (201, {"action": {"id": 1}, "actions": [], "server": {"id": 1}, "next_actions": [], "root_password": ""})
    )
    client = stub.client()
    client.volumes.attach(item, item)
    client.servers.create("web", item, 1, volumes=[item], networks=[item], firewalls=[item], placement_group=item)
    client.firewalls.apply_to_resources(1, [FirewallResource("server", server=item)])
    assert stub.sent[0].path == "/volumes/7/actions/attach"
    assert [sent.json for sent in stub.sent] == [
        {"server": 7},
        {
            "name": "web",
            "server_type": 7,
            "image": 1,
            "start_after_create": True,
            "volumes": [7],
            "networks": [7],
            "firewalls": [{"firewall": 7}],
            "placement_group": 7,
        },
        {"apply_to": [{"type": "server", "server": {"id": 7}}]},
    ]


def test_other_objects_are_sent_by_their_name() -> None:
    stub = Stub((201, {"server": {"id": 1}, "action": {"id": 1}, "next_actions": [], "root_password": None}))
    item: Any = SimpleNamespace(id=None, id_or_name="cx23")
    stub.client().servers.create("web", item, 1)
    assert cast("Any", stub.sent[0].json)["server_type"] == "cx23"


@pytest.mark.parametrize("identity", [None, 0, -1, True, 1.5, "", "web", [7], {"a": 1}, mock.MagicMock()], ids=repr)
def test_other_objects_without_a_valid_id(identity: Any) -> None:
    stub = Stub((200, {}))
    item: Any = SimpleNamespace(id=identity)
    for call in (
        lambda: stub.client().servers.delete(item),
        lambda: stub.client().volumes.attach(1, item),
        lambda: stub.client().load_balancers.add_target(1, LoadBalancerTarget("server", server=item)),
    ):
        with pytest.raises(InvalidArgumentError, match="server must be a Server or an ID, not namespace"):
            call()
    assert stub.sent == []


def test_records_of_another_provider() -> None:
    stub = Stub((200, {}))
    client: Any = stub.client()
    other: Any = DigitalOceanClient("t" * 64, adapter=stub)
    for call, name in (
        (lambda: client.servers.create("web", 1, DropletImage(7)), "image must be an Image, not Image"),
        (lambda: client.servers.rebuild(1, DropletImage(7)), "image must be an Image, not Image"),
        (lambda: client.images.delete(DropletImage(7)), "image must be an Image, not Image"),
        (
            lambda: client.servers.create("web", 1, 1, ssh_keys=[DropletKey(7)]),
            "ssh_keys must be an SSHKey, not SSHKey",
        ),
        (lambda: other.droplets.create("web", "s", Image(7)), "image must be an Image, not Image"),
        (lambda: other.droplets.rebuild(1, BoundImage(None, {"id": 7})), "image must be an Image, not BoundImage"),
        (lambda: other.droplets.create("web", "s", 1, ssh_keys=[SSHKey(7)]), "ssh_keys must be an SSHKey, not SSHKey"),
    ):
        with pytest.raises(InvalidArgumentError, match=re.escape(f"{name}(id=7) of another provider; nothing was")):
            call()
    assert stub.sent == []


def test_ids_of_records_that_are_texts() -> None:
    stub = Stub((201, {"action": {"id": 1}, "server": {"id": 1}, "next_actions": [], "root_password": None}))
    client = stub.client()
    for text, expected in (("7", 7), ("007", 7)):
        client.volumes.attach(1, Server(id=text))  # type: ignore[arg-type]
        assert stub.sent[-1].json == {"server": expected}
    for text in ("web", "", "0", " 7", "-7"):
        with pytest.raises(InvalidArgumentError, match=re.escape(f"server=Server(id={text!r}) has no valid id")):
            client.volumes.attach(1, Server(id=text))  # type: ignore[arg-type]
    client.servers.create("web", ServerType(id="cx23"), 1)  # type: ignore[arg-type]
    assert cast("Any", stub.sent[-1].json)["server_type"] == "cx23"  # as hcloud-python sends it
    assert len(stub.sent) == 3


def test_names_of_subclasses_of_the_client_in_messages() -> None:
    class OwnClient(Client):
        """A client of a user."""

    client: Any = OwnClient("t" * 64)
    with pytest.raises(InvalidArgumentError, match=re.escape("client.servers.get('web')")):
        client.servers.delete(Name.WEB)


def test_a_server_from_ids_and_names(client: Client, cloud: FakeCloud) -> None:
    key = client.ssh_keys.create("me", KEY)
    created = client.servers.create("w1", "cx23", "debian-13", location="fsn1", ssh_keys=["me"])
    server = created.wait().server
    server.reload()
    assert server.location is not None
    assert server.location.name == "fsn1"
    assert key.id is not None
    assert client.ssh_keys.update(key.id, "you").name == "you"
    assert server.id is not None
    client.servers.delete(server.id).wait_until_finished()
    assert len(cloud.servers) == 0


# Rejected arguments


@pytest.mark.parametrize("value", [None, True, False, 1.0, 0, -1, "", "0", b"7", {"id": 7}, [7]], ids=repr)
def test_values_that_are_neither_ids_nor_names(value: Any) -> None:
    stub = Stub((200, {}))
    client = stub.client()
    for call in (
        lambda: client.servers.delete(value),
        lambda: client.servers.create("web", 1, value),
        lambda: client.servers.create("web", 1, 1, ssh_keys=[value]),
        lambda: client.servers.create("web", 1, 1, networks=[value]),
        lambda: client.volumes.attach(1, value),
        lambda: client.zones.delete(value),
        lambda: client.servers.get_actions(value),
        lambda: client.servers.get(value),
        lambda: client.images.get(value, architecture="arm"),
        lambda: DigitalOceanClient("t" * 64, adapter=stub).droplets.get(value),
        lambda: DigitalOceanClient("t" * 64, adapter=stub).droplets.reboot(value),
    ):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            call()
    assert stub.sent == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda client: client.servers.delete("web"),
            "server must be a Server or an ID, not 'web'; get it by its name: client.servers.get('web'); nothing",
        ),
        (
            lambda client: client.servers.delete(Server(name="web")),
            "server=Server(name='web') has no id; get it by its name: client.servers.get('web'); nothing was sent",
        ),
        (lambda client: client.ssh_keys.delete("me"), "ssh_key must be an SSHKey or an ID, not 'me'; get it by its "),
        (lambda client: client.floating_ips.unassign("ip"), "client.floating_ips.get('ip')"),
        (lambda client: client.storage_boxes.delete("box"), "client.storage_boxes.get('box')"),
        (lambda client: client.volumes.attach(1, "web"), "server must be a Server or an ID, not 'web'; get it"),
        (lambda client: client.servers.attach_to_network(1, Network(name="lan")), "client.networks.get('lan')"),
        (lambda client: client.servers.create("web", 1, 1, networks=["lan"]), "client.networks.get('lan')"),
        (lambda client: client.servers.create("web", 1, 1, networks="lan"), "networks must be a list, not 'lan'"),
        (lambda client: client.servers.create("web", 1, 1, networks=Network(1)), "networks must be a list, not Net"),
        (lambda client: client.servers.create("web", 1, 1, networks=7), "networks must be a list, not 7"),
        (lambda client: client.servers.create("web", 1, Iso(id=7)), "image must be an Image, not Iso(id=7)"),
        (lambda client: client.servers.create("web", 1, Image(id=-7)), "image=Image(id=-7) has no valid id"),
        (lambda client: client.volumes.attach(1, Server(id=True)), "server=Server(id=True) has no valid id"),
        (lambda client: client.servers.create("web", "", 1), "server_type must be a ServerType, an ID or a name, not"),
        (lambda client: client.storage_boxes.delete_snapshot(7), "pass a StorageBoxSnapshot"),
        (lambda client: client.servers.delete("9" * 30), "server must be a Server or an ID"),
        (
            lambda client: client.load_balancers.add_target(1, LoadBalancerTarget("server", cast("Any", "web"))),
            "server must be a Server or an ID, not 'web'; get it by its name: client.servers.get('web')",
        ),
        (
            lambda client: client.load_balancers.add_target(1, LoadBalancerTarget("server", Server(name="web"))),
            "server=Server(name='web') has no id; get it by its name: client.servers.get('web')",
        ),
        (
            lambda client: client.firewalls.apply_to_resources(1, [FirewallResource("server", Volume(id=7))]),
            "server must be a Server, not Volume(id=7)",
        ),
        (
            lambda client: client.servers.create("w", 1, 1, public_net=ServerCreatePublicNetwork(cast("Any", "ip"))),
            "ipv4 must be a PrimaryIP or an ID, not 'ip'; get it by its name: client.primary_ips.get('ip')",
        ),
        (
            lambda client: client.volumes.attach(1, CreateServerResponse(BoundServer(client.servers, {"id": 7}))),
            "server must be a Server, not CreateServerResponse(); pass its server; nothing was sent",
        ),
    ],
    ids=map(str, range(22)),
)
def test_messages(call: Callable[[Any], Any], message: str) -> None:
    stub = Stub((200, {}))
    with pytest.raises(InvalidArgumentError, match=re.escape(message)):
        call(stub.client())
    assert stub.sent == []


def test_messages_of_digitalocean() -> None:
    stub = Stub((200, {}))
    client: Any = DigitalOceanClient("t" * 64, adapter=stub)
    for call, message in (
        (lambda: client.droplets.delete("web"), "get it by its name: client.droplets.get('web')"),
        (lambda: client.images.delete("debian-12-x64"), "client.images.get('debian-12-x64')"),
        (
            lambda: client.droplets.change_kernel(1, "vmlinuz"),
            "kernel must be a Kernel or an ID, not 'vmlinuz'; nothing",
        ),
        (lambda: client.droplets.resize(1, 7), "size must be a Size or a text, not 7"),
        (lambda: client.tags.delete(7), "tag must be a Tag or a text, not 7"),
    ):
        with pytest.raises(InvalidArgumentError, match=re.escape(message)):
            call()
    assert stub.sent == []


def test_lookups_in_messages_exist(client: Client) -> None:
    for api, (_, cls) in PROVIDERS.items():
        references = {
            reference.record: reference
            for name, (of, _, declared) in ENDPOINTS.items()
            for reference in declared.references.values()
            if of == api and not reference.by_name
        }
        assert len(references) > 2
        for reference in references.values():
            hint = reference._lookup("x")
            match = re.search(r"client\.(\w+)\.get\(", hint)
            assert (match is None) is (reference.record in ("Kernel", "BaseDomain")), reference.record
            if match:
                provider = PROVIDERS[api][0].__name__
                client_class = getattr(
                    importlib.import_module(f"{provider}.{match[1]}.client"), cls.__annotations__[match[1]]
                )
                assert issubclass(client_class, ResourceClientBase)
                assert callable(client_class.get)  # type: ignore[attr-defined]


def test_methods_that_a_user_declares() -> None:
    class Rockets(ResourceClientBase):
        """Client of a user's resource."""

        _base_url = "/rockets"

        @endpoint("DELETE /rockets/{server.id}")
        def delete(self, server: Server | int) -> bool:
            """Delete the rocket on the server."""

    stub = Stub((204, None))
    rockets = Rockets(stub.client())
    rockets.delete(Server(id=7))
    rockets.delete(7)
    assert [sent.path for sent in stub.sent] == ["/rockets/7"] * 2
    with pytest.raises(InvalidArgumentError, match="server must be a Server or an ID, not 'web'; nothing was sent"):
        rockets.delete(cast("Any", "web"))
    with pytest.raises(InvalidArgumentError, match=r"server must be a Server, not Volume\(id=7\); nothing was sent"):
        rockets.delete(cast("Any", Volume(id=7)))


def test_a_users_own_record_class_is_accepted() -> None:
    class MyImage(BaseDomain):
        __api_properties__ = ("id",)

        def __init__(self, id: int) -> None:
            self.id = id

        def to_payload(self) -> Any:
            return self.id

    stub = Stub((201, {"server": {"id": 1}, "action": {"id": 1}, "next_actions": [], "root_password": None}))
    image: Any = MyImage(7)
    stub.client().servers.create("web", "cx23", image)
    assert stub.sent[0].json == {"name": "web", "server_type": "cx23", "image": 7, "start_after_create": True}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Server | int", ("Server", False, True, False)),
        ("ServerType | str | int", ("ServerType", False, True, True)),
        ("Location | str | int | None", ("Location", False, True, True)),
        ("Sequence[Volume | int] | None", ("Volume", True, True, False)),
        ("ListOf[SSHKey | str] | None", ("SSHKey", True, False, True)),
        ("Region | RegionSlug", ("Region", False, False, True)),
        ("int | Server", ("Server", False, True, False)),
        ("Sequence[Image | Snapshot | int | str] | None", None),
        ("Server", None),
        ("str | int", None),
        ("datetime | str", None),
        ("MetricsType | Sequence[MetricsType]", None),
        ("Sequence[Taggable | TaggedResource]", None),
        ("VolumeFormat | None", None),
    ],
)
def test_parse(annotation: str, expected: tuple[Any, ...] | None) -> None:
    reference = Reference.parse(annotation, "hcloud")
    parsed = reference and (reference.record, reference.is_list, reference.by_id, reference.by_name)
    assert parsed == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("7", 7), ("007", 7), ("-7", "-7"), ("²", "²"), ("7a", "7a"), ("9" * 30, "9" * 30)]
)
def test_id_or_text(text: str, expected: int | str) -> None:
    assert id_or_text(text) == expected
