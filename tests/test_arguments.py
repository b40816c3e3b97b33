"""Arguments of methods that send several requests: what is invalid is rejected before the first one."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError
from hcloud.images import BoundImage
from hcloud.servers import BoundServer
from hcloud.testing import FakeCloud, FakeDigitalOcean
from hcloud.zones import BoundZone
from tests.ssh_keys.test_ensure import ED25519

NOT_BOOLEANS: list[Any] = [None, 0, 1, "", "no", b"", math.nan, []]
NOT_TEXTS: list[Any] = [b"x", True, 0, math.nan, [], {}, object, "\ud800"]
NOT_PATHS: list[Any] = [None, b"x", b"", True, 0, math.nan, [], {}, object(), "", "a\0b"]
NOT_LABELS: list[Any] = ["", "a=b", b"", True, 0, math.nan, [], ["a"], {"a": None}, {"a": 1}, {1: "a"}, {"a b": "c"}]
NOT_REFERENCES: list[Any] = ["", b"x", True, 0, -1, math.nan, 1.5, [], [None], {}, object()]


class Objects:
    """Arguments of the calls, in a project that has one server, one snapshot and one zone."""

    def __init__(self, cloud: FakeCloud, client: Client, folder: Path) -> None:
        self.client = client
        self.server: BoundServer = client.servers.create("web", "cx23", "debian-12").wait().server
        self.image: BoundImage = self.server.create_image("web").wait().image
        self.zone: BoundZone = client.zones.create(name="example.com", mode="primary").wait().zone
        self.disk = folder / "disk.raw"
        self.disk.write_bytes(bytes(446) + struct.pack("<B3xB3xII", 0x80, 0x83, 8, 8) + bytes(48) + b"\x55\xaa")
        self.target = folder / "copy.raw"
        cloud.requests.clear()


CALLS: dict[str, tuple[Callable[[Objects, Any], object], list[Any], str]] = {
    "delete_all dry_run": (
        lambda x, value: x.client.delete_all(label_selector="a=b", dry_run=value),
        NOT_BOOLEANS,
        "dry_run must be True or False",
    ),
    "rotate dry_run": (
        lambda x, value: x.client.images.rotate([x.server], keep=1, name="nightly", dry_run=value),
        NOT_BOOLEANS,
        "dry_run must be True or False",
    ),
    "wait_until_ready ssh": (
        lambda x, value: x.server.wait_until_ready(ssh=value, cloud_init=False),
        NOT_BOOLEANS,
        "ssh must be True or False",
    ),
    "wait_until_ready cloud_init": (
        lambda x, value: x.server.wait_until_ready(cloud_init=value),
        NOT_BOOLEANS,
        "cloud_init must be True or False",
    ),
    "wait_until_ready server": (
        lambda x, value: x.client.servers.wait_until_ready(value, ssh=False, cloud_init=False),
        [None, "web", *NOT_REFERENCES],
        "server must be a Server",
    ),
    "wait_until_ready identity_file": (
        lambda x, value: x.server.wait_until_ready(cloud_init=False, identity_file=value),
        [*NOT_PATHS[1:], "~nobody-of-this-name/key"],
        "identity_file must be ",
    ),
    "wait_until_ready known_hosts": (
        lambda x, value: x.server.wait_until_ready(cloud_init=False, known_hosts=value),
        NOT_PATHS[1:],
        "known_hosts must be a path",
    ),
    "wait_until_ready address": (
        lambda x, value: x.server.wait_until_ready(cloud_init=False, address=value),
        [*NOT_TEXTS, "", " ", "a b", "a\0"],
        "address must be a non-empty text without spaces",
    ),
    "wait_until_ready host": (
        lambda x, value: x.server.wait_until_ready(cloud_init=False, address=value),
        ["a..b", ".", "a" * 64, "ü" * 64],
        "address='.*' is no host name",
    ),
    "wait_until_ready user": (
        lambda x, value: x.server.wait_until_ready(cloud_init=False, user=value),
        [None, *NOT_TEXTS, "", " ", "a b", "a\0"],
        "user must be a non-empty text without spaces",
    ),
    "upload description": (
        lambda x, value: x.client.images.upload(x.disk, description=value),
        NOT_TEXTS,
        "description must be a text or None",
    ),
    "upload labels": (lambda x, value: x.client.images.upload(x.disk, labels=value), NOT_LABELS, "^label"),
    "upload architecture": (
        lambda x, value: x.client.images.upload(x.disk, architecture=value),
        ["", "X86", "amd64", *NOT_TEXTS],
        "architecture must be one of x86, arm, or None",
    ),
    "upload server_type": (
        lambda x, value: x.client.images.upload(x.disk, server_type=value),
        NOT_REFERENCES,
        "server_type must be a ServerType, an ID or a name",
    ),
    "upload location": (
        lambda x, value: x.client.images.upload(x.disk, location=value),
        NOT_REFERENCES,
        "location must be a Location, an ID or a name",
    ),
    "upload public_net": (
        lambda x, value: x.client.images.upload(x.disk, public_net=value),
        ["", True, False, 0, {}, {"enable_ipv4": True}],
        "public_net must be a ServerCreatePublicNetwork or None",
    ),
    "download path": (lambda x, value: x.image.download(value), NOT_PATHS, "path must be a path"),
    "download overwrite": (
        lambda x, value: x.image.download(x.target, overwrite=value),
        NOT_BOOLEANS,
        "overwrite must be True or False",
    ),
    "download server_type": (
        lambda x, value: x.image.download(x.target, server_type=value),
        NOT_REFERENCES,
        "server_type must be a ServerType",
    ),
    "copy_to description": (
        lambda x, value: x.image.copy_to(x.client, description=value),
        NOT_TEXTS,
        "description must be a text or None",
    ),
    "copy_to labels": (lambda x, value: x.image.copy_to(x.client, labels=value), NOT_LABELS, "^label"),
    "copy_to location": (
        lambda x, value: x.image.copy_to(x.client, location=value),
        NOT_REFERENCES,
        "location must be a Location",
    ),
    "ensure labels": (
        lambda x, value: x.client.ssh_keys.ensure(ED25519, name="key", labels=value),
        NOT_LABELS,
        "^label",
    ),
    "put_records type": (
        lambda x, value: x.zone.put_records("www", value, ["198.51.100.1"]),
        [None, "", b"A", True, 0, -1, [], {}, ["A"]],
        "type must be a type of records such as 'A'",
    ),
    "put_records ttl": (
        lambda x, value: x.zone.put_records("www", "A", ["198.51.100.1"], ttl=value),
        ["300", b"", True, 0, -1, 59, 2**31, 10**30, math.nan, 300.0, [], {}],
        "ttl must be a number of seconds from 60 to 2147483647, or None",
    ),
    "put_records values": (
        lambda x, value: x.zone.put_records("www", "TXT", [value]),
        [None, "", " ", b"x", True, 0, "\ud800"],
        "the value of a record must be a non-empty text",
    ),
    "put_records AAAA": (
        lambda x, value: x.zone.put_records("www", "AAAA", [value]),
        ["fe80::1%eth0", "198.51.100.1", "::1/64"],
        "is no value of a record AAAA: ",
    ),
    "cost resources": (
        lambda x, value: x.client.pricing.cost(value),
        ["", b"", b"x", {}, {"a": 1}, 0, True, [None], "web"],
        "resources must be bound objects, such as servers",
    ),
    "cost label_selector": (
        lambda x, value: x.client.pricing.cost(label_selector=value),
        ["", " ", b"a", True, 0, [], {}, math.nan],
        "label_selector must be a non-empty text, or None for all resources",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_rejects_what_is_invalid(cloud: FakeCloud, client: Client, tmp_path: Path, name: str) -> None:
    objects = Objects(cloud, client, tmp_path)
    call, values, message = CALLS[name]
    for value in values:
        with pytest.raises(InvalidArgumentError, match=message):
            call(objects, value)
        assert cloud.requests == [], value
    assert not objects.target.exists()


def test_a_rotation_of_droplets_rejects_what_is_no_boolean() -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()
    droplet = client.droplets.create(name="web", region="fra1", size="s-1vcpu-1gb", image="debian-12-x64").droplet
    cloud.requests.clear()
    for value in NOT_BOOLEANS:
        with pytest.raises(InvalidArgumentError, match=r"dry_run must be True or False, not .*; nothing was sent"):
            client.images.rotate([droplet], keep=1, name="nightly", dry_run=value)
    assert cloud.requests == []


def test_resources_of_another_provider_have_no_cost_here(cloud: FakeCloud, client: Client) -> None:
    other = FakeDigitalOcean().client()
    image = other.images.get_all()[0]
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match="resources must be bound objects, such as servers"):
        client.pricing.cost([image])
    assert cloud.requests == []


def test_numbers_of_other_classes_are_accepted(cloud: FakeCloud, client: Client, tmp_path: Path) -> None:
    class Seconds(int):
        pass

    objects = Objects(cloud, client, tmp_path)
    assert objects.zone.put_records("www", "A", ["198.51.100.1"], ttl=Seconds(300)).rrset.ttl == 300
