"""Failures of the transport as exceptions of this library, whose messages say what failed and for which host."""

from __future__ import annotations

import os
import re
import socket
import ssl
from contextlib import suppress
from http.client import HTTPException
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._exceptions import NetworkError, join_classes
from .errors import short_text
from .retry import classify
from .warn import PACKAGE

if TYPE_CHECKING:
    from .retry import Failure

__all__ = ["network_error"]

# By name, since aiohttp need not be installed.
_ENDED_EARLY = frozenset(
    {"RemoteDisconnected", "IncompleteRead", "ServerDisconnectedError", "ContentLengthError", "TransferEncodingError"}
)
"""Classes of exceptions for a connection that was closed before the end of a response."""
_NOT_DECOMPRESSED = frozenset({"DecodeError", "ContentDecodingError", "ContentEncodingError"})
"""Classes of exceptions for a body that is not compressed as its header says."""
_PROXY_HINT = "; check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
_UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""Codes of OpenSSL for a certificate of an authority that is not trusted."""
_DECORATION = re.compile(r"^\[\w+(?:: \w+)?\] (?:certificate verify failed: )?| \(_ssl\.c:\d+\)$")
"""Parts of the text of a TLS error that say nothing to users."""


def network_error(error: Exception, url: str = "", timeout: Any = None, failure: Failure | None = None) -> NetworkError:
    """Return a failure of the transport as a :class:`NetworkError` that is also an instance of its own class.

    Its ``args`` are those of the original exception, but ``str()`` explains the usual causes.

    :param url: URL of the request; without it, the original message stays
    :param timeout: Timeout of the request
    :param failure: Meaning of the failure, if the transport states it
    """
    joined: NetworkError = join_classes((NetworkError, type(error)), error.args, error.__dict__)
    joined.__cause__, joined._failure = error, failure
    if url:
        joined._explanation = _explain(error, classify(joined, {}).applied is False, url, timeout)
    return joined


def _explain(error: Exception, is_unsent: bool, url: str, timeout: Any) -> str:
    """Return a message that says what failed, and for which host; empty for other causes than the usual ones."""
    chain = _unwrap(error)
    if any(type(cause).__module__.startswith(f"{PACKAGE}.") for cause in chain):  # a message of this library
        return ""
    if isinstance(error, ValueError) and not isinstance(error, ssl.CertificateError):  # a wrong setting, which it names
        return ""
    try:
        target = _target(url)
    except ValueError:  # the URL is the cause
        return ""
    address = _peer(chain)
    is_proxy = any("Proxy" in type(cause).__name__ for cause in chain) or (
        address is not None and address != target and target.isascii()
    )
    peer = f"the proxy {address or ''}".rstrip() if is_proxy else address or target
    hint = _PROXY_HINT if is_proxy else ""
    problem = f"can't connect to {peer}" if is_unsent else f"the connection to {peer} broke"
    for cause in reversed(chain):
        text = short_text(_DECORATION.sub("", str(cause.args[-1] if cause.args else "")))
        if type(cause).__name__ == "ClientHttpProxyError":  # of aiohttp
            return f"the proxy does not connect to {target}: {cause.status} {short_text(cause.message)}{hint}"
        if text.startswith("Tunnel connection failed: "):  # of http.client
            return f"the proxy does not connect to {target}: {text.partition(': ')[2]}{hint}"
        if isinstance(cause, ssl.SSLCertVerificationError):
            is_unknown = getattr(cause, "verify_code", None) in _UNKNOWN_AUTHORITY
            advice = "; to trust its authority, set REQUESTS_CA_BUNDLE" if is_unknown else ""
            return f"the certificate of {peer} is not valid: {text}{advice}"
        if isinstance(cause, ssl.SSLError):
            return f"{problem} by TLS: {text}" if is_unsent else f"{problem}: {text}"
        if isinstance(cause, socket.gaierror):
            return f"{problem}: the name of the host is unknown ({text}){hint}"
        if isinstance(cause, TimeoutError) and cause.errno is None:
            limit = (timeout if isinstance(timeout, tuple) else (timeout, timeout))[not is_unsent]
            seconds = "the timeout"
            if isinstance(limit, (int, float)):
                seconds = f"{limit:g} second{'' if limit == 1 else 's'} (timeout)"
            return f"{problem} within {seconds}{hint}" if is_unsent else f"{peer} sent nothing within {seconds}"
        if type(cause).__name__ in _ENDED_EARLY:
            return f"{problem}: closed {'at once' if is_unsent else 'before the end of the response'}"
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
            # asyncio has another text in strerror; Windows knows its own numbers only there.
            return f"{problem}: {os.strerror(cause.errno) if os.name == 'posix' else cause.strerror}{hint}"
        if type(cause) is HTTPException:  # of this library's own connections
            return f"the response of {peer} can't be read: {text}"
        if type(cause).__name__ in _NOT_DECOMPRESSED:
            return f"the body of the response of {peer} can't be decompressed"
        if isinstance(cause, HTTPException) or any(
            cls.__name__ == "HttpProcessingError" for cls in type(cause).__mro__
        ):
            return f"the response of {peer} is not valid HTTP"
    is_of_connector = any(type(cause).__name__.startswith("ClientConnector") for cause in chain)
    return problem if is_of_connector else ""  # aiohttp's own text shows an SSLContext


def _unwrap(error: BaseException) -> list[Any]:
    """Return an exception and those that it is wrapped around, from the outside to the inside."""
    chain = [error]
    for current in chain:  # grows
        causes: list[Any] = list(current.args)
        if not type(current).__module__.startswith("requests."):  # theirs have the cause as argument, or their own text
            names = ("reason", "original_error", "certificate_error", "os_error", "__cause__")
            causes += [getattr(current, name, None) for name in names]
        for cause in causes:
            if isinstance(cause, BaseException) and not any(cause is other for other in chain):
                chain.append(cause)
    return chain


def _target(url: str) -> str:
    """Return the host and the port of a URL.

    :raises ValueError: if it has none
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    return _address(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


def _peer(chain: list[Any]) -> str | None:
    """Return the host and the port that a connection was opened to, which may be those of a proxy."""
    for cause in reversed(chain):
        for connection in (cause, getattr(cause, "conn", None), *cause.args[:1]):
            host, port = getattr(connection, "host", None), getattr(connection, "port", None)
            if isinstance(host, str) and isinstance(port, int):
                return _address(host, port)
    return None


def _address(host: str, port: int) -> str:
    """Return a host and a port in one form, since transports write hosts in different ones."""
    host = host.strip("[]").rstrip(".").lower()
    with suppress(ValueError):
        host = str(ip_address(host))
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
