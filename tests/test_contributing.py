"""The recipe of ``docs/contributing.md``, carried out in a copy of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from docs._ext.blocks import Step, blocks
from tests.test_house import TOP_LEVEL

ROOT = Path(__file__).parents[1]
NEW_FILES = ("hcloud/widgets", "hcloud/testing/resources/widgets.py", "tests/widgets")
SPIN = "POST /widgets/{widget}/actions/spin"
# Tests that the recipe must make pass. pytest fails if one of them does not exist.
TESTS = (
    "tests/widgets",
    "tests/api/test_coverage.py::test_covers_the_api",
    "tests/api/test_exact.py",
    "tests/api/test_fake.py::test_accepts_what_the_api_accepts",
    "tests/test_docs.py::test_every_field_has_a_description[hcloud.widgets]",
    "tests/test_docs.py::test_every_resource_has_its_page_with_an_example[hcloud]",
    "tests/test_docs.py::test_runs[docs/reference/widgets.md]",
    "tests/test_house.py::test_is_documented[hcloud.widgets.client]",
    "tests/test_house.py::test_packages_import_in_one_direction",
    "tests/test_wire.py::test_bound_methods_pass_all_arguments[BoundWidget.spin]",
    "tests/test_wire.py::test_get_all_requests_every_page[widgets.get_all]",
    "tests/test_wire.py::test_links_lead_to_a_collection[Widget.server]",
    "tests/testing/test_every_resource.py::test_all_collections_are_tested",
    "tests/testing/test_every_resource.py::test_create_list_update_and_delete[widgets]",
    f"tests/testing/test_failed_actions.py::test_a_cloud_can_be_saved_while_an_action_runs[{SPIN}]",
    f"tests/testing/test_failed_actions.py::test_a_failed_action_has_no_effect[{SPIN}]",
    "tests/testing/test_failed_actions.py::test_all_actions_are_tested",
)


def carry_out(step: Step, code: str, root: Path) -> None:
    """Do one step of the recipe below ``root``."""
    path = root / step.path
    if step.below is not None:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        (at,) = (number for number, line in enumerate(lines) if line.strip().startswith(step.below))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        inserted = textwrap.indent(code, indent)
        if inserted not in text:  # else somebody followed the recipe in this repository
            lines.insert(at + 1, inserted)
        path.write_text("".join(lines), encoding="utf-8")
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"```python\n{code}```\n" if path.suffix == ".md" else code, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the imaginary resource of the recipe."""
    root = tmp_path_factory.mktemp("repository")
    ignored = shutil.ignore_patterns("__pycache__", "_build", ".*_cache")
    for entry in TOP_LEVEL:
        if (ROOT / entry).is_dir():
            shutil.copytree(ROOT / entry, root / entry, ignore=ignored)
        else:
            shutil.copy(ROOT / entry, root / entry)
    for block in blocks(ROOT / "docs" / "contributing.md"):
        if block.step:
            carry_out(block.step, block.code, root)
    return root


def run(copy: Path, *command: str) -> None:
    """Run a Python module in the copy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    process = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout


def require(program: str) -> None:
    if shutil.which(program, path=str(Path(sys.executable).parent)) is None:
        pytest.skip(f"{program} is not installed; make check installs it")


def test_passes_the_tests_that_there_are_for_it(copy: Path) -> None:
    run(copy, "pytest", *TESTS, "-p", "no:cacheprovider")


def test_passes_the_generic_tests_of_its_modules_and_methods(copy: Path) -> None:
    run(copy, "pytest", "tests/test_house.py", "tests/test_wire.py", "-k", "widget", "-p", "no:cacheprovider")


@pytest.mark.parametrize("command", ["format --check", "check"])
def test_is_clean_for_ruff(copy: Path, command: str) -> None:
    require("ruff")
    run(copy, "ruff", *command.split(), "--no-cache", *NEW_FILES, "hcloud/_client.py", "hcloud/testing/resources")


def test_is_typed(copy: Path) -> None:
    require("mypy")
    run(copy, "mypy", "--cache-dir", os.devnull, *NEW_FILES, "hcloud/_client.py")
