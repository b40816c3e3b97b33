"""Type checkers read the wheel as they read the checkout: mypy, pyright, its ``--verifytypes``, and stubtest."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs._ext.source import resources
from hcloud.core import BoundModelBase, ResourceClientBase
from tests.editors.conftest import ROOT, Environment
from tests.typing.test_documents import write_programs

pytestmark = pytest.mark.skipif(
    find_spec("mypy") is None or find_spec("pyright") is None,
    reason="mypy or pyright is not installed; make check installs them",
)
PROGRAMS = sorted((ROOT / "tests" / "typing").glob("user*.py"))
OF_THE_WHEEL = sorted((ROOT / "tests" / "editors").glob("user*.py"))
ASYNC = ("hcloud.aio", "hcloud.digitalocean.aio")
IN_STUBTEST = re.compile(
    # Record classes exchange plain annotations for fields, and have a signature that is computed when it is read.
    r"variable differs from runtime type|__signature__ is not present in stub"
    # stubtest takes an alias of a literal for a union.
    r"|is not a Union|is not a recognised type alias"
    # A method that type checkers do not see.
    r"|ResourceClientBase\.__getitem__ is not present in stub"
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the programs, the examples and the blocks of the guides, which import the installed package there."""
    folder = tmp_path_factory.mktemp("programs")
    for path in PROGRAMS:
        shutil.copy(path, folder)
    for path in OF_THE_WHEEL:
        shutil.copy(path, folder / f"wheel_{path.name}")
    assert write_programs(folder) > len(PROGRAMS) + 1
    return folder


def run(folder: Path, *arguments: str | Path, environment: Environment | None = None) -> str:
    """Run a module, and return its output.

    :param environment: Environment whose Python is the first one on the path
    """
    path = [] if environment is None else [str(environment.python.parent)]
    variables = {**os.environ, "PATH": os.pathsep.join([*path, os.environ["PATH"]])}
    command = [sys.executable, "-m", *arguments]
    completed = subprocess.run(command, cwd=folder, env=variables, check=False, capture_output=True, text=True)
    return completed.stdout + completed.stderr


def test_mypy(installed: Environment, programs: Path) -> None:
    names = sorted(path.name for path in programs.glob("*.py"))
    output = run(programs, "mypy", "--strict", "--python-executable", installed.python, *names)
    assert output == f"Success: no issues found in {len(names)} source files\n"


def test_pyright(installed: Environment, programs: Path) -> None:
    # A star import of an installed package is reported as such.
    names = sorted(path.name for path in programs.glob("*.py") if path.name != "user_star.py")
    output = run(programs, "pyright", "--pythonpath", installed.python, *names)
    assert "0 errors, 0 warnings" in output, output


@pytest.mark.parametrize("package", ["hcloud", *ASYNC])
def test_every_public_name_has_a_type(installed: Environment, tmp_path: Path, package: str) -> None:
    # With --verifytypes, pyright ignores --pythonpath.
    output = run(tmp_path, "pyright", "--verifytypes", package, "--ignoreexternal", environment=installed)
    assert [line for line in output.splitlines() if " error: " in line] == []
    assert "Type completeness score: 100%" in output, output[-2000:]


def test_stubs_agree_with_the_package(installed: Environment, tmp_path: Path) -> None:
    configuration = tmp_path / "mypy.ini"
    # A declared method has no body.
    configuration.write_text("[mypy]\n[mypy-hcloud.core.lookup]\ndisable_error_code = empty-body\n")
    process = installed.run("-m", "mypy.stubtest", "hcloud", "--concise", "--mypy-config-file", configuration)
    assert "not checking stubs" not in process.stdout, process.stdout
    stubs = {name.removesuffix(".pyi").replace("/", ".") for name in installed.files if name.endswith(".pyi")}
    problems = [line for line in process.stdout.splitlines() if line.startswith(tuple(f"{name}." for name in stubs))]
    assert [problem for problem in problems if not IN_STUBTEST.search(problem)] == []
    assert problems, process.stdout + process.stderr  # those that stubtest takes for ones


def attributes() -> Iterator[tuple[str, str]]:
    """Yield the class and the name of each public attribute of all clients and bound objects."""
    for package in ("hcloud", "hcloud.digitalocean"):
        for resource in resources(package):
            module = importlib.import_module(f"{package}.{resource}.client")
            for cls in (getattr(module, name) for name in module.__all__):
                if isinstance(cls, type) and issubclass(cls, (ResourceClientBase, BoundModelBase)):
                    for name in dir(cls):
                        if not name.startswith("_") and not name.isupper() and name != "model":
                            yield f"{module.__name__}.{cls.__name__}", name


def comparable(name: str, revealed: str) -> str:
    """Return a type; in a checkout the parameters of a method that is derived from a listing are not exact.

    A stub has no default that is no literal.
    """
    revealed = re.sub(r" = timedelta\(.*?\)", " = ...", revealed)
    is_derived = "per_page" in revealed and not name.endswith("_list")
    return revealed.rpartition("->")[2] if is_derived else revealed


def test_types_of_the_wheel_are_those_of_the_checkout(
    installed: Environment, editable: Environment, tmp_path: Path
) -> None:
    names = list(attributes())
    lines = [f"def read(value: {cls}) -> None: reveal_type(value.{name})" for cls, name in names]
    imports = sorted({f"import {cls.rpartition('.')[0]}" for cls, _ in names})
    (tmp_path / "program.py").write_text("\n".join(["# mypy: disable-error-code=no-redef", *imports, *lines]))
    for command in (("mypy", "--strict", "--no-incremental", "--python-executable"), ("pyright", "--pythonpath")):
        wheel, checkout = (
            re.findall(
                r'(?:Revealed type is|Type of "value\.\w+" is) "(.*)"',
                run(tmp_path, *command, environment.python, "program.py"),
            )
            for environment in (installed, editable)
        )
        assert len(wheel) == len(checkout) == len(names) > 1000
        differing = [
            (place, *types)
            for place, *types in zip(names, wheel, checkout, strict=True)
            if len({comparable(place[1], revealed) for revealed in types}) > 1
        ]
        assert differing == []
