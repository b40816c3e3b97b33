"""Fixtures for pytest, available wherever the package is installed. They import the fake cloud at first use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .. import Client, aio, digitalocean
    from .cloud import FakeCloud
    from .digitalocean import FakeDigitalOcean

__all__ = [
    "hcloud_async_client",
    "hcloud_client",
    "hcloud_cloud",
    "hcloud_digitalocean_async_client",
    "hcloud_digitalocean_client",
    "hcloud_digitalocean_cloud",
    "hcloud_live_client",
    "hcloud_live_labels",
    "hcloud_mock",
]


@pytest.fixture
def hcloud_cloud() -> FakeCloud:
    """A new fake Hetzner Cloud for each test, with a :class:`~hcloud.testing.ManualClock`."""
    from .cloud import FakeCloud

    return FakeCloud()


@pytest.fixture
def hcloud_client(hcloud_cloud: FakeCloud) -> Client:
    """A client of :func:`hcloud_cloud`."""
    return hcloud_cloud.client()


@pytest.fixture
def hcloud_async_client(hcloud_cloud: FakeCloud) -> aio.Client:
    """A client of :func:`hcloud_cloud` for asyncio."""
    return hcloud_cloud.async_client()


@pytest.fixture
def hcloud_digitalocean_cloud(hcloud_cloud: FakeCloud) -> FakeDigitalOcean:
    """A new fake DigitalOcean for each test, with the clock of :func:`hcloud_cloud`."""
    from .digitalocean import FakeDigitalOcean

    return FakeDigitalOcean(clock=hcloud_cloud.clock)


@pytest.fixture
def hcloud_digitalocean_client(hcloud_digitalocean_cloud: FakeDigitalOcean) -> digitalocean.Client:
    """A client of :func:`hcloud_digitalocean_cloud`."""
    return hcloud_digitalocean_cloud.client()


@pytest.fixture
def hcloud_digitalocean_async_client(hcloud_digitalocean_cloud: FakeDigitalOcean) -> digitalocean.aio.Client:
    """A client of :func:`hcloud_digitalocean_cloud` for asyncio."""
    return hcloud_digitalocean_cloud.async_client()


@pytest.fixture
def hcloud_live_client() -> Iterator[Client]:
    """A client of the real project whose token the environment has, for tests that create resources there.

    ``HCLOUD_TOKEN`` or ``HCLOUD_TOKEN_FILE`` has the token; without one, the test is skipped. The resources cost money:
    create them with :func:`hcloud_live_labels`.
    """
    import os

    from .. import Client

    if not (os.environ.get("HCLOUD_TOKEN", "").strip() or os.environ.get("HCLOUD_TOKEN_FILE")):
        pytest.skip("needs a real project: set HCLOUD_TOKEN to its API token")
    with Client.from_env(wait_while_locked=120) as client:
        yield client


@pytest.fixture
def hcloud_live_labels(hcloud_live_client: Client) -> Iterator[dict[str, str]]:
    """A random label: what the test creates with it in the project of :func:`hcloud_live_client` is deleted after it.

    See :meth:`hcloud.Client.temporary`.
    """
    with hcloud_live_client.temporary() as labels:
        yield labels


@pytest.fixture
def hcloud_mock(hcloud_cloud: FakeCloud, hcloud_digitalocean_cloud: FakeDigitalOcean) -> Iterator[FakeCloud]:
    """The fake cloud of :func:`hcloud_cloud`, which gets all requests of the process during the test.

    Requests to DigitalOcean go to :func:`hcloud_digitalocean_cloud`. Both accept any token, and their time starts now.
    See :class:`hcloud.testing.hcloud_mock`.
    """
    import time

    from .clock import ManualClock
    from .mock import hcloud_mock

    hcloud_cloud.any_token = hcloud_digitalocean_cloud.any_token = True
    if isinstance(hcloud_cloud.clock, ManualClock):  # a project may override the fixture of the cloud
        hcloud_cloud.clock.set(time.time())
    with hcloud_mock(hcloud_cloud, digitalocean=hcloud_digitalocean_cloud):
        yield hcloud_cloud
