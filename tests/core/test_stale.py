"""Objects after a wait: the next read fetches those that the finished actions changed."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import warnings
import weakref
from types import FrameType
from typing import Any

import pytest

from hcloud import Client
from hcloud._exceptions import (
    APIException,
    FetchWarning,
    MalformedFieldError,
    NetworkError,
    NotFetchedError,
    NotFoundError,
)
from hcloud.actions import ActionFailedException, ActionsException, ActionTimeoutException, BoundAction
from hcloud.core.batches import Batch
from hcloud.firewalls import FirewallResource
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import BoundStorageBox
from hcloud.testing import FakeCloud
from hcloud.testing.digitalocean import FakeDigitalOcean
from hcloud.zones import BoundZoneRRSet, ZoneRecord
from tests.stub import Sent, Stub, ThreadGroup, error, serving


def create(client: Client, name: str = "web") -> BoundServer:
    return client.servers.create(name, ServerType(name="cx23"), Image(name="debian-13")).wait().server


def requests_after(cloud: FakeCloud, work: Any) -> list[str]:
    """Return the requests that ``work`` sends."""
    before = len(cloud.requests)
    work()
    return [f"{request.method} {request.path}" for request in cloud.requests[before:]]


@pytest.fixture
def server(client: Client) -> BoundServer:
    server = create(client)
    assert server.status == "running"
    return server


# What is fetched, and when


def test_a_new_server_is_fetched_when_it_is_read(cloud: FakeCloud, client: Client) -> None:
    response = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13"))
    server = response.server
    assert server.status == "initializing"
    assert response.wait() is response
    assert response.server is server
    sent = requests_after(cloud, lambda: (server.status, server.name, server.public_net, server.created))
    assert sent == [f"GET /servers/{server.id}"]
    assert (server.status, server.complete) == ("running", True)


def test_an_object_of_a_response_that_was_not_read_before_the_wait(cloud: FakeCloud, client: Client) -> None:
    response = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).wait()
    assert response.server.status == "running"


def test_nothing_is_fetched_where_nobody_reads(cloud: FakeCloud, server: BoundServer) -> None:
    action = server.power_off()
    assert requests_after(cloud, action.wait) == [f"GET /actions/{action.id}"] * 2
    identity = requests_after(cloud, lambda: (server.id, server == server, hash(server), repr(server), dir(server)))
    assert identity == []


def test_the_object_of_an_action(cloud: FakeCloud, server: BoundServer) -> None:
    assert server.power_off().wait().status == "success"
    assert requests_after(cloud, lambda: server.status) == [f"GET /servers/{server.id}"]
    assert server.status == "off"


def test_the_object_that_was_passed_to_the_client(client: Client, server: BoundServer) -> None:
    client.servers.power_off(server).wait()
    assert server.status == "off"
    client.servers.power_on(server=server).wait()
    assert server.status == "running"


def test_image_and_server_of_a_snapshot(cloud: FakeCloud, server: BoundServer) -> None:
    image = server.create_image("x").wait().image
    assert requests_after(cloud, lambda: image.created_from) == [f"GET /images/{image.id}"]
    assert image.status == "available"
    assert image.created_from is server, "one object stands for one ID"
    assert requests_after(cloud, lambda: image.created_from and image.created_from.name) == [
        f"GET /servers/{server.id}"
    ]


def test_an_action_of_a_response_marks_its_objects_too(server: BoundServer) -> None:
    response = server.create_image("x")
    image, action = response.image, response.action
    del response
    action.wait()
    assert image.status == "available"


def test_many_objects_of_one_wait_are_listed(cloud: FakeCloud, client: Client) -> None:
    servers = [create(client, f"web-{number}") for number in range(10)]
    client.actions.wait_for([server.power_off() for server in servers])
    assert requests_after(cloud, lambda: [server.status for server in servers]) == ["GET /servers"]
    assert {server.status for server in servers} == {"off"}


def test_objects_of_many_waits_are_listed(cloud: FakeCloud, client: Client) -> None:
    servers = [create(client, f"web{number}") for number in range(50)]
    assert len(requests_after(cloud, lambda: [server.status for server in servers])) <= 2
    assert {server.status for server in servers} == {"running"}
    for server in servers:
        server.power_off().wait()
    assert len(requests_after(cloud, lambda: [server.status for server in servers])) <= 2
    assert {server.status for server in servers} == {"off"}


def test_a_batch_ends_when_it_is_read_or_has_become_large(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    server, other = create(client), create(client, "other")
    assert server._batch is other._batch
    assert server.status == "running"
    server.power_off().wait()
    assert server._batch is not other._batch
    batch = server._batch
    monkeypatch.setattr("hcloud.core.batches.MAX_STALE", 1)
    server.power_on().wait()
    assert server._batch is not batch
    assert create(client.with_options(), "third")._batch is not server._batch


def test_two_objects_for_one_resource_are_fetched_once(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    assert server.id is not None
    other = client.servers.get_by_id(server.id)
    client.actions.wait_for([server.power_off()])
    action = server.power_on()
    client.actions.wait_for([action, *other.get_actions(status=["running"])])
    assert len(requests_after(cloud, lambda: (server.status, other.status))) == 1
    assert (server.status, other.status) == ("running", "running")
    assert server is not other


def test_two_of_many_objects_for_one_resource(cloud: FakeCloud, client: Client) -> None:
    servers = [create(client, f"web-{number}") for number in range(5)]
    others = client.servers.get_all()
    client.actions.wait_for([server.power_off() for server in servers])
    actions = [server.power_on() for server in servers]
    actions += [action for server in others for action in server.get_actions(status=["running"])]
    client.actions.wait_for(actions)
    assert requests_after(cloud, lambda: [server.status for server in [*servers, *others]]) == ["GET /servers"]
    assert {server.status for server in [*servers, *others]} == {"running"}


def test_other_arguments_that_the_action_affects(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    volume = client.volumes.create(10, "data", location=server.location).wait().volume
    assert volume.server is None
    assert server.volumes == []
    volume.attach(server).wait()
    assert volume.server == server
    assert server.volumes == [volume]


def test_objects_that_were_read_from_the_object_of_an_action(
    cloud: FakeCloud, client: Client, server: BoundServer
) -> None:
    volume = client.volumes.create(10, "data", server=server, automount=False).wait().volume
    attached = volume.server
    assert attached is not None
    assert attached.volumes == [volume]
    volume.detach().wait()
    assert requests_after(cloud, lambda: attached.volumes) == [f"GET /servers/{server.id}"]
    assert attached.volumes == []
    network = client.networks.create("net", "10.0.0.0/16")
    network.add_subnet(NetworkSubnet(type="cloud", ip_range="10.0.0.0/24", network_zone="eu-central")).wait()
    server.attach_to_network(network.id).wait()
    linked = server.private_net[0].network
    assert linked.servers == [server]
    server.detach_from_network(linked.id).wait()
    assert linked.servers == []


def test_arguments_that_the_action_does_not_affect(cloud: FakeCloud, client: Client) -> None:
    image = client.images.get_all(name="debian-13")[0]
    server_type = client.server_types.get_by_name("cx23")
    assert server_type is not None
    client.servers.create("web", server_type, image).wait()
    assert requests_after(cloud, lambda: (image.description, server_type.cores)) == []


def test_objects_in_lists_and_records(client: Client, server: BoundServer) -> None:
    network = client.networks.create("lan", "10.0.0.0/16")
    network.add_subnet(NetworkSubnet("10.0.1.0/24", "cloud", "eu-central")).wait()
    assert network.subnets is not None
    assert network.servers == []
    client.servers.create("db", ServerType(name="cx23"), Image(name="debian-13"), networks=[network]).wait()
    firewall = client.firewalls.create("fw").firewall
    client.actions.wait_for(firewall.apply_to_resources([FirewallResource("server", server=server)]))
    assert [resource.server for resource in firewall.applied_to or []] == [server]
    assert server.public_net is not None
    assert [entry.firewall for entry in server.public_net.firewalls or []] == [firewall]


def test_the_actions_of_an_object_mark_it(client: Client, server: BoundServer) -> None:
    server.power_off()
    client.actions.wait_for(server.get_actions(status=["running"]))
    assert server.status == "off"


def test_a_second_wait_for_a_finished_action_marks_nothing(cloud: FakeCloud, server: BoundServer) -> None:
    action = server.power_off().wait()
    assert server.status == "off"
    action.wait()
    assert requests_after(cloud, lambda: server.status) == []


def test_an_object_that_is_read_during_the_wait_is_fetched_after_it(server: BoundServer) -> None:
    seen: list[Any] = []
    server.power_off().wait(None, lambda actions: seen.append(server.status))
    assert seen[0] == "running"
    assert server.status == "off"


def test_wait_until_finished_marks_nothing(cloud: FakeCloud, server: BoundServer) -> None:
    """As in hcloud-python 2.27.0."""
    action = server.power_off()
    action.wait_until_finished()
    assert requests_after(cloud, lambda: server.status) == []
    assert server.status == "running"
    action.wait()
    assert server.status == "off"


def test_values_that_were_assigned_are_lost_as_with_reload(server: BoundServer) -> None:
    server.name = "mine"
    server.power_off().wait()
    assert server.name == "web"
    server.power_on().wait()


def test_values_that_are_assigned_after_the_wait_are_kept(cloud: FakeCloud, server: BoundServer) -> None:
    server.power_off().wait()
    server.name = "mine"
    assert server.data_model.name == "mine"
    assert server.to_dict()["name"] == "mine"
    assert requests_after(cloud, lambda: server.name) == []
    assert (server.status, server.name) == ("off", "mine")
    server.power_on().wait()
    server.name = "mine"
    server.reload()
    assert server.name == "web"


def test_partial_objects_are_fetched_once(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    partial = BoundServer(client.servers, {"id": server.id, "name": "old"}, complete=False)
    partial.update(name="new")
    partial = BoundServer(client.servers, {"id": server.id, "name": "old"}, complete=False)
    partial.power_off().wait()
    assert repr(partial) == f"<partial BoundServer(id={server.id}, name='old')>"
    assert requests_after(cloud, lambda: (partial.name, partial.status)) == [f"GET /servers/{server.id}"]
    assert partial.name == "new"


def test_failures_and_timeouts_mark_the_objects_too(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    cloud.fail_action("create_image")
    response = server.create_image("x")
    with pytest.raises(ActionsException):
        response.wait()
    assert requests_after(cloud, lambda: server.status) == [f"GET /servers/{server.id}"]
    action = server.power_off()
    with pytest.raises(ActionTimeoutException):
        action.wait(timeout=0)
    assert server.status == "running"
    action.wait()
    assert server.status == "off"


# Deleted objects


@pytest.mark.parametrize("error_class", [KeyboardInterrupt, RuntimeError])
def test_an_exception_marks_the_objects_too(
    cloud: FakeCloud, server: BoundServer, error_class: type[BaseException]
) -> None:
    def fail(_: object) -> None:
        raise error_class

    action = server.power_off()
    with pytest.raises(error_class):
        action.wait(on_progress=fail)
    assert len(requests_after(cloud, lambda: server.status)) == 1
    action.wait()
    assert server.status == "off"


def test_an_exception_leaves_the_objects_of_a_client_that_does_not_fetch_on_read(cloud: FakeCloud) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    server = create(cloud.client(lazy=False))
    with pytest.raises(RuntimeError):
        server.power_off().wait(on_progress=fail)
    assert server.status == "running"


def test_nothing_is_fetched_for_what_was_deleted(cloud: FakeCloud, server: BoundServer) -> None:
    server.delete().wait()
    assert requests_after(cloud, lambda: (server.name, server.status, server.created)) == []


def test_a_stale_object_that_is_deleted(cloud: FakeCloud, server: BoundServer) -> None:
    server.power_off().wait()
    server.delete().wait()
    assert requests_after(cloud, lambda: (server.name, server.status)) == []
    assert (server.status, server.complete) == ("running", True)


def test_a_stale_object_that_is_deleted_without_an_action(
    cloud: FakeCloud, client: Client, server: BoundServer
) -> None:
    images = [server.create_image().wait().image for _ in range(2)]
    images[0].delete()
    client.images.delete(image=images[1])
    assert requests_after(cloud, lambda: [image.status for image in images]) == []
    droplets = FakeDigitalOcean().client().droplets
    droplet = droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra1").wait().droplet
    droplet.delete()
    assert (droplet.name, droplet._is_stale()) == ("web", False)


def test_a_deletion_that_is_rejected_leaves_the_object_stale(server: BoundServer) -> None:
    image = server.create_image().wait().image
    image.change_protection(delete=True).wait()
    with pytest.raises(APIException, match="protected"):
        image.delete()
    assert image.status == "available"


def test_a_deletion_among_the_actions_of_an_object(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    actions = server.get_actions()
    actions.append(server.delete())
    client.actions.wait_for(actions)
    assert requests_after(cloud, lambda: server.name) == []


def test_a_deletion_that_fails(cloud: FakeCloud, server: BoundServer) -> None:
    cloud.fail_action("delete_server")
    with pytest.raises(ActionFailedException):
        server.delete().wait()
    assert requests_after(cloud, lambda: server.name) == [f"GET /servers/{server.id}"]


def test_an_object_that_was_deleted_elsewhere_keeps_what_is_known(
    cloud: FakeCloud, client: Client, server: BoundServer
) -> None:
    server.power_off().wait()
    client.servers.delete(server).wait_until_finished()
    assert requests_after(cloud, lambda: server.name) == [f"GET /servers/{server.id}"]
    assert (server.name, server.status) == ("web", "running")
    assert requests_after(cloud, lambda: (server.status, server.rescue_enabled, server.placement_group)) == []
    with pytest.raises(NotFoundError):
        server.reload()


def test_an_unknown_field_of_a_deleted_object_raises(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    partial = BoundServer(client.servers, {"id": server.id, "name": "web"}, complete=False)
    partial.power_off().wait()
    server.delete().wait()
    assert partial.name == "web"
    for _ in range(2):
        with pytest.raises(NotFoundError):
            partial.status  # noqa: B018


def test_a_subnet_is_no_deleted_network(client: Client) -> None:
    network = client.networks.create("lan", "10.0.0.0/16")
    subnet = NetworkSubnet("10.0.1.0/24", "cloud", "eu-central")
    network.add_subnet(subnet).wait()
    assert network.subnets
    network.delete_subnet(subnet).wait()
    assert network.subnets == []


# What does not fetch


def stale(client: Client) -> BoundServer:
    server = BoundServer(client.servers, {"id": 1, "name": "web", "status": "off", "placement_group": None, "new": 5})
    server._mark_stale(Batch())
    return server


def test_a_stale_object_shows_what_is_known() -> None:
    stub = Stub(500)
    server = stale(stub.client())
    known = {"id": 1, "name": "web", "status": "off", "placement_group": None, "new": 5}
    assert server.to_dict() == dict(server.raw) == known
    assert repr(server) == "<stale BoundServer(id=1, name='web', status='off')>"
    assert (server.id, server.id_or_name, server.complete) == (1, 1, False)
    assert server == BoundServer(server._client, {"id": 1, "status": "running"})
    assert hash(server) == hash(BoundServer(server._client, {"id": 1}))
    assert [server.is_fetched(name) for name in ("id", "status", "placement_group")] == [True, False, False]
    assert "status" in dir(server), "completion in a shell offers it"
    record = server.data_model
    assert (record.id, record.name, record.status, record.placement_group) == (1, "web", "off", None)
    assert "name='web'" in repr(record)
    assert record == BoundServer(server._client, known).data_model
    assert stub.sent == []


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_is_stale_too(duplicate: Any) -> None:
    stub = Stub((200, {"server": {"id": 1, "name": "web", "status": "running"}}))
    server = stale(stub.client())
    other = duplicate(server)
    assert (other.to_dict(), stub.sent) == (server.to_dict(), [])
    assert (other.status, server.status) == ("running", "running")


def test_an_unpickled_object_holds_what_is_known() -> None:
    server = pickle.loads(pickle.dumps(stale(Stub(500).client())))
    assert (server.name, server.status, server.placement_group, server.complete) == ("web", "off", None, True)


def test_actions_and_responses_are_pickled_without_their_objects(server: BoundServer) -> None:
    response = server.create_image("x")
    for duplicate in (pickle.loads(pickle.dumps(response)), copy.deepcopy(response)):
        assert duplicate.action == response.action
    assert copy.copy(response.action).wait().status == "success"
    assert server.status == "running"


def test_an_unpickled_argument_stays_as_it_is(client: Client, server: BoundServer) -> None:
    unpickled = pickle.loads(pickle.dumps(server))
    client.servers.power_off(unpickled).wait()
    assert unpickled.status == "running"


def test_an_action_does_not_keep_its_objects_alive(client: Client) -> None:
    server = create(client)
    action, reference = server.power_off(), weakref.ref(server)
    del server
    gc.collect()
    assert reference() is None
    action.wait()


# Clients that do not fetch on read, or warn of it


def test_without_lazy_loading_the_wait_fetches(cloud: FakeCloud) -> None:
    client = cloud.client(lazy=False)
    response = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13"))
    sent = requests_after(cloud, response.wait)
    assert sent[-1] == f"GET /servers/{response.server.id}"
    assert requests_after(cloud, lambda: response.server.status) == []
    assert response.server.status == "running"
    servers = [response.server, *(create(client, f"web-{number}") for number in range(5))]
    actions = [server.power_off() for server in servers]
    assert requests_after(cloud, lambda: client.actions.wait_for(actions))[-2:] == ["GET /actions", "GET /servers"]
    assert {server.status for server in servers} == {"off"}
    assert requests_after(cloud, lambda: servers[0].delete().wait())[-1].startswith("GET /actions/")
    assert servers[0].status == "off"


def finishing(sent: Sent) -> Any:
    return 200, {"action": {"id": 7, "status": "success", "command": "x"}}


def test_without_lazy_loading_a_failure_to_fetch_is_raised() -> None:
    stub = Stub(
        (201, {"action": {"id": 7, "status": "running", "command": "x"}}), finishing, 403, finishing, (403, None)
    )
    client = stub.client(lazy=False)
    server = BoundServer(client.servers, {"id": 1, "status": "running"})
    with pytest.raises(APIException, match="403"):
        server.power_off().wait()
    with pytest.raises(NotFetchedError, match=r"load\(\)"):
        server.status  # noqa: B018


def test_without_lazy_loading_a_failed_action_is_raised_first() -> None:
    failed = {"id": 7, "status": "error", "command": "x", "error": {"code": "a", "message": "b"}}
    stub = Stub((201, {"action": {"id": 7, "status": "running"}}), (200, {"action": failed}), 403)
    server = BoundServer(stub.client(lazy=False).servers, {"id": 1, "status": "running"})
    with pytest.raises(ActionFailedException):
        server.power_off().wait()


def test_warn_on_fetch(cloud: FakeCloud) -> None:
    client = cloud.client(warn_on_fetch=True)
    server = create(client)
    with pytest.warns(FetchWarning, match=r"reading <stale BoundServer\(id=\d+, name='web', .*\)> after its action"):
        server.status  # noqa: B018
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        create(cloud.client(warn_on_fetch=True, lazy=False), "db")


def test_objects_of_two_clients_are_fetched_by_their_own(cloud: FakeCloud, client: Client) -> None:
    other_client = cloud.client()
    servers = [create(client, f"a-{number}") for number in range(4)]
    others = [create(other_client, f"b-{number}") for number in range(4)]
    client.actions.wait_for([server.power_off() for server in [*servers, *others]])
    assert requests_after(cloud, lambda: [server.status for server in [*servers, *others]]) == ["GET /servers"] * 2
    assert servers[0]._batch is not others[0]._batch


def test_a_failed_fetch_can_be_repeated() -> None:
    stub = Stub(403, (200, {"server": {"id": 1, "status": "running"}}))
    server = stale(stub.client())
    with pytest.raises(APIException, match="403"):
        server.status  # noqa: B018
    assert repr(server) == "<stale BoundServer(id=1, name='web', status='off')>"
    assert server.status == "running"


def test_a_lost_connection() -> None:
    server = stale(Stub(ConnectionError("no")).client(retries=0))
    with pytest.raises(NetworkError):
        server.status  # noqa: B018


# Threads


def test_threads_fetch_a_stale_object_once() -> None:
    stub = Stub()
    server = stale(stub.client())
    seen: list[Any] = []
    group = ThreadGroup([lambda: seen.append(server.status)] * 20)

    def respond(sent: Sent) -> Any:
        group.wait_until_fetching()
        return 200, {"server": {"id": 1, "status": "running"}}

    stub.responses = [respond]
    group.run()
    assert seen == ["running"] * 20
    assert len(stub.sent) == 1


def test_threads_list_stale_objects_once() -> None:
    stub = Stub()
    client, batch = stub.client(), Batch()
    servers = [BoundServer(client.servers, {"id": number, "status": "off"}) for number in range(1, 11)]
    for server in servers:
        server._mark_stale(batch)
    seen: list[Any] = []
    group = ThreadGroup([lambda server=server: seen.append(server.status) for server in servers])  # type: ignore[misc]
    listed = serving(servers=[{"id": number, "status": "running"} for number in range(1, 11)])

    def respond(sent: Sent) -> Any:
        group.wait_until_fetching()
        return listed(sent)

    stub.responses = [respond]
    group.run()
    assert seen == ["running"] * 10
    assert [repr(sent) for sent in stub.sent] == ["GET /servers"]


@pytest.mark.parametrize("read", [lambda server: server.status, BoundServer.reload], ids=["read", "reload"])
def test_a_response_that_is_older_than_the_mark_is_not_taken(read: Any) -> None:
    """Another thread waits for an action while this one fetches the object."""
    stub = Stub()
    server = stale(stub.client())

    def respond(sent: Sent) -> Any:
        stub.responses = [(200, {"server": {"id": 1, "status": "new"}})]
        server._mark_stale(Batch())
        return 200, {"server": {"id": 1, "status": "old"}}

    stub.responses = [respond]
    read(server)
    assert server.status == "new"
    assert len(stub.sent) == 2


def test_a_listing_that_is_older_than_the_mark_is_not_taken() -> None:
    stub = Stub()
    client, batch = stub.client(), Batch()
    servers = [BoundServer(client.servers, {"id": number, "status": "off"}) for number in range(1, 11)]
    for server in servers:
        server._mark_stale(batch)

    def respond(sent: Sent) -> Any:
        stub.responses = [serving(servers=[{"id": number, "status": "new"} for number in range(1, 11)])]
        servers[0]._mark_stale(Batch())
        return serving(servers=[{"id": number, "status": "old"} for number in range(1, 11)])(sent)

    stub.responses = [respond]
    assert [servers[1].status, servers[0].status] == ["old", "new"]
    assert [repr(sent) for sent in stub.sent] == ["GET /servers", "GET /servers/1"]


FRESH = {"id": 1, "name": "web", "labels": {"a": "b"}, "placement_group": None}


@pytest.mark.parametrize(
    "work",
    [lambda server: server._mark_stale(Batch()), lambda server: server._mark_stale(Batch()) or server.labels],
    ids=["mark", "mark and read"],
)
def test_another_thread_reads_at_any_moment(work: Any) -> None:
    stub = Stub((200, {"server": FRESH}))
    client = stub.client()
    for moment in range(150):
        server = BoundServer(client.servers, FRESH)
        assert server.name == "web"
        steps = 0

        def step(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal steps
            if not frame.f_code.co_filename.endswith(("stale.py", "batches.py", "fields.py")):
                return step
            frame.f_trace_opcodes = True
            steps += 1
            if steps == moment and not BoundServer._stale_lock.locked():  # noqa: B023  # called within this round only
                assert (server.labels, server.placement_group) == ({"a": "b"}, None)  # noqa: B023
            return step

        before = sys.gettrace()
        sys.settrace(step)
        try:
            work(server)
        finally:
            sys.settrace(before)
        assert (server.name, server.labels, server.placement_group) == ("web", {"a": "b"}, None)


# Collections within a resource


def test_record_sets_of_two_zones_are_not_mixed_up() -> None:
    def respond(sent: Sent) -> Any:
        zone = int(sent.path.split("/")[2])
        if zone == 2:
            return 404, error("not_found")
        return 200, {"rrset": {"id": "www/A", "name": "www", "type": "A", "zone": zone, "ttl": zone * 10}}

    stub = Stub(respond)
    client, batch = stub.client(), Batch()
    sets = [BoundZoneRRSet(client.zones, {"id": "www/A", "zone": zone, "ttl": 5}) for zone in range(1, 8)]
    for rrset in sets:
        rrset._mark_stale(batch)
    assert [(rrset.id, rrset.name, rrset.type, rrset.zone and rrset.zone.id) for rrset in sets] == [
        ("www/A", "www", "A", zone) for zone in range(1, 8)
    ]
    assert stub.sent == []
    assert [rrset.ttl for rrset in sets] == [10, 5, *(zone * 10 for zone in range(3, 8))]
    assert len(stub.sent) == 7


def test_an_object_with_a_malformed_identity_stays_as_it_is() -> None:
    stub = Stub((201, {"action": {"id": 7, "status": "running"}}), finishing)
    client = stub.client()
    rrset = BoundZoneRRSet(client.zones, {"id": "www/A", "zone": 5, "ttl": 300})
    action = rrset.change_rrset_ttl(600)
    rrset._raw["zone"] = [5]  # type: ignore[index]
    del rrset.__dict__["zone"]
    action.wait()
    assert rrset.ttl == 300


def test_malformed_objects_in_a_response_do_not_hide_its_action() -> None:
    stub = Stub(
        (201, {"image": {"id": [5]}, "action": {"id": 7, "status": "running"}}),
        finishing,
        (200, {"server": {"id": 1, "status": "off"}}),
    )
    server = BoundServer(stub.client().servers, {"id": 1, "status": "running"})
    response = server.create_image("x").wait()
    assert response.action.status == "success"
    with pytest.raises(MalformedFieldError):
        response.image  # noqa: B018
    assert server.status == "off"


def test_many_record_sets_of_a_zone_are_listed(cloud: FakeCloud, client: Client) -> None:
    zones = [client.zones.create(name=f"example-{number}.com", mode="primary").wait().zone for number in range(2)]
    sets = [
        zone.create_rrset(name=name, type="A", records=[ZoneRecord("198.51.100.1")]).wait().rrset
        for zone in zones
        for name in "abcdef"
    ]
    client.actions.wait_for([rrset.change_rrset_ttl(60 + number) for number, rrset in enumerate(sets)])
    zones[1].delete_rrset(sets[-1]).action.wait_until_finished()
    sent = requests_after(cloud, lambda: [rrset.ttl for rrset in sets])
    assert sent == [*(f"GET /zones/{zone.id}/rrsets" for zone in zones), f"GET /zones/{zones[1].id}/rrsets/f/A"]
    assert [rrset.ttl for rrset in sets] == [*range(60, 71), None]


def test_many_snapshots_of_a_storage_box_are_listed(cloud: FakeCloud, client: Client, box: BoundStorageBox) -> None:
    responses = [box.create_snapshot(description=str(number)).wait() for number in range(5)]
    snapshots = [response.snapshot for response in responses]
    batch = Batch()
    for snapshot in snapshots:
        snapshot._mark_stale(batch)
    assert requests_after(cloud, lambda: [snapshot.description for snapshot in snapshots]) == [
        f"GET /storage_boxes/{box.id}/snapshots"
    ]
    assert [snapshot.description for snapshot in snapshots] == list("01234")


def test_record_sets(cloud: FakeCloud, client: Client) -> None:
    zone = client.zones.create(name="example.com", mode="primary").wait().zone
    rrset = zone.create_rrset(name="www", type="A", records=[ZoneRecord("198.51.100.1")]).wait().rrset
    assert rrset.ttl is None
    rrset.change_rrset_ttl(300).wait()
    assert rrset.ttl == 300
    zone.change_rrset_ttl(rrset, 600).wait()
    assert rrset.ttl == 600
    rrset.delete_rrset().wait()
    assert requests_after(cloud, lambda: rrset.ttl) == []
    assert rrset.ttl == 600


@pytest.fixture
def box(client: Client) -> BoundStorageBox:
    response = client.storage_boxes.create(
        name="box",
        location=Location(name="fsn1"),
        storage_box_type=StorageBoxType(name="bx11"),
        password="A-G00d-Password!",
    )
    return response.wait().storage_box


def test_snapshots_of_storage_boxes(cloud: FakeCloud, box: BoundStorageBox) -> None:
    assert box.status == "active"
    snapshot = box.create_snapshot(description="x").wait().snapshot
    assert snapshot.description == "x"
    snapshot.delete().wait()
    assert requests_after(cloud, lambda: (snapshot.description, snapshot.created)) == []
    box.change_protection(delete=True).wait()
    assert box.protection == {"delete": True}


def test_the_marks_need_no_resources_of_the_action() -> None:
    stub = Stub(
        (201, {"action": {"id": 7, "status": "running"}}), finishing, (200, {"server": {"id": 1, "name": "new"}})
    )
    server = BoundServer(stub.client().servers, {"id": 1, "name": "web"})
    action = server.power_off().wait()
    assert isinstance(action, BoundAction)
    assert server.name == "new"
    assert [repr(sent) for sent in stub.sent] == [
        "POST /servers/1/actions/poweroff",
        "GET /actions/7",
        "GET /servers/1",
    ]
