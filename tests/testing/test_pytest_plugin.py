"""The fixtures that come with the package."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from hcloud import Client
from hcloud.testing import FakeCloud

ROOT = Path(__file__).parents[2]


def test_fixtures(request: pytest.FixtureRequest) -> None:
    if not request.config.pluginmanager.has_plugin("hcloud"):
        pytest.skip("hcloud is not installed, so pytest did not load its plugin")
    cloud, client = request.getfixturevalue("hcloud_cloud"), request.getfixturevalue("hcloud_client")
    assert isinstance(cloud, FakeCloud)
    assert isinstance(client, Client)
    client.servers.get_list()
    assert [each.path for each in cloud.requests] == ["/servers"]


def test_the_entry_point_names_the_plugin() -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    assert metadata["options.entry_points"]["pytest11"].strip() == "hcloud = hcloud.testing.pytest_plugin"


def test_costs_nothing_until_used() -> None:
    program = """
import sys, pytest
before = set(sys.modules)
import hcloud.testing.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    own = ["hcloud", "hcloud._exceptions", "hcloud._version"]
    assert done.stdout.split() == [*own, "hcloud.testing", "hcloud.testing.pytest_plugin"]
