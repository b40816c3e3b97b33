"""Resources and records of the library, for tests that cover all of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import hcloud
from hcloud import Client
from hcloud.core import BaseDomain

RESOURCES = sorted(name for name, annotation in Client.__annotations__.items() if annotation.endswith("Client"))
"""Names of the attributes of a client that are resources."""


def _all_records() -> Iterator[type[BaseDomain]]:
    for package in pkgutil.iter_modules(hcloud.__path__):
        if package.name in {"core", "deprecation", "metrics", "rdns", *RESOURCES}:
            module = importlib.import_module(f"hcloud.{package.name}.domain")
            for member in vars(module).values():
                if inspect.isclass(member) and issubclass(member, BaseDomain) and member.__module__ == module.__name__:
                    yield member


RECORDS = sorted((cls for cls in _all_records() if vars(cls).get("_fields")), key=lambda cls: cls.__qualname__)
"""Record classes of Hetzner Cloud."""

every_record = pytest.mark.parametrize(
    "cls", RECORDS, ids=[f"{cls.__module__.split('.')[1]}.{cls.__qualname__}" for cls in RECORDS]
)
