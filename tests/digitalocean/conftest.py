"""Fixtures of a fake DigitalOcean whose every response is validated, and a client whose every request is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hcloud.digitalocean import Client
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.testing import FakeDigitalOcean
from tests.api.validation import record_faults


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDigitalOcean]:
    """A cloud whose requests and responses are validated; the test fails if any is not as the API's table says.

    Requests that the cloud rejects may be wrong on purpose, and are not validated.
    """
    cloud = FakeDigitalOcean()
    faults = record_faults(cloud, "digitalocean", monkeypatch, check_requests=True)
    yield cloud
    assert sorted(set(faults)) == [], "the fake, or a request, differs from tests/api/digitalocean.json"


@pytest.fixture
def client(cloud: FakeDigitalOcean) -> Client:
    """A client of the cloud."""
    return cloud.client()


@pytest.fixture
def droplet(cloud: FakeDigitalOcean, client: Client) -> BoundDroplet:
    """A droplet that is running; the requests that created it are not in the log."""
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra1").wait().droplet
    droplet.reload()
    cloud.requests.clear()
    return droplet
