"""Completeness: operations, parameters and fields of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

import pytest

from hcloud.core import BaseDomain
from hcloud.digitalocean import Client
from hcloud.digitalocean.account import Account
from hcloud.digitalocean.actions import Action
from hcloud.digitalocean.droplets import (
    AssociatedResource,
    DestroyedResource,
    Droplet,
    DropletBackupPolicy,
    DropletBackupPolicyRecord,
    DropletSnapshot,
    Firewall,
    Kernel,
    NetworkV4,
    NetworkV6,
    SupportedDropletBackupPolicy,
)
from hcloud.digitalocean.images import Image
from hcloud.digitalocean.regions import Region
from hcloud.digitalocean.sizes import DiskInfo, GPUInfo, Size
from hcloud.digitalocean.snapshots import Snapshot
from hcloud.digitalocean.ssh_keys import SSHKey
from hcloud.digitalocean.tags import Tag, TaggedResource
from hcloud.testing import FakeDigitalOcean
from tests.api.table import load

TABLE = load("digitalocean")
RESOURCES = sorted(name for name, annotation in Client.__annotations__.items() if annotation.endswith("Client"))


def shape(method: str, path: str) -> str:
    return f"{method} {re.sub(r'{[^}]+}', '{}', path.removeprefix('/v2').partition('?')[0])}"


def declared() -> dict[str, set[str]]:
    """Return the parameters of each operation, from all methods that declare it."""
    client, operations = Client("token"), dict[str, set[str]]()
    for name in RESOURCES:
        resource = getattr(client, name)
        for method in (member for base in type(resource).__mro__ for member in vars(base).values()):
            call = getattr(method, "__endpoint__", None)
            if call is None:
                continue
            names = {*call.payload, *call.body, *re.findall(r"\?(\w+)=", call.path)}
            operations.setdefault(shape(call.verb, call.path.replace("~", resource._base_url)), set()).update(names)
    return operations


DECLARED = declared()


def test_operations() -> None:
    assert len(TABLE.operations) == 54
    table = {shape(operation.method, operation.route) for operation in TABLE.operations.values()}
    assert sorted(table - DECLARED.keys()) == [], "no method is declared for these"
    assert sorted(DECLARED.keys() - table) == [], "these are not in tests/api/digitalocean.json"


@pytest.mark.parametrize("name", TABLE.operations)
def test_parameters(name: str) -> None:
    operation = TABLE.operations[name]
    expected = {path for path in (*operation.query, *operation.body) if not re.search(r"[.\[]", path)}
    ours = DECLARED[shape(operation.method, operation.route)]
    if name == "POST /v2/account/keys":
        expected -= {"id", "fingerprint"}  # set by the API
    if name.startswith("DELETE") and name.endswith("/selective"):
        expected -= {"floating_ips"}  # deprecated, the former name of reserved_ips
    if name == "POST /v2/tags":
        expected -= {"resources"}  # set by the API
    if name == "GET /v2/images/{image_id}/actions":
        ours = ours - {"page"}  # only in links of the API
    if name == "POST /v2/droplets":
        ours = ours | {"names"}  # sent for a list of names
    assert ours == expected


def test_get_all_takes_the_parameters_of_get_list() -> None:
    client, methods = Client("token"), []
    for name in RESOURCES:
        for method in vars(type(getattr(client, name))).values():
            get_list = getattr(method, "__every_page_of__", None)
            if get_list is not None:
                ours, theirs = (dict(signature(function).parameters) for function in (method, get_list))
                assert theirs.pop("page").default is None
                assert list(ours) == list(theirs)
                assert [parameter.default for parameter in ours.values()] == [
                    parameter.default for parameter in theirs.values()
                ]
                assert ours["per_page"].kind is Parameter.KEYWORD_ONLY
                methods.append(method.__qualname__)
    assert len(methods) == 13


RECORDS: dict[str, type[BaseDomain]] = {
    "account": Account,
    "action": Action,
    "associated_resource": AssociatedResource,
    "destroyed_associated_resource": DestroyedResource,
    "disk_info": DiskInfo,
    "droplet": Droplet,
    "droplet_backup_policy_record": DropletBackupPolicyRecord,
    "droplet_snapshot": DropletSnapshot,
    "firewall": Firewall,
    "gpu_info": GPUInfo,
    "image": Image,
    "kernel": Kernel,
    "network_v4": NetworkV4,
    "network_v6": NetworkV6,
    "region": Region,
    "size": Size,
    "snapshots": Snapshot,
    "sshKeys": SSHKey,
    "supported_droplet_backup_policy": SupportedDropletBackupPolicy,
    "tags": Tag,
}


@pytest.mark.parametrize("name", RECORDS)
def test_fields(name: str) -> None:
    top = {path for path in TABLE.records[name] if not re.search(r"[.\[]", path)}
    assert top - RECORDS[name]._fields.keys() == set()


NESTED: dict[str, Any] = {
    "account.team": Account._fields["team"],
    "droplet_backup_policy_record.backup_policy": DropletBackupPolicyRecord._fields["backup_policy"],
    "droplet.next_backup_window": Droplet._fields["next_backup_window"],
    "droplet.networks": Droplet._fields["networks"],
    "tags.resources": Tag._fields["resources"],
}


@pytest.mark.parametrize("path", NESTED)
def test_nested_fields(path: str) -> None:
    record, _, prefix = path.partition(".")
    fields = {path.removeprefix(f"{prefix}.") for path in TABLE.records[record] if path.startswith(f"{prefix}.")}
    missing = {field for field in fields if "." not in field} - NESTED[path].record_class._fields.keys()
    assert missing <= {"imgages"}  # a typo in the API description


def test_fields_of_images() -> None:
    assert list(Image._fields) == [path for path in TABLE.records["image"] if "." not in path]
    assert len(Image._fields) == 14
    assert Image() == Image(**dict.fromkeys(Image._fields))


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQtTWVTzd2t27+t0DEHBPW7iOD23TUiYLio"


def scenario(cloud: FakeDigitalOcean, client: Client) -> None:
    """Call every operation once."""
    key = client.ssh_keys.create("laptop", KEY)
    client.ssh_keys.get_all()
    client.ssh_keys.get_by_id(key.fingerprint or "").update(name="desktop")
    client.account.get()
    size, region = client.sizes.get_by_id("s-1vcpu-1gb"), client.regions.get_by_id("fra1")
    response = client.droplets.create("web", size, "debian-12-x64", region, backups=True, tags=["web"], ipv6=True)
    droplet = response.wait().droplet
    client.droplets.create(["a", "b"], size, Image(slug="debian-12-x64"), tags=["other"], ssh_keys=[key]).wait()
    key.delete()
    client.droplets.get_neighbors_report()
    client.droplets.get_all(tag_name="web")
    client.droplets.get_by_id(droplet.id or 0)
    droplet.get_neighbors(), droplet.get_kernels(), droplet.get_firewalls(), droplet.get_backup_policy()
    client.droplets.get_backup_policies()
    client.droplets.get_supported_backup_policies()
    droplet.change_backup_policy(DropletBackupPolicy(plan="weekly", weekday="SUN", hour=8)).wait_until_finished()
    client.actions.wait_for(client.droplets.act_by_tag("web", "snapshot", "by tag"))
    steps: list[Callable[[], Any]] = [
        lambda: droplet.snapshot("by hand"),
        droplet.reboot,
        droplet.power_cycle,
        droplet.shutdown,
        droplet.power_on,
        droplet.power_off,
        lambda: droplet.resize("s-2vcpu-2gb", disk=True),
        droplet.power_on,
        droplet.password_reset,
        droplet.enable_ipv6,
        lambda: droplet.rename("renamed"),
        droplet.disable_backups,
        droplet.enable_backups,
    ]
    for step in steps:
        step().wait_until_finished()
    backup = client.images.get_by_id(cloud.back_up("renamed")["id"])
    droplet.restore(backup).wait_until_finished()
    droplet.rebuild("ubuntu-24-04-x64").wait_until_finished()
    assert [listed.type for listed in droplet.get_backups()] == ["backup"]
    assert len(droplet.get_snapshots()) == len(client.snapshots.get_all(resource_type="droplet")) == 2
    backup.convert().wait_until_finished()
    action = backup.transfer("nyc3")
    action.wait_until_finished()
    assert backup.get_action(action.id or 0) == action
    assert action in backup.get_actions()
    assert droplet.get_action(response.actions[0].id or 0) in droplet.get_actions()
    backup.update(name="kept", description="of the first day")
    client.tags.create("prod")
    client.tags.get_all()
    backup.assign_tag("prod")
    client.tags.get_by_id("prod").unassign_resources([TaggedResource(str(backup.id), "image")])
    client.tags.delete(Tag("prod"))
    for verb in ("cancel", "decline"):
        transfer = backup.account_transfer(recipient_email="sam@example.com").transfer_id or 0
        getattr(backup, f"{verb}_account_transfer")(transfer)
    transfer = backup.account_transfer(recipient_uuid="7c3e0d4a-0000-4000-8000-000000000000").transfer_id or 0
    backup.accept_account_transfer(transfer, "7c3e0d4a-0000-4000-8000-000000000000")
    client.images.create(
        "mine", "https://example.com/disk.qcow2", region, "Debian", tags=["web"]
    ).wait_until_available()
    client.actions.get_all()
    snapshot = client.snapshots.get_all()[0]
    client.snapshots.get_by_id(snapshot.id or 0).delete()
    for image in client.images.get_all(private=True):
        image.delete()
    droplet.delete()
    first, second = client.droplets.get_all(tag_name="other")
    first.snapshot("first").wait_until_finished()
    first.destroy_with_resources(snapshots=first.get_associated_resources().snapshots)
    second.destroy_with_all_resources()
    cloud.finish_actions()
    first.retry_destruction()
    assert second.get_destruction_status().failures == 0
    client.droplets.create("c", size, "debian-12-x64", tags=["other"]).wait()
    client.droplets.delete_by_tag("other")


def test_every_operation(cloud: FakeDigitalOcean, client: Client) -> None:
    scenario(cloud, client)
    paths = {f"{request.method} {request.path}" for request in cloud.requests}
    routes = [re.sub(r"\\{\\}", "[^/]+", re.escape(operation)) for operation in DECLARED]
    assert [route for route in routes if not any(re.fullmatch(route, path) for path in paths)] == []
    assert {request.status for request in cloud.requests} <= {200, 201, 202, 204}
    assert len(cloud.droplets) == len(cloud.images.own) == 0
