"""The fake DigitalOcean: what it answers otherwise than the frame does, its rate limit, and imports that fail."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from ..cloud import DEFAULT_TOKEN, FakeCloud, Project
from ..error_responses import ErrorResponse
from ..http import Query, Request
from ..listing import ListPage
from ..resource import Body
from ..schema import Record
from .actions import Actions
from .droplets import Droplets
from .images import Images
from .regions import Regions
from .resource import FakeDigitalOceanResource
from .sizes import Sizes
from .snapshots import Snapshots
from .tags import Tags

if TYPE_CHECKING:
    from hcloud.core.clock import Clock
    from hcloud.digitalocean import Client

__all__ = ["Account", "FakeDigitalOcean"]

HOUR, MINUTE = 3600, 60

# The error ids of this API, with their status, by the codes of the frame.
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
    "locked": "There is already a pending event for this resource.",
}


class Account(Project):
    """An account: its tokens, its rate limits, its resources."""

    def __init__(self, cloud: FakeDigitalOcean, name: str, token: str) -> None:
        super().__init__(cloud, name, token)
        self._spent: deque[float] = deque()

    if TYPE_CHECKING:
        cloud: FakeDigitalOcean

        def client(self, *, read_only: bool = False, **options: Any) -> Client: ...  # type: ignore[override]

    def spend(self) -> tuple[bool, dict[str, str]]:
        """Take one request from both rate limits: whether there was one left, and the headers that tell."""
        now, limit, burst = self.cloud.clock.time(), self.cloud.rate_limit, self.cloud.burst_limit
        while self._spent and self._spent[0] <= now - HOUR:
            self._spent.popleft()
        headers = {}
        in_a_minute = [each for each in self._spent if each > now - MINUTE]
        if len(self._spent) >= limit:
            allowed = False
        elif len(in_a_minute) >= burst:
            allowed = False
            headers["retry-after"] = str(max(1, round(in_a_minute[-burst] + MINUTE - now)))
        else:
            allowed = True
            self._spent.append(now)
        return allowed, {
            **headers,
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(limit - len(self._spent)),
            "ratelimit-reset": str(int(self._spent[0] + HOUR)),
        }

    def set_remaining(self, requests: int) -> None:
        """Leave so many requests in the rate limit of an hour; the others were spent two minutes ago."""
        before = self.cloud.clock.time() - 2 * MINUTE
        self._spent = deque([before] * (self.cloud.rate_limit - requests))


class FakeDigitalOcean(FakeCloud):
    """A DigitalOcean in this process, with one account to begin with.

    ``cloud.images``, ``cloud.droplets`` and so on are the collections of that account: look into them by id, slug or
    name. Imports of custom images take their time like actions, and fail as :meth:`fail_import` says.

    :param clock: the time it lives in; default a manual clock, on which waiting takes no real time.
    :param token: the token of its first account.
    :param any_token: whether every token opens the first account.
    :param action_seconds: how long actions take: one number for all, or by type; default about as long as real ones.
    :param limits: how many of a collection an account may have: ``{"droplets": 10}``; default any number.
    :param rate_limit: requests an hour and account.
    :param burst_limit: requests a minute and account.
    :param keep_requests: how many requests :attr:`requests` keeps.
    """

    title: ClassVar[str] = "A DigitalOcean in a box"
    prefix: ClassVar[str] = "/v2"
    removed_paths: ClassVar[Mapping[str, str]] = {}
    correlation_header: ClassVar[str] = "x-request-id"
    project_class: ClassVar[type[Project]] = Account

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        token: str = DEFAULT_TOKEN,
        any_token: bool = False,
        action_seconds: float | Mapping[str, float] | None = None,
        limits: Mapping[str, int] | None = None,
        rate_limit: int = 5000,
        burst_limit: int = 250,
        keep_requests: int = 10_000,
    ) -> None:
        self.burst_limit = burst_limit
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
        """The classes of its resources."""
        return Actions, Droplets, Images, Regions, Sizes, Snapshots, Tags

    def client(self, token: str | None = None, **options: Any) -> Client:  # type: ignore[override]
        """A real client, connected to the cloud without sockets and living in its time.

        :param token: default the first account's.
        :param options: of :class:`hcloud.digitalocean.Client`.
        """
        from hcloud.digitalocean import Client

        from ..adapter import FakeAdapter

        return Client(token or self.project.token, adapter=FakeAdapter(self), clock=self.clock, **options)

    def fail_import(self, message: str = "the image could not be fetched", count: int = 1) -> None:
        """Let the next imports of custom images fail.

        :param message: what their ``error_message`` says.
        """
        self.fail_action("_import", count, message=message)

    def back_up(self, droplet: int | str) -> Record:
        """Take the backup of a droplet that is due, which must have backups; its image is available at once.

        :param droplet: its id or name.
        :raises ValueError: it has no backups.
        """
        droplets = self.project.of(Droplets)
        return droplets.back_up(droplets[droplet])

    def serialize(
        self,
        body: Body | ListPage,
        project: Project,
        request: Request,
        path: str,
        query: Query,
        headers: dict[str, str],
    ) -> Body:
        """What an operation returned as the API writes it."""
        if isinstance(body, ListPage):
            entries: Any = _shown(project, body.key, body.records)
            if body.key == "policies":
                entries = {str(each["droplet_id"]): each for each in entries}
            links = _links(body, f"{request.root}{path}", query)
            return {body.key: entries, "links": links, "meta": {"total": body.total}}
        return {key: _shown(project, key, value) for key, value in body.items()}

    def serialize_error(self, refusal: ErrorResponse) -> tuple[int, Body]:
        """The status and the body of a refusal."""
        status, code = _IDS.get(refusal.code, (refusal.status, refusal.code))
        if code == "tag_refused":
            return 400, {"error": refusal.message, "messages": None, "root_causes": []}
        message = _MESSAGES.get(refusal.code, refusal.message)
        return status, {"id": code, "message": message, "request_id": f"{self._correlation:016x}"}


def _shown(project: Project, key: str, value: Any) -> Any:
    resource = project.resources.get(key) or project.by_singular.get(key)
    if not isinstance(resource, FakeDigitalOceanResource):
        return value
    return [resource.show(each) for each in value] if isinstance(value, list) else resource.show(value)


def _links(page: ListPage, address: str, query: Query) -> dict[str, Any]:
    """Where a page's neighbours are; nothing where there are none."""
    numbers: dict[str, int] = {}
    if page.number > 1:
        numbers |= {"first": 1, "prev": page.number - 1}
    if page.number < page.last:
        numbers |= {"next": page.number + 1, "last": page.last}
    others = [(name, value) for name, value in query.pairs if name not in ("page", "per_page")]
    pages = {
        relation: f"{address}?{urlencode([*others, ('page', number), ('per_page', page.size)])}"
        for relation, number in numbers.items()
    }
    return {"pages": pages} if pages else {}
