"""A transport that plays answers, and a clock that notes how long it was slept on."""

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

Answer: TypeAlias = "int | tuple[int, Any] | tuple[int, Any, Mapping[str, str]] | Exception"


class NotedClock(ManualClock):
    """Stands still but for those who sleep on it."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, seconds: float, /) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        super().sleep(seconds)


class Sent:
    """A request that was sent."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        url = urlsplit(str(request.url))
        self.method, self.url, self.headers = str(request.method), str(request.url), request.headers
        self.path, self.query = url.path.removeprefix("/v1"), parse_qs(url.query, keep_blank_values=True)
        self.json = json.loads(request.body) if request.body else None

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class Stub(BaseAdapter):
    """Answers each request with the next of :attr:`answers`, the last again and again.

    An answer is a status, with a body and with headers where they matter, an exception to raise, or a function that
    makes one of the request.
    """

    def __init__(self, *answers: Answer | Callable[[Sent], Answer]) -> None:
        super().__init__()
        self.answers: list[Answer | Callable[[Sent], Answer]] = list(answers)
        self.sent: list[Sent] = []
        self.timeouts: list[Any] = []
        self.clock = NotedClock()
        self.closed = 0
        self._lock = threading.Lock()

    def client(self, **options: Any) -> Client:
        """A client of these answers, in the time of :attr:`clock`."""
        return Client("the-token", adapter=self, clock=self.clock, **options)

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **_: Any) -> requests.Response:  # type: ignore[override]
        """Play the next answer."""
        sent = Sent(request)
        with self._lock:
            self.sent.append(sent)
            self.timeouts.append(timeout)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(sent)
        if isinstance(answer, Exception):
            if isinstance(answer, requests.RequestException):
                answer.request = request
            raise answer
        status, body, headers = (*(answer if isinstance(answer, tuple) else (answer,)), None, None)[:3]
        response = requests.Response()
        response.status_code, response.url, response.request = status, str(request.url), request
        response.reason = {200: "OK", 429: "Too Many Requests", 503: "Service Unavailable"}.get(status, "")
        response.headers = CaseInsensitiveDict(headers or {})
        response._content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return response

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class Crowd:
    """Threads that each do a job, at once."""

    def __init__(self, jobs: list[Callable[[], object]]) -> None:
        self.threads = [threading.Thread(target=job) for job in jobs]

    def run(self) -> None:
        """Start them, and return when all are done."""
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def gather(self) -> None:
        """Return when all of them are within the library's fetching, each with a request of its own or waiting."""
        pause = threading.Event()
        for _ in range(5_000):
            frames = sys._current_frames()
            if all(self._is_fetching(frames.get(thread.ident or 0)) for thread in self.threads):
                return
            pause.wait(0.001)
        raise AssertionError("some threads never came to fetch")

    def _is_fetching(self, frame: Any) -> bool:
        while frame is not None:
            if frame.f_code.co_filename.endswith("batches.py"):
                return True
            frame = frame.f_back
        return False


def serving(**collections: list[dict[str, Any]]) -> Callable[[Sent], Answer]:
    """Answers as the API has them for what it lists: whole collections by page, by id, or one by one."""

    def answer(sent: Sent) -> Answer:
        _, collection, *identity = sent.path.split("/")
        everything = collections[collection]
        if identity:
            found = [each for each in everything if str(each["id"]) == identity[0]]
            return (200, {collection[:-1]: found[0]}) if found else (404, error("not_found", "there is none"))
        if "id" in sent.query:
            everything = [each for each in everything if str(each["id"]) in sent.query["id"]]
        page, size = int(sent.query.get("page", ["1"])[0]), int(sent.query.get("per_page", ["25"])[0])
        last = max(1, -(-len(everything) // size))
        pagination = {
            "page": page,
            "per_page": size,
            "previous_page": page - 1 or None,
            "next_page": page + 1 if page < last else None,
            "last_page": last,
            "total_entries": len(everything),
        }
        return 200, {collection: everything[(page - 1) * size : page * size], "meta": {"pagination": pagination}}

    return answer


def error(code: str, message: str = "no", details: Any = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "details": details}}
