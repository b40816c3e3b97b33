"""The examples of the documentation run, and every resource has its page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs._ext.blocks import RUN, blocks, demo_cloud, run
from docs._ext.source import Exported, fields, is_bound, is_record, resources

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGES = ("hcloud", "hcloud.digitalocean")
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)


@every_document
def test_runs(document: Path) -> None:
    run(document)


@every_document
def test_marks_of_blocks_are_known(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    parsed = blocks(document)
    # A fence that the pattern missed would not be run, and nobody would notice.
    fences = re.findall(r"^ *```+([a-z]+)$", text, re.MULTILINE)
    assert fences == [block.language for block in parsed if block.mark != "setup"]
    assert {block.mark for block in parsed if not block.reason} <= {"", "pytest", "setup"}
    languages = ["", *(block.language for block in parsed)]
    stray = [
        block.line
        for block, before in zip(parsed, languages, strict=False)
        if block.language == "output" and before not in RUN
    ]
    assert stray == []


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example_runs(example: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", example],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_every_resource_has_its_page_with_an_example(package: str) -> None:
    below = ROOT.joinpath("docs", "reference", *package.split(".")[1:])
    pages = {path.stem for path in below.glob("*.md") if any(not block.reason for block in blocks(path))}
    assert pages == set(resources(package))


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=name_of)  # Sphinx checks the others
def test_links_lead_to_files(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_project_of_the_documents_is_as_described() -> None:
    client = demo_cloud().client()
    assert [server.name for server in client.servers.iter()] == ["web", "db"]
    assert [image.description for image in client.images.iter(type=["snapshot"])] == ["before upgrade"]


@pytest.mark.parametrize("folder", [f"{package}.{name}" for package in PACKAGES for name in resources(package)])
def test_every_field_has_a_description(folder: str) -> None:
    records = [cls for _, _, cls in Exported(folder) if is_record(cls) and not is_bound(cls)]
    for cls in records:
        described = fields(cls)
        assert list(described) == list(cls._fields), cls
        assert [name for name, (annotation, text) in described.items() if not (annotation and text)] == [], cls
