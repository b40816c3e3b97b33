"""Requests of all declared methods, tested generically: no resource needs tests of its own for them."""

from __future__ import annotations

import datetime
import importlib
import inspect
import json
import re
import types
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import responses

from hcloud import Client
from hcloud._exceptions import InvalidArgumentError
from hcloud.core import BaseDomain, BoundModelBase, Link, Secret, Texts
from hcloud.core.fields import Plain
from tests.library import RESOURCES

MOMENT = datetime.datetime(2026, 10, 15, 12, tzinfo=datetime.UTC)
AWKWARD = "a b/../c?d=é&#e%2F"


def resource_clients() -> Iterator[tuple[str, Any]]:
    client = Client("token", poll_interval=0)
    for name in RESOURCES:
        with warnings.catch_warnings():  # some are deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            resource = getattr(client, name)
        yield name, resource
        if hasattr(type(resource), "actions"):
            yield f"{name}.actions", resource.actions


CLIENTS = dict(resource_clients())


def functions_of(cls: type) -> dict[str, Any]:
    members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
    return {name: member for name, member in members.items() if inspect.isfunction(member)}


def methods_with(mark: str) -> dict[str, tuple[Any, Callable[..., Any]]]:
    """Return the methods of all resources that have the attribute ``mark``, with their clients."""
    return {
        f"{resource}.{name}": (client, method)
        for resource, client in CLIENTS.items()
        for name, method in functions_of(type(client)).items()
        if hasattr(method, mark)
    }


ENDPOINTS = methods_with("__endpoint__")
PAGED = methods_with("__every_page_of__")
PACKAGES = ["hcloud.core.domain", *(f"hcloud.{name}" for name in RESOURCES)]


@cache
def known_names() -> Mapping[str, Any]:
    """Return the names that annotations may use: everything that the resources export."""
    names: dict[str, Any] = {**vars(typing), **vars(datetime)}
    for package in ("core", "actions", "metrics", "rdns", "deprecation", *RESOURCES):
        for module in (f"hcloud.{package}", f"hcloud.{package}.client", f"hcloud.{package}.domain"):
            if find_spec(module):
                exported = importlib.import_module(module)
                names.update({name: getattr(exported, name) for name in exported.__all__})
    return names


def resolve(annotation: Any, module: str) -> Any:
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    names = {**known_names(), **vars(importlib.import_module(module))}
    return eval(annotation, names) if isinstance(annotation, str) else annotation


# Arguments: distinguishable values for all types


def is_identified(cls: type[BaseDomain]) -> bool:
    """Return True if requests contain the ID instead of the record."""
    return "id" in cls._fields and cls.to_payload is BaseDomain.to_payload


class Sampler:
    """Factory of distinguishable arguments."""

    def __init__(self) -> None:
        self.count = 100
        self.within: set[type] = set()

    def next(self) -> int:
        self.count += 1
        return self.count

    def __call__(self, annotation: Any, module: str) -> Any:
        cls = resolve(annotation, module)
        origin, arguments = typing.get_origin(cls), typing.get_args(cls)
        if origin in (typing.Union, types.UnionType):
            # Prefer lists: they are the more complex case.
            choices = [choice for choice in arguments if choice is not type(None)]
            return self(next((choice for choice in choices if typing.get_origin(choice) is list), choices[0]), module)
        if origin is Literal:
            return arguments[-1]
        if origin in (list, tuple) or (
            inspect.isclass(origin) and issubclass(origin, typing.Iterable) and origin is not dict
        ):
            item = arguments[0]
            literals = typing.get_args(item) if typing.get_origin(item) is Literal else ()
            return list(literals[:2]) or [value for _ in range(2) if (value := self(item, module)) is not None]
        if origin in (dict, Mapping) or cls in (dict, Mapping):
            return {f"key{self.next()}": f"value{self.next()}"}
        if typing.is_typeddict(cls):
            return {name: self(hint, cls.__module__) for name, hint in cls.__annotations__.items()}
        simple: dict[Any, Callable[[], Any]] = {
            bool: lambda: True,
            int: self.next,
            float: lambda: self.next() + 0.5,
            str: lambda: f"{AWKWARD}{self.next()}",
            datetime.datetime: lambda: MOMENT + datetime.timedelta(days=self.next()),
            Any: lambda: {"free": self.next()},
        }
        if cls in simple:
            return simple[cls]()
        if isinstance(cls, typing.TypeVar):
            cls = cls.__bound__
        assert isinstance(cls, type), f"no sample of {cls!r}"
        assert issubclass(cls, BaseDomain), f"no sample of {cls!r}"
        if cls is BaseDomain:  # any resource
            cls = known_names()["Server"]
        if issubclass(cls, BoundModelBase):
            cls = cls.model
        if is_identified(cls):
            return cls(**{name: self.next() for name, field in cls._fields.items() if name == "id" or field.required})
        if cls in self.within:  # a recursive record
            return None
        self.within.add(cls)
        try:
            return cls(**self.values(cls))
        finally:
            self.within.remove(cls)

    def values(self, cls: type[BaseDomain]) -> dict[str, Any]:
        hints: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            hints.update({name: (hint, base.__module__) for name, hint in inspect.get_annotations(base).items()})
        values = {}
        for name, field in cls._fields.items():
            annotation, module = hints[name]
            if isinstance(field, Link):
                values[name] = self(re.sub(r"^Links?\[(.*)\]$", r"\1", annotation), module)
            elif isinstance(annotation, str) and (
                match := re.match(r"(?:Always|Identity|Nested|NestedList)\[(.*)\]$", annotation)
            ):
                values[name] = self(match[1], module)
            elif isinstance(field, Secret):
                values[name] = self(str, module)
            elif isinstance(field, Texts):
                values[name] = self("list[str]", module)
            elif isinstance(field, Plain):
                values[name] = self(annotation, module)
        return values


def leaves(value: Any) -> Iterator[str]:
    """Yield the scalar values of an argument, as text; the request must contain them."""
    if isinstance(value, BaseDomain):
        yield from leaves(value.to_payload())
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, datetime.datetime):
        yield value.isoformat()
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value)


def wire_form(value: Any) -> Any:
    """Return an argument in the syntax of the API; records without an ID convert themselves."""
    if isinstance(value, BaseDomain):
        return value.id if is_identified(type(value)) else value.to_payload()  # type: ignore[attr-defined]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: wire_form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [wire_form(item) for item in value]
    return value


def in_query(value: Any) -> list[str]:
    """Return the query values of an argument."""
    return [
        str(item).lower() if isinstance(item, bool) else str(item)
        for item in (value if isinstance(value, list) else [value])
    ]


# Requests


def response_of(method: Callable[..., Any]) -> dict[str, Any]:
    """Return a minimal valid response of a method."""
    result = resolve(method.__endpoint__.method.__annotations__["return"], method.__module__)  # type: ignore[attr-defined]
    if result is bool:
        return {}
    if typing.get_origin(result) is list:
        return {typing.get_args(result)[0]._collection: []}
    if issubclass(result, tuple):
        return {result._fields[0]: [], "meta": {"pagination": None}}  # type: ignore[attr-defined]
    key = result.__dict__.get("_key")
    return {key: {"id": 1}} if key else {next(iter(result._fields)): None}


class Sent:
    """A request that was sent."""

    def __init__(self, request: Any) -> None:
        url = urlsplit(request.url)
        self.method, self.path, self.query = request.method, url.path, parse_qs(url.query, keep_blank_values=True)
        self.host, self.body = url.netloc, json.loads(request.body) if request.body else None
        self.content_type = request.headers.get("Content-Type")


def send(client: Any, method: Callable[..., Any], arguments: dict[str, Any]) -> Sent:
    with responses.RequestsMock() as mock:
        mock.add(method.__endpoint__.verb, re.compile(".*"), json=response_of(method))  # type: ignore[attr-defined]
        method(client, **arguments)
        assert len(mock.calls) == 1
        return Sent(mock.calls[0].request)


NOT_SENT = {"HasActions.get_action": {"resource"}}
"""Arguments that the API does not need."""
KNOWN_BY = {"NetworksClient.delete_subnet": "ip_range", "LoadBalancersClient.delete_service": "listen_port"}
"""Methods that send only the identifying field of their argument."""
LEFT_OUT = {"LoadBalancersClient.remove_target": ("target", "use_private_ip")}
"""Fields of an argument that are not sent."""
ALTERNATIVES = {"VolumesClient.create": ("location", "server"), "ZonesClient.create": ("rrsets", "zonefile")}
"""Parameters that exclude each other."""
VALUES = {"StorageBoxesClient.create": {"ssh_keys": [f"{AWKWARD}903", f"{AWKWARD}904"]}}
"""Arguments of which the API takes only some texts, or only some records."""
TOGETHER = {("PrimaryIPsClient.create", "assignee_id"): "assignee_type"}
"""Parameters that require another one."""


def sample_arguments(method: Callable[..., Any]) -> tuple[dict[str, Any], set[str]]:
    """Return arguments for all parameters, and the names of the required parameters."""
    sampler, declared = Sampler(), method.__endpoint__.method  # type: ignore[attr-defined]
    parameters = [
        parameter
        for parameter in inspect.signature(declared).parameters.values()
        if parameter.name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    one_of = ALTERNATIVES.get(method.__qualname__, ())
    arguments = {parameter.name: sampler(parameter.annotation, method.__module__) for parameter in parameters}
    arguments |= VALUES.get(method.__qualname__, {})
    for subject, parent in re.findall(r"{(\w+)\.(\w+)\.\w+}", method.__endpoint__.path):  # type: ignore[attr-defined]
        model = arguments[subject]._fields[parent].target.model
        setattr(arguments[subject], parent, model(id=sampler.next()))
    if method.__qualname__ in LEFT_OUT:
        name, field = LEFT_OUT[method.__qualname__]
        setattr(arguments[name], field, None)
    required = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
    return arguments, required.union(one_of[:1])


def alternatives(method: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the arguments once per alternative, without the other alternatives."""
    one_of = ALTERNATIVES.get(method.__qualname__, ())
    for alternative in one_of or (None,):
        yield {name: value for name, value in arguments.items() if name == alternative or name not in one_of}


def expected_path(client: Any, route: str, arguments: dict[str, Any]) -> tuple[str, set[str]]:
    """Return the path of a route, and the names of the parameters in it."""
    used = set()

    def fill(match: re.Match[str]) -> str:
        name, _, attributes = match[1].partition(".")
        used.add(name)
        value = arguments[name]
        for attribute in filter(None, attributes.split(".")):
            value = getattr(value, attribute)
        return quote(str(value), safe="")

    if route.startswith("~"):
        route = client._base_url + route[1:]
    return "/v1" + re.sub(r"{([^}]+)}", fill, route), used


every_endpoint = pytest.mark.parametrize("name", ENDPOINTS)
without_ids = pytest.mark.filterwarnings("ignore:The 'client.actions.get_list' method without 'id':DeprecationWarning")


@every_endpoint
@without_ids
def test_every_argument_reaches_the_wire(name: str) -> None:
    client, method = ENDPOINTS[name]
    declared = method.__endpoint__  # type: ignore[attr-defined]
    arguments, required = sample_arguments(method)
    own_payload = declared.method(client, **next(alternatives(method, arguments)))
    path, in_path = expected_path(client, declared.path, arguments)

    def check(arguments: dict[str, Any]) -> None:
        sent = send(client, method, arguments)
        assert (sent.method, sent.path) == (declared.verb, path)
        assert sent.host == ("api.hetzner.com" if path.startswith("/v1/storage_box") else "api.hetzner.cloud")
        not_in_payload = {*in_path, *NOT_SENT.get(declared.method.__qualname__, ())}
        payload = {parameter: value for parameter, value in arguments.items() if parameter not in not_in_payload}
        if declared.verb in ("GET", "DELETE"):
            assert sent.body is None
            carried: Any = sent.query
            expected: Any = {parameter: in_query(wire_form(value)) for parameter, value in payload.items()}
        else:
            assert sent.query == {}
            carried = sent.body
            by_default = {key: value for key, value in declared.defaults.items() if value is not None}
            expected = {key: wire_form(value) for key, value in {**by_default, **payload}.items()}
            match list(payload.values()):
                case [BaseDomain() as record] if not is_identified(type(record)):
                    expected = wire_form(record)
            expected = {**declared.body, **expected} or carried
            assert carried in (None, {}) or sent.content_type == "application/json"
        if own_payload is None:
            assert carried == expected
        else:
            # The method builds its own payload: all values must occur in it.
            if declared.method.__qualname__ in KNOWN_BY:
                payload = {
                    name: getattr(value, KNOWN_BY[declared.method.__qualname__]) for name, value in payload.items()
                }
            text = json.dumps(carried, ensure_ascii=False)
            assert [leaf for leaf in leaves(payload) if json.dumps(leaf, ensure_ascii=False)[1:-1] not in text] == []

    for alternative in alternatives(method, arguments):
        check(alternative)
    needed = {parameter: arguments[parameter] for parameter in required}
    check(needed)
    for parameter in arguments.keys() - required - {*ALTERNATIVES.get(method.__qualname__, ())}:
        also = TOGETHER.get((method.__qualname__, parameter))
        check({**needed, parameter: arguments[parameter], **({also: arguments[also]} if also else {})})


@every_endpoint
def test_takes_arguments_by_position(name: str) -> None:
    client, method = ENDPOINTS[name]
    arguments, _ = sample_arguments(method)
    spec = inspect.getfullargspec(method.__endpoint__.method)  # type: ignore[attr-defined]
    arguments = next(alternatives(method, arguments))
    by_position = [arguments.get(parameter) for parameter in spec.args[1:]]
    by_keyword = {parameter: arguments[parameter] for parameter in spec.kwonlyargs if parameter in arguments}
    with responses.RequestsMock() as mock:
        mock.add(method.__endpoint__.verb, re.compile(".*"), json=response_of(method))  # type: ignore[attr-defined]
        method(client, *by_position, **by_keyword)
        positional = Sent(mock.calls[0].request)
    assert vars(positional) == vars(send(client, method, arguments))


@every_endpoint
@without_ids
def test_arguments_of_client_request(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, method = ENDPOINTS[name]
    arguments, required = sample_arguments(method)
    calls: list[dict[str, Any]] = []

    def request(**options: Any) -> dict[str, Any]:
        calls.append(options)
        return response_of(method)

    monkeypatch.setattr(client._client, "request", request)
    method(client, **{parameter: arguments[parameter] for parameter in required})
    (options,) = calls
    assert options.keys() <= {"method", "url", "params", "json"}
    assert "params" in options or not is_listing(method), "hcloud-python passes params={} for every listing"
    assert None not in [*options.values(), *options.get("params", {}).values(), *(options.get("json") or {}).values()]


def is_listing(method: Callable[..., Any]) -> bool:
    result = resolve(method.__endpoint__.method.__annotations__["return"], method.__module__)  # type: ignore[attr-defined]
    return inspect.isclass(result) and issubclass(result, tuple)


@every_endpoint
def test_rejects_invalid_path_arguments(name: str) -> None:
    client, method = ENDPOINTS[name]
    declared = method.__endpoint__  # type: ignore[attr-defined]
    arguments, _ = sample_arguments(method)
    with responses.RequestsMock() as mock:  # no request may be sent
        for steps in re.findall(r"{([^}]+)}", declared.path):
            parameter = steps.partition(".")[0]
            value = arguments[parameter]
            if isinstance(value, BaseDomain):
                bad: list[Any] = [type(value)._hydrate({}), None]
                if "name" in value._fields and not steps.endswith("id_or_name"):
                    bad.append(type(value)._hydrate({"name": "web"}))
            elif declared.method.__annotations__[parameter] == "int":
                bad = [None, "", "..", "../servers/1", "1/2", "²", 1.5, True]
            else:
                bad = [None, "", ".", "..", True]
            for invalid in bad:
                with pytest.raises(InvalidArgumentError, match=parameter):
                    method(client, **{**arguments, parameter: invalid})
        assert len(mock.calls) == 0


# Derived methods


def shape(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(list(inspect.signature(method).parameters.items())[1:])


def item_of(annotation: str) -> str:
    """Return the item type of a list or iterator annotation."""
    match = re.fullmatch(r"(?:list|Iterator)\[(.*)\]", annotation)
    assert match, annotation
    return match[1]


@pytest.mark.parametrize("name", PAGED)
def test_get_all_has_the_parameters_of_get_list(name: str) -> None:
    _, method = PAGED[name]
    get_list = method.__every_page_of__  # type: ignore[attr-defined]
    ours, theirs = shape(method), shape(get_list)
    assert theirs.pop("page").default is None
    per_page = theirs.pop("per_page")
    assert {name: (parameter.annotation, parameter.default) for name, parameter in ours.items()} == {
        name: (parameter.annotation, parameter.default) for name, parameter in (theirs | {"per_page": per_page}).items()
    }

    def by_position(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
        return [name for name, parameter in parameters.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]

    assert list(ours)[-1] == "per_page"
    # Some methods of hcloud-python lack parameters, which were added as keyword-only; the order is the same.
    assert [name for name in by_position(theirs) if name in by_position(ours)] == [
        name for name in by_position(ours) if name != "per_page"
    ]
    page = resolve(get_list.__annotations__["return"], get_list.__module__)
    assert item_of(method.__annotations__["return"]) == item_of(page.__annotations__[page._fields[0]].__forward_arg__)
    assert method.__qualname__.rpartition(".")[2] == method.__name__ == name.rpartition(".")[2]
    assert method.__doc__ is not None
    assert set(re.findall(r":param (\w+):", method.__doc__)) == ours.keys()


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in PAGED if name != "actions.get_all"),  # warns before
        *(name for name in methods_with("__wrapped__") if name.endswith(".iter")),
    ],
)
def test_get_all_and_iter_reject_other_arguments(name: str) -> None:
    resource, _, called = name.rpartition(".")
    method = getattr(CLIENTS[resource], called)
    parameters = inspect.signature(method).parameters.values()
    arguments = {parameter.name: 1 for parameter in parameters}
    by_position = [parameter for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    unfit: list[tuple[list[int], dict[str, int], str]] = [
        ([], {**arguments, "page": 1}, "'page'"),
        ([], {**arguments, "pages": 1}, "'pages'"),
        ([1] * (len(by_position) + 1), {}, "too many positional"),
        *(([1], arguments, f"multiple values for argument '{parameter.name}'") for parameter in by_position[:1]),
        *(([], {}, f"'{name}'") for name in required),
    ]
    for positional, keywords, problem in unfit:
        with pytest.raises(TypeError, match=rf"^\w+\.{called}\(\) .*{problem}"):
            method(*positional, **keywords)


@pytest.mark.parametrize("name", PAGED)
def test_get_all_requests_every_page(name: str) -> None:
    client, method = PAGED[name]
    arguments, _ = sample_arguments(method.__every_page_of__)  # type: ignore[attr-defined]
    del arguments["page"]
    key = resolve(
        method.__every_page_of__.__annotations__["return"],  # type: ignore[attr-defined]
        method.__module__,
    )._fields[0]
    _, in_path = expected_path(client, method.__every_page_of__.__endpoint__.path, arguments)  # type: ignore[attr-defined]
    with responses.RequestsMock() as mock:
        for following in (2, None):
            pagination = {"page": 1, "per_page": 1, "next_page": following, "last_page": 2, "total_entries": 2}
            mock.add("GET", re.compile(".*"), json={key: [], "meta": {"pagination": pagination}})
        assert method(client, **arguments) == []
        sent = [Sent(call.request).query for call in mock.calls]
    query = {name: in_query(wire_form(value)) for name, value in arguments.items() if name not in in_path}
    assert sent == [{**query, "page": ["1"]}, {**query, "page": ["2"]}]


def test_every_paginated_listing_has_a_get_all() -> None:
    pages = {name for name, (_, method) in ENDPOINTS.items() if "page" in inspect.signature(method).parameters}
    whole = {
        f"{name.rpartition('.')[0]}.{method.__every_page_of__.__name__}"  # type: ignore[attr-defined]
        for name, (_, method) in PAGED.items()
    }
    assert sorted(pages - whole) == [], "add a get_all"
    assert sorted(whole - pages) == [], "these repeat a listing without pages"


@pytest.mark.parametrize("resource", CLIENTS)
def test_every_parameter_is_documented(resource: str) -> None:
    package = importlib.import_module(type(CLIENTS[resource]).__module__)
    lacking = {
        method.__qualname__: names
        for cls in (getattr(package, name) for name in package.__all__)
        if isinstance(cls, type)
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and not name.startswith("_")
        if (names := shape(method).keys() - set(re.findall(r":param (\w+):", method.__doc__ or "")))
    }
    assert lacking == {}


ITERATORS = {
    f"{resource}.{name}": (client, method)
    for resource, client in CLIENTS.items()
    for name, method in functions_of(type(client)).items()
    if name == "iter" or name.startswith("iter_")
}


@pytest.mark.parametrize("name", ITERATORS)
def test_iterators_have_the_parameters_of_lists(name: str) -> None:
    client, method = ITERATORS[name]
    get_all = "get_all" if method.__name__ == "iter" else method.__name__.replace("iter_", "get_")
    listing = getattr(type(client), get_all)
    subject = "resource" if "resource" in shape(method) else None
    ours, theirs = list(shape(method).values()), list(shape(listing).values())
    if subject is not None:  # one method for all resources
        ours, theirs = ours[1:], theirs[1:]
    assert ours == theirs
    assert item_of(method.__annotations__["return"]) == item_of(listing.__annotations__["return"])
    assert method.__qualname__.endswith(f".{name.rpartition('.')[2]}")


def test_every_listing_can_be_iterated() -> None:
    listings = {name.rpartition(".")[0] for name in PAGED if name.endswith(".get_all")}
    iterated = {name.rpartition(".")[0] for name in ITERATORS if name.endswith(".iter")}
    assert sorted({name for name in listings if not name.endswith("actions")} - iterated) == []


# Bound methods


def bound_methods() -> Iterator[tuple[str, type[Any], Callable[..., Any], Callable[..., Any]]]:
    for package in RESOURCES:
        module = importlib.import_module(f"hcloud.{package}.client")
        for cls in vars(module).values():
            if not (inspect.isclass(cls) and issubclass(cls, BoundModelBase) and cls.__module__ == module.__name__):
                continue
            if not cls._client_attribute:  # a base of bound models
                continue
            client = type(CLIENTS[cls._client_attribute])
            for name, method in vars(cls).items():
                source = getattr(method, "__coroutine__", method)
                closure = inspect.getclosurevars(source).nonlocals if inspect.isfunction(source) else {}
                if "name_on_client" in closure:
                    yield f"{cls.__name__}.{name}", cls, method, getattr(client, closure["name_on_client"])


BOUND = {name: rest for name, *rest in bound_methods()}


def test_bound_methods_exist() -> None:
    assert {"BoundImage.update", "BoundServer.rebuild", "BoundServer.get_actions"} <= BOUND.keys()


@pytest.mark.parametrize("name", BOUND)
def test_bound_methods_have_the_parameters_of_client_methods(name: str) -> None:
    _, method, of_client = BOUND[name]
    assert list(shape(method).values()) == list(shape(of_client).values())[1:]
    assert method.__annotations__["return"] == of_client.__annotations__["return"]
    assert method.__doc__
    assert method.__name__ == name.rpartition(".")[2]


@pytest.mark.parametrize("name", BOUND)
def test_bound_methods_pass_all_arguments(name: str) -> None:
    cls, method, of_client = BOUND[name]
    calls: list[Any] = []

    class Recorder:
        def __getattr__(self, called: str) -> Any:
            return lambda *args, **kwargs: calls.append((called, args, kwargs))

    model = cls(Recorder(), {"id": 1})
    spec = inspect.getfullargspec(inspect.unwrap(getattr(of_client, "__coroutine__", of_client)))
    by_position = list(range(len(spec.args) - 2))
    by_keyword = {name: f"keyword {name}" for name in spec.kwonlyargs}
    method(model, *by_position, **by_keyword)
    assert calls == [(of_client.__name__, (model, *by_position), by_keyword)]
    assert calls[0][1][0] is model


# Links


def links() -> Iterator[tuple[str, type[BaseDomain], Link[Any]]]:
    for package in RESOURCES:
        module = importlib.import_module(f"hcloud.{package}.domain")
        for cls in vars(module).values():
            if inspect.isclass(cls) and issubclass(cls, BaseDomain) and cls.__module__ == module.__name__:
                for field in cls._fields.values():
                    if isinstance(field, Link):
                        yield f"{cls.__name__}.{field.name}", cls, field


LINKS = {name: rest for name, *rest in links()}


@pytest.mark.parametrize("name", LINKS)
def test_links_lead_to_a_collection(name: str) -> None:
    cls, field = LINKS[name]
    resource = field.collection.partition(".")[0]  # storage boxes have nested collections
    assert resource in RESOURCES
    bound = field.target
    assert issubclass(bound, BoundModelBase)
    assert bound._collection == field.collection
    assert bound.__module__ == f"hcloud.{resource}.client"
    # The annotation must name the class that is read at run time.
    annotation = next(
        base.__annotations__[field.name] for base in cls.__mro__ if field.name in inspect.get_annotations(base)
    )
    named = re.findall(r"\w+", annotation)
    assert bound.__name__ in named or bound.model.__name__ in named
