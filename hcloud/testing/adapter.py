"""A fake cloud as a transport adapter of ``requests``, without sockets."""

from __future__ import annotations

import io
from collections.abc import Mapping
from http.client import responses
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from ..core.coroutines import run
from .exchange import exchange
from .http import ConnectionBroken, Response

if TYPE_CHECKING:
    from .cloud import FakeAPI

__all__ = ["FakeAdapter"]


class FakeAdapter(BaseAdapter):
    """Transport adapter that sends the requests of a ``requests`` session to a fake cloud.

    :param cloud: Cloud that processes the requests
    """

    def __init__(self, cloud: FakeAPI) -> None:
        super().__init__()
        self.cloud = cloud

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Let the cloud process a request.

        :raises requests.ConnectionError: A fault breaks the connection.
        :raises requests.Timeout: The response takes longer than the timeout, or never arrives.
        """
        headers: Any = request.headers
        try:
            response = run(
                exchange(
                    self.cloud,
                    self.cloud.clock,
                    str(request.method),
                    str(request.url),
                    headers=headers,
                    body=_read(request.body),
                    timeout=timeout,
                )
            )
        except ConnectionBroken as broken:
            raise self._error(broken, request) from broken
        return self._convert(response, request)

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def _error(self, broken: ConnectionBroken, request: requests.PreparedRequest) -> requests.RequestException:
        classes = {"connect": requests.ConnectTimeout, "timeout": requests.ReadTimeout}
        return classes.get(broken.kind, requests.ConnectionError)(str(broken), request=request)

    def _convert(self, response: Response, request: requests.PreparedRequest) -> requests.Response:
        converted = requests.Response()
        converted.status_code = response.status
        converted.reason = responses.get(response.status, "")
        converted.headers = CaseInsensitiveDict(response.headers)
        converted._content = response.body
        converted._content_consumed = True  # type: ignore[attr-defined]
        # For programs that stream the response, or look at its connection.
        converted.raw = urllib3.HTTPResponse(
            io.BytesIO(response.body), response.headers, response.status, reason=converted.reason, preload_content=False
        )
        converted.encoding = "utf-8"
        converted.url = str(request.url)
        converted.request = request
        return converted


def _read(body: Any) -> bytes:
    """Return the body of a request: text, bytes, a file or an iterable of such parts."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return _read(body.read())
    return b"".join(map(_read, body or ()))
