"""Rules for the methods of all resource clients, of both providers."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import hcloud
import hcloud.digitalocean
from hcloud.core import BoundModelBase, ResourceClientBase

UNBOUND = {
    "hcloud.firewalls.FirewallsClient.update": "the bound model's own method has another order of parameters",
    "hcloud.zones.ZonesClient.iter_rrset_all": "get_rrset_all is bound; few zones have several pages of them",
}
"""Methods that a bound model does not have, and the reason of each."""
REFERENCE = re.compile(r"(?:Accepts the parameters of|Iterate over the entries that) :meth:`(\w+)`")
"""Sentence of a docstring that refers to the parameters of another method."""


def classes(base: type) -> Iterator[tuple[str, type[Any]]]:
    """Yield the subclasses of ``base`` that the resources define, with the name of the resource's package."""
    for provider in (hcloud, hcloud.digitalocean):
        for resource, annotation in inspect.get_annotations(provider.Client).items():
            if annotation.endswith("Client"):
                package = f"{provider.__name__}.{resource}"
                module = importlib.import_module(f"{package}.client")
                for cls in vars(module).values():
                    if inspect.isclass(cls) and issubclass(cls, base) and cls.__module__ == module.__name__:
                        yield package, cls


MODELS = {
    (package, model._record_class.__name__): model for package, model in classes(BoundModelBase) if model._collection
}
METHODS = {
    f"{package}.{client.__name__}.{name}": (package, client, method)
    for package, client in classes(ResourceClientBase)
    for name, method in inspect.getmembers(client, inspect.isfunction)
    if not name.startswith("_")
}


def parameters_of(method: Any) -> list[inspect.Parameter]:
    """Return the parameters of a method without ``self``."""
    return list(inspect.signature(method).parameters.values())[1:]


def subject_of(package: str, client: type[Any], method: Any) -> tuple[str, type[Any]] | None:
    """Return the first parameter of a method and its bound model, None if it is not a record of the resource."""
    for parameter in parameters_of(method)[:1]:
        record = str(parameter.annotation).partition(" |")[0]  # the others are its ID and its name
        model = MODELS.get((package, record))
        if record == "BaseDomain":  # a method that resources inherit: the model that the client returns
            returned = inspect.signature(client.get_by_id).return_annotation if hasattr(client, "get_by_id") else ""
            model = next((m for (other, _), m in MODELS.items() if (other, m.__name__) == (package, returned)), None)
        if model is not None:
            return parameter.name, model
    return None


SUBJECTS = {name: subject for name, method in METHODS.items() if (subject := subject_of(*method))}


def bound_methods(model: type[Any]) -> set[str]:
    """Return the names of the client's methods that a bound model has a bound form of."""
    functions = (member for _, member in inspect.getmembers(model, inspect.isfunction))
    sources = (getattr(function, "__coroutine__", function) for function in functions)
    closures = (inspect.getclosurevars(source).nonlocals for source in sources if source.__closure__)
    return {closure["name_on_client"] for closure in closures if "name_on_client" in closure}


BOUND = {model: bound_methods(model) for _, model in SUBJECTS.values()}


def test_covers_both_providers() -> None:
    assert {
        "hcloud.servers.ServersClient.get_action",
        "hcloud.storage_boxes.StorageBoxesClient.delete_snapshot",
        "hcloud.zones.ZonesClient.change_rrset_ttl",
        "hcloud.digitalocean.droplets.DropletsClient.resize",
    } <= SUBJECTS.keys()


def test_methods_with_a_record_have_a_bound_form() -> None:
    missing = {name for name, (_, model) in SUBJECTS.items() if name.rpartition(".")[2] not in BOUND[model]}
    assert sorted(missing - UNBOUND.keys()) == [], "add `name: Final = bound(Client.name)` to the bound model"
    assert sorted(UNBOUND.keys() - missing) == [], "these have a bound form: remove them from UNBOUND"


def documented(client: type[Any], docstring: str) -> set[str]:
    """Return the parameters that a docstring documents, itself or by reference to another method."""
    names = set(re.findall(r"^ *:param (\w+):", docstring, re.MULTILINE))
    for reference in REFERENCE.findall(docstring):
        names |= documented(client, inspect.getdoc(getattr(client, reference)) or "")
    return names


@pytest.mark.parametrize("name", METHODS)
def test_parameters_are_documented(name: str) -> None:
    _, client, method = METHODS[name]
    names = {parameter.name for parameter in parameters_of(method)}
    subject = {SUBJECTS[name][0]} if name in SUBJECTS else set()
    assert sorted(names - subject - documented(client, inspect.getdoc(method) or "")) == [], "add `:param …:`"
