"""The recipe of ``docs/contributing.md``, carried out in a copy of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from docs._ext.blocks import Block, blocks
from tests.test_house import TOP_LEVEL

ROOT = Path(__file__).parents[1]
NEW_FILES = ("hcloud/widgets", "hcloud/testing/resources/widgets.py", "tests/widgets")


def carry_out(block: Block, root: Path) -> None:
    """Do one step of the recipe below ``root``."""
    action, _, rest = block.mark.partition(": ")
    name, _, beginning = rest.partition(": ")
    path = root / name
    if action == "below":
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        (at,) = (number for number, line in enumerate(lines) if line.strip().startswith(beginning))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        inserted = textwrap.indent(block.code, indent)
        if inserted not in text:  # else somebody followed the recipe in this repository
            lines.insert(at + 1, inserted)
        path.write_text("".join(lines), encoding="utf-8")
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"```python\n{block.code}```\n" if path.suffix == ".md" else block.code, encoding="utf-8")


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
        if block.is_step:
            carry_out(block, root)
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
    paths = ["widgets", "api", "test_docs.py", "test_house.py", "test_wire.py"]
    paths += ["testing/test_every_resource.py", "testing/test_failed_actions.py"]
    selection = "widget or test_covers_the_api or test_packages_import_in_one_direction or test_no_action_is_forgotten"
    run(copy, "pytest", *(f"tests/{path}" for path in paths), "-k", selection, "-p", "no:cacheprovider")


@pytest.mark.parametrize("command", ["format --check", "check"])
def test_is_clean_for_ruff(copy: Path, command: str) -> None:
    require("ruff")
    run(copy, "ruff", *command.split(), "--no-cache", *NEW_FILES, "hcloud/_client.py", "hcloud/testing/resources")


def test_is_typed(copy: Path) -> None:
    require("mypy")
    run(copy, "mypy", "--cache-dir", os.devnull, *NEW_FILES)
