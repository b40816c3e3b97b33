"""The fake cloud: projects, time, failures on demand, and the way a request takes through it."""

from __future__ import annotations

import io
import json
import math
import pickle
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, get_args
from urllib.parse import urlencode

from .clock import ManualClock
from .error_responses import ErrorResponse, code_of_status
from .http import ConnectionBroken, Query, Request, Response, dump_json, parse_json
from .listing import ListPage
from .resource import Body, FakeResource
from .resources import resources
from .resources.actions import Actions
from .router import router
from .schema import Record

if TYPE_CHECKING:
    from hcloud import Client
    from hcloud.core.clock import Clock

__all__ = ["FakeCloud", "LoggedRequest", "Project", "RequestLog"]

R = TypeVar("R", bound=FakeResource)

DEFAULT_TOKEN = "fake-token-" + "0" * 53
_Breakage = Literal["reset", "connect", "timeout"]
_JSON = "application/json"
_IPV4 = IPv4Address("198.18.0.0")
_IPV6 = IPv6Address("2001:db8::")


@dataclass(frozen=True)
class LoggedRequest:
    """A request that reached the cloud, and the status of its answer (``None`` if the connection broke)."""

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
    """The requests that reached a cloud, oldest first; printed one a line."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no requests"

    def to(self, method: str, path: str) -> RequestLog:
        """Those with a method and a path, such as ``/servers/42``."""
        return RequestLog(each for each in self if each.method == method and each.path == path)


@dataclass
class _Fault:
    """Something that goes wrong with the next ``count`` requests that match."""

    count: int
    method: str | None
    path: str | None
    status: int = 0
    code: str = ""
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    broken: Literal["", "before", "after"] = ""
    kind: _Breakage = "reset"
    truncated: bool = False

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and (self.path is None or path.startswith(self.path))


class Project:
    """A project of the cloud: its tokens, its rate limit, its resources."""

    def __init__(self, cloud: FakeCloud, name: str, token: str) -> None:
        self.cloud = cloud
        self.name = name
        self.token = token
        self._budget = float(cloud.rate_limit)
        self._budget_at = cloud.clock.time()
        self.resources: dict[str, FakeResource] = {kind.collection: kind(self) for kind in cloud.resource_classes()}
        self.by_singular: dict[str, FakeResource] = {
            resource.singular: resource for resource in self.resources.values()
        }
        self.actions: Actions = self.of(Actions)
        self._listeners: dict[str, list[tuple[FakeResource, str]]] = {}
        for resource in self.resources.values():
            for event, method in resource.events.items():
                self._listeners.setdefault(event, []).append((resource, method))

    @property
    def read_only_token(self) -> str:
        """A token that may only read."""
        return f"{self.token}-read-only"

    def client(self, *, read_only: bool = False, **options: Any) -> Client:
        """A real client with a token of this project; see :meth:`FakeCloud.client`."""
        return self.cloud.client(self.read_only_token if read_only else self.token, **options)

    def __getitem__(self, collection: str) -> FakeResource:
        return self.resources[collection]

    def __getattr__(self, name: str) -> FakeResource:
        known: dict[str, FakeResource] = self.__dict__.get("resources", {})
        if name in known:
            return known[name]
        raise AttributeError(f"{type(self).__name__} has no {name!r}; its collections: {', '.join(known)}")

    def __repr__(self) -> str:
        return f"<Project {self.name!r}>"

    def of(self, kind: type[R]) -> R:
        """A resource by its class."""
        found = self.resources[kind.collection]
        assert isinstance(found, kind)
        return found

    def find(self, collection: str, ref: int | str) -> Record | None:
        """A record by id or name."""
        resource = self.resources.get(collection)
        return resource.find(ref) if resource is not None else None

    def seeds(self, kind: type[FakeResource]) -> Iterable[Record]:
        """The records that are there from the start."""
        return self.cloud.seeds(kind)

    def announce(self, event: str, *arguments: Any) -> None:
        """Tell the methods that are :func:`~hcloud.testing.resource.on_event` an event."""
        for resource, method in self._listeners.get(event, ()):
            getattr(resource, method)(*arguments)

    def spend(self) -> tuple[bool, dict[str, str]]:
        """Take one request from the rate limit: whether there was one left, and the headers that tell."""
        now, limit = self.cloud.clock.time(), self.cloud.rate_limit
        self._budget = min(float(limit), self._budget + (now - self._budget_at) * limit / 3600)
        self._budget_at = now
        allowed = self._budget >= 1
        if allowed:
            self._budget -= 1
        reset = now + (limit - self._budget) * 3600 / limit
        return allowed, {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(int(self._budget)),
            "RateLimit-Reset": str(int(reset)),
        }

    def set_remaining(self, requests: int) -> None:
        """Leave so many requests in the rate limit."""
        self._budget, self._budget_at = float(requests), self.cloud.clock.time()


class FakeCloud:
    """A Hetzner Cloud in this process, with one project to begin with.

    ``cloud.servers`` and so on are the collections of that project: look into them by id or name.

    :param clock: the time it lives in; default a :class:`ManualClock`, on which waiting takes no real time.
    :param token: the token of its first project.
    :param any_token: whether every token opens the first project.
    :param action_seconds: how long actions take: one number for all but those that the API finishes with the request,
        or by command; default about as long as real ones.
    :param limits: how many of a collection a project may have: ``{"servers": 10}``; default any number.
    :param rate_limit: requests an hour and project.
    :param keep_requests: how many requests :attr:`requests` keeps.
    :raises ValueError: the rate limit is less than one request, a limit is of no collection, or actions end before they
        begin.
    """

    title: ClassVar[str] = "A Hetzner Cloud in a box"
    """What its status page calls it."""
    prefix: ClassVar[str] = "/v1"
    """Where all its paths begin."""
    removed_paths: ClassVar[Mapping[str, str]] = {
        "/datacenters": "https://docs.hetzner.cloud/changelog#2026-06-02-datacenters-deprecated"
    }
    """What was removed from the API, with the announcement."""
    correlation_header: ClassVar[str] = "X-Correlation-Id"
    """The header that numbers its answers."""
    project_class: ClassVar[type[Project]] = Project
    """The class of its projects."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        token: str = DEFAULT_TOKEN,
        any_token: bool = False,
        action_seconds: float | Mapping[str, float] | None = None,
        limits: Mapping[str, int] | None = None,
        rate_limit: int = 3600,
        keep_requests: int = 10_000,
    ) -> None:
        if rate_limit < 1:
            raise ValueError(f"rate_limit must be at least 1 request an hour, not {rate_limit}")
        collections = sorted(kind.collection for kind in self.resource_classes())
        if unknown := sorted({*(limits or ())} - {*collections}):
            raise ValueError(f"limits are of collections: not {unknown[0]!r}, but {', '.join(collections)}")
        for seconds in action_seconds.values() if isinstance(action_seconds, Mapping) else [action_seconds]:
            _check_seconds("an action takes", seconds or 0)
        self.clock: Clock = clock if clock is not None else ManualClock()
        self.any_token = any_token
        self.limits: dict[str, int] = dict(limits or {})
        self.rate_limit = rate_limit
        self.keep_requests = keep_requests
        self.requests: RequestLog = RequestLog()
        """The requests that came, oldest first."""
        self.delay: float = 0.0
        """Seconds that every answer takes."""
        self.lock: AbstractContextManager[Any] = threading.RLock()
        self._action_seconds = action_seconds
        self._faults: list[_Fault] = []
        self._action_failures: list[list[Any]] = []
        self._last_id = 200_000_000
        self._addresses = 0
        self._correlation = 0
        self._seeds: dict[str, list[Record]] = {}
        self.projects: dict[str, Project] = {}
        """Projects by name."""
        self._tokens: dict[str, tuple[str, bool]] = {}
        self.project: Project = self.add_project("default", token)

    # What it is a cloud of

    @staticmethod
    def resource_classes() -> tuple[type[FakeResource], ...]:
        """The classes of its resources."""
        return resources()

    def serialize(
        self,
        body: Body | ListPage,
        project: Project,
        request: Request,
        path: str,
        query: Query,
        headers: dict[str, str],
    ) -> Body:
        """What an operation returned as the API writes it; ``headers`` take what belongs there."""
        if isinstance(body, ListPage):
            headers["Link"] = _links(body, request, path, query)
            return body.body
        return body

    def serialize_error(self, refusal: ErrorResponse) -> tuple[int, Body]:
        """The status and the body of a refusal."""
        return refusal.status, refusal.body

    # Ways in

    def client(self, token: str | None = None, **options: Any) -> Client:
        """A real client, connected to the cloud without sockets and living in its time.

        :param token: default the first project's.
        :param options: of :class:`hcloud.Client`.
        """
        from hcloud import Client

        from .adapter import FakeAdapter

        return Client(token or self.project.token, adapter=FakeAdapter(self), clock=self.clock, **options)

    def add_project(self, name: str, token: str | None = None) -> Project:
        """Add a project; its token is made up if none is given.

        :raises ValueError: the name or token is taken.
        """
        token = token or f"fake-token-{name}"
        if name in self.projects or token in self._tokens:
            raise ValueError(f"there is already a project {name!r}, or one with this token")
        project = self.projects[name] = self.project_class(self, name, token)
        self._tokens[token] = name, False
        self._tokens[project.read_only_token] = name, True
        return project

    def __getattr__(self, name: str) -> FakeResource:
        if name.startswith("_") or "project" not in self.__dict__:
            raise AttributeError(name)
        return self.project.__getattr__(name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self.projects)} project{'s' if len(self.projects) > 1 else ''}>"

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass; actions that end meanwhile take effect, each at its moment.

        :raises TypeError: the clock cannot be set.
        :raises ValueError: the seconds are negative, or no number.
        """
        _check_seconds("time goes on by", seconds)
        move = self.clock.sleep if isinstance(self.clock, ManualClock) else getattr(self.clock, "advance", None)
        if move is None:
            raise TypeError(f"{type(self.clock).__name__} cannot be advanced")
        with self.lock:
            until = self.clock.time() + seconds
            while (end := self._next_end()) is not None and end <= until:
                move(max(0.0, end - self.clock.time()))
                self._settle()
            move(max(0.0, until - self.clock.time()))
            self._settle()

    def finish_actions(self) -> None:
        """Let so much time pass that no action is running."""
        with self.lock:
            while (end := self._next_end()) is not None:
                self.advance(max(0.0, end - self.clock.time()))

    def action_seconds(self, command: str, usual: float) -> float:
        """How long an action takes."""
        asked = self._action_seconds
        if isinstance(asked, Mapping):
            return asked.get(command, usual)
        return asked if asked is not None and usual else usual

    def _next_end(self) -> float | None:
        return min((end for each in self.projects.values() if (end := each.actions.next_end) is not None), default=None)

    def _settle(self) -> None:
        for project in self.projects.values():
            project.actions.settle()

    # Failures on demand

    def fail_next(
        self,
        count: int = 1,
        status: int = 502,
        *,
        code: str | None = None,
        message: str = "failure on demand",
        method: str | None = None,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next requests with an error, without doing what they ask.

        :param code: the API's error code; default the one that goes with the status.
        :param method: only requests with this method.
        :param path: only requests whose path starts so: ``/servers``.
        :param headers: more headers of the answer.
        :raises ValueError: the status is none of an error, or no request would be hit.
        """
        if not 300 <= status <= 599:
            raise ValueError(f"status must be that of an error, 300 to 599, not {status}")
        code = code_of_status(status) if code is None else code
        self._go_wrong(count, method, path, status=status, code=code, message=message, headers=dict(headers or {}))

    def break_next(
        self,
        count: int = 1,
        when: Literal["before", "after"] = "before",
        kind: Literal["reset", "connect", "timeout"] = "reset",
        *,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Break the connection of the next requests.

        :param when: before the cloud does what the request asks, or after.
        :param kind: how it looks to the client; one that waits for an answer waits as long as its timeout says.
        :raises ValueError: there is no such moment or kind, or no request would be hit.
        """
        for name, value, known in (("when", when, ("before", "after")), ("kind", kind, get_args(_Breakage))):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        self._go_wrong(count, method, path, broken=when, kind=kind)

    def truncate_next(self, count: int = 1, *, method: str | None = None, path: str | None = None) -> None:
        """Cut the answers to the next requests in half: their JSON does not parse.

        :raises ValueError: no request would be hit.
        """
        self._go_wrong(count, method, path, truncated=True)

    def fail_action(
        self, command: str, count: int = 1, *, code: str = "action_failed", message: str = "Action failed"
    ) -> None:
        """Let the next actions with this command end in an error.

        :param command: as the action has it, such as ``create_server``.
        :raises ValueError: the count is less than one.
        """
        _check_count(count)
        self._action_failures.append([command, count, {"code": code, "message": message}])

    def slow_down(self, seconds: float) -> None:
        """Let every answer take so many seconds of the cloud's clock; 0 for none.

        :raises ValueError: the seconds are negative, or no number.
        """
        _check_seconds("an answer takes", seconds)
        self.delay = seconds

    def leave_requests(self, requests: int) -> None:
        """Spend the rate limit of all projects but for so many requests."""
        for project in self.projects.values():
            project.set_remaining(requests)

    def failure_of(self, command: str) -> Record | None:
        """The error that an action which ends now was told to end in."""
        for failure in self._action_failures:
            if failure[0] == command and failure[1] > 0:
                failure[1] -= 1
                return dict(failure[2])
        return None

    def _go_wrong(self, count: int, method: str | None, path: str | None, **fault: Any) -> None:
        _check_count(count)
        if path is not None and (not path.startswith("/") or path.startswith(f"{self.prefix}/")):
            raise ValueError(f"path must begin as paths below {self.prefix} do, such as /actions, not {path!r}")
        self._faults.append(_Fault(count, method and method.upper(), path, **fault))

    def _fault(self, method: str, path: str) -> _Fault | None:
        for fault in self._faults:
            if fault.count > 0 and fault.matches(method, path):
                fault.count -= 1
                return fault
        return None

    # State

    _STATE = ("projects", "project", "_tokens", "_last_id", "_addresses", "_correlation", "_seeds")

    def snapshot(self) -> bytes:
        """All that exists in the cloud, and its time if the clock can be set, to come back to with :meth:`restore`."""
        with self.lock:
            kept = {name: getattr(self, name) for name in self._STATE}
            kept["now"] = self.clock.time()
            buffer = io.BytesIO()
            _Pickler(buffer, self).dump(kept)
            return buffer.getvalue()

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot of this or another cloud; a :class:`ManualClock` goes back with it.

        Only restore what you took yourself: it is unpickled. Records held from before no longer belong to the cloud.
        What was told to go wrong or to be slow no longer is, and :attr:`requests` is empty; the settings that the cloud
        was made with stay, limits too.

        :raises ValueError: the snapshot is of a cloud of another provider.
        """
        with self.lock:
            kept = _Unpickler(io.BytesIO(snapshot), self).load()
            if type(kept["project"]) is not self.project_class:
                raise ValueError(f"this snapshot is none of a {type(self).__name__}")
            for told in (self._faults, self._action_failures, self.requests):
                told.clear()
            self.delay = 0.0
            now = kept.pop("now")
            self.__dict__.update(kept)
            if isinstance(self.clock, ManualClock):
                self.clock.set(now)

    def new_id(self) -> int:
        """An id that nothing else has, in any project."""
        self._last_id += 1
        return self._last_id

    def new_address(self, version: str) -> str:
        """A public ``ipv4`` address, or an ``ipv6`` network (``2001:db8:0:1::/64``), that nothing else has.

        They are of ranges set aside for benchmarks and documentation.
        """
        self._addresses += 1
        if version == "ipv4":
            return str(_IPV4 + self._addresses)
        return f"{_IPV6 + (self._addresses << 64)}/64"

    def seeds(self, kind: type[FakeResource]) -> list[Record]:
        """The records of a collection that are there from the start, shared by all projects."""
        if kind.collection not in self._seeds:
            self._seeds[kind.collection] = list(kind.seed(self.clock.time()))
        return self._seeds[kind.collection]

    # A request's way

    def handle(self, request: Request) -> Response:
        """Answer a request.

        :raises ConnectionBroken: when a failure on demand says so.
        """
        with self.lock:
            self._settle()
            path = request.path.removeprefix(self.prefix) if request.path.startswith(f"{self.prefix}/") else ""
            query = Query(request.query)
            fault = self._fault(request.method, path)
            status: int | None = None
            try:
                if fault is not None and fault.broken == "before":
                    raise ConnectionBroken(fault.kind)
                answer = self._answer(request, path, query, fault)
                if fault is not None and fault.broken == "after":
                    raise ConnectionBroken(fault.kind)
                status = answer.status
            finally:
                self._log(request, path or request.path, query, status)
            if fault is not None and fault.truncated:
                answer.body = answer.body[: len(answer.body) // 2]
            answer.delay = self.delay
            return answer

    def _answer(self, request: Request, path: str, query: Query, fault: _Fault | None) -> Response:
        self._correlation += 1
        headers = {self.correlation_header: f"{self._correlation:016x}"}
        try:
            if fault is not None and fault.status:
                headers.update(fault.headers)
                raise ErrorResponse(fault.code, fault.message, status=fault.status)
            status, body = self._do(request, path, query, headers)
        except ErrorResponse as refusal:
            status, body = self.serialize_error(refusal)
        if not body:
            return Response(status, headers)
        headers["Content-Type"] = _JSON
        return Response(status, headers, dump_json(body).encode())

    def _do(self, request: Request, path: str, query: Query, headers: dict[str, str]) -> tuple[int, Body | None]:
        gone = next(
            (
                announcement
                for at, announcement in self.removed_paths.items()
                if path == at or path.startswith(f"{at}/")
            ),
            None,
        )
        found = router(self.resource_classes).find(path) if path else None
        if found is None and gone is None:
            raise ErrorResponse("not_found", "the requested path does not exist")
        project, read_only = self._authorize(request)
        allowed, rate = project.spend()
        headers.update(rate)
        if not allowed:
            raise ErrorResponse("rate_limit_exceeded", "limit of requests per hour reached")
        if gone is not None or found is None:
            raise ErrorResponse("deprecated_api_endpoint", f"{path} was removed from the API", {"announcement": gone})
        route, values = found
        operation = route.operations.get(request.method)
        if operation is None:
            headers["Allow"] = ", ".join(sorted(route.operations))
            raise ErrorResponse("method_not_allowed", f"method {request.method} is not allowed here")
        if read_only and request.method != "GET":
            raise ErrorResponse("token_readonly", "the token may only read")
        body = operation(project, values, query, request.body)
        project.actions.settle()
        if body is None:
            return 204, None
        return operation.status, self.serialize(body, project, request, path, query, headers)

    def _authorize(self, request: Request) -> tuple[Project, bool]:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise ErrorResponse("unauthorized", "token is required")
        known = self._tokens.get(token)
        if known is None and not self.any_token:
            raise ErrorResponse("unauthorized", "the token you have provided is invalid")
        name, read_only = known or (self.project.name, False)
        return self.projects[name], read_only

    def _log(self, request: Request, path: str, query: Query, status: int | None) -> None:
        body: Any = None
        if request.body:
            try:
                body = parse_json(request.body)
            except ValueError:
                body = request.body.decode(errors="replace")
        self.requests.append(LoggedRequest(request.method, path, query.pairs, body, status))
        if len(self.requests) > self.keep_requests:
            del self.requests[: len(self.requests) - self.keep_requests]


def _check_count(count: int) -> None:
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")


def _check_seconds(what: str, seconds: float) -> None:
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{what} 0 seconds or more, not {seconds}")


def _links(page: ListPage, request: Request, path: str, query: Query) -> str:
    others = [(name, value) for name, value in query.pairs if name not in ("page", "per_page")]
    return ", ".join(
        f"<{request.root}{path}?{urlencode([*others, ('page', number), ('per_page', page.size)])}>; rel={relation}"
        for relation, number in page.links.items()
    )


class _Pickler(pickle.Pickler):
    """Writes a cloud's state, but not the cloud."""

    def __init__(self, file: io.BytesIO, cloud: FakeCloud) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._cloud = cloud

    def persistent_id(self, value: Any) -> str | None:
        return "cloud" if value is self._cloud else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, cloud: FakeCloud) -> None:
        super().__init__(file)
        self._cloud = cloud

    def persistent_load(self, name: Any) -> FakeCloud:
        return self._cloud
