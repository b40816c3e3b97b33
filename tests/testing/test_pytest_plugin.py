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
