"""A cloud whose every answer is checked."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from hcloud.testing import FakeCloud, Request, Response
from tests.testing import openapi
from tests.testing.api import API


@pytest.fixture
def violations() -> Iterator[list[str]]:
    """What is wrong with the answers of the test; it fails if there is anything."""
    found: list[str] = []
    yield found
    assert not found, "\n".join(found)


def watch(cloud: FakeCloud, violations: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Check every answer of a cloud against the API's description."""
    described = openapi.description()
    handle = cloud.handle
    if described is None:
        return

    def checked(request: Request) -> Response:
        truncated = any(fault.truncated and fault.count for fault in cloud._faults)
        answer = handle(request)
        if not truncated:
            path = request.path.removeprefix("/v1")
            kind = answer.headers.get("Content-Type")
            said = described.violations(request.method, path, answer.status, answer.body, kind)
            violations.extend(f"{request.method} {path} -> {answer.status}: {each}" for each in said)
        return answer

    monkeypatch.setattr(cloud, "handle", checked)


@pytest.fixture
def cloud(violations: list[str], monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A cloud whose every answer is checked."""
    cloud = FakeCloud()
    watch(cloud, violations, monkeypatch)
    return cloud


@pytest.fixture
def api(cloud: FakeCloud) -> API:
    """Asks the cloud, with a token of its first project."""
    return API(cloud, cloud.project.token)


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test goes on in spite of a mistake in the fake cloud, unless it takes it out of the log."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
