"""Fixtures: a fake cloud, a client of it, and a stub with canned responses."""

from __future__ import annotations

import pytest

from hcloud import Client
from hcloud.testing import FakeCloud
from tests.stub import Stub


@pytest.fixture
def cloud() -> FakeCloud:
    """Fake cloud in this process."""
    return FakeCloud()


@pytest.fixture
def client(cloud: FakeCloud) -> Client:
    """Client of the fake cloud that shares its clock."""
    return cloud.client()


@pytest.fixture
def stub() -> Stub:
    """Stub with the responses that a test sets."""
    return Stub()
