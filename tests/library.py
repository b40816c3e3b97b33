"""What there is in the library, for tests of all of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import hcloud
from hcloud import Client
from hcloud.core import BaseDomain

RESOURCES = sorted(name for name, kind in Client.__annotations__.items() if kind.endswith("Client"))
"""The attributes of a client that are resources."""


def _all_records() -> Iterator[type[BaseDomain]]:
    for folder in pkgutil.iter_modules(hcloud.__path__):
        if folder.name in {"core", "deprecation", "metrics", "rdns", *RESOURCES}:
            module = importlib.import_module(f"hcloud.{folder.name}.domain")
            for kind in vars(module).values():
                if inspect.isclass(kind) and issubclass(kind, BaseDomain) and kind.__module__ == module.__name__:
                    yield kind


RECORDS = sorted((kind for kind in _all_records() if vars(kind).get("_fields")), key=lambda kind: kind.__qualname__)
"""All records."""

every_record = pytest.mark.parametrize(
    "kind", RECORDS, ids=[f"{kind.__module__.split('.')[1]}.{kind.__qualname__}" for kind in RECORDS]
)
