"""The build puts stubs into the wheel, and an editable install is a path that checkers and editors can read."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.conftest import ROOT, Environment

CLIENTS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "hcloud").rglob("*client.py"))
MODULES = sorted(["hcloud/actions/domain.py", "hcloud/core/provider.py", *CLIENTS])
STUBBED = sorted([*MODULES, "hcloud/aio/resources.py", "hcloud/digitalocean/aio/resources.py"])


def test_stubs_are_in_the_wheel(installed: Environment) -> None:
    assert sorted(name for name in installed.files if name.endswith(".pyi")) == [f"{path}i" for path in STUBBED]
    assert "hcloud/py.typed" in installed.files
    assert "hcloud/leftover.py" not in installed.files


def test_source_is_free_of_stubs() -> None:
    assert list((ROOT / "hcloud").rglob("*.pyi")) == []


def test_editable_install_is_a_path(editable: Environment, checkout: Path) -> None:
    (name,) = (name for name in editable.files if ".dist-info/" not in name)
    assert name.endswith(".pth")
    assert Path((editable.packages / name).read_text().strip()).samefile(checkout)


def test_stubs_are_written_without_the_requirements_of_the_package(tmp_path: Path) -> None:
    program = (
        "import runpy, sys; sys.modules['requests'] = sys.modules['dateutil'] = None; "
        f"sys.argv[1:] = [{str(tmp_path)!r}]; runpy.run_module('tools.stubs', run_name='__main__')"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.pyi")) == [
        f"{path}i" for path in STUBBED
    ]


def test_stubs_are_the_same_in_each_build(tmp_path: Path) -> None:
    """The order of a set differs from one process to the next."""
    builds = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-m", "tools.stubs", str(folder)], cwd=ROOT, env=environment, check=True)
        builds.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.pyi")})
    assert builds[0] == builds[1] == builds[2]


@pytest.mark.parametrize("path", MODULES)
def test_stub_has_every_method_with_its_text(installed: Environment, path: str) -> None:
    stub = ast.parse((installed.packages / f"{path}i").read_text())
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    finals = [
        node for node in ast.walk(stub) if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "Final"
    ]
    assert finals == []
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    count = 0
    for name, declaration in classes.items():
        cls = getattr(module, name)
        methods = {
            node.name: node for node in declaration.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        for method, function in vars(cls).items():
            if inspect.isfunction(function) and not method.startswith("_"):
                node = methods.pop(method)
                assert ast.get_docstring(node) == inspect.getdoc(function)
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                assert [argument.arg for argument in arguments] == [
                    parameter.name
                    for parameter in inspect.signature(function).parameters.values()
                    if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
                ]
                lines = {node.lineno, *(argument.lineno for argument in arguments)}
                # Editors show the line they lead to.
                assert len(lines) == (1 if len(arguments) == 1 else 1 + len(arguments))
                count += 1
    assert count >= len(re.findall(r"\bbound\(|@endpoint\(|every_page\(", (ROOT / path).read_text()))
