"""Type assertions for the public API of DigitalOcean. mypy and pyright read this program; it is never run.

A line that must be an error carries a ``type: ignore``; both checkers report an unused one.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, assert_type

import hcloud.actions
import hcloud.images
from hcloud import AnyImage
from hcloud.core.rate_limit import RateLimit
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import Action, ActionFailedException, ActionsException, BoundAction
from hcloud.digitalocean.droplets import BoundDroplet, CreateDropletResponse, Droplet, DropletSnapshot, NetworkV4
from hcloud.digitalocean.images import BoundImage, Image, ImagesClient, ImagesPageResult, ImageUnavailableError
from hcloud.digitalocean.regions import BoundRegion, Region, RegionSlug
from hcloud.digitalocean.snapshots import SnapshotResourceType
from hcloud.digitalocean.tags import BoundTag, Tag
from hcloud.testing import FakeDigitalOcean
from hcloud.testing.digitalocean.droplets import Droplets


def clients() -> None:
    assert_type(Client("token", poll_interval=2.0, lazy=False, timeout=(1, 2.5)), Client)
    assert_type(Client.from_env(retries=3), Client)
    assert_type(FakeDigitalOcean().client(), Client)
    assert_type(FakeDigitalOcean().droplets, Droplets)
    _ = FakeDigitalOcean().dropletz  # type: ignore[attr-defined]
    _ = FakeDigitalOcean().servers  # type: ignore[attr-defined]
    with Client("token") as client:
        assert_type(client.images, ImagesClient)
        assert_type(client.with_options(timeout=None), Client)
        assert_type(client.rate_limit, RateLimit | None)
        _ = client.servers  # type: ignore[attr-defined]
    Client("token", speed=3)  # type: ignore[call-arg]
    Client()  # type: ignore[call-arg]


def images(client: Client) -> None:
    image = client.images.get_by_id("debian-12-x64")
    assert_type(image, BoundImage)
    assert_type(image.type, Literal["base", "snapshot", "backup", "custom", "admin"] | None)
    assert_type(image.created_at, datetime | None)
    assert_type(image.tags, list[str] | None)
    assert_type(client.images.get_list("distribution", True, "prod", 1, 200), ImagesPageResult)
    assert_type(client.images.get_all(private=True, per_page=50), list[BoundImage])
    assert_type(client.images.iter(), Iterator[BoundImage])
    client.images.get_list("system")  # type: ignore[arg-type]
    assert_type(client.images.create("mine", "https://example.com", "nyc9", "of tomorrow"), BoundImage)
    assert_type(image.wait_until_available(timeout=60), BoundImage)
    assert_type(client.images.wait_until_available([image, 7, Image(id=8)], timeout=60), list[BoundImage])
    client.images.wait_until_available(["mine"])  # type: ignore[list-item]
    assert_type(image.update(name="new"), BoundImage)
    assert_type(image.transfer(Region("nyc3")), BoundAction)
    assert_type(image.convert(), BoundAction)
    assert_type(image.get_actions(), list[BoundAction])
    assert_type(image.delete(), bool)
    assert_type(image.assign_tag(Tag("prod")), bool)
    image.account_transfer("sam@example.com")  # type: ignore[call-arg]
    try:
        image.wait_until_available()
    except ImageUnavailableError as error:
        assert_type(error.image, Image)


def droplets(client: Client) -> None:
    response = client.droplets.create("web", "s-1vcpu-1gb", Image(slug="debian-12-x64"), backups=True)
    assert_type(response, CreateDropletResponse)
    assert_type(response.wait(timeout=3, on_progress=lambda actions: actions[0].resource_type), CreateDropletResponse)
    assert_type(response.actions, list[BoundAction])
    droplet = response.droplet
    assert_type(droplet, BoundDroplet)
    assert_type(droplet.image, BoundImage)
    assert_type(droplet.region, BoundRegion)
    assert_type(droplet.region.sizes, list[str])
    assert_type(droplet.snapshots, list[BoundImage])
    assert_type(Droplet(id=1).snapshots, list[BoundImage] | None)
    assert_type(droplet.vpc_uuid, str | None)
    assert_type(droplet.image.id, int)
    assert_type(droplet.image.name, str | None)
    assert_type(client.snapshots.get_all()[0].resource_type, SnapshotResourceType)
    assert_type(client.snapshots.get_all()[0].resource, BoundDroplet | None)
    assert_type(client.ssh_keys.get_all()[0].id, int)
    assert_type(client.sizes.get_all()[0].price_hourly, float)
    if droplet.networks.v4:
        assert_type(droplet.networks.v4[0], NetworkV4)
    assert_type(droplet.get_snapshots(per_page=20), list[DropletSnapshot])
    assert_type(droplet.get_snapshots()[0].image, BoundImage)
    assert_type(droplet.get_snapshots()[0].created_at, datetime)
    assert_type(droplet.snapshot("before"), BoundAction)
    assert_type(droplet.snapshot("before").wait().image, BoundImage)
    snapshot = client.snapshots.get("before")
    assert_type(snapshot.id, int | str)
    assert_type(snapshot.image, BoundImage | None)
    assert_type(snapshot.transfer("nyc3").wait().image.regions, list[RegionSlug] | None)
    assert_type(snapshot.assign_tag("prod"), bool)
    assert_type(droplet.rebuild(7), BoundAction)
    assert_type(client.droplets.delete(7), bool)
    client.droplets.delete("web")  # type: ignore[arg-type]
    client.droplets.resize(7, "s-1vcpu-1gb")
    client.images.transfer(7, "nyc3")
    client.snapshots.delete("7b0e2b8e-1f3c-11ee-be56-0242ac120002")
    client.tags.delete("prod")
    client.tags.delete(7)  # type: ignore[arg-type]
    assert_type(client.droplets.get("web"), BoundDroplet)
    assert_type(client.droplets.get_by_name("web"), BoundDroplet | None)
    assert_type(client.images.get("debian-12-x64"), BoundImage)
    assert_type(client.regions.get("nyc3"), BoundRegion)
    assert_type(client.tags.get("prod"), BoundTag)
    client.tags.get(7)  # type: ignore[arg-type]
    droplet.resize()  # type: ignore[call-arg]
    droplet.rename(5)  # type: ignore[arg-type]
    client.droplets.act_by_tag("prod", "rebuild")  # type: ignore[arg-type]
    assert_type(client.tags.create("prod"), BoundTag)
    client.tags.assign_resources(Tag("prod"), [droplet, Image(id=7)])
    client.tags.assign_resources(Tag("prod"), [Region("nyc3")])  # type: ignore[list-item]


def any_image(image: AnyImage, hetzner: hcloud.images.BoundImage, digitalocean: BoundImage) -> list[AnyImage]:
    assert_type(image.id, int)
    assert_type(image.name or image.description, str | None)
    assert_type(image.display_name, str)
    assert_type(image.creation_time, datetime | None)
    assert_type(image.stored_gigabytes, float | None)
    assert_type(image.operating_system, str)
    assert_type(image.delete(), bool)
    image.display_name = "mine"  # type: ignore[misc]
    _ = image.size_gigabytes  # type: ignore[union-attr]
    if isinstance(image, BoundImage):
        assert_type(image, BoundImage)
        assert_type(image.created_at, datetime | None)
    else:
        assert_type(image, hcloud.images.BoundImage)
    return [hetzner, digitalocean]


def actions(client: Client, action: BoundAction) -> None:
    assert_type(action.status, Literal["in-progress", "completed", "errored"] | None)
    assert_type(action.resource, BoundDroplet | BoundImage | None)
    assert_type(client.actions.wait_for([action, Action(id=7)]), list[BoundAction])
    assert_type(action.wait(60, lambda actions: actions[0].region_slug), BoundAction)
    try:
        action.wait_until_finished()
    except ActionFailedException as error:
        assert_type(error.action.type, str | None)
    except ActionsException as error:
        assert_type(error.running, list[BoundAction])
    except hcloud.actions.ActionFailedException as error:
        assert_type(error.action.command, str | None)
