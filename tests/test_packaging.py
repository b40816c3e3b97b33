"""The package works where it is packed into a program, or vendored under another name."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "hcloud").rglob("*.py"))
}
NAMED = {"hcloud.images.__main__", "hcloud.testing.__main__", "hcloud.testing.pytest_plugin", "hcloud.testing.saved"}
"""Modules that a program or a command names itself."""


# Packed into a program


def visible_imports(module: str) -> Iterator[str]:
    """Yield the modules that ``module`` imports as Nuitka sees them: it skips what only type checkers execute."""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    pending: list[ast.AST] = [ast.parse(FILES[module].read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "not TYPE_CHECKING"):
            pending += node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else node.body
            continue
        pending += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            source = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
            yield from (source, *(f"{source}.{alias.name}" for alias in node.names))


def packed_modules(module: str) -> set[str]:
    """Return the modules of this package in a program that imports ``module``."""
    packed: set[str] = set()
    pending = {module}
    while pending:
        name = pending.pop()
        packed.add(name)
        pending |= {*visible_imports(name), name.rpartition(".")[0]} & FILES.keys() - packed
    return packed


@pytest.mark.parametrize(
    ("imported", "missing"),
    [
        ("hcloud", ("hcloud.digitalocean", "hcloud.testing")),
        ("hcloud.digitalocean", ("hcloud.testing",)),
        ("hcloud.testing", ()),
    ],
)
def test_packed_program_holds_every_module(imported: str, missing: tuple[str, ...]) -> None:
    optional = {name for name in FILES if f"{name}.".startswith(tuple(f"{package}." for package in missing))}
    assert sorted(FILES.keys() - optional - NAMED - packed_modules(imported)) == []


# Vendored


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder from which a copy of the package can be imported as ``acme.tools._vendor.hcloud``."""
    folder = tmp_path_factory.mktemp("vendored")
    package = folder / "acme" / "tools" / "_vendor"
    shutil.copytree(ROOT / "hcloud", package / "hcloud", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (package, package.parent, package.parents[1]):
        (name / "__init__.py").touch()
    return folder


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    completed = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


PROGRAM = """
import sys

sys.modules["hcloud"] = None  # an import of the package under its own name fails

import copy, logging, pickle, warnings
from acme.tools._vendor import hcloud
from acme.tools._vendor.hcloud.testing import FakeCloud, FakeDigitalOcean
from acme.tools._vendor.hcloud.testing.saved import dumps, loads

records = []
handler = logging.Handler()
handler.emit = records.append
logging.getLogger("acme").addHandler(handler)
logging.getLogger("acme").setLevel(logging.DEBUG)

cloud = FakeCloud()
client = cloud.client()
image = hcloud.images.Image(name="debian-12")
response = client.servers.create("web", hcloud.server_types.ServerType(name="cx23"), image)
server = response.wait().server
assert server.image.name == "debian-12" and type(server) is hcloud.servers.client.BoundServer
assert server.get_action(response.action.id).status == "success"
assert pickle.loads(pickle.dumps(server)).name == copy.deepcopy(server).name == "web"
assert client.volumes.get_all() == client.zones.get_all() == []
state = dumps(cloud)
restored = FakeCloud()
loads(restored, state)
assert restored.client().servers.get_by_name("web").id == server.id
try:
    client.servers.get_by_id(4711)
except hcloud.NotFoundError as error:
    failure = pickle.loads(pickle.dumps(error))
    assert type(failure) is type(error), failure
digitalocean = FakeDigitalOcean().client()
assert digitalocean.images.get_all(type="distribution")[0].regions
for name in [*hcloud.Client.__annotations__, *type(digitalocean).__annotations__]:
    getattr(client, name, None)
assert {record.name for record in records} == {"acme.tools._vendor.hcloud"}, records
assert not [name for name in sys.modules if name.partition(".")[0] == "hcloud" and name != "hcloud"]
"""

WARNING_PROGRAM = """
import warnings
from acme.tools._vendor.hcloud.images import BoundImage
from acme.tools._vendor.hcloud.testing import FakeCloud

client = FakeCloud().client(warn_on_fetch=True)
image = BoundImage(client.images, {"id": client.images.get_all()[0].id}, complete=False)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    client.datacenters  # line 10
    client.images.get_by_name("debian-12")  # line 11
    image.name  # line 12
print([(warning.filename == __file__, warning.lineno) for warning in caught])
"""


def test_vendored_program(vendored: Path) -> None:
    run(vendored, "-c", PROGRAM)


def test_warnings_of_a_vendored_package_point_to_the_caller(vendored: Path) -> None:
    program = vendored / "acme" / "tools" / "program.py"  # a package above the vendored one is not this library
    program.write_text(WARNING_PROGRAM)
    assert run(vendored, "-c", "import acme.tools.program") == "[(True, 10), (True, 11), (True, 12)]\n"


def test_vendored_command(vendored: Path) -> None:
    assert "--state" in run(vendored, "-m", "acme.tools._vendor.hcloud.testing", "--help")


def test_vendored_pytest_plugin(vendored: Path) -> None:
    (vendored / "test_program.py").write_text(
        """
def test_fixtures(hcloud_cloud, hcloud_client):
    assert type(hcloud_cloud).__module__ == "acme.tools._vendor.hcloud.testing.cloud"
    assert hcloud_client.servers.get_all() == []
"""
    )
    plugin = "acme.tools._vendor.hcloud.testing.pytest_plugin"
    assert "1 passed" in run(vendored, "-m", "pytest", "-p", "no:hcloud", "-p", plugin, "test_program.py")
