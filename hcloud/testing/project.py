"""A project of a fake cloud: its token, its rate limit and its resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .resource import FakeResource
from .resources.actions import Actions
from .schema import Record

if TYPE_CHECKING:
    from .. import Client
    from ..aio import Client as AsyncClient
    from .cloud import FakeAPI

__all__ = ["Project"]

ResourceT = TypeVar("ResourceT", bound=FakeResource)


class Project:
    """A project of the cloud: its tokens, its rate limit, its resources."""

    budget_length: ClassVar[int | None] = 2
    """Number of values in :attr:`budget`; ``None`` if it varies."""

    def __init__(self, cloud: FakeAPI, name: str, token: str) -> None:
        self.cloud = cloud
        self.name = name
        self.token = token
        self._budget = float(cloud.rate_limit)
        self._budget_at = cloud.clock.time()
        self.effect_time: float | None = None
        """While the effect of an action is applied, the time at which the action finished."""
        self.resources: dict[str, FakeResource] = {cls.collection: cls(self) for cls in cloud.resource_classes()}
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
        """Read-only token of the project."""
        return f"{self.token}-read-only"

    @property
    def time(self) -> float:
        """Time of what happens now: an effect of an action that is noticed later happened when the action finished."""
        return self.cloud.clock.time() if self.effect_time is None else self.effect_time

    def client(self, *, read_only: bool = False, **options: Any) -> Client:
        """Create a real client with a token of this project; see :meth:`FakeCloud.client`."""
        return self.cloud.client(self.read_only_token if read_only else self.token, **options)

    def async_client(self, *, read_only: bool = False, **options: Any) -> AsyncClient:
        """Create a real client for asyncio with a token of this project; see :meth:`FakeCloud.async_client`."""
        return self.cloud.async_client(self.read_only_token if read_only else self.token, **options)

    def __getitem__(self, collection: str) -> FakeResource:
        return self.resources[collection]

    def __getattr__(self, name: str) -> FakeResource:
        resources: dict[str, FakeResource] = self.__dict__.get("resources", {})
        if name in resources:
            return resources[name]
        raise AttributeError(f"{type(self).__name__} has no {name!r}; its collections: {', '.join(resources)}")

    def __repr__(self) -> str:
        return f"<Project {self.name!r}>"

    def of(self, cls: type[ResourceT]) -> ResourceT:
        """Return a resource by its class."""
        resource = self.resources[cls.collection]
        assert isinstance(resource, cls)
        return resource

    def find(self, collection: str, ref: int | str) -> Record | None:
        """Return a record by ID or name."""
        resource = self.resources.get(collection)
        return resource.find(ref) if resource is not None else None

    def seeds(self, cls: type[FakeResource]) -> Iterable[Record]:
        """Return the initial records of a resource."""
        return self.cloud.seeds(cls)

    def announce(self, event: str, *arguments: Any) -> None:
        """Call the methods that listen to an event; see :func:`~hcloud.testing.resource.on_event`."""
        for resource, method in self._listeners.get(event, ()):
            getattr(resource, method)(*arguments)

    def spend(self) -> tuple[bool, dict[str, str]]:
        """Take one request from the rate limit.

        :returns: True if a request was left, and the rate limit headers of the response.
        """
        now, limit = self.cloud.clock.time(), self.cloud.rate_limit
        passed = max(0.0, now - self._budget_at)  # the clock may have been set back
        self._budget = min(float(limit), self._budget + passed * limit / 3600)
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

    @property
    def budget(self) -> list[float]:
        """State of the rate limit, for the saved state of a cloud."""
        return [self._budget, self._budget_at]

    @budget.setter
    def budget(self, budget: list[float]) -> None:
        self._budget, self._budget_at = budget

    def set_remaining(self, requests: int) -> None:
        """Set the number of requests that are left in the rate limit."""
        self._budget, self._budget_at = float(requests), self.cloud.clock.time()
