"""The fake cloud as a transport of ``requests``: no sockets, the rest of the client as it is."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from .http import ConnectionBroken, Request, Response

if TYPE_CHECKING:
    from .cloud import FakeCloud

__all__ = ["FakeAdapter"]


class FakeAdapter(BaseAdapter):
    """Mount it on a ``requests`` session, and all its requests go to the cloud.

    :param cloud: where the requests go.
    """

    def __init__(self, cloud: FakeCloud) -> None:
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
        """Have the cloud answer a request.

        :raises requests.ConnectionError: the cloud was told to break the connection.
        :raises requests.Timeout: the answer takes longer than the timeout allows.
        """
        url = urlsplit(str(request.url))
        body = request.body or b""
        try:
            answer = self.cloud.handle(
                Request(
                    str(request.method),
                    url.path,
                    parse_qsl(url.query, keep_blank_values=True),
                    request.headers,
                    body.encode() if isinstance(body, str) else body,
                    f"{url.scheme}://{url.netloc}{self.cloud.prefix}",
                )
            )
        except ConnectionBroken as broken:
            if broken.kind != "reset":
                self.cloud.clock.sleep(_patience(timeout, broken.kind) or 0)
            raise self._error(broken, request) from broken
        self._wait(answer, timeout, request)
        return self._response(answer, request)

    def close(self) -> None:
        """Nothing to close."""

    def _error(self, broken: ConnectionBroken, request: requests.PreparedRequest) -> requests.RequestException:
        kinds = {"connect": requests.ConnectTimeout, "timeout": requests.ReadTimeout}
        return kinds.get(broken.kind, requests.ConnectionError)(str(broken), request=request)

    def _wait(self, answer: Response, timeout: Any, request: requests.PreparedRequest) -> None:
        if not answer.delay:
            return
        patience = _patience(timeout, "timeout")
        if patience is not None and answer.delay > patience:
            self.cloud.clock.sleep(patience)
            raise requests.ReadTimeout(f"the fake cloud took longer than {patience} seconds", request=request)
        self.cloud.clock.sleep(answer.delay)

    def _response(self, answer: Response, request: requests.PreparedRequest) -> requests.Response:
        response = requests.Response()
        response.status_code = answer.status
        response.reason = responses.get(answer.status, "")
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.body
        response.encoding = "utf-8"
        response.url = str(request.url)
        response.request = request
        return response


def _patience(timeout: Any, kind: str) -> float | None:
    """How long a client waits for a connection, or for an answer."""
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    found: float | None = connect if kind == "connect" else read
    return found
