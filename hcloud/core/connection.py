"""A connection to one API host: rate limit, hooks, log, retries, and errors of its requests."""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urljoin, urlsplit

from .._exceptions import APIException, HCloudException, InvalidArgumentError, NetworkError, NotFoundError, RequestInfo
from .attempts import Attempts
from .cancellation import pause
from .clock import is_real, system_clock
from .coroutines import blocking, class_for, is_async, result_of
from .decoding import DeclaredPath, ResponsePayload, SharingDecoder, decode, is_too_deep
from .rate_limit import Budget, retry_after
from .retry import Failure, classify, exponential_backoff_function
from .secrets import conceal, hide_token, mask
from .session import SharedSession
from .settings import (
    DEFAULT_MAX_RESPONSE_SIZE,
    DEFAULT_TIMEOUT,
    Polling,
    build_headers,
    build_user_agent,
    interval_function,
    validate_endpoint,
    validate_timeout,
    validate_token,
)
from .sharing import Sharing
from .warn import log

if TYPE_CHECKING:
    from typing import Self, Unpack

    from requests import Response

    from .clock import Clock
    from .settings import RequestOptions, Settings

__all__ = ["Connection"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_DEBUG = 10
"""``logging.DEBUG``; the module is imported by the first request."""


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
    _polling: ClassVar[Polling] = Polling()
    """Schedule of waits, unless the settings replace it."""
    _session_class: ClassVar[type[SharedSession]] = SharedSession
    _is_async: ClassVar[bool] = False

    def __init__(self, token: str, *, endpoint: str, **settings: Unpack[Settings]) -> None:
        token = hide_token(token)
        self._token = validate_token(token)
        self._endpoint = validate_endpoint(endpoint, settings.get("allow_http", False))
        self._user_agent = self._build_user_agent(settings.get("application_name"), settings.get("application_version"))
        self._headers = build_headers(self._token, self._user_agent)
        self._poll_interval_func = interval_function(settings.get("poll_interval", self._polling.interval))
        self._poll_max_retries: float = settings.get("poll_max_retries", self._polling.max_retries)
        self._timeout = settings.get("timeout", DEFAULT_TIMEOUT)
        self._retry_interval_func = exponential_backoff_function(base=1.0, multiplier=2, cap=60.0, jitter=True)
        self._retry_max_retries = 5
        self._retry_max_time = 300.0
        self._retry_unsafe = False
        self._total_timeout: float | None = None
        self._wait_while_locked = 0.0
        self._configure(settings)
        hooks: dict[str, Any] = {hook: settings.get(hook) for hook in ("on_request", "on_response", "on_retry")}
        self._hooks = {name: hook for name, hook in hooks.items() if hook is not None}
        self._clock = self._clock_for(settings.get("clock") or system_clock)
        limit_rate = settings.get("limit_rate", True)
        budget = class_for(self, self._budget)(self._clock, limit_rate, self._sharing(settings))
        self._decoder = SharingDecoder()
        max_size = settings.get("max_response_size", DEFAULT_MAX_RESPONSE_SIZE)
        self._shared = self._session_class(settings.get(self._session_class.setting), budget, max_size)

    def _sharing(self, settings: Settings) -> Sharing | None:
        """Return the use of the count that processes share; None if this client counts alone."""
        store, clock = settings.get("budget"), settings.get("clock") or system_clock
        if "budget" in settings:
            is_shared = store is not None
        else:
            is_shared = self._endpoint.startswith("https:") and is_real(clock)
            is_shared = is_shared and settings.get(self._session_class.setting) is None
        if getattr(store, "is_async", is_async(self)) is not is_async(self):
            needed = "redis.asyncio.Redis" if is_async(self) else "redis.Redis"
            raise InvalidArgumentError(f"the budget of this client needs a {needed}, not {store!r}")
        if not is_shared or not settings.get("limit_rate", True):
            return None
        return Sharing(store, self._endpoint, self._token, self._budget._burst, clock)

    def _build_user_agent(self, application_name: str | None, application_version: str | None) -> str:
        return build_user_agent(application_name, application_version)

    def _clock_for(self, clock: Clock) -> Clock:
        return clock

    def _configure(self, behaviour: RequestOptions) -> None:
        self._retry_max_retries = behaviour.get("retries", self._retry_max_retries)
        self._retry_max_time = behaviour.get("retry_max_time", self._retry_max_time)
        self._retry_unsafe = behaviour.get("retry_unsafe", self._retry_unsafe)
        self._total_timeout = behaviour.get("total_timeout", self._total_timeout)
        self._wait_while_locked = behaviour.get("wait_while_locked", self._wait_while_locked)

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

    @blocking
    async def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request; see :meth:`Provider.request`."""
        info = self._prepare(method, url, kwargs)
        return await self._complete(info, kwargs, Attempts(self, info))

    async def _complete(
        self, info: RequestInfo, kwargs: dict[str, Any], attempts: Attempts, rejected: HCloudException | None = None
    ) -> dict[str, Any]:
        """Send a request until it succeeds.

        :param rejected: Failure to read the payload of the latest attempt
        """
        outer = sys.exception()
        delay = None
        while True:
            try:
                if delay is not None:
                    await pause(self._clock, delay)
                if rejected is not None:
                    raise rejected
                payload = await self._send(info, kwargs, attempts)
                payload.resend = partial(self._complete, info, kwargs, attempts)
                return payload
            except BaseException as error:
                rejected = None
                conceal(error, outer, self._token)
                if not isinstance(error, (APIException, NetworkError)):
                    if not isinstance(error, Exception):
                        attempts.note_interruption(error)
                    raise
                attempts.is_in_flight = False
                error.request = info  # in place of a request of the requests library, whose headers hold the token
                if attempts.already_deleted(error):
                    return _deleted_action(self._clock.time())
                delay = await attempts.delay_after(error)
                if delay is None:
                    raise

    def _prepare(self, method: str, url: str, kwargs: dict[str, Any]) -> RequestInfo:
        """Complete ``kwargs`` to the arguments of :meth:`requests.Session.request`, and describe the request."""
        if not url.startswith("/") or url.startswith("//"):
            raise InvalidArgumentError(f"a path starts with one slash, as in /servers, but {url!r} does not")
        if not self._token:
            raise InvalidArgumentError("the client was created without an API token; nothing was sent")
        if "timeout" in kwargs:
            validate_timeout(kwargs["timeout"])
        else:
            kwargs["timeout"] = self._timeout
        kwargs["headers"] = {**self._headers, **kwargs["headers"]} if kwargs.get("headers") else self._headers
        if kwargs.get("params"):
            kwargs["params"] = _encode_query(kwargs["params"])
        info = RequestInfo(method.upper(), f"{self._endpoint}{url}", kwargs.get("params"), kwargs.get("json"), path=url)
        if url.__class__ is DeclaredPath:
            info.path, info._is_declared = str(url), True
        return info

    async def _send(self, info: RequestInfo, kwargs: dict[str, Any], attempts: Attempts) -> ResponsePayload:
        """Send one attempt of a request, follow its redirects, and read the response."""
        response = await self._exchange(info, kwargs, attempts)
        redirects = 0
        while response.status_code in _REDIRECTS and redirects < _MAX_REDIRECTS:
            target = self._redirect_target(response, info)
            if target is None:
                break
            redirects += 1
            redirected = RequestInfo(info.method, target, None, None)
            response = await self._exchange(redirected, {**kwargs, "params": None}, attempts)
        try:
            return self._read(response, info)
        except APIException as error:
            if response.status_code == 429:
                delay = self._shared.budget.retry_delay(response.headers)
                if delay is not None:
                    error._retry_after = await result_of(self._shared.budget.block(delay, attempts.ticket))
            raise

    async def _exchange(self, info: RequestInfo, kwargs: dict[str, Any], attempts: Attempts) -> Response:
        """Send a request as soon as the rate limit allows it, and return its response."""
        budget = self._shared.budget
        if self._hooks:
            await self._call_hook("on_request", info)
        ticket: Any = budget.acquire(attempts.time_for_rate_limit())
        ticket = await ticket if ticket.__class__ is CoroutineType else ticket
        started, attempts.ticket = attempts.begin(), ticket
        headers: Mapping[str, str] = {}
        if self._total_timeout is not None and self._shared.is_own:
            kwargs = {**kwargs, "total_timeout": self._total_timeout}
        try:
            if not self._shared.is_own:
                self._validate_session(info.url)
            result: Any = self._session.request(method=info.method, url=info.url, **kwargs)
            response: Response = await result if result.__class__ is CoroutineType else result
            headers = response.headers
        except Exception as error:
            if not self._is_network_failure(error, info):
                raise
            log().debug("%s %s: %s, attempt %d", info.method, info.url, type(error).__name__, attempts.count)
            raise self._network_error(error, info.url, kwargs["timeout"]) from error
        finally:
            observed = budget.observe(headers, ticket)
            if observed.__class__ is CoroutineType:
                await result_of(observed)
        logger = log()
        if logger.isEnabledFor(_DEBUG):
            logger.debug(
                "%s %s: %s in %.3f s, attempt %d, correlation id %s",
                info.method,
                info.url,
                response.status_code,
                self._clock.monotonic() - started,
                attempts.count,
                self._correlation_id(headers),
            )
        if self._hooks:
            await self._call_hook("on_response", info, response.status_code, headers)
        return response

    def _validate_session(self, url: str) -> None:
        from .proxies import validate_session

        validate_session(self._session, url)

    def _is_network_failure(self, error: Exception, info: RequestInfo) -> bool:
        """Return True if the session has failed, False for an exception of something else, such as a hook.

        :raises InvalidArgumentError: if the session could not encode the request
        """
        was_sent = getattr(error, "was_sent", None)
        if was_sent is not True and _is_unwritable(error):
            raise InvalidArgumentError(f"{info.method} {info.url} can't be encoded: {error}") from error
        return _is_of_transport(error) or (was_sent is True and isinstance(error, ValueError))

    def _network_error(self, error: Exception, url: str, timeout: Any) -> NetworkError:
        from .network_errors import network_error

        return network_error(error, url, timeout)

    def _redirect_target(self, response: Response, info: RequestInfo) -> str | None:
        """Return the address that a GET is redirected to, None if it is not followed.

        Redirects to another host, by plain http, or without the query of the request are not followed.
        """
        location = response.headers.get("Location")
        if info.method != "GET" or not location:
            return None
        try:
            parts = urlsplit(urljoin(info.url, location))
            is_same_origin = parts[:2] == urlsplit(self._endpoint)[:2]
        except ValueError:  # not an address
            return None
        if info.params and not parts.query:  # without its filters, it would be another listing
            return None
        target = parts._replace(path=parts.path or "/").geturl()
        return target if is_same_origin and mask(target) == target else None

    def _read(self, response: Response, info: RequestInfo) -> ResponsePayload:
        """Return the payload of a successful response.

        :raises APIException: for any other response, with the delay that it asks for in ``_retry_after``
        """
        content, status = response.content, response.status_code
        # Callers of request() may modify the payload, so only declared methods get a shared one.
        is_shared = info._is_declared and 200 <= status < 300
        try:
            payload = (self._decoder.decode if is_shared else decode)(content or b"{}")
        except (ValueError, RecursionError):  # not JSON, or nested too deeply: reported below with an excerpt
            payload = None
        error = self._read_error(response, payload)
        if error is not None and is_shared:
            error = self._read_error(response, decode(content))  # the user may modify its details
        if error is None and 200 <= status < 300 and isinstance(payload, dict):
            read = ResponsePayload(payload, status, self._correlation_id(response.headers), info)
            read.is_empty = not content
            return read
        if error is None or is_too_deep(error.details):
            from .errors import undocumented_response

            error = undocumented_response(
                status,
                response.reason,
                content,
                self._correlation_id(response.headers),
                self._token,
                route=f"{info.method} {info.url}",
                location=response.headers.get("Location"),
            )
        del payload, content  # they are large, and the traceback would keep them
        delay = retry_after(response.headers, self._clock.time()) if status == 503 else None
        if delay is not None:
            error._retry_after = delay
        try:
            raise error
        finally:
            del error  # its traceback would keep this frame, and all that is in it, alive until garbage collection

    def _correlation_id(self, headers: Mapping[str, str]) -> str | None:
        correlation_id = headers.get(self._correlation_header)
        return mask(correlation_id) if correlation_id and self._token in correlation_id else correlation_id

    @abstractmethod
    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        """Return the error that the API reports, whatever the HTTP status; None if there is none in the API's form."""

    def _is_deleted(self, error: HCloudException) -> bool:
        """Return True if the API rejects a DELETE because the resource is deleted already."""
        # A proxy may send a 404 of its own, which proves nothing.
        return isinstance(error, NotFoundError) and error.code == "not_found"

    def _retry_policy(self, exception: HCloudException) -> bool:
        return classify(exception, self._failures).is_transient

    async def _call_hook(self, name: str, *args: Any) -> None:
        hook = self._hooks.get(name)
        if hook is not None:
            await result_of(hook(*args))


def _deleted_action(now: float) -> dict[str, Any]:
    """Return a substitute response for a DELETE that succeeded although its response was lost: a finished action."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(now, UTC).isoformat()
    outcome = {"status": "success", "progress": 100, "started": moment, "finished": moment, "error": None}
    return {"action": {"id": 0, "command": "delete", "resources": [], **outcome}}


def _is_unwritable(error: Exception) -> bool:
    from requests.exceptions import InvalidJSONError

    return isinstance(error, InvalidJSONError | UnicodeError)


def _is_of_transport(error: Exception) -> bool:
    from http.client import HTTPException

    import requests
    import urllib3

    return isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError | OSError | HTTPException)


def _encode_query(params: Any) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(f"a query is a mapping of names to values, not {type(params).__name__}")
    return {name: _encode_query_value(name, value) for name, value in params.items() if value is not None}


def _encode_query_value(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Iterable) and not isinstance(value, (Mapping, bytes)) and not hasattr(value, "__await__"):
        return [_encode_query_value(name, item) for item in value if item is not None]
    has_text: bool = getattr(type(value), "__str__", None) is not object.__str__
    if isinstance(value, (Mapping, bytes)) or not has_text:
        hint = "await it first; " if hasattr(value, "__await__") else ""
        raise InvalidArgumentError(f"{name}={value!r} can't be sent in a query; {hint}nothing was sent")
    return value
