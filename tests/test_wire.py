"""What every method that is declared sends: one test for all of them, so that none has a test of its own for it."""

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

MOMENT = datetime.datetime(2026, 10, 15, 12, tzinfo=datetime.timezone.utc)
AWKWARD = "a b/../c?d=é&#e%2F"


def resource_clients() -> Iterator[tuple[str, Any]]:
    client = Client("token", poll_interval=0)
    for name in RESOURCES:
        with warnings.catch_warnings():  # some are retired
            warnings.simplefilter("ignore", DeprecationWarning)
            resource = getattr(client, name)
        yield name, resource
        if hasattr(type(resource), "actions"):
            yield f"{name}.actions", resource.actions


CLIENTS = dict(resource_clients())


def functions_of(kind: type) -> dict[str, Any]:
    members = {name: member for base in reversed(kind.__mro__) for name, member in vars(base).items()}
    return {name: member for name, member in members.items() if inspect.isfunction(member)}


def methods_with(mark: str) -> dict[str, tuple[Any, Callable[..., Any]]]:
    """The methods of all resources that have an attribute, with the client they are of."""
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
    """What annotations may name: all that the resources export."""
    names: dict[str, Any] = {**vars(typing), **vars(datetime)}
    for package in ("core", "actions", "metrics", "rdns", "deprecation", *RESOURCES):
        for module in (f"hcloud.{package}", f"hcloud.{package}.client", f"hcloud.{package}.domain"):
            if find_spec(module):
                found = importlib.import_module(module)
                names.update({name: getattr(found, name) for name in found.__all__})
    return names


def resolve(annotation: Any, module: str) -> Any:
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    names = {**known_names(), **vars(importlib.import_module(module))}
    return eval(annotation, names) if isinstance(annotation, str) else annotation


# Arguments: for each type a value that can be told from all others


def is_identified(kind: type[BaseDomain]) -> bool:
    """Whether its id stands for a record in a request."""
    return "id" in kind._fields and kind.to_payload is BaseDomain.to_payload


class Sampler:
    """Makes arguments, and says how they go into a request."""

    def __init__(self) -> None:
        self.count = 100
        self.within: set[type] = set()

    def next(self) -> int:
        self.count += 1
        return self.count

    def __call__(self, kind: Any, module: str) -> Any:
        kind = resolve(kind, module)
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            # Those that are lists first: more can go wrong with them.
            choices = [each for each in arguments if each is not type(None)]
            return self(next((each for each in choices if typing.get_origin(each) is list), choices[0]), module)
        if origin is Literal:
            return arguments[-1]
        if origin in (list, tuple) or (
            inspect.isclass(origin) and issubclass(origin, typing.Iterable) and origin is not dict
        ):
            of = arguments[0]
            literals = typing.get_args(of) if typing.get_origin(of) is Literal else ()
            return list(literals[:2]) or [each for _ in range(2) if (each := self(of, module)) is not None]
        if origin in (dict, Mapping) or kind in (dict, Mapping):
            return {f"key{self.next()}": f"value{self.next()}"}
        if typing.is_typeddict(kind):
            return {name: self(each, kind.__module__) for name, each in kind.__annotations__.items()}
        simple: dict[Any, Callable[[], Any]] = {
            bool: lambda: True,
            int: self.next,
            float: lambda: self.next() + 0.5,
            str: lambda: f"{AWKWARD}{self.next()}",
            datetime.datetime: lambda: MOMENT + datetime.timedelta(days=self.next()),
            Any: lambda: {"free": self.next()},
        }
        if kind in simple:
            return simple[kind]()
        if isinstance(kind, typing.TypeVar):
            kind = kind.__bound__
        assert isinstance(kind, type), f"no sample of {kind!r}"
        assert issubclass(kind, BaseDomain), f"no sample of {kind!r}"
        if kind is BaseDomain:  # any resource
            kind = known_names()["Server"]
        if issubclass(kind, BoundModelBase):
            kind = kind.model
        if is_identified(kind):
            return kind(**{name: self.next() for name, field in kind._fields.items() if name == "id" or field.required})
        if kind in self.within:  # a record that holds its own kind
            return None
        self.within.add(kind)
        try:
            return kind(**self.values(kind))
        finally:
            self.within.remove(kind)

    def values(self, kind: type[BaseDomain]) -> dict[str, Any]:
        hints: dict[str, Any] = {}
        for base in reversed(kind.__mro__):
            hints.update(
                {name: (each, base.__module__) for name, each in vars(base).get("__annotations__", {}).items()}
            )
        values = {}
        for name, field in kind._fields.items():
            annotation, module = hints[name]
            if isinstance(field, Link):
                values[name] = self(re.sub(r"^Links?\[(.*)\]$", r"\1", annotation), module)
            elif isinstance(annotation, str) and (found := re.match(r"(?:Nested|NestedList)\[(.*)\]$", annotation)):
                values[name] = self(found[1], module)
            elif isinstance(field, Secret):
                values[name] = self(str, module)
            elif isinstance(field, Texts):
                values[name] = self("list[str]", module)
            elif isinstance(field, Plain):
                values[name] = self(annotation, module)
        return values


def leaves(value: Any) -> Iterator[str]:
    """What of an argument must be found again in the request: what tells it from others."""
    if isinstance(value, BaseDomain):
        yield from leaves(value.to_payload())
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif isinstance(value, datetime.datetime):
        yield value.isoformat()
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value)


def wire_form(value: Any) -> Any:
    """An argument as the API writes it; what records without id become is their own affair."""
    if isinstance(value, BaseDomain):
        return value.id if is_identified(type(value)) else value.to_payload()  # type: ignore[attr-defined]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: wire_form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [wire_form(each) for each in value]
    return value


def in_query(value: Any) -> list[str]:
    """A value as a query says it."""
    return [
        str(each).lower() if isinstance(each, bool) else str(each)
        for each in (value if isinstance(value, list) else [value])
    ]


# Requests


def answer_to(method: Callable[..., Any]) -> dict[str, Any]:
    """The least that a method can read."""
    kind = resolve(method.__endpoint__.method.__annotations__["return"], method.__module__)  # type: ignore[attr-defined]
    if kind is bool:
        return {}
    if typing.get_origin(kind) is list:
        return {typing.get_args(kind)[0]._collection: []}
    if issubclass(kind, tuple):
        return {kind._fields[0]: [], "meta": {"pagination": None}}  # type: ignore[attr-defined]
    key = kind.__dict__.get("_key")
    return {key: {"id": 1}} if key else {next(iter(kind._fields)): None}


class Sent:
    """A request that went out."""

    def __init__(self, request: Any) -> None:
        url = urlsplit(request.url)
        self.method, self.path, self.query = request.method, url.path, parse_qs(url.query, keep_blank_values=True)
        self.host, self.body = url.netloc, json.loads(request.body) if request.body else None
        self.content_type = request.headers.get("Content-Type")


def send(client: Any, method: Callable[..., Any], arguments: dict[str, Any]) -> Sent:
    with responses.RequestsMock() as mock:
        mock.add(method.__endpoint__.verb, re.compile(".*"), json=answer_to(method))  # type: ignore[attr-defined]
        method(client, **arguments)
        assert len(mock.calls) == 1
        return Sent(mock.calls[0].request)


KNOWN_BY = {"NetworksClient.delete_subnet": "ip_range", "LoadBalancersClient.delete_service": "listen_port"}
"""Of what some methods are given, the one field that tells the API what is meant."""
LEFT_OUT = {"LoadBalancersClient.remove_target": ("target", "use_private_ip")}
"""What of an argument the API does not want."""
ALTERNATIVES = {"VolumesClient.create": ("location", "server"), "ZonesClient.create": ("rrsets", "zonefile")}
"""Parameters of which a method takes one."""
TOGETHER = {("PrimaryIPsClient.create", "assignee_id"): "assignee_type"}
"""Parameters that want another."""


def sample_arguments(method: Callable[..., Any]) -> tuple[dict[str, Any], set[str]]:
    """An argument for each parameter, and which of them are required."""
    sampler, declared = Sampler(), method.__endpoint__.method  # type: ignore[attr-defined]
    given = [each for each in inspect.signature(declared).parameters.values() if each.name != "self"]
    given = [each for each in given if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    one_of = ALTERNATIVES.get(method.__qualname__, ())
    arguments = {each.name: sampler(each.annotation, method.__module__) for each in given}
    for subject, parent in re.findall(r"{(\w+)\.(\w+)\.\w+}", method.__endpoint__.path):  # type: ignore[attr-defined]
        kind = arguments[subject]._fields[parent].kind.model
        setattr(arguments[subject], parent, kind(id=sampler.next()))
    if method.__qualname__ in LEFT_OUT:
        parameter, left_out = LEFT_OUT[method.__qualname__]
        setattr(arguments[parameter], left_out, None)
    return (arguments, {each.name for each in given if each.default is each.empty}.union(one_of[:1]))


def as_wanted(method: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The arguments, with one of each alternative."""
    one_of = ALTERNATIVES.get(method.__qualname__, ())
    for alternative in one_of or (None,):
        yield {name: value for name, value in arguments.items() if name == alternative or name not in one_of}


def expected_path(client: Any, route: str, arguments: dict[str, Any]) -> tuple[str, set[str]]:
    """The path a route stands for, and the parameters that are in it."""
    used = set()

    def fill(match: re.Match[str]) -> str:
        name, _, attributes = match[1].partition(".")
        used.add(name)
        value = arguments[name]
        for each in filter(None, attributes.split(".")):
            value = getattr(value, each)
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
    own_payload = declared.method(client, **next(as_wanted(method, arguments)))
    path, in_path = expected_path(client, declared.path, arguments)

    def check(given: dict[str, Any]) -> None:
        sent = send(client, method, given)
        assert (sent.method, sent.path) == (declared.verb, path)
        assert sent.host == ("api.hetzner.com" if path.startswith("/v1/storage_box") else "api.hetzner.cloud")
        payload = {parameter: value for parameter, value in given.items() if parameter not in in_path}
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
            # The method says itself how its arguments are written: each is in there somewhere.
            if declared.method.__qualname__ in KNOWN_BY:
                payload = {
                    name: getattr(value, KNOWN_BY[declared.method.__qualname__]) for name, value in payload.items()
                }
            found = json.dumps(carried, ensure_ascii=False)
            assert [each for each in leaves(payload) if json.dumps(each, ensure_ascii=False)[1:-1] not in found] == []

    for each in as_wanted(method, arguments):
        check(each)
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
    arguments = next(as_wanted(method, arguments))
    by_position = [arguments.get(parameter) for parameter in spec.args[1:]]
    by_keyword = {parameter: arguments[parameter] for parameter in spec.kwonlyargs if parameter in arguments}
    with responses.RequestsMock() as mock:
        mock.add(method.__endpoint__.verb, re.compile(".*"), json=answer_to(method))  # type: ignore[attr-defined]
        method(client, *by_position, **by_keyword)
        positional = Sent(mock.calls[0].request)
    assert vars(positional) == vars(send(client, method, arguments))


@every_endpoint
@without_ids
def test_what_connections_are_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, method = ENDPOINTS[name]
    arguments, required = sample_arguments(method)
    asked: list[dict[str, Any]] = []

    def request(**given: Any) -> dict[str, Any]:
        asked.append(given)
        return answer_to(method)

    monkeypatch.setattr(client._client, "request", request)
    method(client, **{parameter: arguments[parameter] for parameter in required})
    (given,) = asked
    assert given.keys() <= {"method", "url", "params", "json"}
    assert "params" in given or not is_listing(method), "hcloud-python sends params={} with every listing"
    assert None not in [*given.values(), *given.get("params", {}).values(), *(given.get("json") or {}).values()]


def is_listing(method: Callable[..., Any]) -> bool:
    kind = resolve(method.__endpoint__.method.__annotations__["return"], method.__module__)  # type: ignore[attr-defined]
    return inspect.isclass(kind) and issubclass(kind, tuple)


@every_endpoint
def test_what_has_no_place_in_a_path(name: str) -> None:
    client, method = ENDPOINTS[name]
    declared = method.__endpoint__  # type: ignore[attr-defined]
    arguments, _ = sample_arguments(method)
    with responses.RequestsMock() as mock:  # nothing may go out
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
            for each in bad:
                with pytest.raises(InvalidArgumentError, match=parameter):
                    method(client, **{**arguments, parameter: each})
        assert len(mock.calls) == 0


# Methods that are made of others


def shape(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(list(inspect.signature(method).parameters.items())[1:])


def lone(annotation: str) -> str:
    """What a list or an iterator is of."""
    found = re.fullmatch(r"(?:list|Iterator)\[(.*)\]", annotation)
    assert found, annotation
    return found[1]


@pytest.mark.parametrize("name", PAGED)
def test_all_pages_take_what_one_page_takes(name: str) -> None:
    _, method = PAGED[name]
    get_list = method.__every_page_of__  # type: ignore[attr-defined]
    ours, theirs = shape(method), shape(get_list)
    assert theirs.pop("page").default is None
    per_page = theirs.pop("per_page")
    assert {name: (each.annotation, each.default) for name, each in ours.items()} == {
        name: (each.annotation, each.default) for name, each in (theirs | {"per_page": per_page}).items()
    }

    def by_position(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
        return [name for name, each in parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD]

    assert list(ours)[-1] == "per_page"
    # Some of hcloud-python's lack parameters, which came later by keyword; the order is the same.
    assert [each for each in by_position(theirs) if each in by_position(ours)] == [
        each for each in by_position(ours) if each != "per_page"
    ]
    page = resolve(get_list.__annotations__["return"], get_list.__module__)
    assert lone(method.__annotations__["return"]) == lone(page.__annotations__[page._fields[0]].__forward_arg__)


@pytest.mark.parametrize("name", PAGED)
def test_all_pages_ask_for_each(name: str) -> None:
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


def test_every_listing_of_pages_comes_whole_too() -> None:
    pages = {name for name, (_, method) in ENDPOINTS.items() if "page" in inspect.signature(method).parameters}
    whole = {
        f"{name.rpartition('.')[0]}.{method.__every_page_of__.__name__}"  # type: ignore[attr-defined]
        for name, (_, method) in PAGED.items()
    }
    assert pages == whole


ITERATORS = {
    f"{resource}.{name}": (client, method)
    for resource, client in CLIENTS.items()
    for name, method in functions_of(type(client)).items()
    if name == "iter" or name.startswith("iter_")
}


@pytest.mark.parametrize("name", ITERATORS)
def test_iterators_take_what_lists_take(name: str) -> None:
    client, method = ITERATORS[name]
    of = "get_all" if method.__name__ == "iter" else method.__name__.replace("iter_", "get_")
    listing = getattr(type(client), of)
    subject = "resource" if "resource" in shape(method) else None
    ours, theirs = list(shape(method).values()), list(shape(listing).values())
    if subject is not None:  # one method for all kinds of resources
        ours, theirs = ours[1:], theirs[1:]
    assert ours == theirs
    assert lone(method.__annotations__["return"]) == lone(listing.__annotations__["return"])
    assert method.__qualname__.endswith(f".{name.rpartition('.')[2]}")


def test_every_listing_can_be_iterated() -> None:
    listings = {name.rpartition(".")[0] for name in PAGED if name.endswith(".get_all")}
    iterated = {name.rpartition(".")[0] for name in ITERATORS if name.endswith(".iter")}
    assert {name for name in listings if not name.endswith("actions")} <= iterated


# Bound forms


def bound_forms() -> Iterator[tuple[str, type[Any], Callable[..., Any], Callable[..., Any]]]:
    for package in RESOURCES:
        module = importlib.import_module(f"hcloud.{package}.client")
        for kind in vars(module).values():
            if not (inspect.isclass(kind) and issubclass(kind, BoundModelBase) and kind.__module__ == module.__name__):
                continue
            if not kind._home:  # a base of bound models
                continue
            of = type(CLIENTS[kind._home])
            for name, method in vars(kind).items():
                closure = inspect.getclosurevars(method).nonlocals if inspect.isfunction(method) else {}
                if "name_on_client" in closure:
                    yield f"{kind.__name__}.{name}", kind, method, getattr(of, closure["name_on_client"])


BOUND = {name: rest for name, *rest in bound_forms()}


def test_bound_forms_are_found() -> None:
    assert {"BoundImage.update", "BoundServer.rebuild", "BoundServer.get_actions"} <= BOUND.keys()


@pytest.mark.parametrize("name", BOUND)
def test_bound_forms_take_what_their_clients_take(name: str) -> None:
    _, method, of_client = BOUND[name]
    assert list(shape(method).values()) == list(shape(of_client).values())[1:]
    assert method.__annotations__["return"] == of_client.__annotations__["return"]
    assert method.__doc__
    assert method.__name__ == name.rpartition(".")[2]


@pytest.mark.parametrize("name", BOUND)
def test_bound_forms_pass_everything_on(name: str) -> None:
    kind, method, of_client = BOUND[name]
    said: list[Any] = []

    class Recorder:
        def __getattr__(self, called: str) -> Any:
            return lambda *args, **kwargs: said.append((called, args, kwargs))

    model = kind(Recorder(), {"id": 1})
    spec = inspect.getfullargspec(inspect.unwrap(of_client))
    by_position = list(range(len(spec.args) - 2))
    by_keyword = {name: f"keyword {name}" for name in spec.kwonlyargs}
    method(model, *by_position, **by_keyword)
    assert said == [(of_client.__name__, (model, *by_position), by_keyword)]
    assert said[0][1][0] is model


# Links


def links() -> Iterator[tuple[str, type[BaseDomain], Link[Any]]]:
    for package in RESOURCES:
        module = importlib.import_module(f"hcloud.{package}.domain")
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, BaseDomain) and kind.__module__ == module.__name__:
                for field in kind._fields.values():
                    if isinstance(field, Link):
                        yield f"{kind.__name__}.{field.name}", kind, field


LINKS = {name: rest for name, *rest in links()}


@pytest.mark.parametrize("name", LINKS)
def test_links_lead_to_a_collection(name: str) -> None:
    kind, field = LINKS[name]
    resource = field.collection.partition(".")[0]  # storage boxes have collections within
    assert resource in RESOURCES
    bound = field.kind
    assert issubclass(bound, BoundModelBase)
    assert bound._collection == field.collection
    assert bound.__module__ == f"hcloud.{resource}.client"
    # What a type checker is told is what is read.
    annotation = next(
        base.__annotations__[field.name] for base in kind.__mro__ if field.name in vars(base).get("__annotations__", {})
    )
    named = re.findall(r"\w+", annotation)
    assert bound.__name__ in named or bound.model.__name__ in named
