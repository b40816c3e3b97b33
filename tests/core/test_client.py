"""Bound objects: fetching, fields, equality, copies."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Container, Iterable, Sized
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import MagicMock, Mock, create_autospec

import pytest

from hcloud import Client
from hcloud._exceptions import FetchWarning, InvalidArgumentError, NotFetchedError, NotFoundError, UnboundError
from hcloud.actions import BoundAction
from hcloud.core import BaseDomain, BoundModelBase, ClientEntityBase, DomainIdentityMixin, ResourceClientBase
from hcloud.firewalls import FirewallResource
from hcloud.floating_ips import BoundFloatingIP
from hcloud.images import BoundImage, Image
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer, Server
from hcloud.testing import FakeCloud
from hcloud.volumes import Volume
from tests.stub import Stub, ThreadGroup, error, serving

SERVER: dict[str, Any] = {
    "id": 1,
    "name": "web",
    "status": "running",
    "created": "2026-10-15T12:00:00Z",
    "labels": {"env": "prod"},
    "backup_window": None,
    "location": {"id": 1, "name": "fsn1"},
    "image": {"id": 7, "name": "debian-12", "bound_to": None, "created_from": {"id": 5, "name": "old"}},
    "public_net": {
        "ipv4": {"id": 3, "ip": "198.18.0.1", "blocked": False},
        "ipv6": None,
        "floating_ips": [8, 9],
        "firewalls": [{"id": 4, "status": "applied"}],
    },
    "private_net": [{"network": 6, "ip": "10.0.0.2", "alias_ips": []}],
    "volumes": [11],
    "new_in_2027": {"depth": [1]},
}


@pytest.fixture
def stub() -> Stub:
    return Stub(serving(servers=[SERVER, {"id": 2, "name": "db"}], images=[{"id": 7, "name": "debian-12"}]))


@pytest.fixture
def client(stub: Stub) -> Client:
    return stub.client()


@pytest.fixture
def partial(client: Client) -> BoundServer:
    return BoundServer(client.servers, {"id": 1, "name": "web"}, complete=False)


# Fetching


def test_a_missing_field_is_fetched_once(partial: BoundServer, stub: Stub) -> None:
    assert partial.name == "web"
    assert stub.sent == []
    assert partial.status == "running"
    assert partial.complete
    assert partial.labels == {"env": "prod"}
    assert partial.backup_window is None
    assert [str(sent) for sent in stub.sent] == ["GET /servers/1"]


def test_a_complete_object_fetches_nothing(client: Client, stub: Stub) -> None:
    server = BoundServer(client.servers, {"id": 1})
    assert server.name is None
    assert server.labels is None
    assert stub.sent == []


@pytest.mark.parametrize(
    "look",
    [
        repr,
        str,
        dir,
        hash,
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        vars,
        inspect.getmembers,
        lambda server: server == BoundServer(None, {"id": 1}),
        lambda server: server == Server(id=2),
        lambda server: server in [Server(id=3), Image(id=1)],
        lambda server: {server: 1},
        lambda server: server.raw,
        lambda server: server.to_dict(),
        lambda server: server.to_payload(),
        lambda server: server.id_or_name,
        lambda server: server.is_fetched("status"),
        lambda server: server.complete,
        lambda server: server.id,
        lambda server: isinstance(server, Server),
        lambda server: f"{server}",
        lambda server: [*map(type, [server])],
        lambda server: server.actions if hasattr(type(server), "actions") else None,
    ],
    ids=map(str, range(24)),
)
def test_inspection_fetches_nothing(look: Any, partial: BoundServer, stub: Stub) -> None:
    look(partial)
    assert stub.sent == []
    assert not partial.complete


def test_static_inspection_fetches_nothing(partial: BoundServer, stub: Stub) -> None:
    if hasattr(inspect, "getmembers_static"):
        assert dict(inspect.getmembers_static(partial))["name"] is not None
    assert stub.sent == []


def test_repr(partial: BoundServer, client: Client) -> None:
    assert repr(partial) == "<partial BoundServer(id=1, name='web')>"
    assert repr(BoundServer(client.servers, SERVER)) == (
        "BoundServer(id=1, name='web', status='running', image='debian-12', location='fsn1')"
    )
    assert repr(BoundServer(client.servers, {"id": 5}, complete=False)) == "<partial BoundServer(id=5)>"
    assert repr(BoundAction(client.actions, {"id": 5})) == "BoundAction(id=5)"


def test_dir_omits_fields_that_were_not_fetched(partial: BoundServer, stub: Stub) -> None:
    assert {"id", "name", "update", "reload", "complete"} <= set(dir(partial))
    assert "status" not in dir(partial)
    assert "status" in dir(BoundServer(partial._client, SERVER))
    partial.labels = {}
    assert "labels" in dir(partial)
    assert stub.sent == []


def test_is_fetched(partial: BoundServer, stub: Stub) -> None:
    assert partial.is_fetched("name")
    assert not partial.is_fetched("status")
    assert stub.sent == []
    partial.reload()
    assert partial.is_fetched("status")
    assert partial.is_fetched("backup_window"), "null was fetched"
    with pytest.raises(AttributeError, match="no field 'nmae'"):
        partial.is_fetched("nmae")


def test_an_empty_value_counts_as_fetched(client: Client, stub: Stub) -> None:
    server = BoundServer(client.servers, {"id": 1, "labels": {}, "name": "", "rescue_enabled": False}, complete=False)
    assert (server.labels, server.name, server.rescue_enabled) == ({}, "", False)
    assert stub.sent == []


def test_without_an_id_nothing_can_be_fetched(client: Client, stub: Stub) -> None:
    server = BoundServer(client.servers, {"name": "web"}, complete=False)
    assert server.id is None
    with pytest.raises(InvalidArgumentError, match="'status' of a BoundServer without id cannot be fetched"):
        server.status  # noqa: B018
    assert stub.sent == []


def test_a_deleted_object(client: Client, stub: Stub) -> None:
    server = BoundServer(client.servers, {"id": 404, "name": "gone"}, complete=False)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            server.status  # noqa: B018
    assert server.name == "gone"
    assert len(stub.sent) == 1


def test_a_failed_fetch_can_be_repeated(partial: BoundServer, stub: Stub) -> None:
    stub.responses = [(403, error("forbidden")), (200, {"server": SERVER})]
    with pytest.raises(Exception, match="forbidden"):
        partial.status  # noqa: B018
    assert partial.status == "running"


def test_threads_fetch_once(partial: BoundServer, stub: Stub) -> None:
    seen: list[Any] = []
    group = ThreadGroup([lambda: seen.append(partial.status)] * 20)

    def respond(sent: Any) -> Any:
        group.wait_until_fetching()
        return 200, {"server": SERVER}

    stub.responses = [respond]
    group.run()
    assert seen == ["running"] * 20
    assert len(stub.sent) == 1


@pytest.mark.parametrize(
    "work",
    [lambda server: server._adopt(dict(SERVER)), copy.copy, copy.deepcopy, pickle.dumps, BoundServer.to_dict],
    ids=["reload", "copy", "deepcopy", "pickle", "to_dict"],
)
def test_another_thread_reads_at_any_moment(work: Any, client: Client) -> None:
    for moment in range(200):
        server = BoundServer(client.servers, SERVER)
        assert server.name == "web"
        steps = 0

        def step(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal steps
            if "hcloud/core" not in frame.f_code.co_filename:
                return None
            frame.f_trace_opcodes = True
            steps += 1
            if steps == moment:  # noqa: B023  # called within this round only
                assert server.labels == {"env": "prod"}  # noqa: B023
            return step

        before = sys.gettrace()
        sys.settrace(step)
        try:
            work(server)
        finally:
            sys.settrace(before)
        assert (server.name, server.labels) == ("web", {"env": "prod"})


def test_creation_changes_no_global_state(client: Client) -> None:
    before = list(warnings.filters)
    threads = [
        threading.Thread(target=lambda: [BoundServer(client.servers, SERVER).image for _ in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


# Without fetching on read


def test_lazy_off(stub: Stub) -> None:
    server = BoundServer(stub.client(lazy=False).servers, {"id": 1, "name": "web"}, complete=False)
    assert server.name == "web"
    assert not hasattr(server, "status")
    with pytest.raises(NotFetchedError, match=r"'status' of .*id=1.*load\(\).*client\.servers\.get_by_id\(1\)"):
        server.status  # noqa: B018
    assert isinstance(NotFetchedError(), AttributeError)
    assert stub.sent == []
    server.reload()
    assert server.status == "running"


def test_lazy_off_for_a_copy_of_the_client(stub: Stub) -> None:
    client = stub.client()
    server = client.with_options(lazy=False).servers.get_by_id(1)
    assert server.image is not None
    assert server.image.created_from is not None
    assert not hasattr(server.image.created_from, "status")
    assert client.servers.get_by_id(1).image is not None


def test_a_warning_names_the_line_that_fetches_alone(stub: Stub) -> None:
    client = stub.client(warn_on_fetch=True)
    server = BoundServer(client.servers, {"id": 1}, complete=False)
    with pytest.warns(FetchWarning, match=r"<partial BoundServer\(id=1\)>") as caught:
        server.status  # noqa: B018
    assert Path(caught[0].filename) == Path(__file__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert server.name == "web"


# Fields


def test_raw(client: Client) -> None:
    server = BoundServer(client.servers, SERVER)
    assert server.raw == SERVER
    assert server.raw["new_in_2027"]["depth"][0] == 1
    assert server.to_dict() == SERVER
    assert server.to_dict() is not SERVER
    server.to_dict()["labels"]["env"] = "other"
    server.to_dict()["new_in_2027"]["depth"].append(2)
    assert SERVER["labels"] == {"env": "prod"}
    assert SERVER["new_in_2027"] == {"depth": [1]}


def test_the_dict_of_the_caller_is_not_changed(client: Client) -> None:
    sent = copy.deepcopy(SERVER)
    server = BoundServer(client.servers, sent)
    for name in server.__api_properties__:
        getattr(server, name)
    server.labels["env"] = "other"  # type: ignore[index]
    server.name = "other"
    assert sent == SERVER
    assert server.raw == SERVER


def test_links_are_bound(client: Client, stub: Stub) -> None:
    server = BoundServer(client.servers, SERVER)
    assert type(server.image) is BoundImage
    assert server.image.complete
    assert server.image._client is client.images
    assert type(server.image.created_from) is BoundServer
    assert server.image.created_from.name == "old"
    assert server.public_net is not None
    assert server.public_net.ipv4 is not None
    assert server.public_net.ipv4.ip == "198.18.0.1"
    assert [address.id for address in server.public_net.floating_ips] == [8, 9]
    assert server.public_net.firewalls is not None
    assert (server.public_net.firewalls[0].firewall.id, server.public_net.firewalls[0].status) == (4, "applied")
    assert server.public_net.primary_ipv4 is not None
    assert server.public_net.primary_ipv4.id == 3
    assert server.public_net.primary_ipv6 is None
    assert server.private_net is not None
    assert server.private_net[0].network.id == 6
    assert server.volumes is not None
    assert server.volumes[0].id == 11
    assert stub.sent == []


def test_links_of_an_object_whose_client_is_a_mock() -> None:
    anything: Any = MagicMock()
    image = BoundImage(client=anything, data={"id": 1, "bound_to": 2})
    assert type(image.bound_to) is BoundServer
    assert image.bound_to.id == 2


def test_data_model(client: Client, partial: BoundServer, stub: Stub) -> None:
    server = BoundServer(client.servers, SERVER)
    assert type(server.data_model) is Server
    assert server == server.data_model
    assert server.model is Server
    server.data_model.name = "other"
    assert server.name == "other"
    server.name = "third"
    assert server.data_model.name == "third"
    assert stub.sent == []
    server.data_model = Server(id=1, name="fourth")
    assert server.name == "fourth"


def test_unknown_names_cannot_be_assigned(partial: BoundServer) -> None:
    something: Any = partial
    with pytest.raises(AttributeError, match="'nmae'"):
        something.nmae = "web"
    with pytest.raises(AttributeError, match="nmae"):
        something.nmae  # noqa: B018
    something.status = "off"
    assert something.status == "off"


def test_reload_replaces_all_fields(client: Client, stub: Stub) -> None:
    server = client.servers.get_by_id(1)
    read = (server.labels, server.image, server.created)
    server.name = "mine"
    stub.responses = [(200, {"server": {**SERVER, "name": "renamed", "labels": {"new": "yes"}}})]
    server.reload()
    assert server.name == "renamed"
    assert server.labels == {"new": "yes"}
    assert server.to_dict()["name"] == "renamed"
    assert read[0] == {"env": "prod"}


def test_an_update_refreshes_the_object(client: Client, stub: Stub) -> None:
    server = client.servers.get_by_id(1)
    server.name = "mine"
    assert server.labels == {"env": "prod"}
    stub.responses = [(200, {"server": {**SERVER, "labels": {"new": "yes"}}})]
    result = server.update(labels={"new": "yes"})
    assert result.labels == {"new": "yes"}
    assert server.labels == {"new": "yes"}
    assert server.name == "web"
    assert len(stub.sent) == 2


def test_an_update_through_the_client_leaves_its_argument_unchanged(client: Client, stub: Stub) -> None:
    server = client.servers.get_by_id(1)
    stub.responses = [(200, {"server": {**SERVER, "name": "new"}})]
    assert client.servers.update(server, name="new").name == "new"
    assert server.name == "web"


def test_the_result_of_another_type_is_not_adopted(client: Client, stub: Stub) -> None:
    server = client.servers.get_by_id(1)
    stub.responses = [(201, {"action": {"id": 1, "command": "start_server", "status": "running"}})]
    action = server.power_on()
    assert action.id == 1
    assert server.name == "web"


# Equality


def test_a_partial_object_equals_the_complete_one(client: Client, partial: BoundServer, stub: Stub) -> None:
    complete_server = BoundServer(client.servers, SERVER)
    assert partial == complete_server
    assert complete_server == partial
    assert hash(partial) == hash(complete_server) == hash(Server(id=1))
    assert partial == Server(id=1, name="whatever")
    assert partial != BoundServer(client.servers, {"id": 2}, complete=False)
    assert partial != BoundImage(client.images, {"id": 1}, complete=False)
    assert complete_server != BoundServer(client.servers, {**SERVER, "name": "other"})
    assert complete_server == complete_server.data_model
    assert complete_server.data_model == complete_server
    assert len({partial, complete_server, Server(id=1)}) <= 2
    assert BoundServer(client.servers, {}, complete=False) != BoundServer(client.servers, {}, complete=False)
    assert len({BoundServer(client.servers, {"name": "web"}, complete=False)}) == 1
    assert stub.sent == []


# Copies


def test_copies_share_the_client(partial: BoundServer, client: Client, stub: Stub) -> None:
    for duplicator in (copy.copy, copy.deepcopy):
        duplicate = duplicator(partial)
        assert type(duplicate) is BoundServer
        assert duplicate == partial
        assert not duplicate.complete
        assert duplicate._client is client.servers
        assert stub.sent == []
        assert duplicate.status == "running"
        assert not partial.complete, "a copy is independent"
        stub.sent.clear()
    complete_server = client.servers.get_by_id(1)
    labels = complete_server.labels
    deep = copy.deepcopy(complete_server)
    assert deep.labels == labels
    assert deep.labels is not labels
    assert deep.image == complete_server.image


def test_an_unpickled_object_has_no_client(client: Client, stub: Stub) -> None:
    for server in (client.servers.get_by_id(1), BoundServer(client.servers, {"id": 1, "name": "web"}, complete=False)):
        assert server.image is None or server.image.id == 7
        stub.sent.clear()
        written = pickle.dumps(server)
        assert b"the-token" not in written
        duplicate = pickle.loads(written)
        assert (type(duplicate), duplicate.name, duplicate.complete) == (BoundServer, "web", server.complete)
        assert duplicate == server
        for act in (duplicate.reload, duplicate.power_on, lambda duplicate=duplicate: duplicate.update(name="x")):
            with pytest.raises(UnboundError, match="unpickled and has no client"):
                act()
        assert stub.sent == []


def test_an_unpickled_partial_object_cannot_fetch(partial: BoundServer) -> None:
    duplicate = pickle.loads(pickle.dumps(partial))
    assert duplicate.name == "web"
    assert "status" not in dir(duplicate)
    with pytest.raises(UnboundError):
        duplicate.status  # noqa: B018
    assert pickle.loads(pickle.dumps(duplicate)).name == "web"
    assert copy.deepcopy(duplicate).name == "web"


@pytest.mark.parametrize("is_read", [True, False])
def test_links_of_an_unpickled_object_have_no_client(is_read: bool, client: Client, stub: Stub) -> None:
    server = client.servers.get_by_id(1)
    stub.responses = [(201, {"server": SERVER, "action": {"id": 1}, "next_actions": []})]
    created = client.servers.create("web", ServerType(id=1), Image(id=7))
    stub.sent.clear()
    if is_read:
        assert server.public_net
        assert created.server
    duplicate = pickle.loads(pickle.dumps(server))
    for address in duplicate.public_net.floating_ips:
        assert isinstance(address, BoundFloatingIP)
        with pytest.raises(UnboundError):
            address.ip  # noqa: B018
    assert isinstance(pickle.loads(pickle.dumps(created)).server, BoundServer)
    assert copy.deepcopy(server).public_net.floating_ips[0]._client is client.floating_ips  # type: ignore[union-attr]
    assert stub.sent == []


def test_copies_of_pages_and_responses(client: Client, stub: Stub) -> None:
    page = client.servers.get_list()
    stub.responses = [
        (201, {"server": SERVER, "action": {"id": 1}, "next_actions": [{"id": 2}], "root_password": "hunter2"})
    ]
    created = client.servers.create("web", 1, Image(id=1))
    stub.sent.clear()
    for duplicator in (copy.copy, copy.deepcopy, lambda original: pickle.loads(pickle.dumps(original))):
        duplicate = duplicator(page)
        assert duplicate == page
        assert type(duplicate) is type(page)
        assert [server.name for server in duplicate.servers] == ["web", "db"]
        assert duplicator(created) == created
        assert duplicator(created).next_actions[0].id == 2
    assert stub.sent == []
    assert "hunter2" not in repr(created)


# Users' own models


class Thing(BaseDomain, DomainIdentityMixin):
    __api_properties__ = ("id", "name", "value")
    __slots__ = __api_properties__

    def __init__(self, id: int, name: str | None = None, value: str | None = None) -> None:
        self.id = id
        self.name = name
        self.value = value


class BoundThing(BoundModelBase[Thing], Thing):
    model = Thing


class ThingsClient(ResourceClientBase):
    _base_url = "/things"

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.requested_ids: list[Any] = []

    def get_by_id(self, id: int) -> BoundThing:
        self.requested_ids.append(id)
        return BoundThing(self, {"id": id, "name": "one", "value": "fetched"})


def test_a_users_own_model(client: Client) -> None:
    things = ThingsClient(client)
    thing = BoundThing(client=things, data={"id": 1, "name": "one", "unknown": 1}, complete=False)
    assert (thing.id, thing.name) == (1, "one")
    assert things.requested_ids == []
    assert thing.value == "fetched"
    assert thing.complete
    assert things.requested_ids == [1]
    assert type(thing.data_model) is Thing
    assert thing == thing.data_model
    with pytest.raises(AttributeError):
        thing.no_such_thing  # type: ignore[attr-defined]  # noqa: B018


def test_copies_of_a_users_own_model(client: Client) -> None:
    thing = BoundThing(client=ThingsClient(client), data={"id": 1, "name": "one"})
    for duplicate in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))):
        assert type(duplicate) is BoundThing
        assert (duplicate.id, duplicate.name) == (1, "one")
    assert b"the-token" not in pickle.dumps(thing)
    assert hash(thing) == hash(Thing(1))


class OwnBoundServer(BoundServer):
    def shout(self) -> str:
        return f"{self.name}!"


def test_a_users_own_subclass_of_a_bound_model(client: Client, stub: Stub) -> None:
    server = OwnBoundServer(client.servers, {"id": 1}, complete=False)
    assert server.shout() == "web!"
    server.anything = "goes"  # type: ignore[attr-defined]
    assert server == BoundServer(client.servers, {"id": 1}, complete=False)
    assert type(client.servers.get_by_id(1)) is BoundServer, "the library creates its own class"


def test_the_deprecated_name_of_resource_clients(client: Client) -> None:
    class Old(ClientEntityBase):
        _base_url = "/old"

    with pytest.warns(DeprecationWarning, match="ResourceClientBase"):
        old = Old(client)
    assert old._client is client._client


def test_repr_of_a_resource_client() -> None:
    assert repr(Client("x").servers) == "<ServersClient of <Client of https://api.hetzner.cloud/v1>>"


def test_a_subclass_keeps_its_own_attributes(client: Client, stub: Stub) -> None:
    class Counted(BoundServer):
        def __init__(self, client: Any, data: Any, complete: bool = True) -> None:
            super().__init__(client, data, complete)
            self.seen = 3

    counted = Counted(client.servers, {"id": 1}, complete=False)
    assert counted.name == "web"
    counted.reload()
    assert (counted.seen, counted.name, len(stub.sent)) == (3, "web", 2)


def test_a_reloaded_object_links_to_no_old_versions() -> None:
    cloud = FakeCloud()
    client = cloud.client()
    network = client.networks.create("net", "10.0.0.0/16")
    network.add_subnet(NetworkSubnet(type="cloud", ip_range="10.0.0.0/24", network_zone="eu-central"))
    cloud.finish_actions()
    for name in ("web", "db"):
        client.servers.create(name, ServerType(name="cx23"), Image(name="debian-13"), networks=[network])
    cloud.finish_actions()
    web, db = client.servers.get_all()
    assert len(web.private_net[0].network.servers or []) == 2
    db.detach_from_network(network)
    cloud.finish_actions()
    web.reload()
    assert web.private_net[0].network.servers == [web]


def test_equality_does_not_depend_on_fetched_links() -> None:
    cloud = FakeCloud()
    client = cloud.client()
    server = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).server
    cloud.finish_actions()
    volume = client.volumes.create(10, "data", server=server).volume
    cloud.finish_actions()
    before, after = client.volumes.get_by_id(volume.id), client.volumes.get_by_id(volume.id)
    assert before.server.volumes[0].server.status == "running"
    server.power_off()
    cloud.finish_actions()
    assert after.server.volumes[0].server.status == "off"
    assert before == after
    assert before != Volume.from_dict({**before.to_dict(), "server": 99})


def test_to_dict_does_not_depend_on_fetched_links() -> None:
    cloud = FakeCloud()
    client = cloud.client()
    server = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).server
    firewall = client.firewalls.create("wall", resources=[FirewallResource("server", server)]).firewall
    cloud.finish_actions()
    firewall = client.firewalls.get_by_id(firewall.id)
    before = firewall.to_dict()
    assert firewall.applied_to[0].server.name == "web"
    assert firewall.to_dict() == before


def test_an_id_in_place_of_a_complete_object_is_fetched(client: Client, stub: Stub) -> None:
    stub.responses = [(200, {"image": {"id": 9, "name": "debian-13"}})]
    server = BoundServer(client.servers, {"id": 1, "image": 9})
    assert server.image.name == "debian-13"


def test_the_data_model_of_a_partial_object_stores_no_nulls(partial: BoundServer, stub: Stub) -> None:
    again = BoundServer(partial._client, {"id": 1, "name": None}, complete=False)
    assert again.data_model.name is None
    assert again.name == "web"


@pytest.mark.parametrize("model", [BoundServer, BoundAction])
def test_a_mock_of_a_bound_model(model: type[Any]) -> None:
    for mocked in (Mock(spec=model), create_autospec(model, instance=True)):
        mocked.reload()
        mocked.reload.assert_called_once_with()
        with pytest.raises(AttributeError):
            mocked.no_such_thing  # noqa: B018


@pytest.mark.parametrize("use", [list, tuple, dict, lambda servers: 42 in servers])
def test_a_loop_over_a_client_names_the_method_to_use(stub: Stub, client: Client, use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"^'ServersClient' object is not iterable, and .* use \.iter\(\) or "):
        use(client.servers)
    with pytest.raises(TypeError, match=r"^'PricingClient' object .* use \.get\(\)$"):
        use(client.pricing)
    assert stub.sent == []


@pytest.mark.parametrize("key", ["web", 42, None, True, slice(3)])
def test_an_item_of_a_client_names_the_method_to_use(client: Client, key: Any) -> None:
    servers: Any = client.servers
    with pytest.raises(TypeError, match=r"^'ServersClient' object has no items: use \.get.*\(\) or \.get_by_.*\(\)$"):
        servers[key]


def test_a_client_is_no_collection(client: Client) -> None:
    assert not isinstance(client.servers, (Iterable, Sized, Container))
    assert client.servers
    with pytest.raises(TypeError, match="has no len"):
        len(client.servers)  # type: ignore[arg-type]
