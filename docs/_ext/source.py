"""Facts read from the source code: exports of folders, fields of records with their types and descriptions."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hcloud import core
from hcloud.core import BaseDomain, BoundModelBase
from hcloud.core.fields import Field

__all__ = [
    "Exported",
    "definitions",
    "fields",
    "is_bound",
    "is_dict",
    "is_record",
    "keys_of",
    "literals",
    "resources",
    "summary",
]

ROOT = Path(inspect.getfile(core)).parents[2]


class Exported:
    """Names that a folder exports, with the module that defines each and its value."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        modules = [import_module(folder)]
        for part in ("domain", "client"):
            if (Path(inspect.getfile(modules[0])).parent / f"{part}.py").exists():
                modules.append(import_module(f"{folder}.{part}"))
        defined = {name for module in modules for name in definitions(module.__name__)}
        self.places: dict[str, str] = {}
        for module in modules:
            for name in module.__all__:
                if name in defined:
                    self.places.setdefault(name, module.__name__)

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        for name, place in self.places.items():
            yield name, f"{place}.{name}", getattr(import_module(place), name)


def is_bound(value: Any) -> bool:
    """Return True for the bound model of a resource."""
    return isinstance(value, type) and issubclass(value, BoundModelBase) and bool(value._collection)


def is_record(value: Any) -> bool:
    """Return True for a record with fields."""
    return isinstance(value, type) and issubclass(value, BaseDomain) and bool(value._fields)


def is_dict(cls: type) -> bool:
    """Return True for a ``TypedDict``."""
    return hasattr(cls, "__total__")


def keys_of(cls: Any) -> str:
    """Return the sentence that says which keys of a ``TypedDict`` may be missing."""
    required, optional = cls.__required_keys__, cls.__optional_keys__
    if not optional:
        return "A ``dict`` with these keys."
    if not required:
        return "A ``dict``; each key may be missing."
    names = ", ".join(f"``{name}``" for name in cls.__annotations__ if name in optional)
    return f"A ``dict`` with these keys, of which {names} may be missing."


@cache
def definitions(module: str) -> dict[str, ast.ClassDef | ast.expr]:
    """Return the classes and aliases that a module defines, by name."""
    source = Path(inspect.getfile(import_module(module))).read_text(encoding="utf-8")
    nodes: dict[str, ast.ClassDef | ast.expr] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            nodes[node.targets[0].id] = node.value
    return nodes


def fields(cls: type) -> dict[str, tuple[str, str]]:
    """Return type and description of the fields that a class annotates, by name; those of its bases come first."""
    described: dict[str, tuple[str, str]] = {}
    bases = _dict_bases(cls) if is_dict(cls) else reversed(cls.__mro__)
    annotated = [base for base in bases if inspect.get_annotations(base)]
    for base in annotated or [cls]:
        definition = definitions(base.__module__).get(base.__name__) if base.__module__.startswith("hcloud") else None
        if base is not cls and not (is_record(base) or hasattr(base, "__total__")):
            continue
        body = definition.body if isinstance(definition, ast.ClassDef) else []
        for node, following in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                text = _string(following)
                if not ast.unparse(node.annotation).startswith("ClassVar"):
                    described[node.target.id] = (type_of(node.annotation, base.__module__), inspect.cleandoc(text))
    return described


def _dict_bases(cls: type) -> list[type]:
    """Return a ``TypedDict`` and those that it inherits from, which come first; ``__mro__`` does not have them."""
    module, definition = import_module(cls.__module__), definitions(cls.__module__)[cls.__name__]
    names = [base.id for base in getattr(definition, "bases", ()) if isinstance(base, ast.Name)]
    bases = [getattr(module, name) for name in names if name != "TypedDict"]
    return list(dict.fromkeys([*(inherited for base in bases for inherited in _dict_bases(base)), cls]))


def _string(node: ast.stmt | None) -> str:
    value = node.value if isinstance(node, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def type_of(annotation: ast.expr, module: str) -> str:
    """Return the type of a field's value: the argument of ``Link[…]``, ``list[str]`` for ``Texts``."""
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    descriptor = getattr(import_module(module), outer.id, None) if isinstance(outer, ast.Name) else None
    if not (isinstance(descriptor, type) and issubclass(descriptor, Field)):
        return ast.unparse(annotation)
    if isinstance(annotation, ast.Subscript):
        return ast.unparse(annotation.slice)
    value_type = descriptor.__orig_bases__[0].__args__[0]  # type: ignore[attr-defined]
    return str(value_type.__forward_arg__)


def literals(folder: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each alias of literals that a folder defines, by name."""
    aliases = {}
    for name, _, value in Exported(folder):
        parts = [
            part
            for part in (value, *getattr(value, "__args__", ()))
            if "Literal" in str(getattr(part, "__origin__", ""))
        ]
        if parts and not isinstance(value, type):
            aliases[name] = tuple(map(str, parts[0].__args__))
    return aliases


def resources(package: str) -> list[str]:
    """Return the folders of a package that are resources: those with a client."""
    return sorted(
        path.parent.name
        for path in (ROOT / package.replace(".", "/")).glob("*/client.py")
        if path.parent.name != "core"
    )


def summary(module: ModuleType) -> tuple[str, str]:
    """Split a docstring into title and sentence: ``"Images: the disks."`` into ``"Images"`` and ``"The disks."``."""
    text = inspect.cleandoc(module.__doc__ or "")
    match = re.match(r"([\w ]+): (\w)", text)
    if match:
        return match[1], match[2].upper() + text[match.end() :]
    return re.split(r"[,.]", text)[0], text
