"""Initial records of the cloud."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hcloud.testing import FakeCloud
from tests.testing.api import API


@pytest.mark.parametrize("collection", ["locations", "server_types", "images", "isos"])
def test_records_are_listed_by_id(cloud: FakeCloud, api: API, collection: str) -> None:
    records = list(cloud.project[collection])
    query = {"include_deprecated": True} if collection == "images" else {}
    listed = api.get(f"/{collection}", per_page=50, **query)[collection]

    assert records
    assert [record["id"] for record in listed] == sorted({record["id"] for record in records})
    for record in records:
        assert api.get(f"/{collection}/{record['id']}")[cloud.project[collection].singular] == record


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
    assert [record["id"] for record in api.get(f"/{collection}", name=name)[collection]] == [number]


def test_isos_by_architecture(api: API) -> None:
    def architectures(**query: object) -> set[str | None]:
        return {iso["architecture"] for iso in api.get("/isos", **query)["isos"]}

    assert architectures() == {"x86", "arm", None}
    assert architectures(architecture="arm") == {"arm"}
    assert architectures(architecture="arm", include_architecture_wildcard=True) == {"arm", None}
    assert api.get("/isos", architecture="mips").fields == ["architecture"]


def test_import_is_lazy() -> None:
    code = "import sys, hcloud.testing; print('requests' in sys.modules, 'hcloud.testing.cloud' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["False", "False"]
