"""A connection to one API host: rate limit, hooks, log, retries, and errors of its requests."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from .._exceptions import APIException, HCloudException, InvalidArgumentError, NetworkError, NotFoundError, RequestInfo
from .rate_limit import Budget, retry_after
from .retry import IDEMPOTENT_METHODS, Failure, classify, exponential_backoff_function
from .session import SharedSession
from .settings import (
    DEFAULT_TIMEOUT,
    build_headers,
    build_user_agent,
    interval_function,
    validate_endpoint,
    validate_token,
)

if TYPE_CHECKING:
    from typing import Self, Unpack

    from requests import Response

    from .clock import Clock
    from .settings import Behaviour, Settings

__all__ = ["Connection"]


class Connection(ABC):
    """A connection to one API host: it sends requests, retries those that may be sent again, and raises failures.

    Each provider has a subclass with its error format, its table of failures and its rate limiter.
    """

    _failures: ClassVar[Mapping[int | str, Failure]] = {}
    """Error codes that decide about retries by themselves; the HTTP status decides for all others."""
    _correlation_header: ClassVar[str]
    """Response header with the ID that the API's support asks for."""
    _budget: ClassVar[type[Budget]] = Budget
    """Rate limiter of the API."""

    def __init__(self, token: str, *, endpoint: str, **settings: Unpack[Settings]) -> None:
        self._token = validate_token(token)
        self._endpoint = validate_endpoint(endpoint, settings.get("allow_http", False))
        self._user_agent = self._build_user_agent(settings.get("application_name"), settings.get("application_version"))
        self._headers = build_headers(self._token, self._user_agent)
        self._poll_interval_func = interval_function(settings.get("poll_interval", 1.0))
        self._poll_max_retries = settings.get("poll_max_retries", 120)
        self._timeout = settings.get("timeout", DEFAULT_TIMEOUT)
        self._retry_interval_func = exponential_backoff_function(base=1.0, multiplier=2, cap=60.0, jitter=True)
        self._retry_max_retries = 5
        self._retry_max_time = 300.0
        self._retry_unsafe = False
        self._configure(settings)
        self._hooks: dict[str, Any] = {hook: settings.get(hook) for hook in ("on_request", "on_response", "on_retry")}
        self._clock: Clock = settings.get("clock") or time
        budget = self._budget(self._clock, settings.get("limit_rate", True))
        self._shared = SharedSession(settings.get("adapter"), budget)

    def _build_user_agent(self, application_name: str | None, application_version: str | None) -> str:
        return build_user_agent(application_name, application_version)

    def _configure(self, behaviour: Behaviour) -> None:
        self._retry_max_retries = behaviour.get("retries", self._retry_max_retries)
        self._retry_max_time = behaviour.get("retry_max_time", self._retry_max_time)
        self._retry_unsafe = behaviour.get("retry_unsafe", self._retry_unsafe)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)  # as with_options() does, copies share the session and the budget

    @property
    def _session(self) -> Any:
        return self._shared.get()

    @_session.setter
    def _session(self, session: Any) -> None:
        self._shared.replace(session)

    def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request; see :meth:`Provider.request`."""
        info = self._prepare(method, url, kwargs)
        attempts = _Attempts(self, info)
        while True:
            try:
                return self._send(info, kwargs, attempts.count)
            except (APIException, NetworkError) as error:
                error.request = info  # in place of a request of the requests library, whose headers hold the token
                if attempts.already_deleted(error):
                    return _deleted_action(self._clock.time())
                delay, error_class = attempts.delay_after(error), type(error).__name__
                if delay is None:
                    raise
                notice = error if self._hooks["on_retry"] else None
            attempts.announce(notice, error_class, delay)
            del notice  # its traceback would keep this frame, and all that is in it, alive until garbage collection
            self._clock.sleep(delay)

    def _prepare(self, method: str, url: str, kwargs: dict[str, Any]) -> RequestInfo:
        """Complete ``kwargs`` to the arguments of :meth:`requests.Session.request`, and describe the request."""
        if not url.startswith("/") or url.startswith("//"):
            raise InvalidArgumentError(f"a path starts with one slash, as in /servers, but {url!r} does not")
        kwargs.setdefault("timeout", self._timeout)
        kwargs["headers"] = {**self._headers, **kwargs["headers"]} if kwargs.get("headers") else self._headers
        if kwargs.get("params"):
            kwargs["params"] = _encode_query(kwargs["params"])
        return RequestInfo(method.upper(), f"{self._endpoint}{url}", kwargs.get("params"), kwargs.get("json"))

    def _send(self, info: RequestInfo, kwargs: dict[str, Any], attempt: int) -> dict[str, Any]:
        """Send one attempt of a request as soon as the rate limit allows it, and read its response."""
        budget, clock = self._shared.budget, self._clock
        self._call_hook("on_request", info)
        ticket = budget.acquire()
        started = clock.monotonic()
        headers: Mapping[str, str] = {}
        try:
            response = self._session.request(method=info.method, url=info.url, **kwargs)
            headers = response.headers
        except Exception as error:
            if _is_unwritable(error):  # nothing was sent
                raise InvalidArgumentError(f"{info.method} {info.url} can't be encoded: {error}") from error
            if not _is_of_transport(error):
                raise
            from .errors import network_error

            _log().debug("%s %s: %s, attempt %d", info.method, info.url, type(error).__name__, attempt)
            raise network_error(error) from error
        finally:
            budget.observe(headers, ticket)
        _log().debug(
            "%s %s: %s in %.3f s, attempt %d, correlation id %s",
            info.method,
            info.url,
            response.status_code,
            clock.monotonic() - started,
            attempt,
            headers.get(self._correlation_header),
        )
        self._call_hook("on_response", info, response.status_code, headers)
        return self._read(response, info)

    def _read(self, response: Response, info: RequestInfo) -> dict[str, Any]:
        """Return the payload of a successful response.

        :raises APIException: for any other response, with the delay that it asks for in ``_retry_after``
        """
        content, status = response.content, response.status_code
        payload: Any = None
        try:
            import json

            payload = json.loads(content or b"{}")
        except (ValueError, RecursionError):  # not JSON, or nested too deeply: reported below with an excerpt
            pass
        if status < 300 and payload.__class__ is dict:
            from .errors import ResponsePayload

            return ResponsePayload(payload, status, response.headers.get(self._correlation_header), info)
        error = self._read_error(response, payload)
        if error is None:
            from .errors import undocumented_response

            correlation_id = response.headers.get(self._correlation_header)
            error = undocumented_response(status, response.reason, content, correlation_id)
        delay = retry_after(response.headers) if status == 503 else None
        if status == 429:
            delay = self._shared.budget.retry_delay(response.headers)
            if delay is not None:
                self._shared.budget.block(delay)
        if delay is not None:
            error._retry_after = delay
        try:
            raise error
        finally:
            del error  # its traceback would keep this frame, and all that is in it, alive until garbage collection

    @abstractmethod
    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        """Return the error that the API reports, None if the response is not in the API's form."""

    def _retry_policy(self, exception: HCloudException) -> bool:
        return classify(exception, self._failures).is_transient

    def _call_hook(self, name: str, *args: Any) -> None:
        hook = self._hooks.get(name)
        if hook is not None:
            hook(*args)


class _Attempts:
    """The attempts of one request: decides after each failure about the next one."""

    def __init__(self, connection: Connection, request: RequestInfo) -> None:
        self.count = 1
        self._connection = connection
        self._request = request
        self._started = connection._clock.monotonic()
        self._may_be_applied = False

    def already_deleted(self, error: HCloudException) -> bool:
        """Return True if a DELETE finds nothing because an earlier attempt, with an unknown outcome, succeeded."""
        return self._may_be_applied and self._request.method == "DELETE" and isinstance(error, NotFoundError)

    def delay_after(self, error: APIException | NetworkError) -> float | None:
        """Return the seconds to wait before the next attempt, None if there is none.

        :raises OutcomeUnknownError: if the request is not repeated and may have taken effect, now or before
        """
        connection = self._connection
        failure = classify(error, connection._failures)
        self._may_be_applied = self._may_be_applied or failure.applied is not False
        retries = self.count - 1
        delay = error._retry_after
        if delay is None:
            delay = connection._retry_interval_func(retries)
        elapsed = connection._clock.monotonic() - self._started
        if (
            (failure.applied is False or self._may_be_repeated(failure))
            and connection._retry_policy(error)  # which programs replace
            and retries < connection._retry_max_retries
            and elapsed + delay <= connection._retry_max_time
        ):
            return delay
        if self._may_be_applied and self._request.method not in IDEMPOTENT_METHODS:
            from .errors import outcome_unknown

            raise outcome_unknown(error, advise_retry=not connection._retry_unsafe) from (error.__cause__ or error)
        return None

    def announce(self, error: HCloudException | None, error_class: str, delay: float) -> None:
        """Tell hook and log about the next attempt.

        :param error: Failure of the latest attempt, for the hook
        """
        request = self._request
        self._connection._call_hook("on_retry", request, error, self.count, delay)
        _log().info("%s %s failed: %s; retry %d in %.1f s", request.method, request.url, error_class, self.count, delay)
        self.count += 1

    def _may_be_repeated(self, failure: Failure) -> bool:
        if self._request.method in IDEMPOTENT_METHODS:
            return True
        return self._connection._retry_unsafe and failure.applied is None


def _deleted_action(now: float) -> dict[str, Any]:
    """Return a substitute response for a DELETE that succeeded although its response was lost: a finished action."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(now, UTC).isoformat()
    outcome = {"status": "success", "progress": 100, "started": moment, "finished": moment, "error": None}
    return {"action": {"id": 0, "command": "delete", "resources": [], **outcome}}


@cache
def _log() -> Any:
    import logging

    return logging.getLogger("hcloud")


def _is_unwritable(error: Exception) -> bool:
    from requests.exceptions import InvalidJSONError

    return isinstance(error, InvalidJSONError | UnicodeError)


def _is_of_transport(error: Exception) -> bool:
    import requests
    import urllib3

    return isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError | OSError)


def _encode_query(params: Any) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(f"a query is a mapping of names to values, not {type(params).__name__}")
    return {name: _encode_query_value(name, value) for name, value in params.items() if value is not None}


def _encode_query_value(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_encode_query_value(name, item) for item in value]
    if isinstance(value, (Mapping, bytes)):
        raise InvalidArgumentError(f"{name}={value!r} can't be sent in a query; nothing was sent")
    return value
