from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import threading
import traceback
from typing import Any

import pytest
import requests
import urllib3

import hcloud
from hcloud import APIException, HCloudException, HCloudExceptionGroup, InvalidArgumentError, _exceptions, digitalocean
from hcloud.actions import (
    Action,
    ActionException,
    ActionFailedException,
    ActionsException,
    ActionTimeoutException,
    BoundAction,
)
from hcloud.core.errors import api_error, outcome_unknown, undocumented_response
from hcloud.core.network_errors import network_error
from hcloud.servers import Server
from tests.stub import Stub, error

EXCEPTIONS = [getattr(_exceptions, name) for name in _exceptions.__all__ if name not in ("FetchWarning", "RequestInfo")]

# Documented error codes, with their HTTP status and class.
CODES = {
    "json_error": (400, "JsonError"),
    "unauthorized": (401, "UnauthorizedError"),
    "token_readonly": (401, "TokenReadonlyError"),
    "forbidden": (403, "ForbiddenError"),
    "maintenance": (403, "MaintenanceError"),
    "resource_limit_exceeded": (403, "ResourceLimitExceededError"),
    "not_found": (404, "NotFoundError"),
    "method_not_allowed": (405, "MethodNotAllowedError"),
    "uniqueness_error": (409, "UniquenessError"),
    "conflict": (409, "ConflictError"),
    "deprecated_api_endpoint": (410, "DeprecatedApiEndpointError"),
    "resource_unavailable": (412, "ResourceUnavailableError"),
    "invalid_input": (422, "InvalidInputError"),
    "service_error": (422, "ServiceError"),
    "unsupported_error": (422, "UnsupportedError"),
    "locked": (423, "LockedError"),
    "protected": (423, "ProtectedError"),
    "rate_limit_exceeded": (429, "RateLimitExceededError"),
    "server_error": (500, "ServerError"),
    "bad_gateway": (502, "BadGatewayError"),
    "unavailable": (503, "UnavailableError"),
    "timeout": (504, "GatewayTimeoutError"),
}


def test_exceptions_have_a_common_base_and_are_documented() -> None:
    for cls in EXCEPTIONS:
        assert issubclass(cls, HCloudException)
        assert inspect.getdoc(cls) != inspect.getdoc(cls.__base__), f"{cls.__name__} is not documented"
    assert sorted(_exceptions.__all__) == _exceptions.__all__


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("InvalidArgumentError", ValueError),
        ("MalformedFieldError", ValueError),
        ("NotFetchedError", AttributeError),
        ("WaitTimeoutError", TimeoutError),
    ],
)
def test_exceptions_derive_from_builtins(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(_exceptions, name), builtin)


def test_network_error_does_not_import_requests() -> None:
    script = "import sys; from hcloud._exceptions import NetworkError; print('requests' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout == "False\n"
    )


# API errors


@pytest.mark.parametrize("code", CODES)
def test_codes_are_raised_as_their_class(stub: Stub, code: str) -> None:
    status, name = CODES[code]
    details = {"fields": [{"name": "name"}]}
    stub.responses = [(status, error(code, "that went wrong", details), {"X-Correlation-Id": "abc"})]
    with pytest.raises(getattr(_exceptions, name)) as caught:
        stub.client().with_options(retries=0).images.get_by_id(1)
    exception: Any = caught.value
    assert type(exception).__name__ == name
    assert isinstance(exception, APIException)
    assert (exception.code, exception.message, exception.details) == (code, "that went wrong", details)
    assert (exception.http_status, exception.correlation_id) == (status, "abc")
    assert str(exception) == f"that went wrong: field 'name' ({code}, abc)"
    assert repr(exception.request) == "<GET https://api.hetzner.cloud/v1/images/1>"


def test_every_code_is_covered() -> None:
    keys = {key for key, cls in APIException._by_code.items() if cls.__module__ == hcloud.__name__}
    assert {key for key in keys if isinstance(key, str)} == CODES.keys()


def test_an_unknown_code_is_raised_by_its_status(stub: Stub) -> None:
    stub.responses = [(418, error("teapot_error", "I am one"))]
    with pytest.raises(APIException, match=r"^I am one \(teapot_error\)$") as caught:
        stub.client().images.get_by_id(1)
    assert type(caught.value) is APIException
    stub.responses = [(404, error("gone_fishing"))]
    with pytest.raises(_exceptions.NotFoundError):
        stub.client().images.get_by_id(1)


def test_constructor_is_compatible_with_hcloud_python() -> None:
    exception = APIException("code", "message", {"a": 1})
    assert (exception.code, exception.message, exception.details) == ("code", "message", {"a": 1})
    assert exception.correlation_id is None
    assert exception.http_status is None
    assert str(exception) == "message (code)"
    assert str(APIException(503, "Service Unavailable", {}, correlation_id="abc")) == "Service Unavailable (503, abc)"


def test_an_error_without_a_message_is_raised_as_its_class(stub: Stub) -> None:
    stub.responses = [(404, {"error": {"code": "not_found"}})]
    with pytest.raises(_exceptions.NotFoundError):
        stub.client().images.get_by_id(1)


# Malformed responses


@pytest.mark.parametrize(
    ("status", "body", "excerpt"),
    [
        (500, {"error": "boom"}, "boom"),
        (400, {"error": {"message": "no code"}}, "no code"),
        (400, {"error": {"code": 7, "message": "odd"}}, "odd"),
        (400, {"error": None}, "None|null"),
        (400, ["error"], "error"),
        (400, b"", "400"),
        (404, b"<html>not here</html>", "<html>not here"),
        (200, b"<html>a captive portal</html>", "captive portal"),
        (200, b'{"image": {"id"', "image"),
        (200, [], r"\[\]"),
        (200, b"null", "null"),
        (302, b"", "302"),
        (200, b"\xff\xfe\x00", "200"),
    ],
    ids=repr,
)
def test_malformed_responses_raise_an_api_exception(stub: Stub, status: int, body: Any, excerpt: str) -> None:
    stub.responses = [(status, body, {"X-Correlation-Id": "abc"})]
    with pytest.raises(APIException, match=excerpt) as caught:
        stub.client().with_options(retries=0).images.get_by_id(1)
    assert caught.value.http_status == status
    assert caught.value.code == status
    assert caught.value.correlation_id == "abc"
    assert "abc" in str(caught.value)
    assert len(str(caught.value)) < 400
    if status == 404:
        assert isinstance(caught.value, _exceptions.NotFoundError)
    if status < 400:
        assert isinstance(caught.value, _exceptions.InvalidResponseError)


def test_a_long_body_is_truncated_in_the_message(stub: Stub) -> None:
    stub.responses = [(500, b"x" * 100_000)]
    with pytest.raises(APIException) as caught:
        stub.client().with_options(retries=0).images.get_by_id(1)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("images.get_by_id(1)", {}),
        ("images.get_by_id(1)", {"image": None}),
        ("images.get_by_id(1)", {"image": []}),
        ("images.get_by_id(1)", {"image": {"name": "without id"}}),
        ("images.get_by_id(1)", {"image": {"id": None}}),
        ("images.get_by_id(1)", {"image": {"id": {}}}),
        ("images.get_list()", {}),
        ("images.get_list()", {"images": None}),
        ("images.get_list()", {"images": {}}),
        ("images.get_list()", {"images": [None]}),
        ("images.get_list()", {"images": [{"name": "without id"}]}),
        ("images.get_all()", {"images": "many"}),
        ("servers.power_on(Server(id=1))", {"action": 1}),
    ],
    ids=repr,
)
def test_a_response_without_the_documented_content_is_rejected(stub: Stub, call: str, body: Any) -> None:
    stub.responses = [(200, body)]
    with pytest.raises(_exceptions.InvalidResponseError, match="is not as the API documents it"):
        eval(f"client.{call}", {"client": stub.client(), "Server": Server})


# Unknown outcomes


@pytest.mark.parametrize(
    ("path", "body", "collection", "criteria"),
    [
        (
            "/servers",
            {"name": "web", "labels": {"a": "b"}, "image": 1},
            "/servers",
            {"name": "web", "labels": {"a": "b"}},
        ),
        (
            "/servers/1/actions/create_image",
            {"description": "nightly", "type": "snapshot"},
            "/images",
            {"type": "snapshot", "description": "nightly"},
        ),
        ("/servers/1/actions/poweron", None, "/servers/1/actions", {}),
        ("/zones/example.com/rrsets/www/A/actions/set_records", {"records": []}, "/zones/example.com/actions", {}),
        ("/zones/1/rrsets", {"name": "@", "type": "A"}, "/zones/1/rrsets", {"name": "@", "type": "A"}),
        ("/storage_boxes/1/snapshots", {"labels": {}}, "/storage_boxes/1/snapshots", {}),
        ("/droplets/actions?tag_name=prod", {"type": "snapshot"}, "/droplets/actions", {"type": "snapshot"}),
    ],
)
def test_place_to_look_in(stub: Stub, path: str, body: Any, collection: str, criteria: dict[str, Any]) -> None:
    stub.responses = [502]
    with pytest.raises(_exceptions.OutcomeUnknownError) as caught:
        stub.client().request("POST", path, json=body)
    for unknown in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert unknown.collection == collection
        assert unknown.criteria == criteria
        (note,) = unknown.__notes__
        assert f"Look in {collection}" in note
        assert all(f"{name}={value!r}" in note for name, value in criteria.items())


def test_place_to_look_in_without_a_request() -> None:
    unknown = outcome_unknown(network_error(requests.ReadTimeout("too slow")))
    assert (unknown.collection, unknown.criteria) == (None, {})
    unknown.request = _exceptions.RequestInfo("POST", "https://example.com/v1/servers", None, {"name": "web"})
    assert (unknown.collection, unknown.criteria) == (None, {"name": "web"})


# Copies


class CustomError(APIException):
    """User-defined exception with different constructor parameters."""

    def __init__(self, name: str) -> None:
        super().__init__("own", f"no {name}", None)
        self.name = name


def exceptions() -> list[HCloudException]:
    api = api_error(409, "uniqueness_error", "taken", {"fields": [{"name": "name"}]}, "abc")
    instances: list[HCloudException] = [
        HCloudException("plain"),
        APIException("code", "message", {"a": [1]}, correlation_id="abc", http_status=400),
        api,
        undocumented_response(502, "Bad Gateway", b"<html>", "abc"),
        network_error(requests.ReadTimeout("too slow")),
        network_error(requests.ConnectionError(OSError(104, "reset"))),
        network_error(OSError(104, "reset")),
        outcome_unknown(network_error(requests.ReadTimeout("too slow"))),
        outcome_unknown(undocumented_response(502, "Bad Gateway", b"", None)),
        ActionFailedException(
            Action(id=1, command="create_server", error={"code": "a", "message": "b", "details": {}})
        ),
        ActionTimeoutException(Action(id=1, command="create_server")),
        ActionException(Action(id=1)),
        CustomError("server"),
        HCloudExceptionGroup("rotate() failed", [HCloudException("plain"), api], {"done": 1}),
        *(cls("text") for cls in EXCEPTIONS if not issubclass(cls, (APIException, HCloudExceptionGroup))),
    ]
    instances[7].request = _exceptions.RequestInfo("POST", "https://example.com/v1/servers", None, {"name": "web"})
    return instances


def attributes(exception: HCloudException) -> dict[str, str]:
    return {name: repr(value) for name, value in vars(exception).items() if value is not None}


@pytest.mark.parametrize("index", range(len(exceptions())))
def test_exceptions_can_be_pickled_and_copied(index: int) -> None:
    exception = exceptions()[index]
    duplicates = [pickle.loads(pickle.dumps(exception, protocol)) for protocol in range(3, pickle.HIGHEST_PROTOCOL + 1)]
    for duplicate in [*duplicates, copy.copy(exception), copy.deepcopy(exception)]:
        assert type(duplicate) is type(exception)
        assert str(duplicate) == str(exception)
        assert repr(duplicate.args) == repr(exception.args)
        assert attributes(duplicate) == attributes(exception)


class OtherError(requests.ConnectionError):
    """Failure of a transport with an attribute that can't be pickled, and one that can't be unpickled."""

    def __init__(self, lock: Any, cause: Exception) -> None:
        super().__init__(lock, cause)
        self.lock, self.cause, self.host = lock, cause, "example.com"


class KeywordError(Exception):
    """Exception whose constructor does not accept its ``args``."""

    def __init__(self, *, text: str) -> None:
        super().__init__(text)


def test_values_that_cannot_be_pickled_are_left_out() -> None:
    exception = network_error(OtherError(threading.Lock(), KeywordError(text="too slow")))
    for duplicate in (pickle.loads(pickle.dumps(exception)), copy.copy(exception), copy.deepcopy(exception)):
        assert type(duplicate) is type(exception)
        assert str(duplicate) == str(exception)
        assert duplicate.args == (str(exception.args[0]), "too slow")
        assert vars(duplicate).get("host") == "example.com"
        assert not {"lock", "cause"} & vars(duplicate).keys()


def test_the_message_of_a_copy_has_its_prefix_once() -> None:
    reason = urllib3.exceptions.LocationParseError("http://a:b")
    exception = network_error(requests.exceptions.InvalidURL(reason))
    for duplicate in (pickle.loads(pickle.dumps(exception)), copy.copy(exception), copy.deepcopy(exception)):
        assert str(duplicate) == str(exception) == "Failed to parse: http://a:b"
        assert str(pickle.loads(pickle.dumps(duplicate))) == str(exception)


def test_a_group_is_split_into_groups_with_the_same_result() -> None:
    first, second = HCloudException("plain"), InvalidArgumentError("wrong")
    second.add_note("web-1")
    group = HCloudExceptionGroup("rotate() failed for 2 of 3 servers", [first, second], result=5)
    assert str(group) == "rotate() failed for 2 of 3 servers: plain; web-1: wrong"
    assert (group.exceptions, group.result) == ((first, second), 5)
    matching, rest = group.split(InvalidArgumentError)
    assert isinstance(matching, HCloudExceptionGroup)
    assert isinstance(rest, HCloudExceptionGroup)
    assert (matching.exceptions, matching.result, rest.exceptions) == ((second,), 5, (first,))
    assert type(group.derive([OSError()])) is ExceptionGroup
    with pytest.raises(HCloudException):
        raise group


@pytest.mark.parametrize("name", _exceptions.__all__)
def test_classes_are_named_after_the_module_that_programs_import(name: str) -> None:
    cls = getattr(_exceptions, name)
    assert f"{cls.__module__}.{cls.__qualname__}" == f"hcloud.{name}"
    assert pickle.loads(pickle.dumps(cls)) is getattr(hcloud, name) is cls


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        (api_error(404, "not_found", "no", None, None), "hcloud.NotFoundError"),
        (network_error(requests.ReadTimeout("too slow")), "requests.exceptions.ReadTimeout"),
        (network_error(OSError(104, "reset")), "ConnectionResetError"),
        (outcome_unknown(network_error(requests.ReadTimeout("too slow"))), "hcloud.OutcomeUnknownError"),
        (digitalocean.UnprocessableEntityError("x", "no", None), "hcloud.digitalocean.UnprocessableEntityError"),
        (CustomError("server"), f"{__name__}.CustomError"),
    ],
)
def test_tracebacks_name_a_class_that_can_be_imported(exception: HCloudException, name: str) -> None:
    assert traceback.format_exception_only(exception)[0].startswith(f"{name}: ")
    assert type(pickle.loads(pickle.dumps(exception))) is type(exception)


def test_exceptions_pickled_by_older_versions_are_read() -> None:
    exception = outcome_unknown(api_error(502, "bad_gateway", "no", None, None))
    older = pickle.dumps(exception, 0).replace(b"chcloud\n", b"chcloud._exceptions\n")
    older = older.replace(b"join_classes\n", b"joined\n")
    assert b"chcloud._exceptions\nOutcomeUnknownError" in older
    assert b"joined\n" in older
    assert type(pickle.loads(older)) is type(exception)


def test_an_exception_of_actions_is_pickled_without_the_token(stub: Stub) -> None:
    client = stub.client()
    running = BoundAction(client.actions, {"id": 1, "command": "create_server", "status": "running"})
    failed = BoundAction(client.actions, {"id": 2, "status": "error", "error": {"code": "c", "message": "m"}})
    exception = ActionsException([ActionFailedException(failed)], [running])
    assert str(exception) == "The pending action failed: m (c, 2); still running: create_server (1)"
    pickled = pickle.dumps(exception)
    assert b"the-token" not in pickled
    duplicate = pickle.loads(pickled)
    assert str(duplicate) == str(exception)
    assert [failure.action for failure in duplicate.failed] == [failed]
    assert duplicate.running == [running]
    assert stub.sent == []


def test_network_errors_keep_the_class_of_their_cause(stub: Stub) -> None:
    cause = requests.ReadTimeout("too slow")
    stub.responses = [cause]
    with pytest.raises(requests.ReadTimeout, match=r"^too slow$") as caught:
        stub.client().with_options(retries=0).images.get_by_id(1)
    assert isinstance(caught.value, _exceptions.NetworkError)
    assert caught.value.__cause__ is cause
    assert str(caught.value) == str(cause)
    assert type(caught.value).__name__ == "ReadTimeout"


def test_the_body_of_a_failed_request_is_not_shown(stub: Stub) -> None:
    stub.responses = [(422, error("invalid_input"))]
    with pytest.raises(APIException) as caught:
        stub.client().request("POST", "/certificates", json={"private_key": "hunter2"})
    request = caught.value.request
    assert request is not None
    assert request.json == {"private_key": "hunter2"}
    assert repr(request) == "<POST https://api.hetzner.cloud/v1/certificates>"
    assert "hunter2" not in repr(caught.value) + str(caught.value)
