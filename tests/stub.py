"""A transport adapter with canned responses, and a clock that records sleeps."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from hcloud import Client
from hcloud.testing import ManualClock

StubResponse: TypeAlias = "int | tuple[int, Any] | tuple[int, Any, Mapping[str, str]] | Exception"


class RecordingClock(ManualClock):
    """A manual clock that advances on sleep, and records each duration."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, seconds: float, /) -> None:
        """Record the duration and advance the clock immediately."""
        self.slept.append(seconds)
        super().sleep(seconds)


class Sent:
    """A request as it was sent."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        url = urlsplit(str(request.url))
        self.method, self.url, self.headers = str(request.method), str(request.url), request.headers
        self.path, self.query = url.path.removeprefix("/v1"), parse_qs(url.query, keep_blank_values=True)
        self.json = json.loads(request.body) if request.body else None

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class Stub(BaseAdapter):
    """Adapter that plays back :attr:`responses` in order and repeats the last one.

    A response is a status, optionally with a body and headers, an exception to raise, or a function that computes one
    of these from the request.
    """

    def __init__(self, *responses: StubResponse | Callable[[Sent], StubResponse]) -> None:
        super().__init__()
        self.responses: list[StubResponse | Callable[[Sent], StubResponse]] = list(responses)
        self.sent: list[Sent] = []
        self.timeouts: list[Any] = []
        self.clock = RecordingClock()
        self.close_count = 0
        self._lock = threading.Lock()

    def client(self, **options: Any) -> Client:
        """Return a client that uses this adapter and :attr:`clock`."""
        return Client("the-token", adapter=self, clock=self.clock, **options)

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **_: Any) -> requests.Response:  # type: ignore[override]
        """Record the request and play back the next response."""
        sent = Sent(request)
        with self._lock:
            self.sent.append(sent)
            self.timeouts.append(timeout)
            planned = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if callable(planned):
            planned = planned(sent)
        if isinstance(planned, Exception):
            if isinstance(planned, requests.RequestException):
                planned.request = request
            raise planned
        status, body, headers = (*(planned if isinstance(planned, tuple) else (planned,)), None, None)[:3]
        response = requests.Response()
        response.status_code, response.url, response.request = status, str(request.url), request
        response.reason = {200: "OK", 429: "Too Many Requests", 503: "Service Unavailable"}.get(status, "")
        response.headers = CaseInsensitiveDict(headers or {})
        response._content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return response

    def close(self) -> None:
        """Count the calls."""
        self.close_count += 1


class ThreadGroup:
    """Threads that run jobs concurrently."""

    def __init__(self, jobs: list[Callable[[], object]]) -> None:
        self.threads = [threading.Thread(target=job) for job in jobs]

    def run(self) -> None:
        """Run all threads to completion."""
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def wait_until_fetching(self) -> None:
        """Wait until all threads are fetching: each sends a request or waits for that of another thread."""
        pause = threading.Event()
        for _ in range(5_000):
            frames = sys._current_frames()
            if all(self._is_fetching(frames.get(thread.ident or 0)) for thread in self.threads):
                return
            pause.wait(0.001)
        raise AssertionError("some threads did not start to fetch")

    def _is_fetching(self, frame: Any) -> bool:
        while frame is not None:
            if frame.f_code.co_filename.endswith("batches.py"):
                return True
            frame = frame.f_back
        return False


def serving(**collections: list[dict[str, Any]]) -> Callable[[Sent], StubResponse]:
    """Return a function that serves collections: by page, by a list of IDs, or one entry by its ID."""

    def respond(sent: Sent) -> StubResponse:
        _, collection, *identity = sent.path.split("/")
        entries = collections[collection]
        if identity:
            matches = [entry for entry in entries if str(entry["id"]) == identity[0]]
            return (200, {collection[:-1]: matches[0]}) if matches else (404, error("not_found", "no such entry"))
        if "id" in sent.query:
            entries = [entry for entry in entries if str(entry["id"]) in sent.query["id"]]
        page, size = int(sent.query.get("page", ["1"])[0]), int(sent.query.get("per_page", ["25"])[0])
        last = max(1, -(-len(entries) // size))
        pagination = {
            "page": page,
            "per_page": size,
            "previous_page": page - 1 or None,
            "next_page": page + 1 if page < last else None,
            "last_page": last,
            "total_entries": len(entries),
        }
        return 200, {collection: entries[(page - 1) * size : page * size], "meta": {"pagination": pagination}}

    return respond


def error(code: str, message: str = "no", details: Any = None) -> dict[str, Any]:
    """Return the body of an error response."""
    return {"error": {"code": code, "message": message, "details": details}}
