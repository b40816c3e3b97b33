"""The check of proxy URLs before anything is sent.

The exceptions of ``requests`` and ``urllib3`` for a malformed URL show it, or the part that they take for the host, and
so the password.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import unquote

import requests
from requests.exceptions import InvalidProxyURL
from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import LocationValueError
from urllib3.util import parse_url

__all__ = ["validate_proxy", "validate_session"]

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
"""Schemes of the proxies that ``requests`` can use; those of SOCKS need another package."""
_SCHEME_PREFIX = re.compile(r"^(?:[^/?#@]*:)?//")
_MAX_PORT = 65_535


def validate_proxy(url: str, proxies: Any, own: Any, schemes: tuple[str, ...] = _SCHEMES) -> None:
    """Check the URL of the proxy for a request, if there is one.

    :param url: URL of the request
    :param proxies: Proxies of the request, by scheme or host
    :param own: Those among them that are set in the session
    :param schemes: Schemes of proxies that can be used
    :raises InvalidProxyURL: if the URL of the proxy is invalid; the message says where it is set, but not its parts
    """
    address = select_proxy(url, proxies)
    problem = _problem(address, schemes) if address else None
    if address and problem:
        raise InvalidProxyURL(f"the proxy URL in {_place(url, address, own)} {problem}")


def validate_session(session: Any, url: str) -> None:
    """Check the URL of the proxy that a caller's session would use for a request; see :func:`validate_proxy`."""
    if not issubclass(type(session), requests.Session):  # a mock is none, although it may be an instance
        return
    # To merge the settings takes 90 µs.
    if session.proxies or any(name[-6:].lower() == "_proxy" for name in os.environ):
        settings = session.merge_environment_settings(url, {}, None, None, None)
        validate_proxy(url, settings["proxies"], session.proxies)


def _problem(address: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with the URL of a proxy, None if it is valid."""
    if address[0].isspace():
        return "begins with a space"
    rest = _SCHEME_PREFIX.sub("", address)
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    credentials, _, location = authority.rpartition("@")
    if "@" in rest[len(authority) :]:
        return "is malformed; special characters in the user name and the password must be percent-encoded"
    host, _, port = location.partition("]:" if location.startswith("[") else ":")
    if not host:
        return "has no host"
    if port and not (re.fullmatch("[0-9]{1,5}", port) and int(port) <= _MAX_PORT):
        return f"has an invalid port; a port is a number of at most {_MAX_PORT}"
    try:
        unquote(credentials).encode("latin-1")
    except UnicodeError:
        return "has a user name or a password with a character that is not in Latin-1"
    try:
        parsed = parse_url(prepend_scheme_if_needed(address, "http"))  # type: ignore[no-untyped-call]
        (parsed.host or "").encode("idna")
    except (LocationValueError, ValueError, TypeError):
        return "has an invalid host"
    if parsed.scheme not in schemes:
        return f"must start with {' or '.join(f'{name}://' for name in schemes[:2])}"
    return None if parsed.host else "has no host"


def _place(url: str, address: str, own: Any) -> str:
    """Return the name of the variable or of the setting that has the URL of a proxy."""
    if select_proxy(url, own) == address:
        return "the session's proxies"
    variable = f"{url.partition(':')[0]}_proxy"
    for name in (variable, variable.upper(), "all_proxy", "ALL_PROXY"):
        if os.environ.get(name) == address:
            return name
    return "the settings of the request or the system"
