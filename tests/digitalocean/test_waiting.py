"""Waits at the scale of DigitalOcean: snapshots, transfers and imports that take up to 80 minutes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import hcloud.actions
from hcloud import APIException, HCloudException, InvalidArgumentError, NotFoundError, WaitTimeoutError
from hcloud.digitalocean import Client
from hcloud.digitalocean.actions import Action
from hcloud.digitalocean.images import BoundImage, Image, ImageUnavailableError
from hcloud.testing import FakeDigitalOcean
from tests.api.validation import record_faults

MINUTE = 60


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cloud with the durations of large images."""
    cloud = FakeDigitalOcean(action_seconds=FakeDigitalOcean.SLOW_ACTIONS)
    faults = record_faults(cloud, "digitalocean", monkeypatch, check_requests=True)
    yield cloud
    assert sorted(set(faults)) == []


def imports(cloud: FakeDigitalOcean, client: Client, count: int) -> list[BoundImage]:
    images = [client.images.create(f"mine {number}", "https://example.com/disk.raw", "nyc3") for number in range(count)]
    cloud.requests.clear()
    return images


def snapshot(client: Client, name: str = "web") -> BoundImage:
    droplet = client.droplets.create(name, "s-1vcpu-1gb", "debian-12-x64", "fra1").wait().droplet
    droplet.snapshot("golden").wait()
    (image,) = droplet.snapshots or []
    return image


def pauses(cloud: FakeDigitalOcean, client: Client, wait: Callable[[Any], object]) -> list[float]:
    """Return the seconds before each poll of a wait."""
    times = [cloud.clock.time()]
    hooked = cloud.client(on_request=lambda request: times.append(cloud.clock.time()))
    wait(hooked)
    return [round(after - before, 1) for before, after in itertools.pairwise(times)]


def test_an_import_of_an_hour(cloud: FakeDigitalOcean, client: Client) -> None:
    (image,) = imports(cloud, client, 1)
    begin = cloud.clock.time()
    assert image.wait_until_available() is image
    assert 3600 <= cloud.clock.time() - begin <= 3600 + MINUTE
    assert len(cloud.requests) <= 75


def test_three_imports_of_an_hour_are_polled_together(cloud: FakeDigitalOcean, client: Client) -> None:
    images = imports(cloud, client, 3)
    counts: list[int] = []
    assert client.images.wait_until_available(images, on_progress=lambda images: counts.append(len(images))) == images
    assert {image.status for image in images} == {"available"}
    assert len(cloud.requests) == len(counts) <= 75
    assert set(counts) == {3}
    assert {request.path for request in cloud.requests} == {"/images"}


def test_a_transfer_of_eighty_minutes(cloud: FakeDigitalOcean, client: Client) -> None:
    image = snapshot(client)
    begin, sent = cloud.clock.time(), len(cloud.requests)
    image.transfer("nyc3").wait()
    assert image.regions == ["fra1", "nyc3"]
    assert 80 * MINUTE <= cloud.clock.time() - begin <= 81 * MINUTE
    assert len(cloud.requests) - sent <= 95
    image.transfer("lon1").wait_until_finished()
    image.reload()
    assert image.regions == ["fra1", "nyc3", "lon1"]


def test_three_transfers_are_polled_together(cloud: FakeDigitalOcean, client: Client) -> None:
    image = snapshot(client)
    actions = [image.transfer(region) for region in ("nyc3", "lon1", "sgp1")]
    cloud.requests.clear()
    client.actions.wait_for(actions)
    assert image.regions == ["fra1", "nyc3", "lon1", "sgp1"]
    assert len(cloud.requests) <= 95


def test_polls_begin_after_three_seconds_and_are_a_minute_apart_later(cloud: FakeDigitalOcean, client: Client) -> None:
    (image,) = imports(cloud, client, 1)
    seconds = pauses(cloud, client, lambda client: BoundImage(client.images, image.to_dict()).wait_until_available())
    assert seconds[:4] == [3.0, 3.6, 4.3, 5.2]
    assert seconds == sorted(seconds)
    assert sum(seconds[: seconds.index(60.0)]) < 6 * MINUTE
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64").wait().droplet
    action = droplet.snapshot("x")
    for wait in ("wait", "wait_until_finished"):
        seconds = pauses(cloud, client, lambda client: getattr(client.actions.get_by_id(action.id), wait)())  # noqa: B023
        assert seconds[:4] in ([0.0, 3.0, 3.6, 4.3], [0.0])
    waited = pauses(cloud, client, lambda client: client.droplets.get_by_id(droplet.id).wait_for(stops_at(cloud)))
    assert waited[:3] == [0.0, 3.0, 3.6]


def stops_at(cloud: FakeDigitalOcean) -> Callable[[object], bool]:
    end = cloud.clock.time() + 5
    return lambda droplet: cloud.clock.time() > end


def test_intervals_of_the_user(cloud: FakeDigitalOcean, client: Client) -> None:
    (image,) = imports(cloud, client, 1)
    intervals: list[float | Callable[[int], float]] = [100, lambda polls: 100]
    for interval in intervals:
        patient = cloud.client(poll_interval=interval)
        with pytest.raises(WaitTimeoutError):
            patient.images.wait_until_available([image.id], timeout=350)
    assert len(cloud.requests) == 2 * (1 + 4)
    cloud.requests.clear()
    with pytest.raises(WaitTimeoutError):
        client.images.wait_until_available([image], timeout=100, interval=30)
    assert len(cloud.requests) == 4
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64").wait().droplet
    action = cloud.client(poll_interval=100).droplets.snapshot(droplet, "x")
    cloud.requests.clear()
    action.wait()
    assert len(cloud.requests) == 24
    limited = cloud.client(poll_max_retries=2).droplets.snapshot(droplet, "x")
    with pytest.raises(HCloudException, match="after 2 polls; to wait longer, pass a larger max_retries"):
        limited.wait_until_finished()


@pytest.mark.parametrize("wait", ["image", "images", "action", "finished", "condition"])
def test_transient_failures_do_not_end_a_wait(cloud: FakeDigitalOcean, wait: str) -> None:
    client = cloud.client(retries=0)
    (image,) = imports(cloud, client, 1)
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64").wait().droplet
    action = droplet.snapshot("x")
    cloud.fail_next(3, 503, method="GET")
    {
        "image": image.wait_until_available,
        "images": lambda: client.images.wait_until_available([image]),
        "action": action.wait,
        "finished": action.wait_until_finished,
        "condition": lambda: droplet.wait_for(lambda droplet: not droplet.locked),
    }[wait]()
    assert [request.status for request in cloud.requests].count(503) == 3


def test_lasting_failures_end_a_wait(cloud: FakeDigitalOcean, client: Client) -> None:
    (image,) = imports(cloud, client, 1)
    with pytest.raises(NotFoundError):
        client.images.wait_until_available([image, 7])
    cloud.fail_next(1, 401)
    with pytest.raises(APIException, match="Unable to authenticate"):
        image.wait_until_available()


@pytest.mark.parametrize("actions", [None, Action(id=5), [5], [hcloud.actions.Action(id=5)], "5"], ids=repr)
def test_arguments_that_are_no_actions(actions: Any, cloud: FakeDigitalOcean, client: Client) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^wait_for\(\) takes a list of actions, not "):
        client.actions.wait_for(actions)
    assert not cloud.requests


@pytest.mark.parametrize("images", [None, Image(id=5), 5, "5", [None]], ids=repr)
def test_arguments_that_are_no_images(images: Any, cloud: FakeDigitalOcean, client: Client) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^wait_until_available\(\) takes a list of images "):
        client.images.wait_until_available(images)
    assert not cloud.requests


def test_a_callback_that_is_no_function(cloud: FakeDigitalOcean, client: Client) -> None:
    (image,) = imports(cloud, client, 1)
    show: Any = True
    for call in (image.wait_until_available, partial(client.images.wait_until_available, [image])):
        with pytest.raises(InvalidArgumentError, match="on_progress must be a function"):
            call(on_progress=show)
    assert not cloud.requests


def test_failed_and_pending_images(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.fail_import("not a disk image")
    images = imports(cloud, client, 3)
    with pytest.raises(ImageUnavailableError) as raised:
        client.images.wait_until_available(images)
    assert raised.value.image in images
    assert (raised.value.images, raised.value.pending) == ([raised.value.image], [])
    assert sorted(image.status or "" for image in images) == ["available", "available", "deleted"]
    cloud.fail_import("not a disk image")
    (failed,) = imports(cloud, client, 1)
    cloud.advance(1800)
    (pending,) = imports(cloud, client, 1)
    with pytest.raises(ImageUnavailableError) as raised:
        client.images.wait_until_available([pending, failed], timeout=2400)
    assert (raised.value.images, raised.value.pending) == ([failed], [pending])
    assert str(raised.value) == (
        f"image {failed.id} (mine 0) will not become available: not a disk image; image {pending.id} (mine 0) is not "
        "available yet"
    )
    with pytest.raises(WaitTimeoutError) as late:
        client.images.wait_until_available([pending], timeout=60)
    assert str(late.value) == (
        f"image {pending.id} (mine 0) was not available within 60 s; to wait longer, pass a longer timeout"
    )


def test_images_by_id_and_record(cloud: FakeDigitalOcean, client: Client) -> None:
    first, second = imports(cloud, client, 2)
    images = client.images.wait_until_available([first.id, Image(id=second.id)])
    assert [image.name for image in images] == ["mine 0", "mine 1"]
    sent = len(cloud.requests)
    assert client.images.wait_until_available(images) == images
    assert client.images.wait_until_available([]) == []
    assert len(cloud.requests) == sent
    wrong: list[Any] = [["mine 0"], first, None, 7]
    for images in wrong:
        with pytest.raises(InvalidArgumentError, match=r"takes a list of images or their IDs, not"):
            client.images.wait_until_available(images)
        with pytest.raises(InvalidArgumentError, match=r"takes a list of actions, not"):
            client.actions.wait_for(images)
