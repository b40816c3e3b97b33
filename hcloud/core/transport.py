"""The HTTP transport: a session of ``requests`` with a short path for plain requests.

Importing this module imports ``requests``, which is why nothing imports it before the first request.
"""

from __future__ import annotations

import os
import re
import ssl
import threading
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from types import MethodType
from typing import Any, cast
from urllib.parse import urlencode

import requests
from certifi import where
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from requests.utils import requote_uri
from urllib3.util.ssl_ import create_urllib3_context

from .._exceptions import InvalidArgumentError

__all__ = ["Adapter", "Session"]

_ENVIRONMENT = (
    *(name for scheme in ("http", "https", "all", "no") for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper())),
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
CONNECTIONS = 100
"""Number of connections that are kept open for reuse: one for each of that many threads."""
_PLAIN_URL = re.compile(r"[\w:/.~%?&=+,@\[\]-]*", re.ASCII)


class Adapter(HTTPAdapter):
    """Transport adapter that keeps a connection for each thread, and one SSL context for all of them.

    Loading the certificate authorities into a context takes longer than a TLS handshake.
    """

    def __init__(self) -> None:
        self._contexts: dict[Any, ssl.SSLContext] = {}
        self._lock = threading.Lock()  # held while one is made
        self._pools: dict[tuple[str, Any], Any] = {}
        super().__init__(pool_connections=4, pool_maxsize=CONNECTIONS)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        if proxies or cert:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        url = request.url or ""
        key = (url[: url.index("/", 8)], verify)
        if key not in self._pools:
            self._pools[key] = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._pools[key]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        url = request.url or ""
        return super().request_url(request, proxies) if proxies else url[url.index("/", 8) :]

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        if "set-cookie" in resp.headers:
            return super().build_response(req, resp)
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = "utf-8"
        response.raw, response.url, response.request = resp, req.url or "", req
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
                context = create_urllib3_context()
                path = where() if verify is True else verify
                try:
                    context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
                except OSError as error:
                    raise InvalidArgumentError(
                        f"{path}, which REQUESTS_CA_BUNDLE or the session's verify names, can't be loaded: {error}"
                    ) from error
                self._contexts[verify] = context
            return self._contexts[verify]


class _TokenOnly(AuthBase):
    """Authentication that changes nothing, so that ``requests`` does not replace the token by a netrc entry."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _is_original(method: Any) -> bool:
    return type(method) is MethodType and getattr(method.__func__, "__globals__", None) is vars(requests.sessions)


class Session(requests.Session):
    """A session that prepares plain requests itself, and reads the environment only after it changed.

    Everything else (hooks, session parameters, proxies or certificates of the session, redirects) falls back to
    ``requests.Session.request``.
    """

    def __init__(self, adapter: BaseAdapter | None) -> None:
        super().__init__()
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
        **kwargs: Any,
    ) -> requests.Response:
        """Send a request; see :meth:`requests.Session.request`."""
        is_plain = (
            not (kwargs or self.hooks["response"] or self.params or self.proxies or self.cert)
            and self.verify is True
            and type(self.auth) is _TokenOnly
        )
        # A mock or a tracer that replaces one of these methods must see the request.
        if not is_plain or not all(map(_is_original, (super().request, self.send))):
            if json is not None:
                kwargs["json"] = json
            return super().request(method=method, url=url, params=params, headers=headers, timeout=timeout, **kwargs)
        query = urlencode(params, doseq=True) if params else ""
        if query:
            url += ("&" if "?" in url else "?") + query
        if not _PLAIN_URL.fullmatch(url):
            url = requote_uri(url)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.hooks = method, url, {"response": []}
        merged: Any = self._merged(headers or {})
        prepared.headers = merged
        if json is not None:
            try:
                prepared.body = body = dumps(json, allow_nan=False).encode()
            except (TypeError, ValueError) as error:
                raise InvalidArgumentError(f"{method} {url}: the body can't be encoded as JSON: {error}") from None
            merged["Content-Type"] = "application/json"
            merged["Content-Length"] = str(len(body))
        elif method not in ("GET", "HEAD"):
            merged["Content-Length"] = "0"
        prepared._cookies = self.cookies.copy() if self.cookies else None  # type: ignore[attr-defined]
        if self.cookies:
            prepared.prepare_cookies(self.cookies)
        response = self.get_adapter(url).send(prepared, timeout=timeout, **self._settings_for(url))
        if response.is_redirect and method == "GET":
            response.close()
            return super().request(method, url, headers=headers, timeout=timeout)
        response.content  # noqa: B018  # reads the whole body, which returns the connection to its pool
        return response

    def _merged(self, headers: Mapping[str, str]) -> CaseInsensitiveDict[str]:
        """Return the session's headers updated by ``headers``; merged again only after either changed."""
        sources = (list(self.headers.items()), dict(headers))
        if self._header_sources != sources:
            merged = CaseInsensitiveDict(self.headers)
            merged.update(headers)
            self._headers_merged, self._header_sources = merged, sources
        twin: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        twin._store = self._headers_merged._store.copy()  # type: ignore[attr-defined]  # CaseInsensitiveDict.copy() lowers every name again
        return twin

    def _settings_for(self, url: str) -> dict[str, Any]:
        environment = (*map(os.environ.get, _ENVIRONMENT), url.split("/", 3)[2], self.trust_env)
        if environment != self._environment:
            settings = self.merge_environment_settings(url, {}, None, None, None)
            self._settings = {name: settings[name] for name in ("proxies", "verify", "cert")}
            self._environment = environment
        return self._settings
