"""Fixtures of a fake cloud whose every response is validated."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from hcloud.testing import FakeCloud
from tests.api.validation import record_faults
from tests.testing.api import API


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    """A cloud whose responses are validated; the test fails if any of them is not as the API's table says."""
    cloud = FakeCloud()
    faults = record_faults(cloud, "hetzner", monkeypatch)
    yield cloud
    assert sorted(set(faults)) == [], "the fake differs from the API's table, tests/api/hetzner.json"


@pytest.fixture
def api(cloud: FakeCloud) -> API:
    """Access to the cloud with a token of its first project."""
    return API(cloud, cloud.project.token)


@pytest.fixture(autouse=True)
def no_logged_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail every test during which the fake cloud logs an error, unless the test clears the log."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
