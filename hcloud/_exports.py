"""Exports of a package that consists of several modules."""

from __future__ import annotations

import sys
from types import ModuleType


def export(package: str) -> None:
    """Set the ``__all__`` of ``package`` to the public names that it imported from its modules.

    Type checkers follow the star imports instead. An ``__all__`` that the package itself computed would hide all of
    its names from mypy wherever it is imported by ``*``.
    """
    names = vars(sys.modules[package])
    names["__all__"] = [
        name
        for name, value in names.items()
        if not (name.startswith("_") or isinstance(value, ModuleType) or value is export)
    ]
