"""A type checker accepts the program of a user, and refuses what is wrong in it; `make check` asks pyright, too."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAMS = sorted(Path(__file__).parent.glob("user*.py"))
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not here: `make check` has it")
def test_mypy(program: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
