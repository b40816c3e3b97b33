"""Write the stubs that the build puts into the wheel.

Methods that the source derives, such as ``get_all`` or those of bound objects, stand there as plain methods with their
signatures and docstrings, since no type checker and no editor can derive them. The source stays free of stubs.

``python -m tools.stubs FOLDER`` writes that of ``hcloud/servers/client.py`` to ``FOLDER/hcloud/servers/client.pyi``.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from textwrap import indent
from types import FunctionType
from typing import Any

from tools import async_stubs
from tools.async_stubs import PROVIDERS
from tools.declarations import INDENT, SELF, SELF_IMPORT, docstring, functions

ROOT = Path(__file__).resolve().parents[1]


def sources() -> list[Path]:
    """Return the modules that get a stub, relative to the root: all clients, their bases, and records with waits."""
    records = [path for path in (ROOT / "hcloud").rglob("domain.py") if "@blocking" in path.read_text(encoding="utf-8")]
    clients = [*(ROOT / "hcloud").rglob("*client.py"), ROOT / "hcloud" / "core" / "provider.py"]
    return sorted(path.relative_to(ROOT) for path in (*clients, *records))


def stub(path: Path) -> str:
    """Return the stub of a module."""
    module = import_module(".".join(path.with_suffix("").parts))
    return Writer((ROOT / path).read_text(encoding="utf-8")).module(vars(module))


class Writer:
    """Writer of the stub of one module: its structure is that of the source, its functions are those of run time."""

    def __init__(self, source: str) -> None:
        self.lines = source.splitlines()
        self.nodes = ast.parse(source).body

    def module(self, values: Mapping[str, Any]) -> str:
        """Return the stub.

        :param values: Names of the module with their values
        """
        imports = list(self.imports(self.nodes))
        body = "\n".join(self.declarations(self.nodes, values))
        if "Iterator[" in body and not any("Iterator" in statement for statement in imports):
            imports.append("from collections.abc import Iterator")  # for `iter`, which the module need not mention
        if re.search(rf"\b{SELF}\b", body):
            imports += SELF_IMPORT
        return "\n".join([*imports, "", body, ""])

    def imports(self, nodes: list[ast.stmt]) -> Iterator[str]:
        """Yield the imports of the module, with those for type checkers."""
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield self.verbatim(node)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                yield from self.imports(node.body)

    def declarations(self, nodes: list[ast.stmt], values: Mapping[str, Any]) -> Iterator[str]:
        """Yield the declarations of a module or class.

        :param values: Its names with their values, without those that only type checkers see
        """
        name = ""
        for node in nodes:
            match node:
                case ast.FunctionDef(decorator_list=[ast.Attribute(attr="setter")]):
                    continue  # declared with its property
                case ast.Expr(value=ast.Constant()) if name:  # docstring of an attribute
                    yield self.verbatim(node)
                case ast.If() if ast.unparse(node.test) == "TYPE_CHECKING":
                    yield from self.declarations(node.body, {})
                case (
                    ast.ClassDef(name=name)
                    | ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.AnnAssign(target=ast.Name(id=name))
                    | ast.Assign(targets=[ast.Name(id=name)])
                ):
                    yield self.declaration(node, name, values.get(name))
                case _:
                    name = ""

    def declaration(self, node: ast.stmt, name: str, value: Any) -> str:
        """Return a declaration; that of a variable, and one for type checkers only, is the source."""
        if isinstance(node, ast.ClassDef) and isinstance(value, type):
            return self.class_declaration(node, value)
        return "\n".join(functions(name, value, self.comment(node))) or self.verbatim(node)

    def comment(self, node: ast.stmt) -> str:
        """Return the comment for type checkers in the first lines of a function."""
        lines = self.lines[node.lineno - 1 : node.body[0].lineno - 1] if isinstance(node, ast.FunctionDef) else []
        ignored = re.search(r"  # type: ignore\[.*?\]", "\n".join(lines))
        return ignored[0] if ignored else ""

    def class_declaration(self, node: ast.ClassDef, cls: type) -> str:
        """Return the declaration of a class, with the methods that a base class gave to it."""
        members = [*instance_attributes(node, cls), *self.declarations(node.body, vars(cls))]
        resources = resource_texts(cls)
        members = [f"{member}\n{resources[member]}" if member in resources else member for member in members]
        written = {line.split("(")[0].removeprefix("async ") for text in members for line in text.splitlines()}
        for name, value in vars(cls).items():
            if isinstance(value, FunctionType) and not name.startswith("_") and f"def {name}" not in written:
                members += functions(name, value, "  # type: ignore[override]")
        text = cls.__doc__ or ""
        if text.startswith(f"{cls.__name__}("):  # the default of a named tuple
            text = ""
        if text or not members:
            members.insert(0, docstring(text))
        decorators = [f"@{ast.unparse(decorator)}" for decorator in node.decorator_list]
        bases = ", ".join([*map(ast.unparse, node.bases), *map(ast.unparse, node.keywords)])
        heading = f"class {node.name}({bases}):" if bases else f"class {node.name}:"
        return "\n".join([*decorators, heading, *(indent(member, INDENT) for member in members), ""])

    def verbatim(self, node: ast.stmt) -> str:
        """Return a statement as the source has it, with its comments."""
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        return "\n".join(line[node.col_offset :] for line in lines)


def instance_attributes(node: ast.ClassDef, cls: type) -> Iterator[str]:
    """Yield the declarations of the attributes that only the constructor of a class mentions.

    :raises ValueError: if the type of a public one is not stated
    """
    declared = {name for base in cls.__mro__ for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    for constructor in node.body:
        if isinstance(constructor, ast.FunctionDef) and constructor.name == "__init__":
            parameters = {argument.arg: argument.annotation for argument in constructor.args.args}
            for statement in ast.walk(constructor):
                match statement:
                    case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                        yield f"{name}: {ast.unparse(statement.annotation)}"
                    case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
                        annotation = parameters.get(ast.unparse(statement.value))
                        if annotation is not None and name not in declared:
                            yield f"{name}: {ast.unparse(annotation)}"
                        elif name not in declared and not name.startswith("_"):
                            raise ValueError(f"annotate {cls.__name__}.{name}")


def resource_texts(cls: Any) -> dict[str, str]:
    """Return the docstring of each resource client of a provider's client, by the declaration of its attribute."""
    if "_package" not in vars(cls):
        return {}
    return {
        f"{name}: {resource}": docstring(getattr(import_module(f".{name}", cls._package), resource).__doc__)
        for name, resource in vars(cls).get("__annotations__", {}).items()
        if resource.endswith("Client")
    }


def main(folder: Path) -> None:
    """Write all stubs below a folder."""
    stubs = {path: stub(path) for path in sources()}
    stubs |= {Path(*provider.split("."), "aio", "resources.py"): async_stubs.stub(provider) for provider in PROVIDERS}
    for path, text in stubs.items():
        target = (folder / path).with_suffix(".pyi")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
