"""A fake DigitalOcean whose every answer is checked, and a client of it whose every request is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hcloud.digitalocean import Client
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.testing import FakeDigitalOcean, Request, Response
from tests.digitalocean.openapi import description


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDigitalOcean]:
    cloud = FakeDigitalOcean()
    described, handle = description(), cloud.handle
    found: list[str] = []

    def checked(request: Request) -> Response:
        assert described is not None
        truncated = any(fault.truncated and fault.count for fault in cloud._faults)
        answer = handle(request)
        if truncated:
            return answer
        # What is refused may be wrong on purpose.
        asked = described.of_request(request) if answer.status < 400 else []
        said = [*asked, *described.of_answer(request, answer)]
        found.extend(f"{request.method} {request.path} -> {answer.status}: {each}" for each in said)
        return answer

    if described is not None:
        monkeypatch.setattr(cloud, "handle", checked)
    yield cloud
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.fixture
def client(cloud: FakeDigitalOcean) -> Client:
    return cloud.client()


@pytest.fixture
def droplet(cloud: FakeDigitalOcean, client: Client) -> BoundDroplet:
    droplet = client.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra1").wait().droplet
    droplet.reload()
    cloud.requests.clear()
    return droplet
