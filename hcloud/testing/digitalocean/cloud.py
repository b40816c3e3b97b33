"""The fake DigitalOcean: format of responses and errors, rate limit, failing imports."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from ..arguments import check_count, check_seconds
from ..cloud import FakeAPI
from ..collections import DigitalOceanCollections
from ..error_responses import ErrorResponse
from ..http import Query, Request
from ..listing import ListPage
from ..project import Project
from ..resource import Body
from ..router import RouteNode
from .account import AccountDetails
from .actions import DigitalOceanActions
from .droplets import Droplets
from .images import DigitalOceanImages
from .regions import Regions
from .resource import FakeDigitalOceanResource, Serialized
from .sizes import Sizes
from .snapshots import Snapshots
from .ssh_keys import DigitalOceanSSHKeys
from .tags import Tags

if TYPE_CHECKING:
    from ...core.clock import Clock
    from ...digitalocean import Client
    from ...digitalocean.aio import Client as AsyncClient

__all__ = ["AccountProject", "FakeDigitalOcean"]

HOUR, MINUTE = 3600, 60

_IMPORT = {"_fetch": 1 / 6, "_import": 5 / 6}
"""Part of the duration of an import that each of its two actions takes."""

# HTTP status and error ID of this API by error code of the Hetzner fake.
_IDS = {
    "json_error": (400, "bad_request"),
    "invalid_input": (422, "unprocessable_entity"),
    "uniqueness_error": (422, "unprocessable_entity"),
    "locked": (422, "unprocessable_entity"),
    "resource_limit_exceeded": (403, "forbidden"),
    "token_readonly": (403, "forbidden"),
    "rate_limit_exceeded": (429, "too_many_requests"),
    "unavailable": (503, "service_unavailable"),
}
_MESSAGES = {
    "unauthorized": "Unable to authenticate you",
    "not_found": "The resource you were accessing could not be found.",
}


class AccountProject(Project):
    """Account with its tokens, rate limits and resources."""

    budget_length: ClassVar[int | None] = None

    def __init__(self, cloud: FakeDigitalOcean, name: str, token: str) -> None:
        super().__init__(cloud, name, token)
        self._spent: deque[float] = deque()

    if TYPE_CHECKING:
        cloud: FakeDigitalOcean

        def client(self, *, read_only: bool = False, **options: Any) -> Client: ...  # type: ignore[override]
        def async_client(  # type: ignore[override]
            self, *, read_only: bool = False, **options: Any
        ) -> AsyncClient: ...

    def spend(self) -> tuple[bool, dict[str, str]]:
        """Count a request against both rate limits; return whether it is allowed, and the headers of its response."""
        now, limit, burst = self.cloud.clock.time(), self.cloud.rate_limit, self.cloud.burst_limit
        while self._spent and self._spent[0] <= now - HOUR:
            self._spent.popleft()
        headers = {}
        last_minute = [sent for sent in self._spent if sent > now - MINUTE]
        if len(self._spent) >= limit:
            allowed = False
        elif len(last_minute) >= burst:
            allowed = False
            headers["retry-after"] = str(max(1, round(last_minute[-burst] + MINUTE - now)))
        else:
            allowed = True
            self._spent.append(now)
        return allowed, {
            **headers,
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(limit - len(self._spent)),
            "ratelimit-reset": str(int(self._spent[0] + HOUR)),
        }

    @property
    def budget(self) -> list[float]:
        """Times of the requests of the last hour, for the saved state of a cloud."""
        return list(self._spent)

    @budget.setter
    def budget(self, budget: list[float]) -> None:
        self._spent = deque(budget)

    def set_remaining(self, requests: int) -> None:
        """Set the number of requests left in the hourly limit, as if the others had been sent two minutes ago."""
        sent = self.cloud.clock.time() - 2 * MINUTE
        self._spent = deque([sent] * (self.cloud.rate_limit - requests))


class FakeDigitalOcean(FakeAPI, DigitalOceanCollections):
    """Fake of the DigitalOcean API in this process, initially with one account.

    ``cloud.images``, ``cloud.droplets`` and so on are the collections of that account; look up records in them by ID,
    slug or name. Imports of custom images take time, as actions do; :meth:`fail_import` makes them fail. So does the
    destruction of a droplet with its associated resources; :meth:`fail_destruction` makes it fail.

    :param clock: Clock of the cloud; by default a :class:`ManualClock`, with which waits take no real time, and which
        goes by itself while the cloud is served
    :param token: Token of the first account
    :param any_token: If true, accept any token for the first account; by default true while the cloud is served,
        unless it was given a token
    :param action_seconds: Duration of all actions, or by type, including ``import`` (of an image) and ``destroy`` (of a
        droplet with its associated resources). By default they take seconds or a few minutes, as with small disks;
        :attr:`SLOW_ACTIONS` has the durations of large ones
    :param status_lag: Seconds for which a droplet shows its former status after an action on it is completed, such as
        ``active`` after a shutdown; by default 0
    :param limits: Maximum number of records per collection and account, such as ``{"droplets": 10}``; unlimited by
        default
    :param rate_limit: Requests per hour and account
    :param burst_limit: Requests per minute and account
    :param keep_requests: Maximum number of requests in :attr:`requests`
    """

    provider: ClassVar[str] = "digitalocean"
    title: ClassVar[str] = "Fake DigitalOcean"
    prefix: ClassVar[str] = "/v2"
    removed_paths: ClassVar[Mapping[str, str]] = {}
    correlation_header: ClassVar[str] = "x-request-id"
    project_class: ClassVar[type[Project]] = AccountProject
    named_durations: ClassVar[tuple[str, ...]] = ("import", "destroy")
    SLOW_ACTIONS: ClassVar[Mapping[str, float]] = {"snapshot": 2400, "transfer": 4800, "import": 3600}
    """Durations for ``action_seconds`` as the real API has them for large images: tens of minutes."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        token: str | None = None,
        any_token: bool | None = None,
        action_seconds: float | Mapping[str, float] | None = None,
        limits: Mapping[str, int] | None = None,
        rate_limit: int = 5000,
        burst_limit: int = 250,
        keep_requests: int = 10_000,
        status_lag: float = 0,
    ) -> None:
        check_count("burst_limit", burst_limit)
        check_seconds("status_lag", status_lag)
        self.burst_limit = burst_limit
        self.status_lag = status_lag
        super().__init__(
            clock=clock,
            token=token,
            any_token=any_token,
            action_seconds=action_seconds,
            limits=limits,
            rate_limit=rate_limit,
            keep_requests=keep_requests,
        )

    @staticmethod
    def resource_classes() -> tuple[type[FakeDigitalOceanResource], ...]:
        """Return the classes of the resources."""
        return (
            *(AccountDetails, DigitalOceanActions, Droplets, DigitalOceanImages),
            *(Regions, Sizes, Snapshots, DigitalOceanSSHKeys, Tags),
        )

    def client(self, token: str | None = None, **options: Any) -> Client:  # type: ignore[override]
        """Return a real client that sends its requests to this fake, without sockets, and uses its clock.

        :param token: Token of an account; the first one by default
        :param options: Options of :class:`hcloud.digitalocean.Client`
        """
        from ...digitalocean import Client
        from ..adapter import FakeAdapter

        return Client(token or self.project.token, adapter=FakeAdapter(self), clock=self.clock, **options)

    def async_client(self, token: str | None = None, **options: Any) -> AsyncClient:  # type: ignore[override]
        """Return a real client for asyncio that sends its requests to this fake, without sockets, and uses its clock.

        Other tasks run at each of its requests, as they would with a network.

        :param token: Token of an account; the first one by default
        :param options: Options of :class:`hcloud.digitalocean.aio.Client`
        """
        from ...digitalocean.aio import Client
        from ..aio import AsyncClock, FakeTransport

        clock = AsyncClock(self.clock)
        return Client(token or self.project.token, transport=FakeTransport(self), clock=clock, **options)

    def fail_import(self, message: str = "the image could not be fetched", count: int = 1) -> None:
        """Make the next imports of custom images fail.

        :param message: Value of the ``error_message`` of the images
        :param count: Number of imports
        """
        self.fail_action("_import", count, message=message)

    def fail_destruction(self, message: str = "the resource could not be destroyed", count: int = 1) -> None:
        """Make the destruction of the next resources that are associated with a droplet fail; the droplet then remains.

        :param message: Value of the ``error_message`` of the resources
        :param count: Number of resources
        """
        self.fail_action("_destroy_resource", count, message=message)

    def action_seconds(self, command: str, usual: float) -> float:
        """Return the duration of an action.

        :param usual: Duration unless the settings of the cloud override it; 0 for actions that end at once
        """
        if command == "_show_status":
            return usual
        if command == "_destroy":
            return super().action_seconds("destroy", usual)
        if command in _IMPORT:
            part = _IMPORT[command]
            return super().action_seconds("import", usual / part) * part
        return super().action_seconds(command, usual)

    def ssh_keys_of(self, droplet: int | str) -> list[int]:
        """Return the IDs of the SSH keys that a droplet was created with.

        :param droplet: ID or name of the droplet
        """
        droplets = self.project.of(Droplets)
        keys: list[int] = droplets.private(droplets[droplet])["ssh_keys"]
        return list(keys)

    def back_up(self, droplet: int | str) -> dict[str, Any]:
        """Create a backup of a droplet immediately, and return its image.

        :param droplet: ID or name of the droplet
        :raises ValueError: if backups of the droplet are disabled
        """
        droplets = self.project.of(Droplets)
        return droplets.back_up(droplets[droplet])

    def correlation_id(self) -> str:
        """Return the ID of the current response: a UUID that numbers it."""
        return str(UUID(int=self._correlation, version=4))

    def serialize(
        self,
        body: Body | ListPage,
        project: Project,
        request: Request,
        path: str,
        query: Query,
        headers: dict[str, str],
    ) -> Body:
        """Return the result of an operation in the format of the API."""
        if isinstance(body, ListPage):
            entries: Any = _serialize(project, body.key, body.records)
            if body.key == "policies":
                entries = {str(policy["droplet_id"]): policy for policy in entries}
            links = _links(body, f"{request.root}{path}", query)
            return {body.key: entries, "links": links, "meta": {"total": body.total}}
        if isinstance(body, Serialized):
            return body
        return {key: _serialize(project, key, value) for key, value in body.items()}

    def serialize_error(self, error: ErrorResponse) -> tuple[int, Body]:
        """Return the status and the body of an error response."""
        status, code = _IDS.get(error.code, (error.status, error.code))
        if code == "invalid_tag":
            return 400, {"error": error.message, "messages": None, "root_causes": []}
        from ...core.errors import explain  # this API has no details: the message is all that there is

        message = _MESSAGES.get(error.code) or explain(error.message, error.details)
        return status, {"id": code, "message": message, "request_id": self.correlation_id()}

    def _check(self, request: Request, path: str, headers: dict[str, str]) -> tuple[Project, RouteNode, list[str]]:
        # A path may end in a slash.
        project, route, values = super()._check(request, path.removesuffix("/"), headers)
        operation = route.operations[request.method]
        resource = project[operation.collection]
        assert isinstance(resource, FakeDigitalOceanResource)
        name, value = resource.headers.get(operation.function, ("", ""))
        if name and (request.header(name) or "").lower() != value:
            raise ErrorResponse("bad_request", f"the header {name} must be {value}", status=400)
        return project, route, values


def _serialize(project: Project, key: str, value: Any) -> Any:
    resource = project.resources.get(key) or project.by_singular.get(key)
    if not isinstance(resource, FakeDigitalOceanResource):
        return value
    return [resource.serialize(record) for record in value] if isinstance(value, list) else resource.serialize(value)


def _links(page: ListPage, address: str, query: Query) -> dict[str, Any]:
    """Return the links of a page to other pages, an empty dict if it is the only page."""
    numbers: dict[str, int] = {}
    if page.number > 1:
        numbers |= {"first": 1, "prev": page.number - 1}
    if page.number < page.last:
        numbers |= {"next": page.number + 1, "last": page.last}
    parameters = [(name, value) for name, value in query.pairs if name not in ("page", "per_page")]
    pages = {
        relation: f"{address}?{urlencode([*parameters, ('page', number), ('per_page', page.size)])}"
        for relation, number in numbers.items()
    }
    return {"pages": pages} if pages else {}
