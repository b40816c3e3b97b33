"""The settings of a client: their types and defaults, and the validation of their values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from .._exceptions import InvalidArgumentError
from .._version import __version__
from .retry import constant_backoff_function
from .secrets import HiddenText, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from .._exceptions import HCloudException, RequestInfo
    from .clock import Clock
    from .sharing import SharedBudget

__all__ = [
    "DEFAULT_MAX_RESPONSE_SIZE",
    "DEFAULT_TIMEOUT",
    "Behaviour",
    "CommonSettings",
    "ConnectionOptions",
    "Options",
    "Polling",
    "RequestOptions",
    "Settings",
    "build_headers",
    "build_user_agent",
    "host_of",
    "interval_function",
    "is_loopback",
    "token_from_env",
    "validate_endpoint",
    "validate_seconds",
    "validate_settings",
    "validate_timeout",
    "validate_token",
]

DEFAULT_TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and then for each part of the response."""
DEFAULT_MAX_RESPONSE_SIZE = 64 * 2**20

_MINIMUMS: dict[str, Any] = {
    "retries": 0,
    "retry_max_time": 0.0,
    "parallel_pages": 1,
    "wait_while_locked": 0.0,
    "poll_interval": 0.0,
    "poll_max_retries": 0.0,
}
"""Minimum of each numeric setting; a setting with an integer as minimum accepts integers only."""


class RequestOptions(TypedDict, total=False):
    """Options of requests, which :meth:`Client.with_options` can change, of blocking and asynchronous clients."""

    parallel_pages: int
    """Maximum number of pages of a listing that are fetched at the same time: 8 by default."""
    retries: int
    """Maximum number of retries of a request: 5 by default. Waits for the rate limit do not count."""
    retry_max_time: float
    """Seconds after which a request is not retried any more, and maximum wait for the rate limit: 300 by default."""
    retry_unsafe: bool
    """Also retry a POST that may have taken effect. False by default."""
    total_timeout: float | None
    """Seconds after which an attempt fails even if its response still arrives. None, without limit, by default."""
    wait_while_locked: float
    """Maximum time in seconds that a request waits while the API rejects it because another request or an action
    changes the resource: ``locked``, ``conflict``, or a pending event on DigitalOcean. 0, which raises the error at
    once, by default."""


class Behaviour(RequestOptions, total=False):
    """Options of a client that :meth:`Client.with_options` can change."""

    lazy: bool
    """Fetch a missing field when it is read; if false, reading it raises :class:`NotFetchedError`. True by default."""
    warn_on_fetch: bool
    """Emit a :class:`FetchWarning` where reading a field fetches a single object. False by default."""


class ConnectionOptions(RequestOptions, total=False):
    """Keyword options of blocking and asynchronous clients."""

    limit_rate: bool
    """Wait before a request that would exceed the API's rate limit. True by default."""
    budget: SharedBudget | None
    """Count of requests that programs share, such as a :class:`RedisBudget`; None to count alone. By default the
    processes of this user on this host that use the same token share a file, unless requests go to a fake or to this
    host. See :mod:`hcloud.budgets`."""
    allow_http: bool
    """Allow an endpoint with plain http on another host than this one, which exposes the token. False by default."""
    max_response_size: int | None
    """Maximum size of a response's body after decompression, in bytes: 64 MiB by default; None for no maximum."""
    on_request: Callable[[RequestInfo], object]
    """Hook that is called before each request is sent; of an asynchronous client, it may be a coroutine function."""
    on_response: Callable[[RequestInfo, int, Mapping[str, str]], object]
    """Hook that is called with the status and the headers of each response."""
    on_retry: Callable[[RequestInfo, HCloudException, int, float], object]
    """Hook that is called before a retry, with the failure, the number of the retry and the seconds until it."""
    clock: Clock
    """Source of time, in place of the module :mod:`time`."""


class Options(Behaviour, ConnectionOptions, total=False):
    """Keyword options of a client."""

    adapter: BaseAdapter
    """Transport adapter that replaces the network, such as that of :mod:`hcloud.testing`."""


class Polling:
    """Default schedule of the polls of a provider's actions and resources; the settings of a client take precedence."""

    def __init__(
        self,
        interval: float | Callable[[int], float] = 1.0,
        *,
        max_retries: float = 120,
        growth: float = 5.0,
        is_persistent: bool = False,
    ) -> None:
        self.interval = interval
        """Seconds between two polls, or a function of the number of polls so far."""
        self.max_retries = max_retries
        """Number of polls after which ``wait_until_finished`` gives up; infinity for no maximum."""
        self.growth = growth
        """Factor up to which a wait for actions lengthens the interval."""
        self.is_persistent = is_persistent
        """True if a transient failure does not end a wait for a condition; it never ends one for actions."""


class CommonSettings(ConnectionOptions, total=False):
    """Settings of blocking and asynchronous clients; :class:`hcloud.Client` describes those below."""

    application_name: str | None
    application_version: str | None
    poll_interval: int | float | Callable[[int], float]
    poll_max_retries: int
    timeout: float | tuple[float, float] | None


class Settings(Options, CommonSettings, total=False):
    """All settings of a client except token and endpoints."""


def interval_function(interval: int | float | Callable[[int], float]) -> Callable[[int], float]:
    """Return a function of the number of polls so far that returns the seconds until the next one."""
    return interval if callable(interval) else constant_backoff_function(interval)


def build_user_agent(
    application_name: str | None, application_version: str | None, library_version: str = __version__
) -> str:
    """Return the ``User-Agent`` header: the application, if it has a name, and the library."""
    library = f"hcloud-python/{library_version}"
    if not application_name:
        return library
    application = application_name if not application_version else f"{application_name}/{application_version}"
    return f"{application} {library}"


def build_headers(token: str, user_agent: str) -> dict[str, str]:
    """Return the headers of all requests of a client.

    :raises InvalidArgumentError: if a header can't hold the application's name or version
    """
    if not user_agent.isprintable() or max(user_agent) > "\xff":
        raise InvalidArgumentError(f"a header can't hold the application's name or version: {user_agent!r}")
    authorization = HiddenText(f"Bearer {token}")
    return {"User-Agent": user_agent, "Authorization": authorization, "Accept": "application/json"}


def validate_settings(settings: Mapping[str, Any], known: Any, caller: str) -> None:
    """Check names and values of settings.

    :param known: Names of the settings that ``caller`` accepts
    :raises TypeError: if there is an unknown setting
    :raises InvalidArgumentError: if a value can't be right
    """
    unknown = sorted(settings.keys() - known)
    if unknown:
        raise TypeError(f"{caller}() got an unexpected keyword argument {unknown[0]!r}")
    for name, minimum in _MINIMUMS.items():
        value = settings.get(name, minimum)
        number_types = (int, float) if isinstance(minimum, float) else (int,)
        is_function = name == "poll_interval" and callable(value)
        if not is_function and not (isinstance(value, number_types) and value >= minimum):
            number = "a number" if isinstance(minimum, float) else "an integer"
            raise InvalidArgumentError(f"{name} must be {number} of at least {minimum:g}, not {value!r}")
    for name, number_type in (("total_timeout", (int, float)), ("max_response_size", int)):
        value = settings.get(name)
        if value is not None and not (isinstance(value, number_type) and value is not True and value > 0):
            raise InvalidArgumentError(f"{name} must be a positive number or None, not {value!r}")
        if name == "total_timeout" and value is not None and not value <= TIMEOUT_MAX:
            raise InvalidArgumentError(f"{name} must be at most {TIMEOUT_MAX:g} seconds or None, not {value!r}")
    validate_timeout(settings.get("timeout"))
    _validate_budget(settings.get("budget"))


def _validate_budget(budget: Any) -> None:
    if budget is None:
        return
    methods = ("reserve", "resume", "release", "observe", "block")
    missing = [method for method in methods if not callable(getattr(budget, method, None))]
    if missing or isinstance(budget, type):
        # The value itself may be the address of a server with its password.
        value = (
            f"the class {budget.__name__}" if isinstance(budget, type) else f"an object of type {type(budget).__name__}"
        )
        raise InvalidArgumentError(
            "budget must be a FileBudget, a RedisBudget, another object with the methods of "
            f"hcloud.budgets.SharedBudget, or None, not {value}{f' without {missing[0]}()' if missing else ''}"
        )


def validate_timeout(timeout: object) -> None:
    """Check a timeout of requests.

    :raises InvalidArgumentError: if it can't be right
    """
    if not all(map(_is_timeout, timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout,))):
        raise InvalidArgumentError(
            f"timeout must be a positive number of seconds, a pair of them (connect, read) or None, not {timeout!r}"
        )


def _is_timeout(value: object) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0 < value <= TIMEOUT_MAX
    return value is None or hasattr(value, "read_timeout")  # urllib3's Timeout, which is not imported for this


def validate_seconds(**durations: object) -> None:
    """Check durations of a wait, each a number of seconds or None.

    :raises InvalidArgumentError: if one of them is something else, such as a timedelta
    """
    for name, value in durations.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (is_number and value == value):
            raise InvalidArgumentError(f"{name} must be a number of seconds or None, not {value!r}")
        if isinstance(value, int) and value > TIMEOUT_MAX:  # it may be too large for a float
            raise InvalidArgumentError(f"{name} must be at most {TIMEOUT_MAX:g} seconds; None is no limit")


def token_from_env(variable: str) -> Token:
    """Return the token in an environment variable, or in the file that the variable with the suffix ``_FILE`` names.

    :param variable: Name of the environment variable
    :raises InvalidArgumentError: if there is no token
    """
    token = Token(os.environ.get(variable, "").strip())
    path = HiddenText(os.environ.get(f"{variable}_FILE", ""))
    if not token and path:
        token = _read_token(path, f"{variable}_FILE")
    if not token:
        raise InvalidArgumentError(f"set {variable} to the API token, or {variable}_FILE to a file that holds it")
    return token


def _read_token(path: HiddenText, variable: str) -> Token:
    """Return the token in a file of any Unicode encoding, with or without a byte order mark and blank lines."""
    from pathlib import Path

    try:
        return Token(_decode(Path(path).read_bytes()).strip())
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    except UnicodeError:
        problem = "is not a text in UTF-8, UTF-16 or UTF-32"
    # Raised here, since the exceptions above hold the path, which may be the token by mistake, or the file's content.
    shown = path if Path(path).is_absolute() else "a file"
    raise InvalidArgumentError(f"{variable} names {shown}, which {problem}")


def _decode(content: bytes) -> str:
    from json import detect_encoding

    return content.decode(detect_encoding(content))


def validate_token(token: Any) -> Token:
    """Return the token that :func:`hide_token` returned if it can be one; it may be empty.

    :raises InvalidArgumentError: if it can't; the message does not hold the token
    """
    if not isinstance(token, Token):
        raise InvalidArgumentError(
            f"a client needs an API token, a string, not {token.__name__}; the provider's console creates one"
        )
    if not all("!" <= character <= "~" for character in token):
        raise InvalidArgumentError("the token contains a space, a line break or another character that no token has")
    return token


def validate_endpoint(endpoint: str, allow_http: bool) -> str:
    """Return the address of an API without a slash at its end.

    :param allow_http: If true, allow plain http on hosts other than this one
    :raises InvalidArgumentError: if ``endpoint`` is not such an address
    """
    try:
        parts = urlsplit(endpoint)
        has_port = parts.port != 0
    except (AttributeError, TypeError, ValueError):
        parts, has_port = urlsplit(""), False
    if parts.username is not None or parts.password is not None:
        raise InvalidArgumentError(
            "an endpoint must not contain a user name or password; the token authorizes requests"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port or parts.query or parts.fragment:
        # Without a dot it may be the token, passed in the wrong place.
        shown = repr(endpoint) if "." in str(endpoint) else "this value"
        raise InvalidArgumentError(f"{shown} is not an endpoint, an address such as https://api.hetzner.cloud/v1")
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        raise InvalidArgumentError(
            f"{endpoint} would send the token unencrypted; use https, or Client(allow_http=True) if that is intended"
        )
    return endpoint.rstrip("/")


def host_of(endpoint: object) -> str | None:
    """Return the host of an endpoint, None if it has none."""
    try:
        return urlsplit(str(endpoint)).hostname
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Return True if a host name or an IP address stands for this machine."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
