"""Log of the requests that reached a fake cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .http import Query, Request, parse_json

__all__ = ["LoggedRequest", "RequestLog", "log_request"]


@dataclass(frozen=True)
class LoggedRequest:
    """A request that reached the cloud, and the status of its response (``None`` if the connection broke)."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    status: int | None

    def __str__(self) -> str:
        query = f"?{urlencode(self.query)}" if self.query else ""
        body = f" {json.dumps(self.body)}" if self.body is not None else ""
        return f"{self.method} {self.path}{query}{body} -> {self.status or 'broken'}"


class RequestLog(list[LoggedRequest]):
    """The requests that reached a cloud, oldest first. ``str()`` has one line for each request."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no requests"

    def to(self, method: str, path: str) -> RequestLog:
        """Return the requests with a method and a path such as ``/servers/42``, also with a slash at the end."""
        paths = (path, f"{path}/")
        return RequestLog(request for request in self if request.method == method and request.path in paths)


def log_request(log: RequestLog, request: Request, path: str, query: Query, status: int | None, limit: int) -> None:
    """Append a request to a log, and drop the oldest requests beyond a limit.

    :param path: Path of the request without the prefix of the API
    :param status: Status of the response; ``None`` if the connection broke
    :param limit: Maximum number of requests in the log
    """
    log.append(LoggedRequest(request.method, path, query.pairs, _readable_body(request.body), status))
    if len(log) > limit:
        del log[: len(log) - limit]


def _readable_body(body: bytes) -> Any:
    """Return the JSON value of a body; its text if it is not JSON, ``None`` if it is empty."""
    if not body:
        return None
    try:
        return parse_json(body)
    except ValueError:
        return body.decode(errors="replace")
