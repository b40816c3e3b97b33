"""Tests of ``Client.delete_all``: selection, order, failures, and the number of requests."""

from __future__ import annotations

import inspect
import pickle
from importlib import import_module
from typing import Any

import pytest

from hcloud import APIException, Client, HCloudException, HCloudExceptionGroup, InvalidArgumentError, ServerError
from hcloud.deletion import _COLLECTIONS, Deletion
from hcloud.firewalls import FirewallResource
from hcloud.helpers.selectors import SelectorTerm, parse_selector
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.testing import FakeCloud
from hcloud.zones import ZonePrimaryNameserver, ZoneRecord, ZoneRRSet
from tests.everything import LABELS, create_everything
from tests.library import RESOURCES

SELECTOR = "env=ci"
ORDER = [
    *("load_balancer", "server"),
    *("volume", "floating_ip", "primary_ip", "firewall", "network", "placement_group", "certificate", "ssh_key"),
    *("image", "rrset", "zone", "snapshot", "subaccount", "storage_box"),
]


def keys(models: list[Any]) -> list[str]:
    return [model._key for model in models]


def writes(cloud: FakeCloud) -> list[str]:
    return [f"{request.method} {request.path}" for request in cloud.requests if request.method != "GET"]


def delete(client: Client, selector: str = SELECTOR, **options: Any) -> Deletion:
    return client.delete_all(label_selector=selector, dry_run=False, **options)


def test_a_dry_run_deletes_nothing(cloud: FakeCloud, client: Client) -> None:
    create_everything(client)
    before = {name: list(resource) for name, resource in cloud.project.resources.items() if name in _COLLECTIONS}
    cloud.requests.clear()
    deletion = client.delete_all(label_selector=SELECTOR)
    assert (deletion.dry_run, keys(deletion.planned), deletion.deleted) == (True, ORDER, [])
    assert writes(cloud) == []
    assert {
        name: list(resource) for name, resource in cloud.project.resources.items() if name in _COLLECTIONS
    } == before
    lines = str(deletion).splitlines()
    assert len(lines) == len(ORDER)
    assert lines[1] == f"would delete server {deletion.planned[1].id} 'web'"


def test_deletes_one_of_everything_in_the_order_of_dependence(cloud: FakeCloud, client: Client) -> None:
    created = create_everything(client)
    others = {
        "ssh key": client.ssh_keys.create("other", "ssh-rsa AAAAB3NzaC1yc2E="),
        "network": client.networks.create("other", "10.1.0.0/16", labels={"env": "prod"}),
    }
    deletion = delete(client)
    assert keys(deletion.planned) == keys(deletion.deleted) == ORDER
    assert {model._key: model.id for model in deletion.deleted} == {key: model.id for key, model in created.items()}
    assert (deletion.protected, deletion.failed) == ([], [])
    assert client.ssh_keys.get_all() == [others["ssh key"]]
    assert client.networks.get_all() == [others["network"]]
    assert [zone.name for zone in client.zones.get_all()] == ["example.org"]
    assert [box.name for box in client.storage_boxes.get_all()] == ["kept"]
    assert client.primary_ips.get_all() == []
    assert client.images.get_all(type=["snapshot"]) == []

    cloud.requests.clear()
    again = delete(client)
    assert (again.planned, again.deleted) == ([], [])
    assert writes(cloud) == []
    assert str(again) == "nothing to delete"


def test_covers_every_labelled_resource(client: Client) -> None:
    listings = {name: getattr(getattr(client, name), "get_list", len) for name in RESOURCES if name != "datacenters"}
    labelled = [name for name, listing in listings.items() if "label_selector" in inspect.signature(listing).parameters]
    assert sorted(_COLLECTIONS) == labelled


def test_covers_every_labelled_part_of_a_resource(client: Client) -> None:
    listings = [
        name
        for resource in RESOURCES
        if resource != "datacenters"
        for name, method in inspect.getmembers(getattr(client, resource), inspect.ismethod)
        if name.startswith("get_") and name.endswith("_all") and name != "get_all"
        if "label_selector" in inspect.signature(method).parameters
    ]
    assert sorted(listings) == ["get_rrset_all", "get_snapshot_all", "get_subaccount_all"]


def test_an_empty_project_takes_one_request_per_collection(cloud: FakeCloud, client: Client) -> None:
    delete(client)
    assert len(cloud.requests) == len(_COLLECTIONS) == 13


@pytest.mark.parametrize(
    "selector",
    [
        *(None, "", " ", 1, b"env", {"env": "ci"}),
        *("!keep", "env!=prod", "env notin (prod)", "!keep,env!=prod", "!keep , env notin (a,b)"),
        *("env=ci,", ",", "env in", "env in (a", "env in (a b)", "env=ci;x=y", "a b", "=ci", "hetzner.cloud/x"),
    ],
)
def test_rejects_a_selector_that_asks_for_no_label(cloud: FakeCloud, client: Client, selector: Any) -> None:
    for dry_run in (True, False):
        with pytest.raises(InvalidArgumentError, match="nothing was sent"):
            client.delete_all(label_selector=selector, dry_run=dry_run)
    assert cloud.requests == []


@pytest.mark.parametrize("dry_run", [None, 0, "", "no", 1])
def test_only_false_deletes(cloud: FakeCloud, client: Client, dry_run: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"dry_run must be True or False, not .*; nothing was sent"):
        client.delete_all(label_selector=SELECTOR, dry_run=dry_run)
    assert cloud.requests == []


def test_an_image_is_shown_by_its_description(client: Client) -> None:
    server = client.servers.create("web", "cx23", "ubuntu-24.04").wait().server
    image = server.create_image("before the upgrade", labels=LABELS).wait().image
    deletion = client.delete_all(label_selector=SELECTOR)
    assert str(deletion) == f"would delete image {image.id} 'before the upgrade'"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("env", True),
        ("env=ci", True),
        ("env==ci", True),
        ("env=", True),
        ("env in (ci, prod)", True),
        ("!old,env in (ci)", True),
        ("env=ci,!old", True),
        ("example.com/env=ci", True),
        ("env=prod", False),
        ("env,!team", False),
        ("env!=prod,team", True),
    ],
)
def test_selects_like_the_api(cloud: FakeCloud, client: Client, selector: str, expected: bool) -> None:
    labels = {"env": "" if selector == "env=" else "ci", "team": "a", "example.com/env": "ci"}
    client.networks.create("net", "10.0.0.0/16", labels=labels)
    assert bool(client.delete_all(label_selector=selector).planned) is expected


def test_terms_of_a_selector() -> None:
    assert parse_selector(" a, !b ,c=1,d==2,e!=3,f in (4, 5),g notin (6)") == [
        SelectorTerm("a", "exists", frozenset()),
        SelectorTerm("b", "absent", frozenset()),
        SelectorTerm("c", "in", frozenset({"1"})),
        SelectorTerm("d", "in", frozenset({"2"})),
        SelectorTerm("e", "notin", frozenset({"3"})),
        SelectorTerm("f", "in", frozenset({"4", "5"})),
        SelectorTerm("g", "notin", frozenset({"6"})),
    ]
    assert parse_selector("") == []


def test_protected_resources_are_reported(client: Client) -> None:
    created = create_everything(client)
    created["server"].change_protection(delete=True, rebuild=True).wait()
    created["volume"].change_protection(delete=True).wait()
    client.zones.get_rrset("example.org", "www", "A").change_rrset_protection(change=True).wait()
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client)
    deletion = raised.value.result
    assert sorted(keys(deletion.protected)) == ["rrset", "server", "volume"]
    assert keys(deletion.failed) == ["primary_ip"]  # the server keeps it
    assert "primary ip is still in use" in str(raised.value)
    assert client.servers.get("web").status == "running"
    assert client.volumes.get("data").server == created["server"]
    assert client.firewalls.get_all() == client.networks.get_all() == []
    assert keys(client.delete_all(label_selector=SELECTOR).protected) == keys(deletion.protected)


def outcome(deletion: Deletion) -> dict[str, list[str]]:
    """Return what is deleted, protected and failed, after a dry run in advance."""
    deleted = deletion.planned if deletion.dry_run else deletion.deleted
    return {"deleted": keys(deleted), "protected": keys(deletion.protected), "failed": keys(deletion.failed)}


def test_a_zone_with_a_protected_rrset_stays(cloud: FakeCloud, client: Client) -> None:
    rrsets = [
        ZoneRRSet(name="www", type="A", records=[ZoneRecord("198.51.100.1")], labels=LABELS),
        ZoneRRSet(name="mail", type="A", records=[ZoneRecord("198.51.100.2")]),
    ]
    zone = client.zones.create(name="example.com", mode="primary", rrsets=rrsets, labels=LABELS).wait().zone
    zone.get_rrset("mail", "A").change_rrset_protection(change=True).wait()
    other = client.zones.create(name="example.org", mode="primary", labels=LABELS).wait().zone
    dry_run = client.delete_all(label_selector=SELECTOR)
    assert str(dry_run).splitlines() == [
        "would delete rrset www/A",
        f"would delete zone {other.id} 'example.org'",
        f"protected zone {zone.id} 'example.com'",
    ]
    cloud.requests.clear()
    assert outcome(delete(client)) == outcome(dry_run)
    assert f"DELETE /zones/{zone.id}" not in writes(cloud)
    assert {rrset.id for rrset in zone.get_rrset_all()} == {"@/SOA", "@/NS", "mail/A"}


def test_a_secondary_zone_has_no_rrsets_to_look_at(client: Client) -> None:
    nameservers = [ZonePrimaryNameserver(address="198.51.100.1")]
    client.zones.create(name="example.com", mode="secondary", primary_nameservers=nameservers, labels=LABELS).wait()
    assert keys(client.delete_all(label_selector=SELECTOR).planned) == keys(delete(client).deleted) == ["zone"]


def test_a_zone_that_vanishes_before_its_rrsets_are_listed(cloud: FakeCloud, client: Client) -> None:
    client.zones.create(name="example.com", mode="primary", labels=LABELS).wait()
    cloud.fail_next(status=404, code="not_found", method="GET", path="/zones/*/rrsets")
    assert keys(client.delete_all(label_selector=SELECTOR).planned) == ["zone"]


def test_a_dry_run_knows_what_stays_in_use(client: Client) -> None:
    created = create_everything(client)
    created["server"].change_protection(delete=True, rebuild=True).wait()
    created["load_balancer"].change_protection(delete=True).wait()
    client.zones.get_rrset("example.org", "@", "NS").update_rrset(labels=LABELS)
    client.primary_ips.create("ipv4", "spare", assignee_type="server", location="fsn1", labels=LABELS)
    dry_run = client.delete_all(label_selector=SELECTOR)
    assert keys(dry_run.failed) == ["primary_ip", "certificate", "rrset"]
    assert str(dry_run).splitlines()[-3] == f"can't delete primary_ip {created['primary_ip'].id} 'ipv4'"
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client)
    assert outcome(raised.value.result) == outcome(dry_run)


def test_a_protection_that_is_added_meanwhile(cloud: FakeCloud, client: Client) -> None:
    network = client.networks.create("net", "10.0.0.0/16", labels=LABELS)
    cloud.fail_next(status=423, code="protected", method="DELETE", path="/networks")
    deletion = delete(client)
    assert (deletion.protected, deletion.deleted, deletion.failed) == ([network], [], [])


def test_detaches_from_servers_that_stay(cloud: FakeCloud, client: Client) -> None:
    server = client.servers.create("kept", "cx23", "ubuntu-24.04", location="fsn1").wait().server
    volume = client.volumes.create(10, "data", server=server, labels=LABELS).wait().volume
    client.floating_ips.create("ipv4", server=server, labels=LABELS).wait()
    client.firewalls.create(
        "firewall", labels=LABELS, resources=[FirewallResource(type="server", server=server)]
    ).wait()
    deletion = delete(client)
    assert keys(deletion.deleted) == ["volume", "floating_ip", "firewall"]
    assert client.volumes.get_all() == []
    server.reload()
    assert (server.volumes, server.public_net.floating_ips) == ([], [])
    detachments = [path for path in writes(cloud) if "/actions/" in path and str(volume.id) in path]
    assert detachments == [f"POST /volumes/{volume.id}/actions/detach"]


def test_goes_on_after_failures_and_raises_all(cloud: FakeCloud, client: Client) -> None:
    create_everything(client)
    cloud.fail_next(status=403, code="forbidden", method="DELETE", path="/certificates")
    cloud.fail_action("delete_zone", code="no_luck", message="zone is stuck")
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client)
    error = raised.value
    assert [type(part).__name__ for part in error.exceptions] == ["ForbiddenError", "ActionFailedException"]
    assert error.exceptions[0].__notes__[0].startswith("certificate ")
    assert str(error).startswith("2 failures at the deletion of 'env=ci': certificate ")
    assert "zone is stuck" in str(error)
    assert keys(error.result.failed) == ["certificate", "zone"]
    assert keys(error.result.deleted) == [key for key in ORDER if key not in ("certificate", "zone")]
    with pytest.raises(ExceptionGroup) as caught:
        raise error
    assert caught.value.split(APIException)[0].exceptions == error.exceptions[:1]  # type: ignore[union-attr]
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), len(copy.exceptions), keys(copy.result.failed)) == (str(error), 2, ["certificate", "zone"])
    assert isinstance(error, HCloudException)


def test_a_server_that_is_not_deleted_keeps_what_it_uses(cloud: FakeCloud, client: Client) -> None:
    create_everything(client)
    cloud.fail_next(20, status=403, code="forbidden", method="DELETE", path="/servers")
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client)
    assert keys(raised.value.result.failed) == ["server", "volume", "floating_ip", "primary_ip", "firewall"]
    assert type(raised.value.exceptions[0]).__name__ == "ForbiddenError"


def test_a_collection_that_can_not_be_listed(cloud: FakeCloud, client: Client) -> None:
    create_everything(client)
    cloud.fail_next(20, status=500, method="GET", path="/load_balancers")
    with pytest.raises(HCloudExceptionGroup) as raised:
        client.with_options(retries=0).delete_all(label_selector=SELECTOR, dry_run=False)
    assert type(raised.value.exceptions[0]) is ServerError
    assert "server" in keys(raised.value.result.deleted)
    assert keys(raised.value.result.failed) == ["certificate"]  # the load balancer uses it


def test_what_has_vanished_meanwhile_is_deleted(cloud: FakeCloud, client: Client) -> None:
    client.networks.create("net", "10.0.0.0/16", labels=LABELS)
    cloud.fail_next(status=404, code="not_found", method="DELETE", path="/networks")
    assert keys(delete(client).deleted) == ["network"]


def test_backups_and_ips_vanish_with_their_server(cloud: FakeCloud, client: Client) -> None:
    server = client.servers.create("web", "cx23", "ubuntu-24.04", labels=LABELS).wait().server
    server.enable_backup().wait()
    server.create_image(type="backup", labels=LABELS).wait()
    for primary_ip in client.primary_ips.get_all():
        primary_ip.update(labels=LABELS)
    cloud.requests.clear()
    deletion = delete(client)
    assert keys(deletion.deleted) == ["server", "primary_ip", "primary_ip", "image"]
    assert writes(cloud) == [f"DELETE /servers/{server.id}"]
    assert client.primary_ips.get_all() == client.images.get_all(type=["backup"]) == []


def test_a_primary_ip_that_stays_without_its_server(client: Client) -> None:
    primary_ip = client.primary_ips.create(
        "ipv4", "ipv4", assignee_type="server", location="fsn1", auto_delete=False, labels=LABELS
    ).primary_ip
    client.servers.create(
        "web",
        "cx23",
        "ubuntu-24.04",
        location="fsn1",
        public_net=ServerCreatePublicNetwork(ipv4=primary_ip),
        labels=LABELS,
    ).wait()
    assert keys(delete(client).deleted) == ["server", "primary_ip"]
    assert client.primary_ips.get_all() == []


def test_a_server_that_is_still_being_created(client: Client) -> None:
    client.servers.create("web", "cx23", "ubuntu-24.04", labels=LABELS)
    assert keys(delete(client).deleted) == ["server"]


def test_waits_together(cloud: FakeCloud, client: Client) -> None:
    for number in range(20):
        client.servers.create(f"web{number}", "cx23", "ubuntu-24.04", labels=LABELS)
    cloud.finish_actions()
    cloud.requests.clear()
    delete(client)
    polls = [request for request in cloud.requests if request.path == "/actions"]
    assert len(polls) <= 3
    assert sum(name == "id" for name, _ in polls[0].query) == 20


def test_gives_up_after_the_timeout(cloud: FakeCloud, client: Client) -> None:
    client.servers.create("web", "cx23", "ubuntu-24.04", labels=LABELS).wait()
    cloud._action_seconds = {"delete_server": 1000.0}
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client, timeout=30)
    assert "timed out" in str(raised.value)
    assert keys(raised.value.result.failed) == ["server"]
    with pytest.raises(InvalidArgumentError, match="timeout must be"):
        delete(client, timeout="30")


def test_the_timeout_includes_locked_resources(cloud: FakeCloud, client: Client) -> None:
    server = client.servers.create("web", "cx23", "ubuntu-24.04", labels=LABELS).wait().server
    cloud._action_seconds = {"create_image": 1000.0}
    server.create_image("long")
    start = cloud.clock.monotonic()
    with pytest.raises(HCloudExceptionGroup) as raised:
        delete(client, timeout=30)
    assert type(raised.value.exceptions[0]).__name__ == "LockedError"
    assert keys(raised.value.result.failed) == ["server"]
    assert cloud.clock.monotonic() - start == 30


def test_an_interruption_ends_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.networks.create("net", "10.0.0.0/16", labels=LABELS)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("hcloud.networks").NetworksClient, "delete", interrupt)
    with pytest.raises(KeyboardInterrupt):
        delete(client)


def test_system_images_are_never_selected(cloud: FakeCloud, client: Client) -> None:
    for record in cloud.images:
        record["labels"] = {"env": "ci"}
    assert delete(client).planned == []
