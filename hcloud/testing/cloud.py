"""The fake cloud: its settings, its time, and the handling of requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from .arguments import check_count, check_seconds
from .clock import DefaultClock
from .collections import HetznerCollections
from .error_responses import ErrorResponse
from .faults import Fault, FaultInjection, Faults
from .http import MAX_BODY, Query, Request, Response, dump_json
from .journal import LoggedRequest, RequestLog, log_request
from .listing import ListPage
from .project import Project
from .resource import Body, FakeResource
from .resources import resources
from .router import RouteNode, Router, router
from .saved import dumps, loads
from .schema import Record

if TYPE_CHECKING:
    from .. import Client
    from ..aio import Client as AsyncClient
    from ..core.clock import Clock

__all__ = ["FakeAPI", "FakeCloud", "LoggedRequest", "Project", "RequestLog"]

DEFAULT_TOKEN = "fake-token-" + "0" * 53
_IPV4 = IPv4Address("198.18.0.0")
_IPV6 = IPv6Address("2001:db8::")


class FakeAPI(FaultInjection):
    """A fake Hetzner Cloud in this process. It has one project; :meth:`add_project` adds others.

    ``cloud.servers`` and so on are the collections of the first project: they give access to records by ID or name.

    :param clock: Clock of the cloud; default a :class:`ManualClock`, on which waiting takes no real time, and which
        goes by itself while the cloud is served
    :param token: Token of the first project
    :param any_token: If true, unknown tokens give access to the first project; default true while the cloud is served,
        unless it was given a token
    :param action_seconds: Duration of actions: one number for all actions that take time, or numbers by command. The
        default is about as long as real actions take.
    :param limits: Maximum number of resources in a project, by collection: ``{"servers": 10}``; default no limits
    :param rate_limit: Requests per hour and project
    :param keep_requests: Maximum length of :attr:`requests`
    :raises ValueError: if the rate limit is below one request, there is no such collection or command, or a duration is
        negative
    """

    provider: ClassVar[str] = "hetzner"
    """Name of the provider, in saved states and for the option ``--provider``."""
    title: ClassVar[str] = "Fake Hetzner Cloud"
    """Title of the status page."""
    prefix: ClassVar[str] = "/v1"
    """Prefix of all paths."""
    removed_paths: ClassVar[Mapping[str, str]] = {
        "/datacenters": "https://docs.hetzner.cloud/changelog#2026-06-02-datacenters-deprecated"
    }
    """Paths that were removed from the API, with the announcements of their removal."""
    correlation_header: ClassVar[str] = "X-Correlation-Id"
    """Name of the response header that numbers the responses."""
    project_class: ClassVar[type[Project]] = Project
    """Class of the projects."""
    named_durations: ClassVar[tuple[str, ...]] = ()
    """Names in ``action_seconds`` of operations whose actions are internal."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        token: str | None = None,
        any_token: bool | None = None,
        action_seconds: float | Mapping[str, float] | None = None,
        limits: Mapping[str, int] | None = None,
        rate_limit: int = 3600,
        keep_requests: int = 10_000,
    ) -> None:
        check_count("rate_limit", rate_limit)
        for name in ("time", "monotonic", "sleep") if clock is not None else ():
            if not callable(getattr(clock, name, None)):
                raise ValueError(
                    f"clock must have the methods time, monotonic and sleep, as ManualClock has, not be {clock!r}"
                )
        collections = sorted(cls.collection for cls in self.resource_classes())
        if unknown := sorted({*(limits or ())} - {*collections}):
            raise ValueError(f"limits must name collections ({', '.join(collections)}), not {unknown[0]!r}")
        for collection, limit in (limits or {}).items():
            check_count(f"the limit of {collection}", limit, 0)
        for seconds in action_seconds.values() if isinstance(action_seconds, Mapping) else [action_seconds]:
            check_seconds("the duration of an action", seconds or 0)
        for command in action_seconds if isinstance(action_seconds, Mapping) else ():
            if command not in self.named_durations:
                self._check_command(command)
        self.clock: Clock = clock if clock is not None else DefaultClock()
        self.any_token: bool = bool(any_token)
        self._serves_any_token = token is None and any_token is None
        self._servers = 0
        self.limits: dict[str, int] = dict(limits or {})
        self.rate_limit = rate_limit
        self.keep_requests = keep_requests
        self.requests: RequestLog = RequestLog()
        """Requests that reached the cloud, oldest first."""
        self.delay: float = 0.0
        """Seconds until a response arrives."""
        self.lock: AbstractContextManager[Any] = threading.RLock()
        self._action_seconds = action_seconds
        self._faults = Faults(self.prefix, self._can_match)
        self._last_id = 200_000_000
        self._addresses = 0
        self._correlation = 0
        self._seeds: dict[str, list[Record]] = {}
        self.projects: dict[str, Project] = {}
        """Projects by name."""
        self._tokens: dict[str, tuple[str, bool]] = {}
        self.project: Project = self.add_project("default", token or DEFAULT_TOKEN)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Accept any token and let the time go until the block ends, except where the cloud was told otherwise."""
        with self.lock:
            self._servers += 1
        try:
            with self.clock.going() if isinstance(self.clock, DefaultClock) else nullcontext():
                yield
        finally:
            with self.lock:
                self._servers -= 1

    # Overridden by the fakes of other providers

    @staticmethod
    def resource_classes() -> tuple[type[FakeResource], ...]:
        """Return the classes of all resources."""
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
        """Convert the result of an operation to the body of a response, and add the headers that it needs."""
        if isinstance(body, ListPage):
            headers["Link"] = body.link_header(f"{request.root}{path}", query)
            return body.body
        return body

    def serialize_error(self, error: ErrorResponse) -> tuple[int, Body]:
        """Return the status and the body of an error response."""
        return error.status, error.body

    def correlation_id(self) -> str:
        """Return the ID of the current response."""
        return f"{self._correlation:016x}"

    @property
    def router(self) -> Router:
        """Router of the operations."""
        return router(self.resource_classes)

    # Access

    def client(self, token: str | None = None, **options: Any) -> Client:
        """Create a real client that is connected to the cloud without sockets and uses its clock.

        :param token: Token of the client; default that of the first project
        :param options: Options of :class:`hcloud.Client`
        """
        from .. import Client
        from .adapter import FakeAdapter

        return Client(token or self.project.token, adapter=FakeAdapter(self), clock=self.clock, **options)

    def async_client(self, token: str | None = None, **options: Any) -> AsyncClient:
        """Create a real client for asyncio that is connected to the cloud without sockets and uses its clock.

        Other tasks run at each of its requests, as they would with a network.

        :param token: Token of the client; default that of the first project
        :param options: Options of :class:`hcloud.aio.Client`
        """
        from ..aio import Client
        from .aio import AsyncClock, FakeTransport

        clock = AsyncClock(self.clock)
        return Client(token or self.project.token, transport=FakeTransport(self), clock=clock, **options)

    def add_project(self, name: str, token: str | None = None) -> Project:
        """Add a project.

        :param token: Token of the project; by default it is derived from the name
        :raises ValueError: if another project has the name or the token
        """
        token = token or f"fake-token-{name}"
        if name in self.projects or token in self._tokens:
            raise ValueError(f"there is already a project {name!r}, or one with this token")
        project = self.projects[name] = self.project_class(self, name, token)
        self._tokens[token] = name, False
        self._tokens[project.read_only_token] = name, True
        return project

    if not TYPE_CHECKING:  # otherwise type checkers would accept any name

        def __getattr__(self, name: str) -> FakeResource:
            if name.startswith("_") or "project" not in self.__dict__:
                raise AttributeError(name)
            try:
                return self.project.resources[name]
            except KeyError:
                raise AttributeError(self._unknown(name)) from None

    def _unknown(self, name: str) -> str:
        """Return the message for a name that the cloud does not have."""
        similar = get_close_matches(name, [*self.project.resources, *dir(type(self))], 1)
        hint = f"; did you mean {similar[0]!r}?" if similar else "."
        collections = ", ".join(self.project.resources)
        return f"{type(self).__name__} has no {name!r}{hint} Its collections: {collections}"

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.project.resources})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self.projects)} project{'s' if len(self.projects) > 1 else ''}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} can't be copied or pickled: pass its snapshot() to restore() of another"
        )

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass. Each action that ends meanwhile takes effect at its own time.

        :raises TypeError: if the clock cannot be set
        :raises ValueError: if the number of seconds is negative or not finite
        """
        check_seconds("the time to advance", seconds)
        move = getattr(self.clock, "advance", None)
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
        """Let time pass until no action is running."""
        with self.lock:
            while (end := self._next_end()) is not None:
                self.advance(max(0.0, end - self.clock.time()))

    def action_seconds(self, command: str, usual: float) -> float:
        """Return the duration of an action.

        :param usual: Duration unless the settings of the cloud override it; 0 for actions that end at once
        """
        setting = self._action_seconds
        if isinstance(setting, Mapping):
            return setting.get(command, usual)
        return setting if setting is not None and usual else usual

    def _next_end(self) -> float | None:
        ends = (project.actions.next_end for project in self.projects.values())
        return min((end for end in ends if end is not None), default=None)

    def _settle(self) -> None:
        for project in self.projects.values():
            project.actions.settle()

    # Delays and the rate limit

    def slow_down(self, seconds: float) -> None:
        """Delay every response by a number of seconds of the clock of the cloud; 0 ends the delay.

        :raises ValueError: if the number of seconds is negative or not finite
        """
        check_seconds("the delay of a response", seconds)
        self.delay = seconds

    def leave_requests(self, requests: int) -> None:
        """Spend the rate limit of all projects except for a number of requests.

        :raises ValueError: if the number is negative
        """
        check_count("the number of requests left", requests, 0)
        for project in self.projects.values():
            project.set_remaining(requests)

    # State

    def snapshot(self) -> bytes:
        """Return all resources and the time as JSON; :meth:`restore` returns to this state.

        The token of the first project is not part of it. ``python -m hcloud.testing --state`` writes the same format.
        """
        return dumps(self).encode()

    def restore(self, snapshot: bytes) -> None:
        """Return to a snapshot of this or another cloud; a :class:`ManualClock` is set back, too.

        Loading a snapshot executes none of its content. Records that were obtained before no longer belong to the
        cloud. Faults and delays end, and :attr:`requests` is emptied; the settings of the cloud stay, including its
        limits and the token of its first project.

        :raises ValueError: if it is not a snapshot, or one of another version or provider; the cloud stays as it was
        """
        with self.lock:
            loads(self, snapshot)
            self._faults.clear()
            self.requests.clear()
            self.delay = 0.0

    def replace_projects(self, projects: Mapping[str, Project], tokens: Mapping[str, str]) -> None:
        """Replace all projects; the first one stays, with its token.

        :param projects: Projects by name
        :param tokens: Tokens of the projects except the first one, by name
        :raises ValueError: if two projects have the same token, or the first one is missing
        """
        if self.project not in projects.values() or len({self.project.token, *tokens.values()}) < len(projects):
            raise ValueError("there must be the first project, and each project needs a token of its own")
        for name, token in tokens.items():
            projects[name].token = token
        self.projects = dict(projects)
        self._tokens = {
            token: (name, is_read_only)
            for name, project in projects.items()
            for token, is_read_only in ((project.token, False), (project.read_only_token, True))
        }

    def new_id(self) -> int:
        """Return an ID that is unique across all projects."""
        self._last_id += 1
        return self._last_id

    def new_address(self, version: str) -> str:
        """Return a unique public ``ipv4`` address, or a unique ``ipv6`` network (``2001:db8:0:1::/64``).

        They belong to ranges that are reserved for benchmarks and documentation.
        """
        self._addresses += 1
        if version == "ipv4":
            return str(_IPV4 + self._addresses)
        return f"{_IPV6 + (self._addresses << 64)}/64"

    def seeds(self, cls: type[FakeResource]) -> list[Record]:
        """Return the initial records of a resource, which all projects share."""
        if cls.collection not in self._seeds:
            self._seeds[cls.collection] = list(cls.seed(self.clock.time()))
        return self._seeds[cls.collection]

    # Handling of a request

    def handle(self, request: Request) -> Response:
        """Process a request and return the response.

        :raises ConnectionBroken: if a fault breaks the connection
        """
        with self.lock:
            self._settle()
            path = request.path.removeprefix(self.prefix) if request.path.startswith(f"{self.prefix}/") else ""
            query = Query(request.query)
            fault = self._faults.next(request.method, path)
            status: int | None = None
            try:
                fault.break_connection("before")
                response = self._respond(request, path, query, fault)
                fault.break_connection("after")
                status = response.status
            finally:
                log_request(self.requests, request, path or request.path, query, status, self.keep_requests)
            fault.truncate(response)
            response.delay = self.delay
            return response

    def _respond(self, request: Request, path: str, query: Query, fault: Fault) -> Response:
        self._correlation += 1
        headers = {self.correlation_header: self.correlation_id()}
        body: Body | None
        try:
            fault.fail(headers)
            if len(request.body) > MAX_BODY:
                raise ErrorResponse("request_entity_too_large", f"the body must have at most {MAX_BODY} bytes")
            status, body = self._execute(request, path, query, headers)
        except ErrorResponse as error:
            status, body = self.serialize_error(error)
        if not body:
            return Response(status, headers)
        headers["Content-Type"] = "application/json"
        return Response(status, headers, dump_json(body).encode(errors="replace"))

    def _execute(self, request: Request, path: str, query: Query, headers: dict[str, str]) -> tuple[int, Body | None]:
        project, route, values = self._check(request, path, headers)
        operation = route.operations[request.method]
        body = operation(project, values, query, request.body)
        project.actions.settle()
        if body is None:
            return 204, None
        return operation.status, self.serialize(body, project, request, path, query, headers)

    def _check(self, request: Request, path: str, headers: dict[str, str]) -> tuple[Project, RouteNode, list[str]]:
        """Check a request in the order of the real API, and add the headers of the rate limit to the response.

        :returns: The project, the route, and the values of the path parameters.
        """
        announcement = self._removal_of(path)
        match = self.router.find(path) if path else None
        if match is None and announcement is None:
            raise ErrorResponse("not_found", "the requested path does not exist")
        project, read_only = self._authorize(request)
        allowed, rate_limit_headers = project.spend()
        headers.update(rate_limit_headers)
        if not allowed:
            raise ErrorResponse("rate_limit_exceeded", "limit of requests per hour reached")
        if announcement is not None or match is None:
            details = {"announcement": announcement}
            raise ErrorResponse("deprecated_api_endpoint", f"{path} was removed from the API", details)
        route, values = match
        if request.method not in route.operations:
            headers["Allow"] = ", ".join(sorted(route.operations))
            raise ErrorResponse("method_not_allowed", f"method {request.method} is not allowed here")
        if read_only and request.method != "GET":
            raise ErrorResponse("token_readonly", "the token may only read")
        return project, route, values

    def _removal_of(self, path: str) -> str | None:
        """Return the announcement of the removal of a path; ``None`` if it was not removed."""
        for removed, announcement in self.removed_paths.items():
            if path == removed or path.startswith(f"{removed}/"):
                return announcement
        return None

    def _authorize(self, request: Request) -> tuple[Project, bool]:
        """Return the project of the token of a request, and true if the token is read-only."""
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise ErrorResponse("unauthorized", "token is required")
        grant = self._tokens.get(token)
        if grant is None and not (self.any_token or (self._servers and self._serves_any_token)):
            raise ErrorResponse("unauthorized", "the token you have provided is invalid")
        name, read_only = grant or (self.project.name, False)
        return self.projects[name], read_only


class FakeCloud(FakeAPI, HetznerCollections):
    __doc__ = FakeAPI.__doc__
