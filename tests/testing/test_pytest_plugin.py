"""Fixtures of the pytest plugin."""

from __future__ import annotations

import subprocess
import sys
import time
from configparser import ConfigParser
from pathlib import Path

import pytest

from hcloud import Client
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.testing import FakeCloud, FakeDigitalOcean

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(request: pytest.FixtureRequest) -> None:
    """Skip the test unless pytest has loaded the plugin."""
    if not request.config.pluginmanager.has_plugin("hcloud"):
        pytest.skip("hcloud is not installed, so pytest did not load its plugin")


@pytest.mark.usefixtures("installed")
def test_fixtures(request: pytest.FixtureRequest) -> None:
    cloud, client = request.getfixturevalue("hcloud_cloud"), request.getfixturevalue("hcloud_client")
    assert isinstance(cloud, FakeCloud)
    assert isinstance(client, Client)
    client.servers.get_list()
    assert [request.path for request in cloud.requests] == ["/servers"]


@pytest.mark.usefixtures("installed")
def test_fixtures_of_digitalocean(request: pytest.FixtureRequest) -> None:
    cloud = request.getfixturevalue("hcloud_digitalocean_cloud")
    request.getfixturevalue("hcloud_digitalocean_client").droplets.get_list()
    assert isinstance(cloud, FakeDigitalOcean)
    assert [request.path for request in cloud.requests] == ["/droplets"]
    assert cloud.clock is request.getfixturevalue("hcloud_cloud").clock


@pytest.mark.usefixtures("installed")
def test_mock(request: pytest.FixtureRequest) -> None:
    cloud, digitalocean = (request.getfixturevalue(f"hcloud_{name}cloud") for name in ("", "digitalocean_"))
    assert request.getfixturevalue("hcloud_mock") is cloud
    Client("any-token").servers.get_list()
    DigitalOceanClient("any-token").droplets.get_list()
    assert [request.path for request in (*cloud.requests, *digitalocean.requests)] == ["/servers", "/droplets"]
    assert abs(cloud.clock.time() - time.time()) < 60


@pytest.mark.usefixtures("installed")
def test_live_fixtures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = request.getfixturevalue("hcloud_mock")
    monkeypatch.setenv("HCLOUD_TOKEN", cloud.project.token)
    client, labels = request.getfixturevalue("hcloud_live_client"), request.getfixturevalue("hcloud_live_labels")
    client.networks.create("net", "10.0.0.0/16", labels=labels)
    assert cloud.networks["net"]["labels"] == labels
    assert list(labels) == ["hcloud-temporary"]


PROJECT_TESTS = """
from hcloud.testing import FakeCloud
import hcloud, pytest

cloud = FakeCloud()

@pytest.fixture
def hcloud_live_client():
    return cloud.client()

def test_creates(hcloud_live_client, hcloud_live_labels):
    hcloud_live_client.networks.create("net", "10.0.0.0/16", labels=hcloud_live_labels)
    hcloud_live_client.networks.create("kept", "10.1.0.0/16")

def test_finds_nothing_left(hcloud_live_client):
    assert [network.name for network in hcloud_live_client.networks.get_all()] == ["kept"]
"""
WITHOUT_TOKEN = """
def test_is_skipped(hcloud_live_client, hcloud_live_labels):
    raise AssertionError("a client without a token")
"""


@pytest.mark.parametrize(("program", "outcome"), [(PROJECT_TESTS, "2 passed"), (WITHOUT_TOKEN, "1 skipped")])
def test_live_fixtures_of_a_project(tmp_path: Path, program: str, outcome: str) -> None:
    (tmp_path / "test_project.py").write_text(program)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "hcloud.testing.pytest_plugin",
        "-rs",
    ]
    environment = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    process = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert outcome in process.stdout, process.stdout + process.stderr
    if "skipped" in outcome:
        assert "set HCLOUD_TOKEN" in process.stdout


def test_entry_point() -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    assert metadata["options.entry_points"]["pytest11"].strip() == "hcloud = hcloud.testing.pytest_plugin"


def test_import_is_lazy() -> None:
    program = """
import sys, pytest
before = set(sys.modules)
import hcloud.testing.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    expected = ["hcloud", "hcloud._exceptions", "hcloud._version"]
    assert process.stdout.split() == [*expected, "hcloud.testing", "hcloud.testing.pytest_plugin"]


def test_libraries_of_single_resources_are_imported_by_their_use() -> None:
    program = """
import sys
from hcloud.testing import FakeCloud, FakeDigitalOcean, serve
for cloud in (FakeCloud(), FakeDigitalOcean()):
    with serve(cloud):
        cloud.client().images.get_list()
        cloud.restore(cloud.snapshot())
print(*sorted({"cryptography", "dns"} & set(sys.modules)))
cloud = FakeCloud()
cloud.client().certificates.create_managed("x", ["example.com"])
print(*sorted({"cryptography", "dns"} & set(sys.modules)))
"""
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert process.stdout == "\ncryptography\n"
