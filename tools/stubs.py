"""Write the stubs that the build puts into the wheel.

Methods that the source derives, such as ``get_all`` or those of bound objects, stand there as plain methods with their
signatures and docstrings, since no type checker and no editor can derive them. The source stays free of stubs.

``python tools/stubs.py FOLDER`` writes that of ``hcloud/servers/client.py`` to ``FOLDER/hcloud/servers/client.pyi``.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from textwrap import indent
from types import FunctionType
from typing import Any, get_overloads

ROOT = Path(__file__).resolve().parents[1]
INDENT = " " * 4
SELF = "_Self"
"""Type variable that stands for ``Self``, which jedi takes for the class that defines the method."""


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
            imports += ["from typing import TypeVar", "", f'{SELF} = TypeVar("{SELF}")']
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
        written = {line.split("(")[0] for member in members for line in member.splitlines()}
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


def functions(name: str, value: Any, comment: str) -> Iterator[str]:
    """Yield the declarations of a function or property, which may be several; none for any other value.

    :param comment: Comment for type checkers
    """
    if isinstance(value, property):
        yield function(name, value.fget, comment, "property")
        if value.fset is not None:
            yield function(name, value.fset, comment, f"{name}.setter")
    elif isinstance(value, cached_property):
        yield function(name, value.func, comment, "cached_property")
    elif isinstance(value, (classmethod, staticmethod)):
        is_implicit = name in ("__new__", "__init_subclass__", "__class_getitem__")
        yield function(name, value.__func__, comment, *[type(value).__name__] * (not is_implicit))
    elif isinstance(value, FunctionType):
        overloads = get_overloads(value)
        for overload in overloads:
            yield function(name, overload, comment, "overload")
        if not overloads:
            yield function(name, value, comment)


def function(name: str, value: Any, comment: str, *decorators: str) -> str:
    """Return the declaration of a function, with a parameter a line, since editors show the line they lead to."""
    signature = without_self(inspect.signature(value))
    returns = signature.return_annotation
    result = "" if returns is signature.empty else f" -> {returns}"
    parameters = list(parameter_list(signature))
    keyword = "async def" if inspect.iscoroutinefunction(value) else "def"
    lines = [f"@{decorator}" for decorator in decorators]
    if len(parameters) < 2:
        lines.append(f"{keyword} {name}({''.join(parameters)}){result}:{comment}")
    else:
        lines += [f"{keyword} {name}({comment}", *(f"{INDENT}{parameter}," for parameter in parameters), f"){result}:"]
    return "\n".join([*lines, indent(docstring(value.__doc__), INDENT)])


def without_self(signature: inspect.Signature) -> inspect.Signature:
    """Return the signature of a method with a type variable in place of ``Self``."""
    parameters = [
        parameter.replace(annotation=replace_self(parameter.annotation)) for parameter in signature.parameters.values()
    ]
    replaced = signature.replace(parameters=parameters, return_annotation=replace_self(signature.return_annotation))
    if replaced == signature or parameters[0].name not in ("self", "cls"):
        return signature
    parameters[0] = parameters[0].replace(annotation=SELF if parameters[0].name == "self" else f"type[{SELF}]")
    return replaced.replace(parameters=parameters)


def replace_self(annotation: Any) -> Any:
    """Return an annotation with a type variable in place of ``Self``."""
    return re.sub(r"\bSelf\b", SELF, annotation) if isinstance(annotation, str) else annotation


def parameter_list(signature: inspect.Signature) -> Iterator[str]:
    """Yield the parameters of a signature, with the marks ``/`` and ``*``."""
    previous: Any = None
    for parameter in signature.parameters.values():
        kind = parameter.kind
        if previous is parameter.POSITIONAL_ONLY and kind is not previous:
            yield "/"
        if kind is parameter.KEYWORD_ONLY and previous not in (kind, parameter.VAR_POSITIONAL):
            yield "*"
        stars = "*" if kind is parameter.VAR_POSITIONAL else "**" if kind is parameter.VAR_KEYWORD else ""
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        yield f"{stars}{parameter.name}{annotation}{default(parameter)}"
        previous = kind
    if previous is inspect.Parameter.POSITIONAL_ONLY:
        yield "/"


def default(parameter: inspect.Parameter) -> str:
    """Return the default of a parameter; ``...`` for one that has no literal."""
    if parameter.default is parameter.empty:
        return ""
    if isinstance(parameter.default, str):
        return f" = {json.dumps(parameter.default)}"
    is_literal = isinstance(parameter.default, (int, float, type(None)))
    return f" = {parameter.default!r}" if is_literal else " = ..."


def docstring(text: str | None) -> str:
    """Return a docstring as it is written, ``...`` if there is none."""
    if not text:
        return "..."
    text = inspect.cleandoc(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'


def main(folder: Path) -> None:
    """Write all stubs below a folder."""
    for path in sources():
        target = (folder / path).with_suffix(".pyi")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(stub(path), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(Path(sys.argv[1]))
