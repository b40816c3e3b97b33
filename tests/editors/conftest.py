"""Fixtures: the wheel, installed into an environment of its own, and an editable install."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "hcloud", "tools")


class Environment:
    """A virtual environment with a build of this package. Its other packages are those of this environment."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, with_pip=False)
        self.folder = folder
        self.python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
        others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
        (self.packages / "others.pth").write_text("\n".join(others))
        with zipfile.ZipFile(wheel) as archive:
            self.files = archive.namelist()
            archive.extractall(self.packages)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run its Python outside of the checkout."""
        command = [self.python, *arguments]
        return subprocess.run(command, cwd=self.packages.anchor, check=False, capture_output=True, text=True)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the sources, so that a build leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def build(checkout: Path, kind: str) -> Path:
    """Build a wheel.

    :param kind: ``wheel`` or ``editable``
    """
    program = f"from setuptools import build_meta; print(build_meta.build_{kind}('dist-{kind}'))"
    process = subprocess.run([sys.executable, "-c", program], cwd=checkout, check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return checkout / f"dist-{kind}" / process.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def installed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Environment with the wheel; the build finds a file of an earlier one."""
    leftover = checkout / "build" / "lib" / "hcloud" / "leftover.py"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    return Environment(tmp_path_factory.mktemp("installed"), build(checkout, "wheel"))


@pytest.fixture(scope="session")
def editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Environment with an editable install."""
    return Environment(tmp_path_factory.mktemp("editable"), build(checkout, "editable"))
