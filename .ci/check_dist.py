"""Check the wheel and the sdist in ``dist/``: their contents, and the wheel in a clean environment."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DEMO = "examples/image_lifecycle.py"


def tracked() -> set[str]:
    """Return the paths of all files of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {path for path in listed.split("\0") if path}


def check_wheel(wheel: Path) -> None:
    """Compare the wheel with the package: every file of it, the stubs, the metadata, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    package = {path for path in tracked() if path.startswith("hcloud/")}
    stubs = {name for name in names if name.endswith(".pyi")}
    clients = {f"{path}i" for path in package if path.endswith("/client.py")}
    compare(wheel, names - metadata, package | stubs | clients)
    if not any(name.endswith("/LICENSE") for name in metadata):
        sys.exit(f"{wheel.name} has no LICENSE")


def check_sdist(sdist: Path) -> None:
    """Compare the sdist with the repository; what setuptools generates is left aside."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if archive.getmember(name).isfile()}
    generated = {name for name in names if name == "PKG-INFO" or ".egg-info/" in name}
    compare(sdist, names - generated, tracked())


def compare(archive: Path, names: set[str], expected: set[str]) -> None:
    """Exit with a message unless ``names`` are as ``expected``."""
    problems = [f"lacks {name}" for name in sorted(expected - names)]
    problems += [f"has {name}, which is not in the repository" for name in sorted(names - expected)]
    if problems:
        sys.exit("\n".join(f"{archive.name} {problem}" for problem in problems))


def try_wheel(wheel: Path) -> None:
    """Run the demo, outside of the checkout, with the wheel installed into an environment of its own."""
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        demo = Path(folder, "demo.py")
        demo.write_bytes(Path(ROOT, DEMO).read_bytes())
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", str(wheel)]
        for arguments in (install, ["-I", "-W", "error", str(demo)]):
            process = subprocess.run([python, *arguments], cwd=folder, capture_output=True, text=True, check=False)
            if process.returncode:
                sys.exit(f"{wheel.name}: {' '.join(arguments)} failed:\n{process.stdout}{process.stderr}")


def main() -> None:
    """Check the only wheel and the only sdist there."""
    (wheel,) = (ROOT / "dist").glob("*.whl")
    (sdist,) = (ROOT / "dist").glob("*.tar.gz")
    check_wheel(wheel)
    check_sdist(sdist)
    try_wheel(wheel)
    print(f"{wheel.name} and {sdist.name} are complete, and the demo runs with the wheel.")


if __name__ == "__main__":
    main()
