"""The examples of the documentation run, and every resource has its page."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from docs._ext.blocks import RUN, blocks, demo_cloud, run
from docs._ext.picture import TARGET, screen
from docs._ext.samples import Samples
from docs._ext.source import Exported, fields, is_bound, is_dict, is_record, keys_of, resources
from hcloud import APIException, Behaviour
from hcloud.actions import ActionError
from hcloud.core.domain import Protection
from hcloud.core.retry import HETZNER_CODES, REJECTED_FOR_NOW, UNKNOWN_FOR_NOW, Failure, classify
from hcloud.images import Image
from hcloud.server_types import ServerType

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


@every_document
def test_readers_see_where_names_come_from(document: Path) -> None:
    """A hidden block may not define what a shown one uses."""
    hidden: set[str] = set()
    for block in blocks(document):
        if block.language == "python" and block.mark in ("", "setup") and not block.reason:
            tree = compile(block.code, str(document), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
            stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
            stored |= {
                alias.asname or alias.name
                for node in ast.walk(tree)
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for alias in node.names
            }
            if block.mark == "setup":
                hidden |= stored
            else:
                hidden -= stored
                assert hidden.isdisjoint(name.id for name in names), f"{document.name}:{block.line}"


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
    assert sorted(set(resources(package)) - pages) == [], f"add a page with an example to {below}"
    assert sorted(pages - set(resources(package))) == [], "these pages have no resource"


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=name_of)  # Sphinx checks the others
def test_links_lead_to_files(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_sample_values_come_from_the_examples() -> None:
    samples = Samples([ROOT / "docs" / "reference" / "images.md"])
    assert samples.of(Image, "id", "int", {}).isdecimal()
    assert samples.of(Image, "type", "ImageType", {"ImageType": ("made up",)}) == "'snapshot'"
    assert samples.of(ServerType, "cpu_type", "CPUType", {"CPUType": ("made up",)}) == "'shared'"  # nested in a server
    assert samples.of(Image, "id", "int", {}) != Samples([]).of(Image, "id", "int", {})


def test_typed_dicts_are_documented_as_dicts() -> None:
    assert is_dict(Protection)
    assert not is_dict(Image)
    assert keys_of(Protection) == "A ``dict`` with these keys."
    assert keys_of(ActionError) == "A ``dict`` with these keys, of which ``details`` may be missing."
    assert keys_of(Behaviour) == "A ``dict``; each key may be missing."


def rows_about_retries() -> list[tuple[set[int], set[str], str, str]]:
    """Return statuses, error codes, and both outcomes of each row of the table in the guide about errors."""
    text = (ROOT / "docs" / "guides" / "errors.md").read_text(encoding="utf-8")
    table = text.partition("| failure | GET, PUT, DELETE | POST |\n| --- | --- | --- |\n")[2].partition("\n\n")[0]
    rows = []
    for line in table.splitlines():
        failure, idempotent, post = (cell.strip() for cell in line.strip("|").split("|"))
        statuses = {
            status
            for first, last in re.findall(r"\b(\d{3})\b(?: to (\d{3}))?", failure)
            for status in range(int(first), int(last or first) + 1)
        }
        rows.append((statuses, set(re.findall(r"`(\w+)`", failure)), idempotent, post))
    return rows


@pytest.mark.parametrize(
    ("failure", "post"), [(REJECTED_FOR_NOW, "retried"), (UNKNOWN_FOR_NOW, "`OutcomeUnknownError`")]
)
def test_the_guide_lists_the_failures_that_are_retried(failure: Failure, post: str) -> None:
    (statuses, codes), *_ = [
        (statuses, codes)
        for statuses, codes, *outcomes in rows_about_retries()
        if statuses and outcomes == ["retried", post]
    ]
    by_status = {status: APIException(status, "", None, http_status=status) for status in range(300, 600)}
    retried = {status for status, error in by_status.items() if classify(error, {}) == failure}
    assert sorted(retried - statuses) == [], "add these statuses to docs/guides/errors.md"
    assert sorted(statuses - retried) == [], "docs/guides/errors.md has statuses that core/retry.py treats otherwise"
    assert codes == {code for code, row in HETZNER_CODES.items() if row == failure and isinstance(code, str)}


def test_the_picture_of_the_demo_shows_what_it_prints() -> None:
    """Numbers aside, which change with the library; ``python -m docs._ext.picture`` draws it anew."""
    texts = re.findall(r">([^<]+)</text>", TARGET.read_text(encoding="utf-8"))
    try:
        output = screen()
    except OSError as error:  # such as in a chroot without /dev/pts
        pytest.skip(f"no terminal can be opened: {error}")
    lines = {re.sub(r"[\da-f.]*\d[\da-f.]*", "0", line.strip()) for line in output}
    shown = {re.sub(r"[\da-f.]*\d[\da-f.]*", "0", unescape(text)) for text in texts}
    assert shown - lines == {"$ make demo", "…"}


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
