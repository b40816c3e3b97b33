"""Asynchronous classes exist at run time only: the wheel's stub has all of them, and editors show every text."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jedi
import pytest

import hcloud.digitalocean
from hcloud.core import BaseDomain, BoundModelBase, ResourceClientBase
from hcloud.core.documentation import field_texts
from hcloud.core.provider import resource_clients
from hcloud.images import ImagesClient
from hcloud.servers import BoundServer, ServersClient
from tests.editors.conftest import Environment
from tests.editors.language_server import LanguageServer
from tests.editors.test_jedi import environment_of

PROVIDERS = ("hcloud", "hcloud.digitalocean")
every_provider = pytest.mark.parametrize("provider", PROVIDERS)
HEAD = [
    "from hcloud.aio import Client",
    "async def main(client: Client) -> None:",
    "    server = await client.servers.get_by_id(1)",
    "    images = await client.images.get_all()",
    "    created = await client.servers.create('web', 'cx23', 'debian-13')",
]


def public(value: object) -> set[str]:
    """Return the public names of a blocking class that its asynchronous class has, too."""
    names = {name for name in dir(value) if not name.startswith("_")}
    return {name for name in names if not hasattr(getattr(value, name, None), "__blocking_only__")}


def exported(provider: str) -> dict[str, list[type]]:
    """Return the classes that the folders of a provider export, by name."""
    classes: dict[str, list[type]] = {}
    for folder in resource_clients(importlib.import_module(provider).Client):
        module = importlib.import_module(f"{provider}.{folder}")
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, type) and value not in classes.setdefault(value.__name__, []):
                classes[value.__name__].append(value)
    return classes


def declared(installed: Environment, provider: str) -> dict[str, ast.ClassDef]:
    """Return the classes of a provider's stub, by name."""
    path = installed.packages.joinpath(*provider.split("."), "aio", "resources.pyi")
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


# The stub and the classes at run time


@every_provider
def test_all_that_waits_is_declared(installed: Environment, provider: str) -> None:
    classes = declared(installed, provider)
    expected = {
        name
        for name, values in exported(provider).items()
        for cls in values
        if name.endswith("PageResult")
        or (issubclass(cls, BoundModelBase) and cls.__dict__.get("_collection"))
        or (issubclass(cls, ResourceClientBase) and name.endswith("Client"))
        or (issubclass(cls, BaseDomain) and not issubclass(cls, BoundModelBase) and hasattr(cls, "wait"))
    }
    assert len(expected) > 20
    assert sorted(expected - classes.keys()) == []


@every_provider
def test_names_of_the_stub_exist(installed: Environment, provider: str) -> None:
    resources = importlib.import_module(f"{provider}.aio.resources")
    names = [name for name in declared(installed, provider) if not name.startswith("_")]
    assert [name for name in names if getattr(resources, name).__name__ != name] == []


@every_provider
def test_methods_are_those_of_the_classes(installed: Environment, provider: str) -> None:
    resources, count = importlib.import_module(f"{provider}.aio.resources"), 0
    for name, node in declared(installed, provider).items():
        cls = getattr(resources, name, None)
        for method in node.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and not method.name.startswith("_"):
                value = inspect.getattr_static(cls, method.name)
                if not inspect.isfunction(value):
                    continue
                arguments = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
                assert [argument.arg for argument in arguments] == [
                    parameter.name
                    for parameter in inspect.signature(value).parameters.values()
                    if parameter.kind is not parameter.VAR_KEYWORD
                ]
                assert ast.get_docstring(method) == inspect.getdoc(value), (name, method.name)
                is_coroutine = isinstance(method, ast.AsyncFunctionDef)
                assert is_coroutine or not inspect.iscoroutinefunction(value), (name, method.name)
                count += 1
    assert count > 150


@every_provider
def test_every_method_of_a_class_is_declared(installed: Environment, provider: str) -> None:
    resources = importlib.import_module(f"{provider}.aio.resources")
    for name, node in declared(installed, provider).items():
        cls: Any = getattr(resources, name, None)
        if cls is not None and issubclass(cls, (BoundModelBase, ResourceClientBase)):
            members = {
                member.name for member in node.body if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef))
            }
            record = public(cls.model) if issubclass(cls, BoundModelBase) else set()
            functions = {key for key in public(cls) - record if callable(inspect.getattr_static(cls, key))}
            only_blocking = {key for key in functions if hasattr(inspect.getattr_static(cls, key), "__blocking_only__")}
            assert sorted(functions - only_blocking - members - {"model"}) == [], name


# Editors


@pytest.fixture(scope="module")
def complete(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """Function that returns what jedi proposes at the end of a line in the program."""
    environment, project = environment_of(installed), jedi.Project(tmp_path_factory.mktemp("project"))

    def names(line: str) -> list[str]:
        text = "\n".join([*HEAD, f"    {line}"])
        return [name.name for name in jedi.Script(text, project=project, environment=environment).complete()]

    return names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("client.", "servers"),
        ("client.servers.", "create_image"),
        ("server.", "create_image"),
        ("images[0].", "change_protection"),
        ("(await created.wait()).server.", "create_image"),
        ("(await (await server.power_on()).wait()).", "progress"),
        ("(await server.wait_for(lambda server: True)).", "create_image"),
        ("(await (await server.create_image()).wait()).image.", "created_from"),
        ("images[0].created_from.", "power_on"),
        ("async for image in client.images.iter(): image.", "change_protection"),
        ("client.images.actions.", "get_by_id"),
    ],
)
def test_jedi_completes(complete: Callable[[str], list[str]], line: str, name: str) -> None:
    assert name in complete(line)


def test_jedi_completes_every_name(complete: Callable[[str], list[str]]) -> None:
    assert sorted(public(ServersClient) - set(complete("client.servers."))) == []
    assert sorted(public(BoundServer) - set(complete("server."))) == []


def text_of(cls: Any, name: str) -> str:
    """Return the first line of the text of an attribute."""
    field = getattr(cls, "_fields", {}).get(name)
    text = field_texts(field.owner)[name][1] if field is not None else inspect.getdoc(inspect.getattr_static(cls, name))
    return (text or "").partition("\n")[0]


@pytest.fixture(scope="module")
def hovers(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Texts that pyright's language server shows of each attribute, by the expression."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed; make check installs it")
    folder = tmp_path_factory.mktemp("hover")
    expressions = [
        *(f"client.{name}" for name in resource_clients(hcloud.Client)),
        *(f"client.servers.{name}" for name in sorted(public(ServersClient))),
        *(f"client.images.{name}" for name in sorted(public(ImagesClient))),
        *(f"server.{name}" for name in sorted(public(BoundServer) - {"model"})),
        *(f"images[0].{name}" for name in ("created_from", "bound_to", "display_name")),
        *(f"created.{name}" for name in ("server", "root_password", "wait")),
    ]
    with LanguageServer({folder: installed.python}) as server:
        path = Path(folder, "program.py")
        server.open(path, "\n".join([*HEAD, *(f"    {expression}" for expression in expressions)]))
        yield {
            expression: server.ask("hover", path, len(HEAD) + number, 3 + len(expression))["contents"]["value"]
            for number, expression in enumerate(expressions)
        }


def test_hover_shows_every_text(hovers: dict[str, str]) -> None:
    owners: dict[str, Any] = {"client.servers": ServersClient, "client.images": ImagesClient, "server": BoundServer}
    lacking = []
    for expression, shown in hovers.items():
        owner, _, name = expression.rpartition(".")
        if owner in owners and name not in ("complete", "max_per_page") and not name.isupper():
            if (text := text_of(owners[owner], name)) not in shown or not text:
                lacking.append((expression, text, shown))
        elif "\n" not in shown.strip():
            lacking.append((expression, "", shown))
    assert lacking == []


def test_hover_shows_asynchronous_types(hovers: dict[str, str]) -> None:
    assert "BoundServer | None" in hovers["images[0].created_from"]
    assert re.search(r"async|Coroutine", hovers["server.create_image"])
    assert "AsyncGenerator[BoundServer, None]" in hovers["client.servers.iter"]
    assert "NotBlocking[Image]" in hovers["client.images.update"]
