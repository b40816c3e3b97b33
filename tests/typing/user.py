"""Type assertions for the public API of Hetzner Cloud. mypy and pyright read this program; it is never run.

A line that must be an error carries a ``type: ignore``; both checkers report an unused one.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

from hcloud import APIException, Client, HCloudException
from hcloud._exceptions import NetworkError, NotFoundError, OutcomeUnknownError, RequestInfo
from hcloud.actions import (
    Action,
    ActionFailedException,
    ActionResource,
    ActionsException,
    ActionsPageResult,
    ActionStatus,
    BoundAction,
)
from hcloud.certificates import Certificate
from hcloud.core import BaseDomain, Meta, Pagination
from hcloud.core.rate_limit import RateLimit
from hcloud.firewalls import Firewall, FirewallResource, FirewallRule, FirewallRuleDirection
from hcloud.images import BoundImage, CreateImageResponse, Image, ImagesClient, ImagesPageResult
from hcloud.load_balancers import LoadBalancerCreatePublicNetwork
from hcloud.locations import BoundLocation, Location
from hcloud.metrics import TimeSeries
from hcloud.networks import CreateNetworkResponse, Network, NetworkSubnet
from hcloud.placement_groups import PlacementGroup
from hcloud.primary_ips import PrimaryIP
from hcloud.server_types import BoundServerType, ServerType
from hcloud.servers import (
    BoundServer,
    CreateServerResponse,
    IPv4Address,
    PrivateNet,
    PublicNetwork,
    PublicNetworkFirewall,
    Server,
    ServerStatus,
)
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import StorageBox
from hcloud.testing import FakeCloud
from hcloud.testing.resources.servers import Servers
from hcloud.volumes import BoundVolume, Volume
from hcloud.zones import BoundZoneRRSet, Zone, ZoneAuthoritativeNameservers, ZonePrimaryNameserver, ZoneRRSet


def clients() -> None:
    assert_type(Client("token"), Client)
    assert_type(Client("token", "https://api.hetzner.cloud/v1", "app", "1.0", 1.0, 120, 5), Client)
    Client("token", poll_interval=lambda retries: retries * 2.0, timeout=(1, 2.5))
    Client("token", lazy=False, warn_on_fetch=True, retry_unsafe=True, parallel_pages=4, limit_rate=False)
    assert_type(Client.from_env(timeout=5), Client)
    assert_type(FakeCloud().client(), Client)
    assert_type(FakeCloud().servers, Servers)
    assert_type(FakeCloud().servers["web"], dict[str, Any])
    _ = FakeCloud().serverz  # type: ignore[attr-defined]
    _ = FakeCloud().droplets  # type: ignore[attr-defined]
    with Client("token") as client:
        assert_type(client, Client)
        assert_type(client.with_options(timeout=None, retries=0), Client)
        assert_type(client.images, ImagesClient)
        assert_type(client.rate_limit, RateLimit | None)
    client.with_options(retires=0)  # type: ignore[call-arg]
    _ = client.imagse  # type: ignore[attr-defined]
    Client()  # type: ignore[call-arg]
    Client(token=5)  # type: ignore[arg-type]


def images(client: Client) -> None:
    image = client.images.get_by_id(1)
    assert_type(image, BoundImage)
    assert_type(image.id, int)
    assert_type(image.name, str | None)
    assert_type(image.created, datetime)
    assert_type(image.labels, dict[str, str])
    assert_type(image.bound_to, BoundServer | None)
    assert_type(image.image_size, float | None)
    if image.bound_to is not None:
        assert_type(image.bound_to.server_type, BoundServerType)
    assert_type(image.protection["delete"], bool)
    if image.deprecation is not None:
        assert_type(image.deprecation.unavailable_after, datetime)
    assert_type(image.deprecated, datetime | None)
    _ = image.nmae  # type: ignore[attr-defined]
    image.nmae = "x"  # type: ignore[attr-defined]
    image.description = "mine"
    image.description = 5  # type: ignore[assignment]
    image.created = datetime.now().astimezone()
    image.created = "2026-10-15T12:00:00Z"
    assert_type(image.complete, bool)
    assert_type(image.is_fetched("name"), bool)
    assert_type(image.to_dict(), dict[str, Any])
    assert_type(image.data_model, Image)
    assert_type(image.wait_for(lambda image: image.status == "available", timeout=5), BoundImage)
    assert_type(copy.copy(image), BoundImage)

    assert_type(image.update(description="a", labels={"a": "b"}), BoundImage)
    assert_type(image.update("a", "snapshot", {"a": "b"}), BoundImage)
    assert_type(image.delete(), bool)
    assert_type(image.change_protection(delete=True), BoundAction)
    assert_type(image.get_actions(status=["running"]), list[BoundAction])
    assert_type(image.get_actions_list(), ActionsPageResult)
    assert_type(image.iter_actions(), Iterator[BoundAction])
    image.update(nmae="x")  # type: ignore[call-arg]
    image.update(type="disk")  # type: ignore[arg-type]
    image.delete(image)  # type: ignore[call-arg]

    assert_type(client.images.update(image, description="a"), BoundImage)
    assert_type(client.images.update(Image(id=1), "a"), BoundImage)
    assert_type(client.images.delete(Image(id=1)), bool)
    client.images.delete(Server(id=1))  # type: ignore[arg-type]


def loops(client: Client) -> None:
    list(client.images)  # type: ignore[call-overload]
    client.images["debian-13"]  # type: ignore[index]


def lists(client: Client) -> None:
    page = client.images.get_list("debian-12", "env=prod", ["1"], ["backup"], ["x86"], ["name:asc"], 1, 50)
    assert_type(page, ImagesPageResult)
    assert_type(page.images, list[BoundImage])
    assert_type(page.meta, Meta)
    assert_type(page.meta.pagination, Pagination | None)
    images, meta = page
    assert_type(images, list[BoundImage])
    assert_type(meta, Meta)
    assert_type(client.images.get_all("debian-12", "env=prod", ["1"], ["backup"]), list[BoundImage])
    assert_type(client.images.get_all(status=["available"], include_deprecated=True, per_page=25), list[BoundImage])
    assert_type(client.images.iter(type=["snapshot"], per_page=10), Iterator[BoundImage])
    assert_type(client.images.iter("debian-12"), Iterator[BoundImage])
    assert_type(next(client.servers.iter("web")).name, str)
    client.images.get_list(status=["availible"])  # type: ignore[list-item]
    client.images.get_list(sort=["size"])  # type: ignore[list-item]
    client.images.get_list(name=5)  # type: ignore[arg-type]
    assert_type(client.images.get_by_name_and_architecture("debian-12", "arm"), BoundImage | None)
    assert_type(client.servers.actions.get_all(), list[BoundAction])


def servers(client: Client) -> None:
    created = client.servers.create(
        "web", ServerType(name="cx23"), Image(name="debian-12"), location=Location(name="fsn1"), labels={"a": "b"}
    )
    assert_type(created, CreateServerResponse)
    assert_type(created.wait(timeout=60), CreateServerResponse)
    assert_type(created.server, BoundServer)
    assert_type(created.action, BoundAction)
    assert_type(created.next_actions, list[BoundAction])
    assert_type(created.root_password, str | None)
    server = created.server
    assert_type(server.location, BoundLocation)
    assert_type(server.public_net, PublicNetwork)
    assert_type(server.private_net, list[PrivateNet])
    assert_type(server.public_net.ipv4, IPv4Address | None)
    if server.public_net.ipv6 is not None:
        assert_type(server.public_net.ipv6.network, str)
        assert_type(server.public_net.ipv6.network_mask, str)
    metrics = server.get_metrics("cpu", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z").metrics
    assert_type(metrics.step, float)
    assert_type(metrics.time_series, TimeSeries)
    assert_type(server.private_net[0].network.name, str)
    if server.volumes:
        assert_type(server.volumes[0].size, int)
    assert_type(server.create_image("before", type="snapshot"), CreateImageResponse)
    assert_type(server.create_image().image, BoundImage)
    assert_type(server.rebuild(Image(id=1)).root_password, str | None)
    assert_type(server.power_on(), BoundAction)
    server.enable_rescue("linux64", [1])
    server.enable_rescue("linux64", ["1"])
    server.enable_rescue(ssh_keys=client.ssh_keys.get_all())
    server.enable_rescue(ssh_keys="1")  # type: ignore[arg-type]
    assert_type(client.servers.create("web", "cx23", 1, location="fsn1").server, BoundServer)
    client.servers.create("web", "cx23", 1.5)  # type: ignore[arg-type]
    client.servers.create("web", server, Image(id=1))  # type: ignore[arg-type]
    client.servers.create("web", "cx23", "debian-13", ssh_keys=["me", 7, client.ssh_keys.get_by_id(1)])
    client.servers.create("web", "cx23", "debian-13", ssh_keys="me")  # type: ignore[arg-type]
    client.servers.create("web", "cx23", "debian-13", networks=[1, Network(2)], volumes=(3,))
    client.servers.create("web", "cx23", "debian-13", networks=["lan"])  # type: ignore[list-item]
    client.servers.create("web", "cx23", "debian-13", placement_group="spread")  # type: ignore[arg-type]
    assert_type(client.servers.delete(42), BoundAction)
    assert_type(client.images.update(42, "before"), BoundImage)
    client.servers.delete("web")  # type: ignore[arg-type]
    client.servers.delete(None)  # type: ignore[arg-type]
    client.servers.change_type(42, "cx33", upgrade_disk=False)
    server.change_type("cx33", False)
    server.attach_to_network(7)
    server.attach_to_network("lan")  # type: ignore[arg-type]
    client.volumes.attach(1, 2)
    client.firewalls.apply_to_resources(7, [FirewallResource("server", 42), FirewallResource("server", server)])
    FirewallResource("server", "web")  # type: ignore[arg-type]
    LoadBalancerCreatePublicNetwork(ipv4=7)
    client.zones.delete("example.com")
    client.zones.change_ttl(7, 60)
    client.zones.delete_rrset(7)  # type: ignore[arg-type]
    assert_type(client.servers.get_actions(42), list[BoundAction])
    assert_type(client.servers.get_action(42, 7), BoundAction)
    assert_type(client.servers.get("web"), BoundServer)
    assert_type(client.servers.get(42).create_image("before").image, BoundImage)
    assert_type(client.images.get("debian-12", architecture="arm"), BoundImage)
    client.images.get("debian-12", architecture="mips")  # type: ignore[arg-type]
    client.servers.get()  # type: ignore[call-arg]
    client.servers.get(None)  # type: ignore[arg-type]
    client.servers.create("web")  # type: ignore[call-arg]
    # A bound server is accepted as its record.
    takes_record(server)
    bases: list[BaseDomain] = [server, Image(id=1)]
    assert_type(bases, list[BaseDomain])


def takes_record(server: Server) -> None:
    assert_type(server.name, str | None)
    if isinstance(server, BoundServer):
        assert_type(server.name, str)


def exact_fields(client: Client) -> None:
    """A value that the API always sends is never None on what the API made; on a record that a user makes it may be."""
    server, record = client.servers.get_by_id(1), Server(id=1)
    assert_type(server.id, int)
    assert_type(record.id, int | None)
    assert_type(server.status, ServerStatus)
    assert_type(record.status, ServerStatus | None)
    assert_type(server.created, datetime)
    assert_type(record.created, datetime | None)
    assert_type(server.server_type, BoundServerType)
    assert_type(record.server_type, BoundServerType | None)
    assert_type(server.public_net, PublicNetwork)
    assert_type(record.public_net, PublicNetwork | None)
    assert_type(server.private_net, list[PrivateNet])
    assert_type(record.private_net, list[PrivateNet] | None)
    assert_type(server.data_model.name, str | None)
    # What may be null, or missing, is so on both.
    assert_type(server.image, BoundImage | None)
    assert_type(record.image, BoundImage | None)
    assert_type(server.backup_window, str | None)
    assert_type(server.volumes, list[BoundVolume] | None)
    # Records that only the API makes are exact by themselves.
    if server.public_net.ipv4 is not None:
        assert_type(server.public_net.ipv4.ip, str)
        assert_type(server.public_net.ipv4.dns_ptr, str)
        assert_type(server.public_net.ipv4.id, int | None)
    assert_type(server.request_console().wss_url, str)
    assert_type(server.request_console().action.started, datetime)
    assert_type(server.request_console().action.finished, datetime | None)
    # Records that users make as well are not, except for what their constructor requires.
    assert_type(client.load_balancers.get_by_id(1).services[0].listen_port, int | None)
    assert_type(client.firewalls.get_by_id(1).rules[0].direction, FirewallRuleDirection)
    assert_type(client.firewalls.get_by_id(1).rules[0].source_ips, list[str])
    # Fields whose removal is announced may be missing.
    assert_type(server.server_type.deprecated, bool | None)
    assert_type(server.server_type.locations[0].available, bool)
    # Any field may be set to None, and given to the constructor.
    server.name = "b"
    server.name = None
    server.name = 5  # type: ignore[assignment]
    server.created = "2026-10-15T12:00:00Z"
    server.server_type = ServerType(1)
    Server(name=None, created="2026-10-15T12:00:00Z", status="running", labels={"a": "b"})
    Server(status="runing")  # type: ignore[arg-type]
    Server(created=5)  # type: ignore[arg-type]
    Server(public_net=Image(1))  # type: ignore[arg-type]
    assert_type([server.name.upper() for server in client.servers.iter()], list[str])
    assert_type(sorted(client.images.get_all(), key=lambda image: image.created), list[BoundImage])


def actions(client: Client, action: BoundAction) -> None:
    assert_type(action.status, ActionStatus)
    assert_type(action.id, int)
    assert_type(action.resources, list[ActionResource])
    if action.error is not None:
        assert_type(action.error["message"], str)
    action.wait_until_finished(max_retries=5)
    assert_type(action.wait(60, lambda actions: actions[0].progress), BoundAction)
    try:
        action.wait(timeout=5)
    except* ActionFailedException as group:
        assert_type(
            [error.action for error in group.exceptions if isinstance(error, ActionFailedException)], list[Action]
        )
    assert_type(client.actions.wait_for([action], timeout=5, on_progress=print), list[BoundAction])
    assert_type(client.actions.get_list(id=[1]).actions, list[BoundAction])
    assert_type(client.actions.get_all(id=[1, 2]), list[BoundAction])


def records() -> None:
    assert_type(Server(1, "web"), Server)
    assert_type(Image.from_dict({"id": 1}), Image)
    rule = FirewallRule("in", "tcp", ["10.0.0.0/8"], "22", None)
    assert_type(rule.destination_ips, list[str])
    rule.destination_ips = None
    FirewallRule("in", "tcp", "10.0.0.0/8")  # type: ignore[arg-type]
    assert_type(Location(id=1, name="fsn1").id_or_name, int | str)
    Image(nmae="x")  # type: ignore[call-arg]
    assert_type(LoadBalancerCreatePublicNetwork(ipv4=PrimaryIP(1)).ipv4, PrimaryIP | None)
    Action(1, error={"code": "action_failed", "message": "Action failed"})
    Action(1, error={"code": "action_failed"})  # type: ignore[arg-type]
    Image(name=5)  # type: ignore[arg-type]


def sequences(client: Client, location: BoundLocation, rrset: BoundZoneRRSet) -> None:
    keys = client.ssh_keys.get_all()
    volumes, firewalls, networks = client.volumes.get_all(), client.firewalls.get_all(), client.networks.get_all()
    client.servers.create(
        "a", ServerType(1), Image(1), ssh_keys=keys, volumes=volumes, firewalls=firewalls, networks=networks
    )
    client.servers.create("web", ServerType(1), Image(1), ssh_keys=volumes)  # type: ignore[arg-type]
    client.zones.create(name="example.com", mode="primary", rrsets=[rrset] * 2)
    bx11 = StorageBoxType(1)
    client.storage_boxes.create(name="a", password="b", location=location, storage_box_type=bx11, ssh_keys=keys)
    statuses: tuple[ServerStatus, ...] = ("running", "off")
    client.servers.get_all(status=statuses, sort=("name",))
    client.servers.get_all(status="running")  # type: ignore[arg-type]
    client.servers.get_metrics(Server(1), ("cpu", "disk"), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    client.isos.get_all(architecture=("arm",))


def constants(client: Client) -> None:
    client.servers.get_all(status=[Server.STATUS_RUNNING])
    client.servers.actions.get_all(status=[Action.STATUS_ERROR])
    client.volumes.get_all(status=[Volume.STATUS_AVAILABLE])
    client.certificates.get_all(type=[Certificate.TYPE_MANAGED])
    client.placement_groups.create("spread", PlacementGroup.TYPE_SPREAD)
    client.zones.create(name="example.com", mode=Zone.MODE_PRIMARY)
    client.zones.get_rrset_all(Zone(1), type=[ZoneRRSet.TYPE_AAAA])
    client.firewalls.create("web", [FirewallRule(FirewallRule.DIRECTION_IN, FirewallRule.PROTOCOL_ICMP)])
    NetworkSubnet("10.0.0.0/24", NetworkSubnet.TYPE_CLOUD)
    NetworkSubnet("10.0.0.0/24", NetworkSubnet.TYPE_SERVER)
    NetworkSubnet("10.0.0.0/24", Volume.STATUS_AVAILABLE)  # type: ignore[arg-type]
    PublicNetworkFirewall(Firewall(1), PublicNetworkFirewall.STATUS_APPLIED)
    StorageBox(status=StorageBox.STATUS_ACTIVE)
    ZoneAuthoritativeNameservers(delegation_status=ZoneAuthoritativeNameservers.DELEGATION_STATUS_VALID)
    ZonePrimaryNameserver("198.51.100.1", tsig_algorithm=ZonePrimaryNameserver.TSIG_ALGORITHM_HMAC_SHA256)
    Zone(mode=Zone.MODE_SECONDARY, status=Zone.STATUS_OK, registrar=Zone.REGISTRAR_HETZNER)


def responses(client: Client) -> None:
    assert_type(client.certificates.create_managed("web", ["example.com"]).action, BoundAction | None)
    assert_type(CreateNetworkResponse(client.networks.create("lan", "10.0.0.0/16")).action, BoundAction | None)


def exceptions(client: Client) -> None:
    try:
        client.images.get_by_id(1)
    except NotFoundError as error:
        assert_type(error.code, int | str)
        assert_type(error.http_status, int | None)
        assert_type(error.correlation_id, str | None)
        assert_type(error.request, RequestInfo | None)
    except (NetworkError, OutcomeUnknownError, APIException) as error:
        raise HCloudException("mine") from error
    except ActionsException as error:
        assert_type(error.running, list[BoundAction])
