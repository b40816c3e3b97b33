"""Fixtures for pytest, available wherever the package is installed. They import the fake cloud at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .. import Client
    from .cloud import FakeCloud

__all__ = ["hcloud_client", "hcloud_cloud"]


@pytest.fixture
def hcloud_cloud() -> FakeCloud:
    """A new fake Hetzner Cloud for each test, with a :class:`~hcloud.testing.ManualClock`."""
    from .cloud import FakeCloud

    return FakeCloud()


@pytest.fixture
def hcloud_client(hcloud_cloud: FakeCloud) -> Client:
    """A client of :func:`hcloud_cloud`."""
    return hcloud_cloud.client()
