"""Programs written for hcloud-python find every name where it has been."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

import hcloud
import hcloud.digitalocean
from hcloud import Client
from tests.hcloud_python import NAMES

ROOT = Path(__file__).parents[1]


def output_of(program: str) -> str:
    """Return what a program prints in a new process."""
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("module", NAMES)
def test_module_has_the_names_of_hcloud_python(module: str) -> None:
    namespace = importlib.import_module(module)
    assert [name for name in NAMES[module].split() if not hasattr(namespace, name)] == []


def test_name_is_the_same_object_everywhere() -> None:
    from hcloud.servers.client import BoundVolume, IPv4Address, Metrics
    from hcloud.storage_boxes.domain import StorageBoxType

    assert BoundVolume is hcloud.volumes.BoundVolume
    assert IPv4Address is hcloud.servers.domain.IPv4Address is not hcloud.load_balancers.client.IPv4Address
    assert Metrics is hcloud.metrics.Metrics
    assert StorageBoxType is hcloud.storage_box_types.StorageBoxType
    assert hcloud._client.ImagesClient is hcloud.images.ImagesClient


def test_modules_that_tests_patch() -> None:
    client = Client("token", poll_interval=5)
    with patch("hcloud.actions.client.time.sleep") as sleep, patch("hcloud._client.time.sleep") as same:
        client._client._clock.sleep(5)
    assert sleep is not same
    same.assert_called_once_with(5)
    assert hcloud._client.requests is importlib.import_module("requests")


@pytest.mark.parametrize(
    "path",
    [
        "hcloud.nothing",
        "hcloud.images.nothing",
        "hcloud.servers.client.nothing",
        "hcloud.servers.client.BoundNothing",
        "hcloud.servers.client._ConsoleDetails",
        "hcloud.digitalocean.nothing",
        "hcloud.digitalocean.images.client.BoundVolume",
    ],
)
def test_unknown_names_are_rejected(path: str) -> None:
    module, _, name = path.rpartition(".")
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute '{name}'"):
        getattr(importlib.import_module(module), name)


def test_import_of_the_package_is_enough_for_its_folders() -> None:
    program = """
import typing, hcloud
def annotated(server: "hcloud.servers.client.BoundServer", image: "hcloud.images.Image") -> "hcloud.zones.Zone": ...
print(*[annotation.__qualname__ for annotation in typing.get_type_hints(annotated).values()])
print(hcloud.actions.domain.ActionException.__name__, hcloud.core.domain.BaseDomain.__name__)
import hcloud.digitalocean
print(hcloud.digitalocean.droplets.Droplet.__name__, hcloud.testing.FakeCloud.__name__)
"""
    assert output_of(program).split() == [
        *("BoundServer", "Image", "Zone"),
        *("ActionException", "BaseDomain"),
        *("Droplet", "FakeCloud"),
    ]


def test_folder_is_imported_when_it_is_used() -> None:
    program = """
import sys, hcloud
def folders(): return {name.split(".")[1] for name in sys.modules if name.startswith("hcloud.")}
print(sorted(folders()))
hcloud.isos
from hcloud.isos.client import ResourceClientBase
print("isos" in folders(), "volumes" in folders(), "requests" in sys.modules)
"""
    assert output_of(program).splitlines() == ["['_exceptions', '_version']", "True False False"]


def test_failed_import_within_a_folder_is_not_hidden() -> None:
    program = """
import sys, hcloud
sys.modules["hcloud.actions"] = None
try:
    hcloud.servers
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert output_of(program).split() == ["hcloud.actions"]


def test_dir_lists_the_folders() -> None:
    assert {"Client", "NotFoundError", "images", "servers", "testing", "digitalocean"} <= set(dir(hcloud))
