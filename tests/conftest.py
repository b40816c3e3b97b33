"""A cloud to test against, a client of it, and answers made by hand."""

from __future__ import annotations

import pytest

from hcloud import Client
from hcloud.testing import FakeCloud
from tests.stub import Stub


@pytest.fixture
def cloud() -> FakeCloud:
    """A cloud in this process."""
    return FakeCloud()


@pytest.fixture
def client(cloud: FakeCloud) -> Client:
    """A client of the cloud, in its time."""
    return cloud.client()


@pytest.fixture
def stub() -> Stub:
    """Answers that a test writes by hand."""
    return Stub()
