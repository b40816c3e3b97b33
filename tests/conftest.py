"""Fixtures: a fake cloud, a client of it, and a stub with canned responses."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

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


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment without proxies and certificate authorities."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate of this machine, and its key."""
    from tests.aio.wire import make_certificate

    return make_certificate(tmp_path_factory.mktemp("tls"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the reasons of all skips, as the last line of a run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", ()))
        listed = "; ".join(f"{count} ({reason})" for reason, count in reasons.items())
        reporter.write_line(f"Skipped: {listed or 'none'}")


@pytest.fixture
def openssh() -> None:
    """Skip a test where the programs of OpenSSH are missing."""
    for program in ("ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not on the PATH")
