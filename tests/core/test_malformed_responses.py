"""Successful responses that are not as the API documents them: read right, retried, or reported by one error."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hcloud
import hcloud.digitalocean
from hcloud import Client, HCloudException
from hcloud._exceptions import (
    InvalidResponseError,
    LockedError,
    MalformedFieldError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
    UniquenessError,
)
from hcloud.core import BaseDomain
from hcloud.core.client import BoundModelBase
from hcloud.core.provider import resource_clients
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.digitalocean.droplets import Droplet
from hcloud.images import Image
from hcloud.load_balancers import LoadBalancer
from hcloud.placement_groups import PlacementGroup
from hcloud.servers import Server
from hcloud.zones import Zone, ZoneRRSet
from tests.stub import Stub, error

pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated:DeprecationWarning")

IMAGE = (200, {"image": {"id": 1}})
PORTAL = (200, {"status": "ok"})
EMPTY = (200, b"")

Call = Callable[[Client], Any]


def get(client: Client) -> Any:
    return client.images.get_by_id(1)


def update(client: Client) -> Any:
    return client.images.update(Image(id=1), description="x")


def delete(client: Client) -> Any:
    return client.images.delete(Image(id=1))


def create_image(client: Client) -> Any:
    return client.servers.create_image(Server(id=1), description="nightly", labels={"run": "7"})


# Responses that are not the API's


@pytest.mark.parametrize("response", [PORTAL, EMPTY, (200, {"image": []})], ids=["portal", "empty", "malformed"])
@pytest.mark.parametrize("call", [get, update])
def test_safe_request_is_retried(response: Any, call: Call) -> None:
    stub = Stub(response, response, IMAGE)
    assert call(stub.client()).id == 1
    assert len(stub.sent) == 3
    assert len(stub.clock.slept) == 2
    stub = Stub(response)
    with pytest.raises(InvalidResponseError) as caught:
        call(stub.client(retries=2))
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.request is not None
    assert len(stub.sent) == 3


URL = "https://api.hetzner.cloud/v1/images/1"
MOVED = {"Location": "https://login.example.com/sso?code=5#code=5"}
TEXTS: dict[str, tuple[Any, str]] = {
    "html": ((200, b"<html>"), f"the response to GET {URL} does not have the API's form; it starts '<html>'"),
    "an error of a proxy": (
        (404, b"<h1>"),
        f"the response to GET {URL} does not have the API's form; it starts '<h1>'",
    ),
    "a redirect": ((302, b"<html>", MOVED), f"GET {URL} is redirected to https://login.example.com/sso"),
    "empty": (EMPTY, "the response to GET /images/{id} is not as the API documents it: no 'image'; it is empty"),
    "an empty object": ((200, b"{}"), "GET /images/{id} is not as the API documents it: no 'image'; it starts '{}'"),
}


@pytest.mark.parametrize(("response", "text"), TEXTS.values(), ids=TEXTS)
def test_message_names_the_request(response: Any, text: str) -> None:
    with pytest.raises(HCloudException, match=re.escape(text)) as caught:
        get(Stub(response).client(retries=0))
    assert "code=5" not in str(caught.value)


@pytest.mark.parametrize("response", [PORTAL, EMPTY, (201, {"action": "login"})], ids=["portal", "empty", "malformed"])
def test_post_is_not_repeated(response: Any) -> None:
    stub = Stub(response)
    with pytest.raises(OutcomeUnknownError) as caught:
        create_image(stub.client(retry_unsafe=True))
    assert isinstance(caught.value, InvalidResponseError)
    assert len(stub.sent) == 1
    with pytest.raises(OutcomeUnknownError) as caught:
        create_image(Stub(response).client())
    assert "retry_unsafe" not in caught.value.__notes__[0]  # which changes nothing here


@pytest.mark.parametrize("response", [PORTAL, EMPTY], ids=["portal", "empty"])
def test_delete_without_confirmation(response: Any) -> None:
    stub = Stub(response, (404, error("not_found")))
    assert delete(stub.client()) is True
    assert len(stub.sent) == 2
    stub = Stub(response)
    with pytest.raises(OutcomeUnknownError, match="status 200") as caught:
        delete(stub.client(retries=1))
    assert isinstance(caught.value, InvalidResponseError)
    assert "safe to send it again" in caught.value.__notes__[0]
    assert len(stub.sent) == 2


@pytest.mark.parametrize("response", [204, 201, (200, {}), (200, {"action": {"id": 1}})], ids=repr)
def test_delete_with_confirmation(response: Any) -> None:
    stub = Stub(response)
    assert delete(stub.client()) is True
    assert len(stub.sent) == 1


def test_empty_response_of_a_request_without_method() -> None:
    assert Stub(EMPTY).client().request("POST", "/servers") == {}


# Errors in successful responses


def test_error_of_the_api_with_a_successful_status() -> None:
    locked = (200, error("locked", "wait"), {"X-Correlation-Id": "abc"})
    for call in (get, update, delete):
        stub = Stub(locked)
        with pytest.raises(LockedError, match=r"^wait \(locked, abc\)$") as caught:
            call(stub.client())
        assert not isinstance(caught.value, OutcomeUnknownError)
        assert caught.value.http_status == 200
        assert len(stub.sent) == 1
    with pytest.raises(NotFoundError):
        delete(Stub((200, error("not_found"))).client())
    stub = Stub((200, error("unavailable")), IMAGE)
    assert get(stub.client()).id == 1
    assert len(stub.sent) == 2


@pytest.mark.parametrize("code", ["uniqueness_error", "conflict", "rate_limit_exceeded", "unavailable"])
def test_error_with_a_successful_status_proves_nothing_of_a_post(code: str) -> None:
    stub = Stub((201, error(code)))
    with pytest.raises(OutcomeUnknownError) as caught:
        create_image(stub.client())
    assert getattr(caught.value, "code", None) == code
    assert isinstance(caught.value, UniquenessError) is (code == "uniqueness_error")
    assert isinstance(caught.value, UnavailableError) is (code == "unavailable")
    assert len(stub.sent) == 1


def test_null_error_is_none() -> None:
    assert get(Stub((200, {"image": {"id": 1}, "error": None})).client()).id == 1


@pytest.mark.parametrize(
    "body",
    [
        {"id": "not_found", "message": "gone", "request_id": 5},
        {"error": "gone", "messages": ["a", 1, None], "root_causes": []},
        {"error": "gone", "messages": 5},
    ],
    ids=repr,
)
def test_errors_of_digitalocean(body: Any) -> None:
    for status in (200, 404):
        stub = Stub((status, body))
        client = DigitalOceanClient("t" * 64, adapter=stub, clock=stub.clock)
        with pytest.raises(hcloud.APIException, match="gone"):
            client.droplets.delete(Droplet(id=1))


# Nesting


def failure_of(call: Callable[[], Any]) -> HCloudException | None:
    """Return the error of this library that a call raises, after copying it by pickle; None if it returns."""
    try:
        call()
    except HCloudException as failure:
        duplicate: HCloudException = pickle.loads(pickle.dumps(failure))
        return duplicate
    return None


def nested(depth: int, kind: str) -> str:
    opening, closing = ("[", "]") if kind == "list" else ('{"a":', "}")
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize("depth", [150, 300, 450, 700, 900, 980, 5_000, 100_000])
@pytest.mark.parametrize("kind", ["list", "object"])
def test_deep_nesting_is_reported_where_it_is_read(depth: int, kind: str) -> None:
    server = f'{{"id": 1, "labels": {nested(depth, kind)}}}'
    stub = Stub((200, f'{{"server": {server}, "servers": [{server}, {server}]}}'.encode()))
    client = stub.client(retries=0)
    failure = failure_of(lambda: client.servers.get_by_id(1))
    if failure is not None:  # it can't even be decoded
        assert depth > 800
        assert isinstance(failure, InvalidResponseError)
        return
    bound = client.servers.get_by_id(1)
    for read in (
        lambda: bound.labels,
        bound.to_dict,
        lambda: pickle.dumps(bound),
        lambda: bound == client.servers.get_by_id(1),
        lambda: hash(Server.from_dict({"labels": bound.raw["labels"]._content})),
    ):
        with pytest.raises(MalformedFieldError):
            read()
    assert repr(bound.data_model) == "Server(id=1, ...)"
    assert len(bound._repr_html_()) < 3000
    assert bound.id == 1
    for allowed in (
        lambda: bound.raw == client.servers.get_by_id(1).raw,
        lambda: dict(bound.raw) == bound.raw,
        lambda: hash(bound),
        lambda: copy.deepcopy(bound),
        client.servers.get_all,
    ):
        failure = failure_of(allowed)
        assert failure is None or isinstance(failure, (MalformedFieldError, InvalidResponseError))


def test_moderate_nesting_is_read() -> None:
    sent = {"id": 1, "labels": json.loads(nested(99, "object"))}
    server = Server.from_dict(sent)
    assert server.labels == sent["labels"]
    assert server.to_dict() == sent
    assert pickle.loads(pickle.dumps(server)) == copy.deepcopy(server) == server
    assert server.raw == sent
    assert repr(server)


def test_records_that_contain_records_of_their_class() -> None:
    target: Any = {"type": "label_selector"}
    for _ in range(300):
        target = {"type": "label_selector", "targets": [target]}
    stub = Stub((200, {"load_balancer": {"id": 1, "targets": [target], "load_balancer_type": 3}}))
    balancer = stub.client().load_balancers.get_by_id(1)
    for targets in (balancer.targets, LoadBalancer.from_dict({"targets": [target]}).targets):
        assert targets is not None
        with pytest.raises(MalformedFieldError, match="'targets' should be nested at most 100 deep"):
            targets[0].targets  # noqa: B018
        assert "targets='(malformed)'" in repr(targets)
    ids: dict[Any, None] = {}
    balancer._collect_partial_ids(balancer._raw, "load_balancer_types", ids)
    balancer._collect_partial_ids(balancer._raw, "servers", {})
    assert list(ids) == [3]


def test_deep_details_of_an_error() -> None:
    body = f'{{"error": {{"code": "not_found", "message": "no", "details": {nested(400, "list")}}}}}'
    with pytest.raises(NotFoundError) as caught:
        get(Stub((404, body.encode())).client())
    pickle.loads(pickle.dumps(caught.value))
    copy.deepcopy(caught.value)


# Numbers


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_that_are_no_json(constant: str) -> None:
    with pytest.raises(InvalidResponseError):
        get(Stub((200, f'{{"image": {{"id": 1, "image_size": {constant}}}}}'.encode())).client(retries=0))


def test_equal_numbers_of_different_classes_stay_apart() -> None:
    values: list[Any] = [1, True, 1.0, 1, 0, False, 0.0]
    shapes: list[Callable[[Any], Any]] = [
        lambda value: {"a": value},
        lambda value: [value],
        lambda value: {"id": 7, "b": [{"c": "x"}, {"d": value}]},
        lambda value: {"a": [], "b": {}, "c": [[value]]},
    ]
    for shape in shapes:
        entries = [{"id": number, "labels": shape(value)} for number, value in enumerate(values, 1)]
        servers = Stub((200, {"servers": entries})).client().servers.get_list().servers
        assert [repr(server.labels) for server in servers] == [repr(shape(value)) for value in values]


def test_equal_values_of_a_page_are_shared() -> None:
    entries = [{"id": number, "server_type": {"id": 3, "memory": 4.0, "cores": 1}} for number in range(1, 4)]
    servers = Stub((200, {"servers": entries})).client().servers.get_list().servers
    assert len({id(server._raw["server_type"]) for server in servers}) == 1


def test_the_last_of_duplicate_keys_counts() -> None:
    assert get(Stub((200, b'{"image": {"id": 2}, "image": {"id": 3, "id": 1}}')).client()).id == 1


def test_lone_surrogates_are_read_and_sent_as_they_are() -> None:
    stub = Stub((200, b'{"image": {"id": 1, "description": "\\ud800"}}'))
    image = get(stub.client())
    assert image.description == "\ud800"
    image.update(description=image.description)
    assert stub.sent[1].json == {"description": "\ud800"}


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ({"resource_type": ["droplet"], "resource_id": 1}, "resource_type is a text"),
        ({"resource_type": {}, "resource_id": 1}, "resource_type is a text"),
        ({"resource_type": "droplet", "resource_id": [1]}, "resource_id is an integer"),
        ({"resource_type": "image", "resource_id": True}, "resource_id is an integer"),
        ({"resource_type": "image", "resource_id": "9" * 5_000}, "resource_id is an integer"),
    ],
    ids=str,
)
def test_links_with_a_malformed_type_or_id(link: dict[str, Any], problem: str) -> None:
    stub = Stub((200, {"actions": [{"id": 1, **link}, {"id": 2, "resource_type": "droplet", "resource_id": "7"}]}))
    client = DigitalOceanClient("t" * 64, adapter=stub, clock=stub.clock)
    malformed, sound = client.actions.get_list().actions
    with pytest.raises(MalformedFieldError, match=problem):
        malformed.resource  # noqa: B018
    assert sound.resource is not None
    assert sound.resource.id == 7
    ids: dict[Any, None] = {}
    malformed._collect_partial_ids(malformed._raw, "droplets", ids)
    assert not ids


# Any values in any field


def methods() -> Iterator[tuple[Any, Any, str]]:
    for cls in (Client, DigitalOceanClient):
        for name, class_name in resource_clients(cls).items():
            client_class = getattr(import_module(f"{cls._package}.{name}"), class_name)
            for method, function in inspect.getmembers(client_class):
                if hasattr(function, "__endpoint__"):
                    yield cls, name, method


METHODS = list(methods())
values = st.sampled_from(
    [
        None, True, False, 0, 1, 1.0, -1, 10**400, float("1e308"), "", "x", "1", "\ud800", "../x",
        "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "2016-12-31T23:59:60Z", [], [1], [None], [[]], [{}],
        [{"id": []}], [{"id": 1}], {}, {"id": 1}, {"id": True}, {"id": "../x"}, {"pages": {"next": "http://[::1"}},
        {"pages": [5]}, {"total": "x"}, {"pagination": []}, {"pagination": {"next_page": []}},
        json.loads(nested(450, "list")), json.loads(nested(300, "object")),
    ]
)  # fmt: skip


def objects(record_class: type[BaseDomain]) -> Any:
    fields: dict[str, Any] = dict.fromkeys([*record_class._fields, "resource_type", "resource_id"], values)
    fields.pop(record_class._identified_by, None)
    return st.fixed_dictionaries({record_class._identified_by: st.sampled_from([1, "x", "1"])}, optional=fields)


def payloads(result: Any) -> Any:
    """Draw payloads of about the shape that a method declares."""
    if result is bool:
        return st.dictionaries(st.sampled_from(["error", "status", "id", "message", "messages", "request_id"]), values)
    if hasattr(result, "_fields") and issubclass(result, tuple):
        (model,) = get_type_hints(result)[result._fields[0]].__args__
        entries = st.lists(objects(model._record_class), max_size=3) if hasattr(model, "_fields") else values
        return st.fixed_dictionaries({result._fields[0]: entries, "meta": values, "links": values})
    if getattr(result, "__origin__", None) is list:
        (model,) = result.__args__
        return st.fixed_dictionaries({model._collection: st.lists(objects(model._record_class), max_size=3)})
    if issubclass(result, BoundModelBase):
        return st.fixed_dictionaries({result._key: objects(result._record_class)})
    fields = {name: getattr(field, "target", None) for name, field in result._fields.items()}
    single = st.fixed_dictionaries(
        {}, optional={name: objects(model._record_class) if model else values for name, model in fields.items()}
    )
    return st.fixed_dictionaries({result._key: single}) if hasattr(result, "_key") else single


def argument(declaration: Any, name: str) -> Any:
    record_class = declaration.record_of(name)
    if record_class is ZoneRRSet:
        return ZoneRRSet(name="www", type="A", zone=Zone(id=1))
    if record_class is not None:
        identity: Any = 1 if record_class._identified_by == "id" else "x"
        return record_class.from_dict({record_class._identified_by: identity, "name": "n", "storage_box": 2})
    if name == "resource":
        return PlacementGroup(id=1)
    return 1 if declaration.method.__annotations__[name].startswith("int") else "x"


def use(value: Any, depth: int = 3) -> None:
    """Read a value in every way; only errors of this library may be raised."""
    if isinstance(value, BaseDomain):
        ways: list[Callable[[], Any]] = [
            lambda: repr(value), lambda: hash(value), lambda: value == copy.copy(value), lambda: copy.deepcopy(value),
            lambda: pickle.loads(pickle.dumps(value)), value.to_dict, value.to_payload,
            lambda: value.raw == copy.copy(value).raw,
        ]  # fmt: skip
        for read in ways:
            failure_of(read)
        for name in value.__api_properties__:
            read = partial(getattr, value, name)
            if failure_of(read) is None and depth:
                use(read(), depth - 1)
    elif isinstance(value, (list, tuple)):
        for item in value[:3]:
            use(item, depth)


@given(st.sampled_from(METHODS), st.data(), st.sampled_from([200, 200, 201, 404]))
@settings(max_examples=250, deadline=None)
def test_any_payload(example: tuple[Any, str, str], data: Any, status: int) -> None:
    cls, name, method = example
    stub = Stub(200)
    resource_client = getattr(cls("t" * 64, adapter=stub, clock=stub.clock, retries=0), name)
    function = getattr(resource_client, method)
    declaration = function.__endpoint__
    result = eval(declaration.method.__annotations__["return"], declaration.method.__globals__)
    stub.responses = [(status, data.draw(payloads(result)))]
    required = [
        parameter.name
        for parameter in list(inspect.signature(declaration.method).parameters.values())[1:]
        if parameter.default is parameter.empty
    ]
    arguments = {parameter: argument(declaration, parameter) for parameter in required}
    if failure_of(lambda: function(**arguments)) is None:
        use(function(**arguments))
