"""The HTTP transport: a session of ``requests`` with a short path for plain requests.

Importing this module imports ``requests``, which is why nothing imports it before the first request.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MethodType
from typing import Any, cast

import requests
from certifi import where
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests.exceptions import ContentDecodingError, ReadTimeout
from requests.sessions import merge_setting
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy
from urllib3._version import __version__ as URLLIB3_VERSION
from urllib3.util.ssl_ import create_urllib3_context

from .._exceptions import InvalidArgumentError
from .direct import PlainRequest, send_directly
from .encoding import JSON_TYPE, encode_body, encode_url
from .http_connections import DirectAttempt, exchange, tracked_pools
from .plain_response import PlainResponse
from .proxies import validate_proxy
from .settings import host_of, is_loopback

if URLLIB3_VERSION.startswith("1."):  # requests accepts it, but it takes truncated bodies for complete ones
    raise ImportError(f"hcloud needs urllib3 2 or newer, but {URLLIB3_VERSION} is installed: pip install 'urllib3>=2'")

__all__ = ["Adapter", "ResponseTooLarge", "Session", "tls_context"]

_VARIABLES = (
    *(name for scheme in ("http", "https", "all", "no") for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper())),
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
# Looking up a text in os.environ encodes it, and a missing one raises and catches an exception: all of these would take
# 16 µs for each request. The dict behind it needs neither.
_ENVIRON: Any = os.environb if os.supports_bytes_environ else os.environ
_ENVIRON = getattr(_ENVIRON, "_data", _ENVIRON)
_ENVIRONMENT = tuple(map(os.fsencode, _VARIABLES)) if os.supports_bytes_environ else _VARIABLES
CONNECTIONS = 100
"""Number of connections that are kept open for reuse: one for each of that many threads."""
_CHUNK = 16_384
"""Bytes of a body that are read, and decompressed, at once."""


class Adapter(HTTPAdapter):
    """Transport adapter that keeps a connection for each thread, and one SSL context for all of them.

    Loading the certificate authorities into a context takes longer than a TLS handshake.
    """

    def __init__(self) -> None:
        self._contexts: dict[Any, ssl.SSLContext] = {}
        super().__init__(pool_connections=4, pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # Also called in the child of a fork, which must not share connections and locks with its parent.
        self._lock = threading.Lock()  # held while a context is created
        self._pools: dict[tuple[str, Any], Any] = {}
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = tracked_pools(self.poolmanager.pool_classes_by_scheme)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = tracked_pools(manager.pool_classes_by_scheme)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; the attribute ``was_sent`` of an exception states if bytes of the request were sent."""
        exchange.was_sent = None
        outer, exchange.attempt = exchange.attempt, None  # a signal handler may send a request meanwhile
        try:
            result = self._send_directly(request, *args, **kwargs) if isinstance(request, PlainRequest) else None
            if result.__class__ is PlainResponse:
                response = self.build_response(request, result)
            else:
                exchange.attempt = cast("DirectAttempt | None", result)
                response = super().send(request, *args, **kwargs)
        except Exception as error:
            error.was_sent = exchange.was_sent  # type: ignore[attr-defined]
            raise
        finally:
            if exchange.attempt is not None:  # it failed before urllib3 took the attempt over
                exchange.attempt.abandon()
            exchange.attempt = outer
        exchange.response = response
        return response

    def _send_directly(
        self,
        request: PlainRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> PlainResponse | DirectAttempt | None:
        retries: Any = self.max_retries
        if cert or not verify or stream or retries.total or retries.status_forcelist:
            return None
        url = request.url or ""
        if proxies and select_proxy(url, proxies):
            return None
        pool = self._pools.get((url[: url.index("/", 8)], verify))
        return None if pool is None else send_directly(pool, request, timeout)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        if exchange.attempt is not None:
            return exchange.attempt.pool
        url = request.url or ""
        if cert or (proxies and select_proxy(url, proxies)):
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        key = (url[: url.index("/", 8)], verify)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        url = request.url or ""
        return super().request_url(request, proxies) if proxies else url[url.index("/", 8) :]

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        if resp.__class__ is PlainResponse:
            return self._build_plain_response(req, resp)
        if "set-cookie" in resp.headers:
            return super().build_response(req, resp)
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        merged = resp.headers.itermerged()
        response.headers._store.update({name.lower(): (name, value) for name, value in merged})  # type: ignore[attr-defined]
        response.encoding = "utf-8"
        response.raw, response.url, response.request = resp, req.url or "", req
        response.connection = self
        return response

    def _build_plain_response(self, request: requests.PreparedRequest, plain: PlainResponse) -> requests.Response:
        response = requests.Response()
        response.status_code, response.reason = plain.status, plain.reason
        response.headers._store = plain.headers  # type: ignore[attr-defined]
        response._content, response._content_consumed = plain.content, True  # type: ignore[attr-defined]
        response.encoding = "utf-8"
        response.url, response.request = request.url or "", request
        response.connection = self
        return response

    def close(self) -> None:
        # urllib3 closes the connections of a pool when the pool is garbage collected, which a traceback can delay.
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118  # not a dict: it can't be iterated
                manager.pools[key].close()
        self._pools.clear()
        super().close()

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https" and verify:
            for name in ("ca_certs", "ca_cert_dir"):
                cast("dict[str, Any]", pool).pop(name, None)
            pool["ssl_context"] = self._context(verify)
        return host, pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        if verify and not cert:  # the context has the authorities loaded
            conn.cert_reqs = "CERT_REQUIRED"
        else:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    def _context(self, verify: Any) -> ssl.SSLContext:
        with self._lock:
            if verify not in self._contexts:
                self._contexts[verify] = tls_context(verify)
            return self._contexts[verify]


def tls_context(verify: Any) -> ssl.SSLContext:
    """Return a new context with certificate authorities: those of ``certifi``, or of a file or directory.

    :param verify: True for those of ``certifi``, or the path of others
    :raises InvalidArgumentError: if they can't be loaded
    """
    context = create_urllib3_context()
    path = where() if verify is True else verify
    try:
        context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    except OSError as error:
        raise InvalidArgumentError(
            f"{path}, which REQUESTS_CA_BUNDLE or the session's verify names, can't be loaded: {error}"
        ) from error
    return context


class ResponseTooLarge(requests.RequestException):
    """The body of a response is larger than the client's ``max_response_size``.

    Tracebacks show it as the cause of a :class:`NetworkError`, by its name in this module.
    """


class _TokenOnly(AuthBase):
    """Authentication that changes nothing, so that ``requests`` does not replace the token by a netrc entry."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Deadline:
    """Context manager that shuts down the connections of this thread when a time limit has passed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: list[Any] = []
        self._has_ended = False
        self._is_over = False
        self._lock = threading.Lock()  # held while connections are shut down, which must not be in the pool again
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> None:
        exchange.deadline = self
        with suppress(RuntimeError):  # no thread can be started: continue without a limit
            self._timer.start()

    def watch(self, sock: Any) -> None:
        """Shut down ``sock`` when the time is over."""
        while not isinstance(sock, socket.socket) and hasattr(sock, "socket"):  # TLS within the TLS of a proxy
            sock = sock.socket
        with self._lock:
            if sock not in self._sockets:
                self._sockets.append(sock)
            is_over = self._is_over
        if is_over:
            self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._is_over = True
            for sock in self._sockets:
                with suppress(OSError):  # it is closed already
                    # Not SSLSocket.shutdown(), which takes the TLS state from the thread that reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def __exit__(self, cls: Any, error: BaseException | None, traceback: Any) -> None:
        exchange.deadline = None
        self._timer.cancel()
        with self._lock:
            self._has_ended = True
        if self._is_over and isinstance(error, Exception):
            late = ReadTimeout(f"the response took longer than {self._seconds:g} seconds (total_timeout)")
            late.was_sent = getattr(error, "was_sent", None)  # type: ignore[attr-defined]
            raise late from error


def _is_original(method: Any) -> bool:
    return type(method) is MethodType and getattr(method.__func__, "__globals__", None) is vars(requests.sessions)


class Session(requests.Session):
    """A session that prepares plain requests itself, and reads the environment only after it changed.

    Requests with hooks, and with parameters, proxies or certificates of the session, fall back to
    ``requests.Session.request``.
    """

    def __init__(self, adapter: BaseAdapter | None, max_response_size: int | None = None) -> None:
        super().__init__()
        self.max_response_size = max_response_size
        self.auth: Any = _TokenOnly()
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter or Adapter())
        self._environment: tuple[Any, ...] | None = None
        self._header_sources: tuple[Any, ...] | None = None
        self._settings: dict[str, Any] = {}

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: Any = None,
        total_timeout: float | None = None,
        **kwargs: Any,
    ) -> requests.Response:
        """Send a request; see :meth:`requests.Session.request`. Redirects are not followed.

        :param total_timeout: Seconds after which the connection is closed, even if bytes still arrive
        """
        if total_timeout is not None:
            with _Deadline(total_timeout):
                return self.request(method, url, params=params, json=json, headers=headers, timeout=timeout, **kwargs)
        outer = exchange.response  # of the request whose hook sends this one
        exchange.was_sent = exchange.response = None
        try:
            return self._request(method, url, params, json, headers, timeout, kwargs)
        except Exception as error:
            if exchange.response is not None:  # a hook failed, maybe with a request of its own that was not sent
                exchange.response.close()
                error.was_sent = True  # type: ignore[attr-defined]
            elif not hasattr(error, "was_sent"):
                error.was_sent = exchange.was_sent  # type: ignore[attr-defined]
            raise
        finally:
            exchange.response = outer

    def _request(
        self, method: str, url: str, params: Any, json: Any, headers: Any, timeout: Any, kwargs: dict[str, Any]
    ) -> requests.Response:
        is_plain = (
            not (kwargs or self.hooks["response"] or self.params or self.proxies or self.cert)
            and self.verify is True
            and type(self.auth) is _TokenOnly
        )
        # A mock or a tracer that replaces one of these methods must see the request.
        if not is_plain or not all(map(_is_original, (super().request, self.send))):
            if json is not None:
                kwargs["json"] = json
            options = {"allow_redirects": False, "stream": True, **kwargs}
            response = super().request(
                method=method, url=url, params=params, headers=headers, timeout=timeout, **options
            )
            if "stream" not in kwargs and isinstance(response, requests.Response):  # not a mock
                self._read_body(response)
            return response
        url = encode_url(url, params)
        prepared = PlainRequest()
        prepared.method, prepared.url, prepared.hooks = method, url, {"response": []}
        merged: Any = self._merged(headers or {})
        prepared.headers = merged
        body = prepared.body = encode_body(method, url, json)
        if body is not None:
            merged["Content-Type"] = JSON_TYPE
            merged["Content-Length"] = str(len(body))
        elif method not in ("GET", "HEAD"):
            merged["Content-Length"] = "0"
        prepared._cookies = self.cookies.copy() if self.cookies else None  # type: ignore[attr-defined]
        if self.cookies:
            prepared.prepare_cookies(self.cookies)
        response = self.get_adapter(url).send(prepared, timeout=timeout, **self._settings_for(url))
        self._read_body(response)
        return response

    def _read_body(self, response: requests.Response) -> None:
        """Read the whole body, which returns the connection to its pool.

        :raises ResponseTooLarge: if it is larger than ``max_response_size`` after decompression
        """
        content: Any = response._content
        if content is False:
            chunks, size = [], 0
            try:
                # A chunk of the exact length spares the read that would find the end.
                length = getattr(response.raw, "length_remaining", None)
                for chunk in response.iter_content(length if length and length < _CHUNK else _CHUNK):
                    chunks.append(chunk)
                    size += len(chunk)
                    if self.max_response_size is not None and size > self.max_response_size:
                        break
            except BaseException as error:
                response.close()  # the rest of the body may be on its way
                error.was_sent = True  # type: ignore[attr-defined]
                raise
            response._content = content = b"".join(chunks)
            if not content and response.headers.get("Content-Encoding") and getattr(response.raw, "tell", int)():
                incomplete = ContentDecodingError("the compressed body of the response is incomplete")
                incomplete.was_sent = True  # type: ignore[attr-defined]
                raise incomplete
            response._content_consumed = True  # type: ignore[attr-defined]
        if self.max_response_size is not None and content and len(content) > self.max_response_size:
            response.close()
            response._content = content[:_CHUNK]
            raise ResponseTooLarge(
                f"the body of the response is larger than {self.max_response_size} bytes (max_response_size)",
                response=response,
            )

    def _merged(self, headers: Mapping[str, str]) -> CaseInsensitiveDict[str]:
        """Return the session's headers updated by ``headers``; merged again only after either changed."""
        sources = (list(self.headers._store.values()), dict(headers))  # type: ignore[attr-defined]
        if self._header_sources != sources:
            merged = CaseInsensitiveDict(self.headers)
            merged.update(headers)
            self._headers_merged, self._header_sources = merged, sources
        copy: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        copy._store = self._headers_merged._store.copy()  # type: ignore[attr-defined]  # CaseInsensitiveDict.copy() lowers every name again
        return copy

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        merged = super().merge_environment_settings(url, dict(proxies or {}), stream, verify, cert)
        if is_loopback(host_of(url) or ""):
            # No proxy of the environment reaches this machine, but it would get the token in plain text.
            merged["proxies"] = merge_setting(proxies, self.proxies)  # type: ignore[no-untyped-call]
        if merged["proxies"]:
            validate_proxy(url, merged["proxies"], self.proxies)
        return merged

    def _settings_for(self, url: str) -> dict[str, Any]:
        environment = (*map(_ENVIRON.get, _ENVIRONMENT), url.split("/", 3)[2], self.trust_env)
        if environment != self._environment:
            settings = self.merge_environment_settings(url, {}, None, None, None)
            self._settings = {name: settings[name] for name in ("proxies", "verify", "cert")}
            self._environment = environment
        return self._settings
