"""Tests of retries: classification of failures, number of attempts, delays, hooks, and logging."""

from __future__ import annotations

import copy
import logging
import pickle
import re
import ssl
from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)

from hcloud import APIException, Client
from hcloud._exceptions import (
    BadGatewayError,
    HCloudException,
    InvalidResponseError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitExceededError,
    RequestInfo,
)
from hcloud.core.rate_limit import retry_after
from hcloud.core.retry import (
    HETZNER_CODES,
    REJECTED,
    REJECTED_FOR_NOW,
    UNKNOWN,
    Failure,
    classify,
    constant_backoff_function,
    exponential_backoff_function,
    spread,
)
from hcloud.images import BoundImage, Image
from hcloud.servers import Server
from tests.stub import Stub, error

SUCCESS = (200, {"image": {"id": 1}, "server": {"id": 1}, "action": {"id": 1}})
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))
CONNECTION_REFUSED = requests.ConnectionError(MaxRetryError(None, "/v1", NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def proxy_error(failure: Exception) -> requests.exceptions.ProxyError:
    reason = ProxyError("Unable to connect to proxy", failure)
    return requests.exceptions.ProxyError(MaxRetryError(None, "/v1", reason))  # type: ignore[arg-type]


def tls_error(failure: ssl.SSLError) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(MaxRetryError(None, "/v1", SSLError(failure)))  # type: ignore[arg-type]


GET: Callable[[Client], Any] = lambda client: client.images.get_by_id(1)  # noqa: E731
PUT: Callable[[Client], Any] = lambda client: client.images.update(Image(id=1), description="x")  # noqa: E731
DELETE: Callable[[Client], Any] = lambda client: client.images.delete(Image(id=1))  # noqa: E731
POST: Callable[[Client], Any] = lambda client: client.servers.create_image(Server(id=1), "x")  # noqa: E731
CALLS = {"GET": GET, "PUT": PUT, "DELETE": DELETE, "POST": POST}

TRANSIENT_REJECTIONS: dict[str, Any] = {  # transient, and certainly without effect
    "429 without body": 429,
    "429 HTML": (429, b"<html>"),
    "rate_limit_exceeded": (429, error("rate_limit_exceeded")),
    "conflict": (409, error("conflict")),
    "connection refused": CONNECTION_REFUSED,
    "connect timeout": requests.ConnectTimeout("too slow"),
    "proxy unreachable": proxy_error(NewConnectionError(None, "refused")),  # type: ignore[arg-type]
    "502 of a proxy": proxy_error(OSError("Tunnel connection failed: 502 Bad Gateway")),
}
TRANSIENT_UNKNOWN_OUTCOMES: dict[str, Any] = {  # transient, and the request may have taken effect
    "408 without body": 408,
    "408 with API error": (408, error("something_new")),
    "499 without body": 499,
    "500 HTML": (500, b"<html>"),
    "server_error": (500, error("server_error")),
    "503 without body": 503,
    "unavailable": (503, error("unavailable")),
    "503 with unknown code": (503, error("something_new")),
    "520 without body": 520,
    "522 HTML": (522, b"<html>"),
    "524 with API error": (524, error("something_new")),
    "502 without body": 502,
    "504 HTML": (504, b"<html>"),
    "bad_gateway": (502, error("bad_gateway")),
    "timeout": (504, error("timeout")),
    "504 with unknown code": (504, error("something_new")),
    "read timeout": requests.ReadTimeout("too slow"),
    "connection reset": RESET,
    "connection broken while reading": requests.exceptions.ChunkedEncodingError("broken"),
    "socket reset": ConnectionResetError(104, "reset"),
    "urllib3 error": ProtocolError("broken"),
    "connection broken behind a proxy": proxy_error(
        RemoteDisconnected("Remote end closed connection without response")
    ),
    "TLS error while reading": tls_error(ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]")),
}
CONFIGURATION_ERRORS = {  # permanent, and caused by the configuration of the client
    "untrusted certificate": tls_error(ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")),
    "proxy rejects the tunnel": proxy_error(OSError("Tunnel connection failed: 403 Forbidden")),
    "proxy requires a password": proxy_error(OSError("Tunnel connection failed: 407 Proxy Authentication Required")),
    "invalid URL": requests.exceptions.InvalidURL("no host"),
    "invalid proxy URL": requests.exceptions.InvalidProxyURL("no host"),
}
PERMANENT_REJECTIONS: dict[str, Any] = {
    "400": (400, error("json_error")),
    "401": (401, error("unauthorized")),
    "403": (403, error("maintenance")),
    "404": (404, error("not_found")),
    "409": (409, error("uniqueness_error")),
    "412": (412, error("resource_unavailable")),
    "422": (422, error("invalid_input")),
    "423": (423, error("locked")),
    "400 HTML": (400, b"<html>"),
    "409 with unknown code": (409, error("something_new")),
    "418 HTML": (418, b"<html>"),
}
PERMANENT_UNKNOWN_OUTCOMES: dict[str, Any] = {  # permanent, and the request may have taken effect
    "302": (302, b""),
    "409 without a code": (409, b"<html>"),
    "501 HTML": (501, b"<html>"),
    "511 with API error": (511, error("something_new")),
    "525 HTML": (525, b"<html>"),
}
UNREADABLE_RESPONSES: dict[str, Any] = {  # transient, and the request took effect, but its response is unreadable
    "200 HTML": (200, b"<html>"),
    "200 truncated": (200, b'{"image": {"id"'),
}


def parametrize_faults(cases: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", cases.values(), ids=cases)


@parametrize_faults(TRANSIENT_REJECTIONS | TRANSIENT_UNKNOWN_OUTCOMES | UNREADABLE_RESPONSES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_idempotent_requests_are_retried(method: str, fault: Any) -> None:
    stub = Stub(fault, fault, SUCCESS)
    CALLS[method](stub.client())
    assert [sent.method for sent in stub.sent] == [method] * 3
    assert len({(sent.url, str(sent.json)) for sent in stub.sent}) == 1
    assert len(stub.clock.slept) == 2


@parametrize_faults(PERMANENT_REJECTIONS | PERMANENT_UNKNOWN_OUTCOMES)
@pytest.mark.parametrize("method", CALLS)
def test_permanent_failures_are_not_retried(method: str, fault: Any) -> None:
    stub = Stub(fault)
    with pytest.raises(APIException) as caught:
        CALLS[method](stub.client(retry_unsafe=method != "POST"))
    may_have_taken_effect = method == "POST" and fault in PERMANENT_UNKNOWN_OUTCOMES.values()
    assert isinstance(caught.value, OutcomeUnknownError) is may_have_taken_effect
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


@pytest.mark.parametrize("code", ["conflict", "rate_limit_exceeded"])
@pytest.mark.parametrize("status", [302, 408, 499, 500, 501, 502, 503, 504, 524])
def test_a_code_proves_no_rejection_against_the_status(status: int, code: str) -> None:
    stub = Stub((status, error(code)), SUCCESS)
    with pytest.raises(OutcomeUnknownError):
        POST(stub.client())
    assert len(stub.sent) == 1


@parametrize_faults(CONFIGURATION_ERRORS)
@pytest.mark.parametrize("method", CALLS)
def test_configuration_errors_are_not_retried(method: str, fault: Exception) -> None:
    stub = Stub(fault)
    with pytest.raises(NetworkError) as caught:
        CALLS[method](stub.client())
    assert isinstance(caught.value, type(fault))
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


def test_an_accepted_post_with_an_undocumented_response_has_an_unknown_outcome() -> None:
    stub = Stub((201, b"{}"))
    with pytest.raises(OutcomeUnknownError, match="create_image is not as the API documents it") as caught:
        POST(stub.client())
    assert isinstance(caught.value, InvalidResponseError)
    assert caught.value.http_status == 201
    assert caught.value.request is not None
    assert caught.value.request.json == {"description": "x"}


@parametrize_faults(TRANSIENT_REJECTIONS)
def test_a_rejected_post_is_retried(fault: Any) -> None:
    stub = Stub(fault, fault, SUCCESS)
    POST(stub.client())
    assert len(stub.sent) == 3


@parametrize_faults(TRANSIENT_UNKNOWN_OUTCOMES | PERMANENT_UNKNOWN_OUTCOMES | UNREADABLE_RESPONSES)
def test_a_post_that_may_have_taken_effect_is_not_retried(fault: Any) -> None:
    stub = Stub(fault)
    with pytest.raises(OutcomeUnknownError) as caught:
        POST(stub.client())
    assert len(stub.sent) == 1
    request = caught.value.request
    assert isinstance(request, RequestInfo)
    assert (request.method, request.json) == ("POST", {"description": "x"})
    (note,) = caught.value.__notes__
    assert re.match(
        r"POST https://\S+/servers/1/actions/create_image may have taken effect, and was not repeated", note
    )
    assert ("retry_unsafe=True" in note) is (fault in TRANSIENT_UNKNOWN_OUTCOMES.values())
    assert "retry_unsafe" not in str(caught.value)
    if isinstance(fault, Exception):
        assert isinstance(caught.value, NetworkError)
        assert isinstance(caught.value, type(fault))
        assert caught.value.__cause__ is fault
    else:
        assert isinstance(caught.value, APIException)
        assert caught.value.http_status == (fault if isinstance(fault, int) else fault[0])


@parametrize_faults(TRANSIENT_UNKNOWN_OUTCOMES)
def test_retry_unsafe_also_retries_a_post(fault: Any) -> None:
    for create_client in (
        lambda stub: stub.client(retry_unsafe=True),
        lambda stub: stub.client().with_options(retry_unsafe=True),
    ):
        stub = Stub(fault, SUCCESS)
        POST(create_client(stub))
        assert len(stub.sent) == 2


@parametrize_faults(UNREADABLE_RESPONSES)
def test_retry_unsafe_does_not_repeat_an_accepted_post(fault: Any) -> None:
    stub = Stub(fault)
    with pytest.raises(OutcomeUnknownError):
        POST(stub.client(retry_unsafe=True))
    assert len(stub.sent) == 1


def test_a_post_is_not_retried_after_a_second_attempt_with_an_unknown_outcome() -> None:
    stub = Stub(429, 504)
    with pytest.raises(OutcomeUnknownError):
        POST(stub.client())
    assert len(stub.sent) == 2


def test_an_unknown_outcome_keeps_the_api_error() -> None:
    stub = Stub((502, error("bad_gateway", "try again", {"a": 1}), {"X-Correlation-Id": "abc"}))
    with pytest.raises(BadGatewayError) as caught:
        POST(stub.client())
    assert isinstance(caught.value, OutcomeUnknownError)
    assert (caught.value.code, caught.value.details, caught.value.correlation_id) == ("bad_gateway", {"a": 1}, "abc")
    assert str(caught.value) == "try again (bad_gateway, abc)"


def test_a_post_with_an_unreadable_response_is_not_retried() -> None:
    stub = Stub((201, b'{"action": {"id"'))
    with pytest.raises(InvalidResponseError):
        POST(stub.client(retry_unsafe=True))
    assert len(stub.sent) == 1


@parametrize_faults({"ZeroDivisionError": ZeroDivisionError("bug"), "TypeError": TypeError("bug")})
def test_other_exceptions_propagate_without_a_retry(fault: Exception) -> None:
    stub = Stub(fault)
    with pytest.raises(type(fault)):
        GET(stub.client())
    assert len(stub.sent) == 1


# Deletion


@parametrize_faults(TRANSIENT_UNKNOWN_OUTCOMES | UNREADABLE_RESPONSES)
def test_not_found_after_a_delete_with_an_unknown_outcome_counts_as_success(fault: Any) -> None:
    stub = Stub(fault, (404, error("not_found")))
    assert stub.client().images.delete(Image(id=1)) is True


@parametrize_faults(TRANSIENT_REJECTIONS)
def test_not_found_after_a_rejected_delete_is_raised(fault: Any) -> None:
    stub = Stub(fault, (404, error("not_found")))
    with pytest.raises(NotFoundError):
        DELETE(stub.client())


def test_a_rejected_attempt_does_not_settle_the_outcome_of_an_earlier_one() -> None:
    stub = Stub(503, 429, (404, error("not_found")))
    assert stub.client().images.delete(Image(id=1)) is True
    assert len(stub.sent) == 3


def test_deleting_a_missing_resource_raises() -> None:
    with pytest.raises(NotFoundError):
        DELETE(Stub((404, error("not_found"))).client())


@pytest.mark.parametrize("response", [404, (404, b"<html>"), (404, error("route_not_found"))], ids=str)
def test_a_404_of_a_proxy_does_not_count_as_success(response: Any) -> None:
    with pytest.raises(NotFoundError):
        DELETE(Stub(503, response).client())


def test_not_found_after_a_failure_counts_as_success_for_delete_only() -> None:
    for call in (GET, PUT):
        with pytest.raises(NotFoundError):
            call(Stub(504, (404, error("not_found"))).client())


def test_a_repeated_delete_returns_a_finished_action() -> None:
    stub = Stub(504, (404, error("not_found")))
    action = stub.client().servers.delete(Server(id=1))
    action.wait_until_finished()
    assert action.status == "success"
    assert len(stub.sent) == 2, "the action has no known ID, so it is not polled"


# Number of attempts, and delays


def test_the_last_failure_is_raised_after_all_retries() -> None:
    stub = Stub(503)
    with pytest.raises(APIException) as caught:
        GET(stub.client())
    assert caught.value.http_status == 503
    assert len(stub.sent) == 6


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_the_number_of_retries_is_configurable(retries: int) -> None:
    stub = Stub(503)
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=retries))
    assert len(stub.sent) == 1 + retries


def test_assigning_the_private_retry_limit_takes_effect() -> None:
    """Programs written for hcloud-python assign this attribute."""
    stub = Stub(503)
    client = stub.client()
    client._client._retry_max_retries = 2
    with pytest.raises(APIException):
        GET(client)
    assert len(stub.sent) == 3


def test_retries_stop_at_retry_max_time() -> None:
    stub = Stub((503, error("unavailable"), {"Retry-After": "100"}))
    start = stub.clock.monotonic()
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=1000, retry_max_time=450))
    assert stub.clock.slept == [100] * 4
    assert stub.clock.monotonic() - start <= 450


def test_the_total_delay_is_bounded() -> None:
    stub = Stub(503)
    with pytest.raises(APIException):
        GET(stub.client().with_options(retries=1000))
    assert sum(stub.clock.slept) <= 300


def test_delays_are_randomized() -> None:
    first_delays, second_delays = [], []
    for _ in range(100):
        stub = Stub(503, 503, SUCCESS)
        GET(stub.client())
        first_delays.append(stub.clock.slept[0])
        second_delays.append(stub.clock.slept[1])
    assert min(first_delays) >= 0.5
    assert max(first_delays) <= 1
    assert min(second_delays) >= 1
    assert max(second_delays) <= 2
    assert len(set(first_delays)) > 50
    assert len(set(second_delays)) > 50


def test_exponential_backoff() -> None:
    interval = exponential_backoff_function(base=1, multiplier=2, cap=60)
    assert [interval(retries) for retries in (0, 1, 5, 6, 7, 1100, 10**9)] == [1, 2, 32, 60, 60, 60, 60]
    jittered = exponential_backoff_function(base=1, multiplier=2, cap=60, jitter=True)
    assert 30 <= min(jittered(1100) for _ in range(100)) <= max(jittered(1100) for _ in range(100)) <= 60
    assert all(1 <= exponential_backoff_function(base=2, multiplier=3, cap=9, jitter=True)(0) <= 2 for _ in range(100))


def test_constant_backoff() -> None:
    assert [constant_backoff_function(3)(retries) for retries in (0, 7, 1100)] == [3, 3, 3]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 8 "}, 8),
        ({"Retry-After": "Thu, 15 Oct 2026 12:00:09 GMT"}, 9),
        ({"Retry-After": "Thu, 15 Oct 2026 13:00:09 GMT", "Date": "Thu, 15 Oct 2026 13:00:00 GMT"}, 9),
        ({"Retry-After": "Thu Oct 15 12:00:09 2026"}, 9),
        ({"Retry-After": "Thursday, 15-Oct-26 12:00:09 GMT"}, 9),
        ({"Retry-After": "1.5"}, 1.5),
        ({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "+3600"}, 1),
        ({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "+30"}, 30),
        ({"RateLimit-Limit": "5000", "RateLimit-Remaining": "0", "RateLimit-Reset": "+17"}, 17),
        ({"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "+30", "Retry-After": "0"}, 30),
    ],
    ids=str,
)
def test_the_delay_follows_the_response_headers(headers: dict[str, str], seconds: float) -> None:
    stub = Stub(429, SUCCESS)
    now = stub.clock.time()
    absolute = {name: str(now + int(value)) if value.startswith("+") else value for name, value in headers.items()}
    stub.responses = [(429, error("rate_limit_exceeded"), absolute), SUCCESS]
    GET(stub.client())
    assert sum(stub.clock.slept) == pytest.approx(seconds)


NO_RETRY_AFTER = [
    *("soon", "", "0", "-5", "0.0", "nan", "inf", "1e400", "9" * 400, "1_0", "0x9", "\u0663", "5 s"),
    *("Thu, 15 Oct 2026 11:59:59 GMT", "Thu, 15 Oct 2026", "Thu, 32 Oct 2026 12:00:09 GMT"),
    *("Thu, 15 Oct 99999 12:00:09 GMT", "Mon, 01 Jan 0000 00:00:00 GMT"),
]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", NO_RETRY_AFTER)
def test_a_retry_after_without_a_time_to_wait(value: str, status: int) -> None:
    """The usual backoff stands in, and is never zero."""
    stub = Stub((status, error("unavailable"), {"Retry-After": value}), SUCCESS)
    GET(stub.client())
    (slept,) = stub.clock.slept
    assert 0.5 <= slept <= 1


@pytest.mark.parametrize("value", ["301", "86400", "Wed, 21 Oct 2026 07:28:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_beyond_retry_max_time(value: str, status: int) -> None:
    stub = Stub((status, error("unavailable"), {"Retry-After": value}), SUCCESS)
    with pytest.raises(APIException):
        GET(stub.client())
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


@given(st.text() | st.floats().map(str))
def test_any_retry_after(value: str) -> None:
    for headers in ({"Retry-After": value}, {"Retry-After": "Thu, 15 Oct 2026 12:00:09 GMT", "Date": value}):
        seconds = retry_after(headers, 0.0)
        assert seconds is None or 0 < seconds < float("inf")


@pytest.mark.parametrize("failure", [500, 502, 504, 408, (409, error("conflict"))], ids=str)
def test_retry_after_counts_for_429_and_503_only(failure: Any) -> None:
    status, body = failure if isinstance(failure, tuple) else (failure, None)
    stub = Stub((status, body, {"Retry-After": "100"}), SUCCESS)
    GET(stub.client())
    assert [0.5 <= delay <= 1 for delay in stub.clock.slept] == [True]


@pytest.mark.parametrize("remaining", ["3600", "3000", "0"])
def test_rate_limit_headers_do_not_affect_the_delays_after_a_503(remaining: str) -> None:
    stub = Stub(503)
    reset = str(int(stub.clock.time()) + 3600 - int(remaining))
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": remaining, "RateLimit-Reset": reset}
    stub.responses = [(503, error("unavailable"), headers)]
    with pytest.raises(APIException):
        GET(stub.client(limit_rate=False))
    delays = zip(stub.clock.slept, (0.5, 1, 2, 4, 8), strict=True)
    assert all(minimum <= delay <= 2 * minimum for delay, minimum in delays), stub.clock.slept


def test_a_429_with_a_reset_in_the_past_still_backs_off() -> None:
    stub = Stub(429)
    reset = str(int(stub.clock.time()) - 10)
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": reset}
    stub.responses = [(429, error("rate_limit_exceeded"), headers)]
    with pytest.raises(APIException):
        GET(stub.client(limit_rate=False))
    assert sum(stub.clock.slept) >= 15


LIMITED = (429, error("rate_limit_exceeded"))


def test_a_delay_beyond_retry_max_time() -> None:
    stub = Stub((*LIMITED, {"Retry-After": "3600"}))
    with pytest.raises(
        RateLimitExceededError, match=r"^no \(rate_limit_exceeded\); .* 3600\.0 s, later than"
    ) as caught:
        GET(stub.client())
    assert (caught.value.message, caught.value.retry_after) == ("no", 3600)
    assert pickle.loads(pickle.dumps(caught.value)).retry_after == 3600
    assert len(stub.sent) == 1
    assert stub.clock.slept == []


EMPTY = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "1792069200"}


@pytest.mark.parametrize("headers", [{"Retry-After": "1"}, EMPTY], ids=["Retry-After", "RateLimit"])
@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_429_that_says_when_to_come_back_does_not_use_up_retries(headers: dict[str, str], retries: int) -> None:
    stub = Stub(*[(*LIMITED, headers)] * 20, SUCCESS)
    GET(stub.client(retries=retries))
    assert len(stub.sent) == 21
    slept = stub.clock.slept
    assert slept[0] == 1
    assert all(1.5 <= pause <= 3 for pause in slept[1:])
    assert all(pause >= 2 for pause in slept[2:])
    assert len(set(slept)) > 10, "the pauses are jittered"


def test_retries_are_counted_apart_from_waits_for_the_rate_limit() -> None:
    stub = Stub((*LIMITED, EMPTY), 503, (*LIMITED, EMPTY), 503, (*LIMITED, EMPTY), 503)
    with pytest.raises(APIException) as caught:
        GET(stub.client(retries=2))
    assert caught.value.http_status == 503
    assert len(stub.sent) == 6
    assert 0.5 <= stub.clock.slept[1] <= 1
    assert 1 <= stub.clock.slept[3] <= 2, "the backoff of the second retry"


def test_a_429_without_a_time_uses_up_retries() -> None:
    stub = Stub(LIMITED)
    with pytest.raises(RateLimitExceededError) as caught:
        GET(stub.client(retries=2))
    assert (str(caught.value), caught.value.retry_after) == ("no (rate_limit_exceeded)", None)
    assert len(stub.sent) == 3


@pytest.mark.parametrize("headers", [{"Retry-After": "1"}, EMPTY], ids=["Retry-After", "RateLimit"])
def test_waits_for_the_rate_limit_end_after_retry_max_time(headers: dict[str, str]) -> None:
    stub = Stub((*LIMITED, headers))
    with pytest.raises(RateLimitExceededError, match="later than retry_max_time"):
        GET(stub.client())
    assert 290 < sum(stub.clock.slept) <= 300


def test_they_end_also_if_sleep_is_replaced() -> None:
    stub = Stub((*LIMITED, {"Retry-After": "10"}))
    stub.clock.sleep = lambda seconds: None  # type: ignore[method-assign,misc]
    with pytest.raises(RateLimitExceededError):
        GET(stub.client())
    assert len(stub.sent) <= 31


@pytest.mark.parametrize("fault", [503, 429, RESET], ids=["503", "429", "reset"])
def test_only_a_backoff_function_of_the_user_makes_a_pause_zero(fault: Any) -> None:
    stub = Stub(fault, fault, SUCCESS)
    client = stub.client()
    client._client._retry_interval_func = constant_backoff_function(0.0)
    GET(client)
    assert stub.clock.slept == [0, 0]


# Endpoints that can't be reached

REJECTED_CONNECTION = NewConnectionError(None, "refused")  # type: ignore[arg-type]
REJECTED_CONNECTION.__cause__ = ConnectionRefusedError(111, "Connection refused")
UNREACHABLE: dict[str, Any] = {
    "rejected": (
        requests.ConnectionError(MaxRetryError(None, "/v1?a=b", REJECTED_CONNECTION)),  # type: ignore[arg-type]
        "can't connect to api.hetzner.cloud:443: Connection refused",
    ),
    "unknown host": (
        requests.ConnectionError(MaxRetryError(None, "/v1", NameResolutionError("x.invalid", None, OSError(-2, "no")))),  # type: ignore[arg-type]
        "Failed to resolve 'x.invalid'",
    ),
    "too slow": (requests.ConnectTimeout("too slow"), "too slow"),
}


@pytest.mark.parametrize(("fault", "reason"), UNREACHABLE.values(), ids=UNREACHABLE)
@pytest.mark.parametrize("method", CALLS)
def test_an_unreachable_endpoint(method: str, fault: Exception, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub(fault)
    with pytest.raises(NetworkError) as caught:
        CALLS[method](stub.client())
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.name == "hcloud"
    pattern = rf"{method} https://\S+: .*{re.escape(reason)}.*; tried 2 times in [\d.]+ s, trying for up to \d+ s more"
    assert re.match(pattern, warning.getMessage())
    assert "?" not in warning.getMessage(), "a query may hold secrets"
    assert isinstance(caught.value, type(fault))
    assert caught.value.args == fault.args
    text = reason if reason.startswith("can't connect") else str(fault)
    assert re.fullmatch(rf"{re.escape(text)}; tried 6 times in [\d.]+ s", str(caught.value))
    assert str(copy.copy(caught.value)) == str(caught.value)


@pytest.mark.parametrize(("fault", "reason"), UNREACHABLE.values(), ids=UNREACHABLE)
def test_an_endpoint_that_is_unreachable_for_a_moment(
    fault: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    GET(Stub(fault, SUCCESS).client())
    assert caplog.records == []
    GET(Stub(fault, fault, fault, SUCCESS).client())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_single_attempt_is_not_summarized() -> None:
    with pytest.raises(NetworkError) as caught:
        GET(Stub(CONNECTION_REFUSED).client(retries=0))
    assert str(caught.value) == str(CONNECTION_REFUSED)


def test_other_failures_of_the_network_keep_their_message(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NetworkError) as caught:
        GET(Stub(requests.Timeout("timeout")).client())
    assert str(caught.value) == "timeout"
    assert caplog.records == []


def test_a_reset_wrapped_by_requests() -> None:
    stub = Stub(RESET)
    with pytest.raises(requests.ConnectionError, match=r"443 broke: Connection reset by peer$") as caught:
        GET(stub.client().with_options(retries=2))
    assert caught.value.args == RESET.args
    assert isinstance(caught.value, NetworkError)
    assert caught.value.__cause__ is RESET
    assert len(stub.sent) == 3
    assert not isinstance(caught.value, OutcomeUnknownError), "a GET changes nothing"


# Retry policy, as the tests of hcloud-python expect it


@pytest.mark.parametrize(
    ("exception", "is_retryable"),
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
def test_the_retry_policy_for_exceptions(exception: APIException, is_retryable: bool) -> None:
    assert Client("token")._client._retry_policy(exception) is is_retryable


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (APIException("not_found", "", None), REJECTED),
        (APIException("not_found", "", None, http_status=404), REJECTED),
        (APIException("conflict", "", None), REJECTED_FOR_NOW),
        (APIException(599, "", None, http_status=599), UNKNOWN),
        (HCloudException("boom"), UNKNOWN),
    ],
    ids=map(str, range(5)),
)
def test_the_classification_of_exceptions(exception: HCloudException, expected: Failure) -> None:
    assert classify(exception, HETZNER_CODES) == expected


# Hooks and logging


def test_hooks_receive_requests_responses_and_retries() -> None:
    calls: list[Any] = []
    stub = Stub(
        (503, error("unavailable"), {"Retry-After": "3"}), (200, {"image": {"id": 1}}, {"X-Correlation-Id": "abc"})
    )
    client = stub.client(
        on_request=lambda request: calls.append(("request", repr(request))),
        on_response=lambda request, status, headers: calls.append(
            ("response", status, headers.get("x-correlation-id"))
        ),
        on_retry=lambda request, exception, retry, delay: calls.append(
            ("retry", type(exception).__name__, retry, delay)
        ),
    )
    GET(client.with_options(timeout=1))
    assert calls == [
        ("request", "<GET https://api.hetzner.cloud/v1/images/1>"),
        ("response", 503, None),
        ("retry", "UnavailableError", 1, 3.0),
        ("request", "<GET https://api.hetzner.cloud/v1/images/1>"),
        ("response", 200, "abc"),
    ]


def test_the_retry_hook_gets_the_number_of_the_retry() -> None:
    retries: list[int] = []
    GET(Stub(503, 429, SUCCESS).client(on_retry=lambda request, exception, retry, delay: retries.append(retry)))
    assert retries == [1, 2]


def test_an_exception_of_a_hook_propagates() -> None:
    stub = Stub(SUCCESS)
    client = stub.client(on_request=lambda request: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            GET(client)
    assert stub.sent == []


def test_requests_and_retries_are_logged(caplog: pytest.LogCaptureFixture) -> None:
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


def test_nothing_is_printed_by_default(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    stub = Stub(503, SUCCESS)
    GET(stub.client())
    assert capfd.readouterr() == ("", "")


def test_reloading_a_model_is_retried(stub: Stub) -> None:
    stub.responses = [502, SUCCESS]
    image = BoundImage(stub.client().images, {"id": 1}, complete=False)
    image.reload()
    assert image.complete


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "0.0001"}),
        (429, {"RateLimit-Limit": "999999999", "RateLimit-Remaining": "0", "RateLimit-Reset": "1792065600"}),
        (503, {"Retry-After": "0.0001"}),
    ],
    ids=str,
)
def test_a_pause_that_is_practically_none_is_replaced_by_the_backoff(status: int, headers: dict[str, str]) -> None:
    stub = Stub((status, error("unavailable" if status == 503 else "rate_limit_exceeded"), headers))
    with pytest.raises(APIException):
        stub.client(retries=4).images.get_by_id(1)
    assert len(stub.sent) == 5
    assert sum(stub.clock.slept) > 1


def test_repeated_rejections_are_spread_even_if_the_pause_is_short() -> None:
    assert spread(0.001, 1) > 0.05
