"""What a folder exports."""

from __future__ import annotations

import sys
from types import ModuleType


def export(package: str) -> None:
    """Let ``package`` export what it imported from its files by ``*``.

    Type checkers read that from the imports; an ``__all__`` that is computed in the file would mislead mypy.
    """
    names = vars(sys.modules[package])
    names["__all__"] = [
        name
        for name, value in names.items()
        if not (name.startswith("_") or isinstance(value, ModuleType) or value is export)
    ]
