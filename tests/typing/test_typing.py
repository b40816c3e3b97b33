"""mypy accepts typical programs and finds the errors in them; `make check` runs pyright on them as well."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.api.declarations import records

PROGRAMS = sorted(Path(__file__).parent.glob("user*.py"))
ROOT = Path(__file__).parents[2]


needs_mypy = pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed; make check installs it")


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
@needs_mypy
def test_mypy(program: Path) -> None:
    completed = mypy(str(program))
    assert completed.returncode == 0, completed.stdout + completed.stderr


@needs_mypy
def test_no_field_reads_as_any(tmp_path: Path) -> None:
    fields = [(f"{cls.__module__}.{cls.__qualname__}", name) for cls in records() for name in vars(cls)["_fields"]]
    imports = sorted({f"import {path.rpartition('.')[0]}" for path, _ in fields})
    reads = [f"def read(record: {path}) -> None: reveal_type(record.{name})" for path, name in fields]
    program = tmp_path / "program.py"
    program.write_text("\n".join(["# mypy: disable-error-code=no-redef", *imports, *reads]))
    revealed = re.findall('Revealed type is "(.*)"', mypy(str(program)).stdout)
    assert len(revealed) == len(fields) > 500
    assert [field for field, type_ in zip(fields, revealed, strict=True) if type_ == "Any"] == []
