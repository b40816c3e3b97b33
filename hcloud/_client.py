"""The client: one for each token, with a connection for each of the two API hosts and a client for each resource."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, cast
from urllib.parse import urlsplit

from ._exceptions import APIException, HCloudException, InvalidArgumentError, NetworkError, NotFoundError, RequestInfo
from ._version import __version__
from .core.rate_limit import Budget, RateLimit, retry_after
from .core.retry import (
    REPEATABLE_METHODS,
    constant_backoff_function,
    exponential_backoff_function,
    is_passing,
    was_surely_refused,
)
from .core.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from requests import Response
    from requests.adapters import BaseAdapter
    from typing_extensions import Self, Unpack

    from .actions import ActionsClient
    from .certificates import CertificatesClient
    from .core.clock import Clock
    from .datacenters import DatacentersClient
    from .firewalls import FirewallsClient
    from .floating_ips import FloatingIPsClient
    from .images import ImagesClient
    from .isos import IsosClient
    from .load_balancer_types import LoadBalancerTypesClient
    from .load_balancers import LoadBalancersClient
    from .locations import LocationsClient
    from .networks import NetworksClient
    from .placement_groups import PlacementGroupsClient
    from .pricing import PricingClient
    from .primary_ips import PrimaryIPsClient
    from .server_types import ServerTypesClient
    from .servers import ServersClient
    from .ssh_keys import SSHKeysClient
    from .storage_box_types import StorageBoxTypesClient
    from .storage_boxes import StorageBoxesClient
    from .volumes import VolumesClient
    from .zones import ZonesClient

__all__ = [
    "Behaviour",
    "Client",
    "ClientBase",
    "Options",
    "Settings",
    "constant_backoff_function",
    "exponential_backoff_function",
]

DEFAULT_ENDPOINT = "https://api.hetzner.cloud/v1"
DEFAULT_TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and then for each piece of the answer."""

_LEAST: dict[str, Any] = {
    "retries": 0,
    "retry_max_time": 0.0,
    "parallel_pages": 1,
    "poll_interval": 0.0,
    "poll_max_retries": 0.0,
}
"""What settings must be at least that are numbers; the whole ones must be whole."""
_KEEP: Any = object()
"""Stands for an option that is left as it is, where None means something."""


class Behaviour(TypedDict, total=False):
    """How a client behaves, as the client and :meth:`Client.with_options` take it."""

    lazy: bool
    """Whether reading a field that was not fetched fetches it; otherwise it raises :class:`NotFetchedError`.
    True by default."""
    warn_on_fetch: bool
    """Whether to warn, by :class:`FetchWarning`, where reading a field fetches one object alone. False by default."""
    parallel_pages: int
    """How many pages of a listing may be fetched at once: 8 by default."""
    retries: int
    """How often a request may be repeated: 5 times by default."""
    retry_max_time: float
    """Seconds after which a request is not repeated any more: 300 by default."""
    retry_unsafe: bool
    """Whether to repeat also a POST that may have taken effect. False by default."""


class Options(Behaviour, total=False):
    """What a client takes by keyword besides."""

    limit_rate: bool
    """Whether to wait instead of exceeding the API's rate limit. True by default."""
    allow_http: bool
    """Whether the token may be sent over http to another host than this one. False by default."""
    on_request: Callable[[RequestInfo], object]
    """Called before each request is sent."""
    on_response: Callable[[RequestInfo, int, Mapping[str, str]], object]
    """Called with each response's status and headers."""
    on_retry: Callable[[RequestInfo, HCloudException, int, float], object]
    """Called before a request is repeated, with its failure, the number of the retry, and the seconds until then."""
    adapter: BaseAdapter
    """Carries the requests instead of the network, as that of :mod:`hcloud.testing` does."""
    clock: Clock
    """Tells the time and sleeps, instead of the computer's clock."""


class Settings(Options, total=False):
    """What a client takes but for its token and its endpoints; these are as :class:`hcloud.Client` describes them."""

    application_name: str | None
    application_version: str | None
    poll_interval: int | float | Callable[[int], float]
    poll_max_retries: int
    timeout: float | tuple[float, float] | None


def _interval_function(interval: int | float | Callable[[int], float]) -> Callable[[int], float]:
    return interval if callable(interval) else constant_backoff_function(interval)


def _build_user_agent(application_name: str | None, application_version: str | None) -> str:
    library = f"hcloud-python/{__version__}"
    if not application_name:
        return library
    application = application_name if not application_version else f"{application_name}/{application_version}"
    return f"{application} {library}"


class ClientBase:
    """A connection to one API host: it sends requests, repeats those that may be, and raises what fails."""

    _passing: ClassVar[frozenset[int | str]] = frozenset(
        {"rate_limit_exceeded", "conflict", "bad_gateway", "timeout", "unavailable", 502, 504}
    )
    _correlation_header: ClassVar[str] = "X-Correlation-Id"
    """The header with what the API's support asks for."""
    _budget: ClassVar[type[Budget]] = Budget
    """How the API's rate limit is kept."""

    def __init__(self, token: str, *, endpoint: str, **settings: Unpack[Settings]) -> None:
        self._token = _checked_token(token)
        self._endpoint = _checked_endpoint(endpoint, settings.get("allow_http", False))
        self._user_agent = _build_user_agent(settings.get("application_name"), settings.get("application_version"))
        if not self._user_agent.isprintable() or max(self._user_agent) > "\xff":
            raise InvalidArgumentError(f"a header can't hold the application's name or version: {self._user_agent!r}")
        self._headers = {
            "User-Agent": self._user_agent,
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
        }
        self._poll_interval_func = _interval_function(settings.get("poll_interval", 1.0))
        self._poll_max_retries = settings.get("poll_max_retries", 120)
        self._timeout = settings.get("timeout", DEFAULT_TIMEOUT)
        self._retry_interval_func = exponential_backoff_function(base=1.0, multiplier=2, cap=60.0, jitter=True)
        self._retry_max_retries = 5
        self._retry_max_time = 300.0
        self._retry_unsafe = False
        self._behave(settings)
        self._hooks: dict[str, Any] = {hook: settings.get(hook) for hook in ("on_request", "on_response", "on_retry")}
        self._clock: Clock = settings.get("clock") or time
        self._wire = Wire(settings.get("adapter"), self._budget(self._clock, settings.get("limit_rate", True)))

    def _behave(self, behaviour: Behaviour) -> None:
        self._retry_max_retries = behaviour.get("retries", self._retry_max_retries)
        self._retry_max_time = behaviour.get("retry_max_time", self._retry_max_time)
        self._retry_unsafe = behaviour.get("retry_unsafe", self._retry_unsafe)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)  # with the same session and budget, as for other options

    @property
    def _session(self) -> Any:
        return self._wire.session()

    @_session.setter
    def _session(self, session: Any) -> None:
        self._wire.replace(session)

    def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request, as :meth:`Provider.request` does."""
        if not url.startswith("/") or url.startswith("//"):
            raise InvalidArgumentError(f"a path begins with one slash, as /servers does, but {url!r} does not")
        kwargs.setdefault("timeout", self._timeout)
        kwargs["headers"] = {**self._headers, **kwargs["headers"]} if kwargs.get("headers") else self._headers
        method = method.upper()
        if kwargs.get("params"):
            kwargs["params"] = _query(kwargs["params"])
        info = RequestInfo(method, f"{self._endpoint}{url}", kwargs.get("params"), kwargs.get("json"))
        began = self._clock.monotonic()
        tries, was_unsure = 0, False
        while True:
            try:
                return self._send(info, kwargs, tries)
            except (APIException, NetworkError) as error:
                if was_unsure and method == "DELETE" and isinstance(error, NotFoundError):
                    return _deleted(self._clock.time())  # by an earlier try
                refused = was_surely_refused(error)
                error.request = info  # not what `requests` has there: that holds the token
                if not (refused or self._retry_unsafe or method in REPEATABLE_METHODS):
                    from .core.errors import outcome_unknown

                    unknown = outcome_unknown(error)
                    unknown.request = info
                    raise unknown from (error.__cause__ or error)
                if not self._retry_policy(error):
                    raise
                pause: float | None = error.__dict__.pop("_pause", None)
                if pause is None:
                    pause = self._retry_interval_func(tries)
                waited = self._clock.monotonic() - began + pause
                if tries >= self._retry_max_retries or waited > self._retry_max_time:
                    raise
                was_unsure = was_unsure or not refused
                problem = error
            tries += 1
            self._tell("on_retry", info, problem, tries, pause)
            _log().info("%s %s failed: %s; retry %d in %.1f s", method, info.url, type(problem).__name__, tries, pause)
            del problem  # with its traceback it would keep this frame, and all that is in it, until it is collected
            self._clock.sleep(pause)

    def _send(self, info: RequestInfo, kwargs: dict[str, Any], tries: int) -> dict[str, Any]:
        budget, clock = self._wire.budget, self._clock
        self._tell("on_request", info)
        started = budget.admit()
        began = clock.monotonic()
        headers: Mapping[str, str] = {}
        try:
            response = self._session.request(method=info.method, url=info.url, **kwargs)
            headers = response.headers
        except Exception as error:
            if _is_unwritable(error):  # nothing was sent
                raise InvalidArgumentError(f"{info.method} {info.url} can't be written: {error}") from error
            if not _is_of_transport(error):
                raise
            from .core.errors import network_error

            _log().debug("%s %s: %s, attempt %d", info.method, info.url, type(error).__name__, tries + 1)
            raise network_error(error) from error
        finally:
            budget.learn(headers, started)
        _log().debug(
            "%s %s: %s in %.3f s, attempt %d, correlation id %s",
            info.method,
            info.url,
            response.status_code,
            clock.monotonic() - began,
            tries + 1,
            headers.get(self._correlation_header),
        )
        self._tell("on_response", info, response.status_code, headers)
        return self._read(response, info)

    def _read(self, response: Response, info: RequestInfo) -> dict[str, Any]:
        content, status = response.content, response.status_code
        payload: Any = None
        try:
            import json

            payload = json.loads(content or b"{}")
        except (ValueError, RecursionError):  # not JSON, or nested without end: told below, with what it starts with
            pass
        if status < 300 and payload.__class__ is dict:
            from .core.errors import Answer

            return Answer(payload, status, response.headers.get(self._correlation_header), info)
        error = self._read_error(response, payload)
        if error is None:
            from .core.errors import unreadable

            error = unreadable(status, response.reason, content, response.headers.get(self._correlation_header))
        pause = retry_after(response.headers) if status == 503 else None
        if status == 429:
            pause = self._wire.budget.pause(response.headers)
            if pause is not None:
                self._wire.budget.forget(pause)
        if pause is not None:
            error.__dict__["_pause"] = pause
        raise error

    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        """The error that the API reports, None if the response is none of its own."""
        said = payload.get("error") if isinstance(payload, dict) else None
        if response.status_code < 300 or not isinstance(said, dict) or not isinstance(said.get("code"), str):
            return None
        from .core.errors import api_error

        return api_error(
            response.status_code,
            said["code"],
            str(said.get("message", "")),
            said.get("details"),
            response.headers.get(self._correlation_header),
        )

    def _retry_policy(self, exception: HCloudException) -> bool:
        return is_passing(exception, self._passing)

    def _tell(self, hook: str, *news: Any) -> None:
        call = self._hooks.get(hook)
        if call is not None:
            call(*news)


def _check(given: Mapping[str, Any], known: Any, caller: str) -> None:
    """Refuse settings that are none, or can't be right."""
    unknown = sorted(given.keys() - known)
    if unknown:
        raise TypeError(f"{caller}() got an unexpected keyword argument {unknown[0]!r}")
    for name, least in _LEAST.items():
        value = given.get(name, least)
        kinds = (int, float) if isinstance(least, float) else (int,)
        is_function = name == "poll_interval" and callable(value)
        if not is_function and not (isinstance(value, kinds) and value >= least):
            raise InvalidArgumentError(f"{name} is a number from {least:g} on, not {value!r}")
    timeout = given.get("timeout")
    if not all(map(_is_timeout, timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout,))):
        raise InvalidArgumentError(f"a timeout is a number of seconds, a pair of them, or None, not {timeout!r}")


def _is_timeout(value: object) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0 < value <= TIMEOUT_MAX
    return not isinstance(value, (bool, str, list, tuple))  # None, or an object of urllib3's


def _deleted(now: float) -> dict[str, Any]:
    """What stands for the answer to a DELETE that took effect, but whose answer was lost: an action that is done."""
    from datetime import datetime, timezone

    moment = datetime.fromtimestamp(now, timezone.utc).isoformat()
    done = {"status": "success", "progress": 100, "started": moment, "finished": moment, "error": None}
    return {"action": {"id": 0, "command": "delete", "resources": [], **done}}


@cache
def _log() -> Any:
    import logging

    return logging.getLogger("hcloud")


def _is_unwritable(error: Exception) -> bool:
    from requests.exceptions import InvalidJSONError

    return isinstance(error, (InvalidJSONError, UnicodeError))


def _is_of_transport(error: Exception) -> bool:
    import requests
    import urllib3

    return isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError, OSError))


def _query(params: Any) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(f"a query is a mapping of names to values, not {type(params).__name__}")
    return {name: _query_value(name, value) for name, value in params.items() if value is not None}


def _query_value(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_query_value(name, item) for item in value]
    if isinstance(value, (Mapping, bytes)):
        raise InvalidArgumentError(f"{name} can't be {value!r} in a query; nothing was sent")
    return value


def token_of(variable: str) -> str:
    """The token in this environment variable, or in the file that the variable named after it with ``_FILE`` names.

    :raises InvalidArgumentError: if there is none
    """
    token, path = os.environ.get(variable, "").strip(), os.environ.get(f"{variable}_FILE")
    if not token and path:
        try:
            from pathlib import Path

            token = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise InvalidArgumentError(f"{variable}_FILE names {path}, which can't be read: {error}") from error
    if not token:
        raise InvalidArgumentError(f"set {variable} to the API token, or {variable}_FILE to a file with it")
    return token


def _checked_token(token: str) -> str:
    if not token or not isinstance(cast("object", token), str):
        raise InvalidArgumentError(
            "a client needs a token, a text that the provider's console shows once, but got none"
        )
    if not all("!" <= character <= "~" for character in token):
        raise InvalidArgumentError("the token holds a space, a line break or another character that no token has")
    return token


def _checked_endpoint(endpoint: str, allow_http: bool) -> str:
    try:
        parts = urlsplit(endpoint)
    except (AttributeError, TypeError, ValueError):
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise InvalidArgumentError("an endpoint takes no user name and no password; the token is all that is sent")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        given = repr(endpoint) if "." in str(endpoint) else "what was given"  # it may be the token, in the wrong place
        raise InvalidArgumentError(f"an endpoint is an address such as https://api.hetzner.cloud/v1, not {given}")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname):
        raise InvalidArgumentError(
            f"{endpoint} would send the token in clear; use https, or Client(allow_http=True) if that is meant"
        )
    return endpoint.rstrip("/")


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Provider:
    """What the clients of all providers have in common: they know their connections, and import resources when used."""

    _package: ClassVar[str | None]
    """The package with a folder for each resource."""
    _connection: ClassVar[type[ClientBase]] = ClientBase
    _client: ClientBase
    _connections: tuple[str, ...]

    def _connect(self, token: str, endpoints: Mapping[str, str], **settings: Unpack[Settings]) -> None:
        """Make a connection to each of ``endpoints``, under its name, and keep what the client itself goes by."""
        _check(settings, Settings.__optional_keys__, type(self).__name__)
        for name, endpoint in endpoints.items():
            setattr(self, name, self._connection(token, endpoint=endpoint, **settings))
        self._connections = tuple(endpoints)
        self._lazy, self._warn_on_fetch, self._parallel_pages = True, False, 8
        self._behave(settings)

    def _behave(self, behaviour: Behaviour) -> None:
        self._lazy = behaviour.get("lazy", self._lazy)
        self._warn_on_fetch = behaviour.get("warn_on_fetch", self._warn_on_fetch)
        self._parallel_pages = behaviour.get("parallel_pages", self._parallel_pages)

    def with_options(
        self,
        *,
        timeout: float | tuple[float, float] | None = _KEEP,
        poll_interval: int | float | Callable[[int], float] = _KEEP,
        poll_max_retries: int = _KEEP,
        **behaviour: Unpack[Behaviour],
    ) -> Self:
        """A client that shares this one's connections and budget, but behaves otherwise as told.

        :param behaviour: what :class:`Behaviour` has; the others are as :class:`hcloud.Client` describes them
        """
        given: dict[str, Any] = {
            "timeout": timeout,
            "poll_interval": poll_interval,
            "poll_max_retries": poll_max_retries,
        }
        given = {name: value for name, value in {**given, **behaviour}.items() if value is not _KEEP}
        _check(given, {*Behaviour.__optional_keys__, *given.keys() - behaviour}, "with_options")
        twin = copy.copy(self)
        for name in [name for name in twin.__dict__ if name in _resources(type(self))]:
            del twin.__dict__[name]
        twin._behave(behaviour)
        for side in self._connections:
            connection = copy.copy(getattr(self, side))
            connection._behave(behaviour)
            if timeout is not _KEEP:
                connection._timeout = timeout
            if poll_interval is not _KEEP:
                connection._poll_interval_func = _interval_function(poll_interval)
            if poll_max_retries is not _KEEP:
                connection._poll_max_retries = poll_max_retries
            setattr(twin, side, connection)
        return twin

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # A resource's folder is imported when it is first used.
            kind = _resources(type(self)).get(name)
            if kind is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            made = getattr(import_module(f".{name}", type(self)._package), kind)(self)
            return self.__dict__.setdefault(name, made)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *_resources(type(self))})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client._endpoint}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A request after that opens new ones."""
        for side in self._connections:
            getattr(self, side)._wire.close()

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the API said last of its rate limit; None before its first response."""
        return self._client._wire.budget.last

    def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request of your own, repeat it while its failure passes and it may be repeated, and return the answer.

        :param method: ``GET``, ``POST``, ``PUT`` or ``DELETE``
        :param url: the path below the endpoint, with its leading slash
        :param kwargs: ``params`` (a mapping), ``json``, ``timeout`` and the like, as :meth:`requests.Session.request`
            takes them; ``headers`` go out besides those of the client
        :raises APIException: if the API answered with an error
        :raises NetworkError: if no answer came
        :raises OutcomeUnknownError: if a POST may have taken effect, but no answer tells
        """
        return self._client.request(method, url, **kwargs)


class Client(Provider):
    """The Hetzner Cloud API: ``client.servers``, ``client.images`` and so on, over one session for each host.

    It may be used by many threads at once, and as a context manager that closes its connections.
    """

    actions: ActionsClient
    certificates: CertificatesClient
    datacenters: DatacentersClient
    firewalls: FirewallsClient
    floating_ips: FloatingIPsClient
    images: ImagesClient
    isos: IsosClient
    load_balancer_types: LoadBalancerTypesClient
    load_balancers: LoadBalancersClient
    locations: LocationsClient
    networks: NetworksClient
    placement_groups: PlacementGroupsClient
    pricing: PricingClient
    primary_ips: PrimaryIPsClient
    server_types: ServerTypesClient
    servers: ServersClient
    ssh_keys: SSHKeysClient
    storage_box_types: StorageBoxTypesClient
    storage_boxes: StorageBoxesClient
    volumes: VolumesClient
    zones: ZonesClient

    _version = __version__
    _package = __package__
    _client_hetzner: ClientBase

    def __init__(
        self,
        token: str,
        api_endpoint: str = DEFAULT_ENDPOINT,
        application_name: str | None = None,
        application_version: str | None = None,
        poll_interval: int | float | Callable[[int], float] = 1.0,
        poll_max_retries: int = 120,
        timeout: float | tuple[float, float] | None = DEFAULT_TIMEOUT,
        *,
        api_endpoint_hetzner: str = "https://api.hetzner.com/v1",
        **options: Unpack[Options],
    ) -> None:
        """
        :param token: the token of a project
        :param api_endpoint: address of the Cloud API
        :param application_name: name of your program, sent as part of the ``User-Agent``
        :param application_version: version of your program, sent with its name
        :param poll_interval: seconds between two requests while waiting, or a function of the number of requests so far
        :param poll_max_retries: how often to ask before :meth:`BoundAction.wait_until_finished` gives up
        :param timeout: seconds to wait for the API, or (to connect, to read); None waits forever
        :param api_endpoint_hetzner: address of the API that has the storage boxes
        :param options: what :class:`Options` has
        :raises InvalidArgumentError: if the token or an endpoint can't be right
        """

        self._connect(
            token,
            {"_client": api_endpoint, "_client_hetzner": api_endpoint_hetzner},
            application_name=application_name,
            application_version=application_version,
            poll_interval=poll_interval,
            poll_max_retries=poll_max_retries,
            timeout=timeout,
            **options,
        )

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """A client with the settings of the environment.

        ``HCLOUD_TOKEN`` or the file named by ``HCLOUD_TOKEN_FILE`` has the token. ``HCLOUD_ENDPOINT`` and
        ``HCLOUD_ENDPOINT_HETZNER`` are the addresses of the two APIs; if only the first is set, to another than the
        default, both are that.

        :param settings: what :class:`Settings` has
        :raises InvalidArgumentError: if there is no token
        """
        token = token_of("HCLOUD_TOKEN")
        endpoints: dict[str, str] = {}
        first, second = os.environ.get("HCLOUD_ENDPOINT"), os.environ.get("HCLOUD_ENDPOINT_HETZNER")
        if first:
            endpoints["api_endpoint"] = first
        if not second and first and first.rstrip("/") != DEFAULT_ENDPOINT:
            # The token must not go to the real host when the first endpoint says that another is meant.
            second = first
        if second:
            endpoints["api_endpoint_hetzner"] = second
        return cls(token, **endpoints, **settings)


def _resources(kind: type[Provider]) -> dict[str, str]:
    """The class of each resource's client, by the name it has here, which is its folder's, too."""
    return {
        name: annotation
        for base in kind.__mro__
        if "_package" in base.__dict__  # what others annotate in classes of their own are no resources
        for name, annotation in base.__annotations__.items()
        if annotation.endswith("Client")
    }
