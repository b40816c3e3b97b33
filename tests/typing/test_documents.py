"""The programs that users copy pass the strictest checks of mypy and pyright: README, guides and examples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs._ext.blocks import modules
from tools.async_stubs import PROVIDERS, stub

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
CHECKERS = {
    "mypy": ("--strict", "--follow-imports=silent", "--config-file=", "--no-error-summary"),
    "pyright": ("--pythonpath", sys.executable, "--project", "pyright.json"),
}


def write_programs(folder: Path) -> int:
    """Write the modules of all documents, and the examples, into a folder; return their number."""
    for document in DOCUMENTS:
        for number, source in enumerate(modules(document)):
            name = f"{document.stem.replace('-', '_')}_{number or ''}".rstrip("_")
            (folder / f"doc_{name}.py").write_text(source, encoding="utf-8")
    for example in EXAMPLES:
        (folder / example.name).write_bytes(example.read_bytes())
    return len(list(folder.glob("*.py")))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the library as it is, and the stubs of the classes that exist at run time only."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(ROOT / "hcloud", folder / "hcloud", ignore=shutil.ignore_patterns("__pycache__"))
    for provider in PROVIDERS:
        folder.joinpath(*provider.split("."), "aio", "resources.pyi").write_text(stub(provider), encoding="utf-8")
    return folder


@pytest.mark.parametrize("checker", CHECKERS)
def test_programs_that_users_copy_are_typed(checker: str, library: Path, tmp_path: Path) -> None:
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed; make check installs it")
    assert write_programs(tmp_path) > len(DOCUMENTS) + len(EXAMPLES)
    (tmp_path / "pyright.json").write_text(f'{{"typeCheckingMode": "standard", "extraPaths": ["{library}"]}}')
    command = [sys.executable, "-m", checker, *CHECKERS[checker]]
    if checker == "mypy":
        command.append(".")
    environment = {**os.environ, "MYPYPATH": str(library), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize("path", [*DOCUMENTS, *EXAMPLES], ids=lambda path: path.stem)
def test_programs_that_users_copy_need_no_tricks(path: Path) -> None:
    """Types are exact enough that no value has to be asserted, cast or replaced."""
    source = modules(path)[0] if path.suffix == ".md" else path.read_text(encoding="utf-8")
    assert re.findall(r"^\s*assert\b.*|\bcast\(.*|\bor 0\b.*|\bAny\b.*", source, re.MULTILINE) == []
