"""The fixtures that installing the package gives to pytest. Nothing is imported before a test uses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hcloud import Client

    from .cloud import FakeCloud

__all__ = ["hcloud_client", "hcloud_cloud"]


@pytest.fixture
def hcloud_cloud() -> FakeCloud:
    """A fake Hetzner Cloud, new for each test; its clock is turned by hand."""
    from .cloud import FakeCloud

    return FakeCloud()


@pytest.fixture
def hcloud_client(hcloud_cloud: FakeCloud) -> Client:
    """A client of the test's fake cloud."""
    return hcloud_cloud.client()
