"""What the code says of itself: what folders export, and the fields of records with their types and descriptions."""

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

__all__ = ["Exported", "definitions", "fields", "is_bound", "is_record", "literals", "resources", "summary"]

ROOT = Path(inspect.getfile(core)).parents[2]


class Exported:
    """What a folder exports: where each name is documented, and what kind of thing it is."""

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


def is_bound(kind: Any) -> bool:
    """Whether it is the bound model of a resource."""
    return isinstance(kind, type) and issubclass(kind, BoundModelBase) and bool(kind._collection)


def is_record(kind: Any) -> bool:
    """Whether it is a record with fields."""
    return isinstance(kind, type) and issubclass(kind, BaseDomain) and bool(kind._fields)


@cache
def definitions(module: str) -> dict[str, ast.ClassDef | ast.expr]:
    """The classes and aliases that a module defines, by name."""
    source = Path(inspect.getfile(import_module(module))).read_text(encoding="utf-8")
    found: dict[str, ast.ClassDef | ast.expr] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return found


def fields(kind: type) -> dict[str, tuple[str, str]]:
    """The type and the description of each field that a class annotates, by name; its bases' first."""
    found: dict[str, tuple[str, str]] = {}
    annotated = [base for base in reversed(kind.__mro__) if inspect.get_annotations(base)]
    for base in annotated or [kind]:
        known = definitions(base.__module__).get(base.__name__) if base.__module__.startswith("hcloud") else None
        if base is not kind and not (is_record(base) or hasattr(base, "__total__")):
            continue
        body = known.body if isinstance(known, ast.ClassDef) else []
        for node, following in zip(body, [*body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                text = _string(following)
                if not ast.unparse(node.annotation).startswith("ClassVar"):
                    found[node.target.id] = (type_of(node.annotation, base.__module__), inspect.cleandoc(text))
    return found


def _string(node: ast.stmt | None) -> str:
    value = node.value if isinstance(node, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def type_of(annotation: ast.expr, module: str) -> str:
    """What a field reads as, by its annotation: what stands within ``Link[…]``, what a ``Timestamp`` is."""
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    kind = getattr(import_module(module), outer.id, None) if isinstance(outer, ast.Name) else None
    if not (isinstance(kind, type) and issubclass(kind, Field)):
        return ast.unparse(annotation)
    if isinstance(annotation, ast.Subscript):
        return ast.unparse(annotation.slice)
    given, _ = kind.__orig_bases__[0].__args__  # type: ignore[attr-defined]
    return str(given.__forward_arg__)


def literals(folder: str) -> dict[str, tuple[str, ...]]:
    """The values of each alias of literals that a folder defines, by its name."""
    found = {}
    for name, _, value in Exported(folder):
        parts = [
            part
            for part in (value, *getattr(value, "__args__", ()))
            if "Literal" in str(getattr(part, "__origin__", ""))
        ]
        if parts and not isinstance(value, type):
            found[name] = tuple(map(str, parts[0].__args__))
    return found


def resources(package: str) -> list[str]:
    """The folders of a package that are resources: those that have a client."""
    return sorted(
        path.parent.name
        for path in (ROOT / package.replace(".", "/")).glob("*/client.py")
        if path.parent.name != "core"
    )


def summary(module: ModuleType) -> tuple[str, str]:
    """A folder's name and what it says of itself: ``"Images: the disks."`` is ``"Images", "The disks."``."""
    text = inspect.cleandoc(module.__doc__ or "")
    found = re.match(r"([\w ]+): (\w)", text)
    if found:
        return found[1], found[2].upper() + text[found.end() :]
    return re.split(r"[,.]", text)[0], text
