"""House rules, checked for every file."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from functools import cache, cached_property
from graphlib import TopologicalSorter
from itertools import chain, combinations, pairwise
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import hcloud.digitalocean
from hcloud.core import BaseDomain
from hcloud.core.mixins import CommonImage
from tests.api.table import load
from tests.library import RESOURCES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hcloud"
TOP_LEVEL = {
    *(".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in", "Makefile"),
    *(
        "README.md",
        "SECURITY.md",
        "benchmarks",
        "docs",
        "examples",
        "hcloud",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "tests",
    ),
    "tools",
}
LINES = 500
SHARED_CLASSES = {"Response"}
"""Names that several classes may have: a response as a transport returns it, and as the fake API sends it."""
SHARED_NAMES = {"__init__", "__main__", "client", "clock", "domain"}
"""Names that several modules may have; ``clock`` is the client's interface and the fake's implementations of it."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
PUBLIC = [name for name in FILES if not any(part.startswith("_") for part in name.split("."))]
CORE = [name for name in FILES if f"{name}.".startswith("hcloud.core.")]
every_file = pytest.mark.parametrize("name", FILES)
every_public_module = pytest.mark.parametrize("name", PUBLIC)


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text())


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git repository")
    listing = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / path for path in listing.split("\0") if path and (ROOT / path).is_file()]


# Exports


@every_public_module
def test_defines_all(name: str) -> None:
    module = importlib.import_module(name)
    assert isinstance(getattr(module, "__all__", None), list | tuple), "it has no __all__"
    assert [export for export in module.__all__ if not hasattr(module, export)] == []


@every_public_module
def test_is_documented(name: str) -> None:
    assert list(undocumented(importlib.import_module(name))) == []


def undocumented(module: ModuleType) -> Iterator[str]:
    for export in getattr(module, "__all__", ()):
        value = getattr(module, export, None)
        if not str(getattr(value, "__module__", "")).startswith("hcloud"):
            continue
        if inspect.isclass(value):
            # The docstring of a dataclass defaults to its signature.
            if not value.__doc__ or value.__doc__.startswith(f"{value.__name__}("):
                yield export
            yield from (f"{export}.{name}" for name, member in public_methods(value) if not inspect.getdoc(member))
        elif inspect.isroutine(value) and not value.__doc__:
            yield export


def public_methods(cls: type) -> Iterator[tuple[str, object]]:
    """Yield the methods and properties that a class has from this package."""
    for base in cls.__mro__:
        if base.__module__.startswith("hcloud"):
            for name, member in vars(base).items():
                method = getattr(member, "__func__", member)
                if not name.startswith("_") and isinstance(method, FunctionType | property | cached_property):
                    yield name, method


# Imports


def package_of(name: str) -> str:
    return name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]


def imported(name: str, nodes: Iterable[ast.AST] | None = None) -> Iterator[str]:
    """Yield the modules of this package that a module imports when it is imported.

    :param nodes: Parts of the module to search instead
    """
    for node in executed_at_import(tree(name)) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            above = package_of(name).split(".")
            base = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                if submodule in FILES:
                    yield submodule
                elif source in FILES:
                    yield source


def executed_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for otherwise in child.orelse:
                yield otherwise
                yield from executed_at_import(otherwise)
            continue
        yield child
        yield from executed_at_import(child)


def test_packages_import_in_one_direction() -> None:
    graph: dict[str, set[str]] = {}
    for name in FILES:
        package = package_of(name)
        others = set(map(package_of, imported(name)))
        # A package and a package inside it may import each other; siblings may not.
        graph.setdefault(package, set()).update(
            other
            for other in others
            if not f"{other}.".startswith(f"{package}.") and not f"{package}.".startswith(f"{other}.")
        )
    list(TopologicalSorter(graph).static_order())  # raises a CycleError that names the cycle


def test_modules_of_the_core_import_in_one_direction() -> None:
    graph = {name: {other for other in imported(name) if other in CORE} for name in CORE}
    list(TopologicalSorter(graph).static_order())  # raises a CycleError that names the cycle


@pytest.mark.parametrize("name", CORE)
def test_the_core_knows_no_resource(name: str) -> None:
    allowed = {*CORE, *(f"hcloud.{module}" for module in ("_exceptions", "_exports", "_version"))}
    assert sorted({*imported(name, ast.walk(tree(name)))} - allowed) == []


def test_import_is_light() -> None:
    resources = {package_of(name) for name in FILES if name.endswith(".client") and name != "hcloud.core.client"}
    heavy = {"requests", "urllib3", "dateutil", *resources}
    script = "import sys; before = set(sys.modules); import hcloud; print(*sys.modules.keys() - before, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert sorted(heavy.intersection(loaded.split())) == []


# Names


def without_provider(name: str) -> str:
    """Return the name of a module without the folder of its provider or of its side: counterparts have the same."""
    return ".".join(part for part in name.split(".") if part not in ("digitalocean", "resources", "core", "aio"))


def is_resource(name: str) -> bool:
    return not name.startswith(("hcloud.core", "hcloud.testing")) and (".aio." not in name or name.endswith("_client"))


def test_modules_of_one_name_are_counterparts() -> None:
    names: dict[str, set[str]] = {}
    for name, path in FILES.items():
        if path.stem not in SHARED_NAMES:
            names.setdefault(path.stem, set()).add(without_provider(name))
    assert {stem: sorted(modules) for stem, modules in names.items() if len(modules) > 1} == {}


def test_classes_of_one_name_are_counterparts() -> None:
    modules: dict[str, set[str]] = {}
    for name in FILES:
        for node in tree(name).body:
            if isinstance(node, ast.ClassDef) and node.name not in SHARED_CLASSES:
                # The folders of the resources are namespaces of their own.
                modules.setdefault(node.name, set()).add("a resource" if is_resource(name) else without_provider(name))
    assert {cls: sorted(names) for cls, names in modules.items() if len(names) > 1} == {}


def test_common_properties_of_images_have_names_that_no_api_uses() -> None:
    properties = {name for name, value in vars(CommonImage).items() if isinstance(value, property)}
    assert len(properties) == 4
    in_tables = [re.findall(r"\w+", path.read_text()) for path in sorted((ROOT / "tests" / "api").glob("*.json"))]
    assert len(in_tables) == 2
    assert properties & set(chain(*in_tables)) == set()
    for image in (hcloud.images.Image, hcloud.digitalocean.images.Image):
        assert image._common.keys() == properties - {"display_name"}
        assert set(image._common.values()) <= image._fields.keys()
        assert properties & vars(image).keys() == set()


def test_helpers_have_names_that_no_field_of_the_api_has() -> None:
    """A helper of a record would hide a field of its name, if the API had or got one."""
    table = load("hetzner")
    names = {
        field.name
        for operation in table.operations.values()
        for fields in operation.responses.values()
        for field in fields.values()
        if field.path.count(".") == 1
    }
    assert {"status", "public_net", "ttl"} <= names
    helpers = {
        (cls.__name__, name)
        for resource in RESOURCES
        for cls in vars(importlib.import_module(f"hcloud.{resource}")).values()
        if inspect.isclass(cls) and issubclass(cls, BaseDomain)
        for base in cls.__mro__
        if base.__module__.startswith("hcloud.")
        for name, member in vars(base).items()
        if not name.startswith("_") and isinstance(member, FunctionType | property | cached_property)
    }
    assert {("BoundServer", "address"), ("BoundServer", "cost"), ("IPv6Network", "host")} <= helpers
    assert {helper for helper in helpers if helper[1] in names} == set()


# Texts


@every_file
def test_is_not_too_long(name: str) -> None:
    lines = len(FILES[name].read_text().splitlines())
    assert lines <= LINES


@every_file
def test_swallows_nothing(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            silent = all(isinstance(s, ast.Pass | ast.Continue) or is_constant(s) for s in node.body)
            assert not (broad and silent), f"{FILES[name]}:{node.lineno}"


def is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@every_file
def test_leaves_nothing_for_later(name: str) -> None:
    assert re.findall(r"\b(?:TODO|FIXME|XXX)\b.*", FILES[name].read_text()) == []


@every_file
def test_no_cover_has_a_reason(name: str) -> None:
    assert re.findall(r".*\bno cover *$", FILES[name].read_text(), re.MULTILINE) == []


# The repository


def test_top_level() -> None:
    assert sorted({path.relative_to(ROOT).parts[0] for path in tracked()} - TOP_LEVEL) == []


def test_the_architecture_lists_the_top_level() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert sorted(entry for entry in TOP_LEVEL if f"`{entry}" not in text and entry != "ARCHITECTURE.md") == []


def test_the_architecture_lists_the_core_from_the_bottom_up() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rows = re.findall(r"^\| ((?:`\w+\.py` )+)\|", text.partition("from the bottom up")[2], re.MULTILINE)
    order = [f"hcloud.core.{file}" for row in rows for file in re.findall(r"`(\w+)\.py`", row)]
    assert sorted(order) == sorted({*CORE} - {"hcloud.core"})
    assert [(name, above) for name, above in combinations(order, 2) if above in imported(name)] == []


def test_names_no_place_of_the_machine_it_was_written_on() -> None:
    place = re.compile(rb"(?<![\w.-])/(?:work|tmp/team)/")
    assert [str(path.relative_to(ROOT)) for path in tracked() if place.search(path.read_bytes())] == []


def test_supported_pythons_are_stated_alike() -> None:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg", encoding="utf-8")
    classifiers = metadata["metadata"]["classifiers"]
    versions = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.MULTILINE)
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert metadata["options"]["python_requires"] == f">={versions[0]}"
    assert ruff["target-version"] == f"py{versions[0].replace('.', '')}"
    assert f"Python {versions[0]} to {versions[-1]}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_constants_have_their_value_as_type_and_a_text() -> None:
    """Editors show type and text of a constant, but not its value."""
    problems = []
    for name, path in FILES.items():
        classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
        for statement, following in (pair for cls in classes for pair in pairwise([*cls.body, None])):
            match statement:
                case ast.AnnAssign(ast.Name(constant), annotation, ast.Constant() as value) if constant.isupper():
                    is_exact = ast.unparse(annotation) == f"ClassVar[Literal[{ast.unparse(value)}]]"
                    if path.name == "domain.py" and not (is_exact and isinstance(following, ast.Expr)):
                        problems.append(f"{name}:{statement.lineno}")
    assert problems == []
