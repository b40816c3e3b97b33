"""Images: properties, imports, transfers and tags."""

from __future__ import annotations

import pickle

import pytest

from hcloud._exceptions import InvalidArgumentError, NotFoundError, WaitTimeoutError
from hcloud.digitalocean import Client, PendingEventError, UnprocessableEntityError
from hcloud.digitalocean.droplets import BoundDroplet, Droplet
from hcloud.digitalocean.images import BoundImage, Image, ImageUnavailableError
from hcloud.digitalocean.tags import BoundTag, Tag
from hcloud.testing import FakeDigitalOcean


def snapshot_of(client: Client, droplet: BoundDroplet) -> BoundImage:
    droplet.snapshot("before upgrade").wait_until_finished()
    droplet.reload()
    assert droplet.snapshots is not None
    return droplet.snapshots[0]


def test_properties(client: Client) -> None:
    image = client.images.get_by_id("debian-12-x64")
    assert {name: getattr(image, name) for name in Image._fields} == {
        "id": 195932981,
        "name": "12 x64",
        "type": "base",
        "distribution": "Debian",
        "slug": "debian-12-x64",
        "public": True,
        "regions": [region.slug for region in client.regions.get_all()],
        "created_at": image.created_at,
        "min_disk_size": 10,
        "size_gigabytes": 2.36,
        "description": "Debian 12 x64",
        "tags": [],
        "status": "available",
        "error_message": "",
    }
    assert image.created_at is not None
    assert image.created_at.isoformat() == "2026-05-15T05:47:50+00:00"
    assert client.images.get_by_id(195932981) == image


def test_missing_fields_of_a_complete_image_are_none(cloud: FakeDigitalOcean, client: Client) -> None:
    image = BoundImage(client.images, {"id": 7, "status": "unknown status", "distribution": "Plan 9"})
    assert [getattr(image, name) for name in Image._fields if name not in ("id", "status", "distribution")] == [
        None
    ] * 11
    assert (image.status, image.distribution) == ("unknown status", "Plan 9")
    assert cloud.requests == []


def test_filters(client: Client) -> None:
    assert {image.type for image in client.images.iter(type="distribution")} == {"base"}
    assert {image.slug for image in client.images.iter(type="application")} == {"docker-20-04", "wordpress-20-04"}
    assert client.images.get_all(private=True) == []


def test_import(cloud: FakeDigitalOcean, client: Client) -> None:
    image = client.images.create(
        "mine", "https://example.com/disk.qcow2", "nyc3", "Debian", description="hardened", tags=["base"]
    )
    assert (image.status, image.type, image.regions, image.tags) == ("NEW", "custom", [], ["base"])
    statuses = []
    image.wait_until_available(interval=6, on_progress=lambda image: statuses.append(image.status))
    assert image.status == Image.STATUS_AVAILABLE
    assert image.regions == ["nyc3"]
    assert list(dict.fromkeys(statuses)) == ["NEW", "pending"]
    assert client.images.get_all(tag_name="base", private=True) == [image]


def test_failed_import(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.fail_import("The file is no disk image")
    image = client.images.create("mine", "https://example.com/notes.txt", "nyc3")
    with pytest.raises(ImageUnavailableError, match=r"image \d+ \(mine\) .*: The file is no disk image") as raised:
        image.wait_until_available()
    assert raised.value.image is image
    assert pickle.loads(pickle.dumps(raised.value)).image.id == image.id
    assert client.images.create("mine", "https://example.com/disk.raw", "nyc3").wait_until_available().slug is None


def test_unavailable_images(cloud: FakeDigitalOcean, client: Client) -> None:
    image = client.images.create("mine", "https://example.com/disk.raw", "nyc3")
    with pytest.raises(WaitTimeoutError):
        image.wait_until_available(timeout=20)
    retired = BoundImage(client.images, {"id": 7, "name": "old", "status": "retired", "error_message": " "})
    with pytest.raises(ImageUnavailableError, match="it is retired"):
        retired.wait_until_available()


def test_transfer(client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    action = image.transfer("nyc3")
    assert (action.type, action.status, action.resource_type, action.region_slug) == (
        "transfer", "in-progress", "image", "nyc3",
    )  # fmt: skip
    assert action.region is not None
    assert action.region.name == "New York 3"
    action.wait_until_finished()
    image.reload()
    assert image.regions == ["fra1", "nyc3"]
    assert action.resource == image
    assert image.get_actions() == [action]
    assert [listed.id for listed in image.iter_actions()] == [action.id]
    assert image.get_action(action.id or 0).completed_at is not None
    with pytest.raises(UnprocessableEntityError, match="already in this region"):
        image.transfer(client.regions.get_by_id("nyc3"))


def test_pages_of_actions(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    cloud._action_seconds = 0
    for region in [region for region in client.regions.get_all() if region.slug != "fra1"] * 2:
        cloud.images[image.id or 0]["regions"] = ["fra1"]
        image.transfer(region)
    cloud.requests.clear()
    assert len(image.get_actions()) == 22
    assert [request.query for request in cloud.requests] == [[], [("page", "2")]]


def test_convert(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    with pytest.raises(ValueError, match="has no backups"):
        cloud.back_up("web")
    droplet.enable_backups().wait_until_finished()
    converted, deleted = (client.images.get_by_id(cloud.back_up("web")["id"]) for _ in range(2))
    converted.convert().wait_until_finished()
    droplet.delete()
    converted.reload()
    assert converted.type == "snapshot"
    deleted.reload()
    assert deleted.status == "deleted"
    with pytest.raises(UnprocessableEntityError, match="Only backups"):
        converted.convert()


def test_update(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    image.update(name="after upgrade", description="of the first day")
    cloud.requests.clear()
    assert (image.name, image.description) == ("after upgrade", "of the first day")
    assert cloud.requests == []


def test_tags(client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    tag = client.tags.create("env:prod")
    image.assign_tag("env:prod")
    droplet.assign_tag(tag)
    image.reload()
    tag.reload()
    assert image.tags == ["env:prod"]
    assert tag.resources is not None
    assert tag.resources.images is not None
    assert (tag.resources.count, tag.resources.images.count) == (2, 1)
    assert tag.resources.images.last_tagged_uri == f"https://api.digitalocean.com/v2/images/{image.id}"
    assert client.images.get_all(tag_name="env:prod") == [image]
    image.unassign_tag(tag)
    tag.unassign_resources([droplet])
    assert client.images.get_all(tag_name="env:prod") == client.droplets.get_all(tag_name="env:prod") == []
    tag.assign_resources([image])
    tag.delete()
    image.reload()
    assert image.tags == []
    with pytest.raises(InvalidArgumentError, match="can't be tagged"):
        client.tags.assign_resources(Tag("x"), [Image(name="no id")])


def test_assign_tag_creates_a_missing_tag(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    cloud.requests.clear()
    for resource in (image, droplet):
        assert resource.assign_tag("golden") is True
    assert [(request.method, request.path, request.status) for request in cloud.requests] == [
        ("POST", "/tags/golden/resources", 404),
        ("POST", "/tags", 201),
        ("POST", "/tags/golden/resources", 204),
        ("POST", "/tags/golden/resources", 204),
    ]
    assert image.assign_tag(Tag("other")) is True
    assert (cloud.images[image.id or 0]["tags"], cloud.droplets["web"]["tags"]) == (["golden", "other"], ["golden"])


def test_tags_are_fresh_after_assign_tag(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    assert image.tags == []
    image.assign_tag("golden")
    image.assign_tag("stable")
    image.assign_tag("golden")
    requests = len(cloud.requests)
    assert sorted(image.tags) == ["golden", "stable"]
    image.unassign_tag("golden")
    assert image.tags == cloud.images[image.id or 0]["tags"] == ["stable"]
    assert len(cloud.requests) == requests + 1
    partial = BoundImage(client.images, {"id": image.id}, complete=False)
    partial.assign_tag("new")
    assert partial.tags == ["stable", "new"]
    client.tags.create("PROD")
    image.assign_tag("prod")
    assert image.tags == ["stable", "PROD"]
    image.reload()
    assert image.tags == ["stable", "new", "PROD"]


def test_assign_tag_to_a_missing_image(client: Client) -> None:
    with pytest.raises(NotFoundError):
        BoundImage(client.images, {"id": 7, "tags": []}).assign_tag("golden")


def test_a_repeated_delete_of_a_deleted_image_is_done(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet
) -> None:
    image = snapshot_of(client, droplet)
    cloud.break_next(when="after", method="DELETE")
    assert image.delete() is True
    assert [request.status for request in cloud.requests if request.method == "DELETE"] == [None, 422]
    with pytest.raises(UnprocessableEntityError, match="already deleted image"):
        image.delete()


def test_a_repeated_delete_that_is_rejected_is_an_error(
    cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet
) -> None:
    image = snapshot_of(client, droplet)
    image.transfer("nyc3")
    cloud.fail_next(status=502, method="DELETE")
    with pytest.raises(PendingEventError):
        image.delete()


def test_several_transfers_of_an_image(client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    client.actions.wait_for([image.transfer(region) for region in ("nyc3", "lon1", "sgp1")])
    image.reload()
    assert image.regions == ["fra1", "nyc3", "lon1", "sgp1"]


def test_resources_without_id(cloud: FakeDigitalOcean, client: Client) -> None:
    tag, region = client.tags.create("prod"), client.regions.get_by_id("fra1")
    assert repr(tag) == "BoundTag(name='prod', complete=True)"
    assert repr(region) == "BoundRegion(slug='fra1', name='Frankfurt 1', complete=True)"
    assert {tag, client.tags.get_by_id("prod")} == {tag}
    assert pickle.loads(pickle.dumps(region)) == region
    cloud.regions["fra1"]["available"] = False
    region.reload()
    assert region.available is False
    partial = BoundTag(client.tags, {"name": "prod"}, complete=False)
    assert partial == tag
    assert partial.resources is not None
    assert partial.resources.count == 0
    with pytest.raises(NotFoundError, match="no entry of /regions has the slug 'moon1'"):
        client.regions.get_by_id("moon1")


def test_account_transfer(cloud: FakeDigitalOcean, client: Client, droplet: BoundDroplet) -> None:
    image = snapshot_of(client, droplet)
    other = cloud.add_project("other").client()
    with pytest.raises(InvalidArgumentError, match="either recipient_email or recipient_uuid"):
        image.account_transfer()
    transfer = image.account_transfer(recipient_uuid="recipient").transfer_id or 0
    other.images.accept_account_transfer(Image(id=image.id), transfer, "recipient")
    assert [transferred.id for transferred in other.images.iter(private=True)] == [image.id]
    with pytest.raises(NotFoundError):
        image.reload()


def test_to_payload(client: Client) -> None:
    assert Image(id=7, slug="x").to_payload() == 7
    assert Image(slug="x").to_payload() == "x"
    with pytest.raises(InvalidArgumentError, match="id must be set"):
        Image(name="x").to_payload()


def test_records_of_another_class_are_rejected(cloud: FakeDigitalOcean, client: Client) -> None:
    with pytest.raises(InvalidArgumentError, match=r"image must be a.* Image, not Droplet\(id=1\)"):
        client.images.delete(Droplet(id=1))  # type: ignore[arg-type]
    assert cloud.requests == []
