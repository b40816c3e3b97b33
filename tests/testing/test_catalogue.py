"""What is there from the start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


@pytest.mark.parametrize("collection", ["locations", "server_types", "images", "isos"])
def test_every_record_is_as_described_and_has_its_id(cloud: FakeCloud, api: API, collection: str) -> None:
    there = list(cloud.project[collection])
    query = {"include_deprecated": True} if collection == "images" else {}
    first = api.get(f"/{collection}", per_page=50, **query)[collection]

    assert there
    assert [each["id"] for each in first] == sorted({each["id"] for each in there})
    for each in there:
        assert api.get(f"/{collection}/{each['id']}")[cloud.project[collection].singular] == each


@pytest.mark.parametrize(
    ("collection", "name", "number"),
    [
        ("locations", "hel1", 3),
        ("server_types", "cpx22", 109),
        ("server_types", "cpx32", 110),
        ("isos", "systemrescue-12.02-amd64.iso", 122898),
    ],
)
def test_known_ids(api: API, collection: str, name: str, number: int) -> None:
    assert [each["id"] for each in api.get(f"/{collection}", name=name)[collection]] == [number]


def test_isos_by_architecture(api: API) -> None:
    def architectures(**query: object) -> set[str | None]:
        return {each["architecture"] for each in api.get("/isos", **query)["isos"]}

    assert architectures() == {"x86", "arm", None}
    assert architectures(architecture="arm") == {"arm"}
    assert architectures(architecture="arm", include_architecture_wildcard=True) == {"arm", None}
    assert api.get("/isos", architecture="mips").fields == ["architecture"]


def test_importing_it_is_cheap() -> None:
    code = "import sys, hcloud.testing; print('requests' in sys.modules, 'hcloud.testing.cloud' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
