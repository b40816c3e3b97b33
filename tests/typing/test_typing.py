"""A type checker accepts the program of a user, and refuses what is wrong in it; `make check` asks pyright, too."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest

import hcloud
from hcloud.core import BaseDomain

PROGRAMS = sorted(Path(__file__).parent.glob("user*.py"))
ROOT = Path(__file__).parents[2]


needs_mypy = pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not here: `make check` has it")


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
@needs_mypy
def test_mypy(program: Path) -> None:
    done = mypy(str(program))
    assert done.returncode == 0, done.stdout + done.stderr


def records(kind: type[BaseDomain] = BaseDomain) -> Iterator[type[BaseDomain]]:
    """The records of all providers."""
    for below in kind.__subclasses__():
        yield from records(below)
        if re.fullmatch(r"hcloud\..*\.domain", below.__module__) and "_fields" in vars(below):
            yield below


@needs_mypy
def test_no_field_reads_as_any(tmp_path: Path) -> None:
    for package in walk_packages(hcloud.__path__, "hcloud."):
        if package.ispkg:
            import_module(package.name)
    fields = [(f"{kind.__module__}.{kind.__qualname__}", name) for kind in records() for name in vars(kind)["_fields"]]
    imports = sorted({f"import {kind.rpartition('.')[0]}" for kind, _ in fields})
    reads = [f"def read(record: {kind}) -> None: reveal_type(record.{name})" for kind, name in fields]
    program = tmp_path / "program.py"
    program.write_text("\n".join(["# mypy: disable-error-code=no-redef", *imports, *reads]))
    revealed = re.findall('Revealed type is "(.*)"', mypy(str(program)).stdout)
    assert len(revealed) == len(fields) > 500
    assert [field for field, type_ in zip(fields, revealed, strict=True) if type_ == "Any"] == []
