"""What is repeated, how often, after how long; and what is not."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ProxyError, SSLError

from hcloud import APIException, Client
from hcloud._exceptions import (
    BadGatewayError,
    InvalidResponseError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RequestInfo,
)
from hcloud.core.retry import constant_backoff_function, exponential_backoff_function
from hcloud.images import BoundImage, Image
from hcloud.servers import Server
from tests.stub import Stub, error

FOUND = (200, {"image": {"id": 1}, "server": {"id": 1}, "action": {"id": 1}})
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))
NEVER_CONNECTED = requests.ConnectionError(MaxRetryError(None, "/v1", NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def proxied(failure: Exception) -> requests.exceptions.ProxyError:
    reason = ProxyError("Unable to connect to proxy", failure)
    return requests.exceptions.ProxyError(MaxRetryError(None, "/v1", reason))  # type: ignore[arg-type]


def tls(failure: ssl.SSLError) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(MaxRetryError(None, "/v1", SSLError(failure)))  # type: ignore[arg-type]


GET: Callable[[Client], Any] = lambda client: client.images.get_by_id(1)  # noqa: E731
PUT: Callable[[Client], Any] = lambda client: client.images.update(Image(id=1), description="x")  # noqa: E731
DELETE: Callable[[Client], Any] = lambda client: client.images.delete(Image(id=1))  # noqa: E731
POST: Callable[[Client], Any] = lambda client: client.servers.create_image(Server(id=1), "x")  # noqa: E731
CALLS = {"GET": GET, "PUT": PUT, "DELETE": DELETE, "POST": POST}

PASSES = {  # and the server surely did not do what it was asked for
    "429 alone": 429,
    "503 alone": 503,
    "429 HTML": (429, b"<html>"),
    "rate_limit_exceeded": (429, error("rate_limit_exceeded")),
    "conflict": (409, error("conflict")),
    "unavailable": (503, error("unavailable")),
    "unknown code, 503": (503, error("something_new")),
    "never connected": NEVER_CONNECTED,
    "connecting took too long": requests.ConnectTimeout("too slow"),
    "proxy not reached": proxied(NewConnectionError(None, "refused")),  # type: ignore[arg-type]
    "proxy refused": proxied(OSError("Tunnel connection failed: 403 Forbidden")),
}
PASSES_UNSURE = {  # but nobody knows what the server did
    "502 alone": 502,
    "504 alone": (504, b"<html>"),
    "bad_gateway": (502, error("bad_gateway")),
    "timeout": (504, error("timeout")),
    "unknown code, 504": (504, error("something_new")),
    "answer took too long": requests.ReadTimeout("too slow"),
    "reset": RESET,
    "broken while reading": requests.exceptions.ChunkedEncodingError("broken"),
    "reset of the socket itself": ConnectionResetError(104, "reset"),
    "urllib3's own": ProtocolError("broken"),
    "broken behind a proxy": proxied(RemoteDisconnected("Remote end closed connection without response")),
    "TLS broken while reading": tls(ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]")),
}
SETTINGS = {  # of the program, which no repetition mends
    "a certificate that is not trusted": tls(ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")),
    "no address": requests.exceptions.InvalidURL("no host"),
    "a proxy that is none": requests.exceptions.InvalidProxyURL("no host"),
}
STAYS = {
    "400": (400, error("json_error")),
    "401": (401, error("unauthorized")),
    "403": (403, error("maintenance")),
    "404": (404, error("not_found")),
    "409": (409, error("uniqueness_error")),
    "412": (412, error("resource_unavailable")),
    "422": (422, error("invalid_input")),
    "423": (423, error("locked")),
    "500": (500, error("server_error")),
    "500 HTML": (500, b"<html>"),
    "200 HTML": (200, b"<html>"),
}


def by_name(cases: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", cases.values(), ids=cases)


@by_name(PASSES | PASSES_UNSURE)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_passes_is_repeated(method: str, fault: Any) -> None:
    stub = Stub(fault, fault, FOUND)
    CALLS[method](stub.client())
    assert [sent.method for sent in stub.sent] == [method] * 3
    assert len({(sent.url, str(sent.json)) for sent in stub.sent}) == 1
    assert len(stub.clock.slept) == 2


@by_name(STAYS)
@pytest.mark.parametrize("method", CALLS)
def test_what_stays_is_not_repeated(method: str, fault: Any) -> None:
    stub = Stub(fault)
    with pytest.raises(APIException) as caught:
        CALLS[method](stub.client())
    # A POST that was accepted took effect, but nobody knows what came of it.
    assert isinstance(caught.value, OutcomeUnknownError) is (method == "POST" and fault[0] == 200)
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


@by_name(SETTINGS)
@pytest.mark.parametrize("method", CALLS)
def test_what_the_program_set_wrong_is_not_repeated(method: str, fault: Exception) -> None:
    stub = Stub(fault)
    with pytest.raises(NetworkError) as caught:
        CALLS[method](stub.client())
    assert isinstance(caught.value, type(fault))
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


def test_an_accepted_post_without_what_is_documented_is_of_unknown_outcome() -> None:
    stub = Stub((201, b"{}"))
    with pytest.raises(OutcomeUnknownError, match="create_image is not what the API documents") as caught:
        POST(stub.client())
    assert isinstance(caught.value, InvalidResponseError)
    assert caught.value.http_status == 201
    assert caught.value.request is not None
    assert caught.value.request.json == {"description": "x"}


@by_name(PASSES)
def test_a_post_that_was_surely_refused_is_repeated(fault: Any) -> None:
    stub = Stub(fault, fault, FOUND)
    POST(stub.client())
    assert len(stub.sent) == 3


@by_name(PASSES_UNSURE)
def test_a_post_that_may_have_taken_effect_is_not(fault: Any) -> None:
    stub = Stub(fault)
    with pytest.raises(
        OutcomeUnknownError, match=r"whether POST https://\S+/servers/1/actions/create_image took"
    ) as caught:
        POST(stub.client())
    assert len(stub.sent) == 1
    request = caught.value.request
    assert isinstance(request, RequestInfo)
    assert (request.method, request.json) == ("POST", {"description": "x"})
    assert "retry_unsafe=True" in str(caught.value)
    if isinstance(fault, Exception):
        assert isinstance(caught.value, NetworkError)
        assert isinstance(caught.value, type(fault))
        assert caught.value.__cause__ is fault
    else:
        assert isinstance(caught.value, APIException)
        assert caught.value.http_status in (502, 504)


@by_name(PASSES_UNSURE)
def test_a_post_may_be_repeated_nevertheless(fault: Any) -> None:
    for make in (
        lambda stub: stub.client(retry_unsafe=True),
        lambda stub: stub.client().with_options(retry_unsafe=True),
    ):
        stub = Stub(fault, FOUND)
        POST(make(stub))
        assert len(stub.sent) == 2


def test_a_post_whose_second_try_is_unsure() -> None:
    stub = Stub(503, 504)
    with pytest.raises(OutcomeUnknownError):
        POST(stub.client())
    assert len(stub.sent) == 2


def test_an_unsure_outcome_keeps_what_the_server_said() -> None:
    stub = Stub((502, error("bad_gateway", "try again", {"a": 1}), {"X-Correlation-Id": "abc"}))
    with pytest.raises(BadGatewayError) as caught:
        POST(stub.client())
    assert isinstance(caught.value, OutcomeUnknownError)
    assert (caught.value.code, caught.value.details, caught.value.correlation_id) == ("bad_gateway", {"a": 1}, "abc")
    assert str(caught.value).startswith("try again (bad_gateway, abc)")


def test_an_answer_to_a_post_that_nobody_can_read() -> None:
    """It took effect: the caller hears that the answer is broken, and nothing is sent again."""
    stub = Stub((201, b'{"action": {"id"'))
    with pytest.raises(InvalidResponseError):
        POST(stub.client(retry_unsafe=True))
    assert len(stub.sent) == 1


@by_name({"a bug": ZeroDivisionError("bug"), "no such URL": TypeError("x")})
def test_what_is_no_failure_of_the_network_is_let_through(fault: Exception) -> None:
    stub = Stub(fault)
    with pytest.raises(type(fault)):
        GET(stub.client())
    assert len(stub.sent) == 1


# Deleting


@by_name(PASSES_UNSURE)
def test_a_delete_that_took_effect_the_first_time(fault: Any) -> None:
    stub = Stub(fault, (404, error("not_found")))
    assert stub.client().images.delete(Image(id=1)) is True


@by_name(PASSES)
def test_a_delete_that_was_refused_and_then_not_found(fault: Any) -> None:
    stub = Stub(fault, (404, error("not_found")))
    with pytest.raises(NotFoundError):
        DELETE(stub.client())


def test_a_delete_of_what_was_never_there() -> None:
    with pytest.raises(NotFoundError):
        DELETE(Stub((404, error("not_found"))).client())


def test_only_a_delete_takes_not_found_for_done() -> None:
    for call in (GET, PUT):
        with pytest.raises(NotFoundError):
            call(Stub(504, (404, error("not_found"))).client())


def test_a_delete_that_answers_with_an_action() -> None:
    stub = Stub(504, (404, error("not_found")))
    action = stub.client().servers.delete(Server(id=1))
    action.wait_until_finished()
    assert action.status == "success"
    assert len(stub.sent) == 2, "nobody asks for an action that nobody knows the id of"


# How often, and after how long


def test_gives_up_after_so_many() -> None:
    stub = Stub(503)
    with pytest.raises(APIException) as caught:
        GET(stub.client())
    assert caught.value.http_status == 503
    assert len(stub.sent) == 6


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_can_be_told(retries: int) -> None:
    stub = Stub(503)
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=retries))
    assert len(stub.sent) == 1 + retries


def test_the_number_that_programs_set() -> None:
    stub = Stub(503)
    client = stub.client()
    client._client._retry_max_retries = 2
    with pytest.raises(APIException):
        GET(client)
    assert len(stub.sent) == 3


def test_gives_up_after_so_long() -> None:
    stub = Stub((503, error("unavailable"), {"Retry-After": "100"}))
    began = stub.clock.monotonic()
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=1000, retry_max_time=450))
    assert stub.clock.slept == [100] * 4
    assert stub.clock.monotonic() - began <= 450


def test_waits_are_bounded_in_sum() -> None:
    stub = Stub(503)
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=1000))
    assert sum(stub.clock.slept) <= 300


def test_jitter() -> None:
    firsts, seconds = [], []
    for _ in range(100):
        stub = Stub(503, 503, FOUND)
        GET(stub.client())
        firsts.append(stub.clock.slept[0])
        seconds.append(stub.clock.slept[1])
    assert min(firsts) >= 0.5
    assert max(firsts) <= 1
    assert min(seconds) >= 1
    assert max(seconds) <= 2
    assert len(set(firsts)) > 50
    assert len(set(seconds)) > 50


def test_exponential_intervals() -> None:
    interval = exponential_backoff_function(base=1, multiplier=2, cap=60)
    assert [interval(retries) for retries in (0, 1, 5, 6, 7, 1100, 10**9)] == [1, 2, 32, 60, 60, 60, 60]
    jittered = exponential_backoff_function(base=1, multiplier=2, cap=60, jitter=True)
    assert 30 <= min(jittered(1100) for _ in range(100)) <= max(jittered(1100) for _ in range(100)) <= 60
    assert all(1 <= exponential_backoff_function(base=2, multiplier=3, cap=9, jitter=True)(0) <= 2 for _ in range(100))


def test_constant_intervals() -> None:
    assert [constant_backoff_function(3)(retries) for retries in (0, 7, 1100)] == [3, 3, 3]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "{now+3600}"}, 1),
        ({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "{now+30}"}, 30),
        ({"RateLimit-Limit": "5000", "RateLimit-Remaining": "0", "RateLimit-Reset": "{now+17}"}, 17),
    ],
    ids=str,
)
def test_waits_as_long_as_the_server_says(headers: dict[str, str], seconds: float) -> None:
    stub = Stub(429, FOUND)
    now = stub.clock.time()
    told = {name: value.replace("{now+", f"{{{now}+") for name, value in headers.items()}
    told = {name: str(eval(value[1:-1])) if value.startswith("{") else value for name, value in told.items()}
    stub.answers = [(429, error("rate_limit_exceeded"), told), FOUND]
    GET(stub.client())
    assert sum(stub.clock.slept) == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["soon", "", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "nan", "inf", "1e400"])
def test_a_pause_that_makes_no_sense(value: str) -> None:
    stub = Stub((503, error("unavailable"), {"Retry-After": value}), FOUND)
    GET(stub.client())
    assert len(stub.sent) == 2
    assert 0 <= sum(stub.clock.slept) <= 300


@pytest.mark.parametrize("remaining", ["3600", "3000", "0"])
def test_a_503_has_nothing_to_do_with_the_rate_limit(remaining: str) -> None:
    stub = Stub(503)
    reset = str(int(stub.clock.time()) + 3600 - int(remaining))
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": remaining, "RateLimit-Reset": reset}
    stub.answers = [(503, error("unavailable"), headers)]
    with pytest.raises(APIException):
        GET(stub.client(limit_rate=False))
    bounds = zip(stub.clock.slept, (0.5, 1, 2, 4, 8), strict=True)
    assert all(least <= slept <= 2 * least for slept, least in bounds), stub.clock.slept


def test_a_429_of_a_server_whose_clock_differs() -> None:
    stub = Stub(429)
    reset = str(int(stub.clock.time()) - 10)
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": reset}
    stub.answers = [(429, error("rate_limit_exceeded"), headers)]
    with pytest.raises(APIException):
        GET(stub.client(limit_rate=False))
    assert sum(stub.clock.slept) >= 15


def test_a_pause_longer_than_the_patience() -> None:
    stub = Stub((429, error("rate_limit_exceeded"), {"Retry-After": "3600"}))
    with pytest.raises(APIException):
        GET(stub.client())
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


def test_a_reset_wrapped_by_requests() -> None:
    stub = Stub(RESET)
    with pytest.raises(requests.ConnectionError, match="Connection aborted") as caught:
        GET(stub.client().with_options(retries=2))
    assert isinstance(caught.value, NetworkError)
    assert caught.value.__cause__ is RESET
    assert len(stub.sent) == 3
    assert not isinstance(caught.value, OutcomeUnknownError), "a GET changes nothing"


# What hcloud-python's own tests pin


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (APIException(code="rate_limit_exceeded", message="", details=None), True),
        (APIException(code="conflict", message="", details=None), True),
        (APIException(code=502, message="", details=None), True),
        (APIException(code=504, message="", details=None), True),
        (APIException(code=503, message="", details=None), False),
        (APIException(code=429, message="", details=None), False),
        (APIException(code="not_found", message="", details=None), False),
        (APIException(code=503, message="", details=None, http_status=503), True),
    ],
    ids=map(str, range(8)),
)
def test_the_policy(raised: APIException, answer: bool) -> None:
    assert Client("token")._client._retry_policy(raised) is answer


# Hooks and logging


def test_hooks() -> None:
    told: list[Any] = []
    stub = Stub(
        (503, error("unavailable"), {"Retry-After": "3"}), (200, {"image": {"id": 1}}, {"X-Correlation-Id": "abc"})
    )
    client = stub.client(
        on_request=lambda request: told.append(("request", repr(request))),
        on_response=lambda request, status, headers: told.append(("response", status, headers.get("x-correlation-id"))),
        on_retry=lambda request, raised, number, pause: told.append(("retry", type(raised).__name__, number, pause)),
    )
    GET(client.with_options(timeout=1))
    assert told == [
        ("request", "<GET https://api.hetzner.cloud/v1/images/1>"),
        ("response", 503, None),
        ("retry", "UnavailableError", 1, 3.0),
        ("request", "<GET https://api.hetzner.cloud/v1/images/1>"),
        ("response", 200, "abc"),
    ]


def test_a_hook_that_fails_is_the_callers() -> None:
    stub = Stub(FOUND)
    client = stub.client(on_request=lambda request: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            GET(client)
    assert stub.sent == []


def test_log(caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub((503, None, {"Retry-After": "3"}), RESET, (200, {"image": {"id": 1}}, {"X-Correlation-Id": "abc"}))
    with caplog.at_level(logging.DEBUG, "hcloud"):
        GET(stub.client())
    url = "https://api.hetzner.cloud/v1/images/1"
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == f"GET {url}: 503 in 0.000 s, attempt 1, correlation id None"
    assert lines[1] == f"GET {url} failed: UnavailableError; retry 1 in 3.0 s"
    assert lines[2].startswith(f"GET {url}: ConnectionError")
    assert lines[-1] == f"GET {url}: 200 in 0.000 s, attempt 3, correlation id abc"
    assert {record.name for record in caplog.records} == {"hcloud"}


def test_quiet_by_default(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    stub = Stub(503, FOUND)
    GET(stub.client())
    assert capfd.readouterr() == ("", "")


def test_retries_reach_the_model(stub: Stub) -> None:
    stub.answers = [502, FOUND]
    image = BoundImage(stub.client().images, {"id": 1}, complete=False)
    image.reload()
    assert image.complete
