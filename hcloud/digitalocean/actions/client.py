from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from ..._exceptions import NotFetchedError
from ...actions import WaitableAction
from ...core import BaseDomain, BoundModelBase, Meta, endpoint, every_item, every_page
from ...core.coroutines import blocking
from ...core.documentation import parameters
from ...core.waiting import bind_actions, poll, wait_for_actions
from .._resource import ResourceClient
from .domain import Action, ActionFailedException, ActionsException, ActionTimeoutException, NoImageError
from .snapshot_recognition import snapshot_of

if TYPE_CHECKING:
    from ..images import BoundImage

__all__ = ["ActionsClient", "ActionsPageResult", "BoundAction", "HasActions", "action"]

Method = TypeVar("Method", bound=Callable[..., Any])


def action(method: Method) -> Method:
    """Declare a method that starts the action of its name on the resource in its first parameter."""
    resource = parameters(method)[0]
    return endpoint(f"POST ~/{{{resource}.id}}/actions", body={"type": method.__name__})(method)


class ActionsPageResult(NamedTuple):
    actions: list[BoundAction]
    meta: Meta


class ActionsClient(ResourceClient):
    """Actions on all resources of an account."""

    _base_url = "/actions"

    @endpoint("GET /actions/{id}")
    def get_by_id(self, id: int) -> BoundAction:
        """Return an action."""

    @endpoint("GET /actions")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> ActionsPageResult:
        """Return a page of the actions on all resources of the account, latest first."""

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)

    @blocking
    async def wait_for(
        self,
        actions: Sequence[Action],
        *,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> list[BoundAction]:
        """Wait until all ``actions`` are finished, and return them in the same order.

        They are polled together, first after three seconds, and then at intervals that grow to one minute: their state
        is read from the list of the latest actions, and that of older ones from each. Transient failures do not end the
        wait. Bound actions are updated in place. The objects that the actions were started on, and those of their
        responses, are fetched again when they are read next. A client that does not fetch on read fetches them before
        the method returns.

        :param actions: Actions on any resources
        :param timeout: Maximum time to wait in seconds; unlimited if None
        :param on_progress: Function called with all actions after each update
        :raises ActionsException: if an action failed, or was still in progress after ``timeout`` seconds
        :raises InvalidArgumentError: if ``actions`` is no list of actions
        """
        bound: list[BoundAction] = bind_actions(self, actions, BoundAction)
        failed, running = await wait_for_actions(self, bound, timeout, on_progress)
        if failed or running:
            raise ActionsException(failed, running, timeout=timeout)
        return bound


class BoundAction(WaitableAction[Action], Action, collection="actions", key="action"):
    def _affects(self, model: BoundModelBase[Any]) -> bool:
        return (self._raw.get("resource_id"), self._raw.get("resource_type")) == (model._identity(), model._key)

    def _deletes(self, model: BoundModelBase[Any]) -> bool:
        return False  # a deletion has no action

    @property
    def image(self) -> BoundImage:
        """Image that the action made or changed, as :meth:`get_image` returns it; requested at the first read.

        :raises NotFetchedError: if the client does not fetch on read
        """
        image: BoundImage | None = self.__dict__.get("_image")
        if image is None:
            if not self._is_lazy():
                reason, call = (
                    ("an asynchronous client does not fetch on read", "`await x.get_image()` of this object")
                    if self._is_async
                    else ("this client does not fetch on read (lazy=False)", "its get_image()")
                )
                raise NotFetchedError(f"the image of {self!r} was not fetched, and {reason}: call {call}")
            image = self.get_image()
        return image

    @blocking
    async def get_image(self) -> BoundImage:
        """Return the image that the action made, if it took a snapshot of a droplet, or the image that it changed.

        The API does not tell which snapshot an action made. It is recognized by its droplet and its time of creation,
        since a droplet runs one action at a time. Names do not matter.

        :raises NoImageError: if the action is not finished, has failed, or makes no image
        :raises NotFoundError: if the snapshot was deleted
        :raises AmbiguousNameError: if several snapshots of the droplet may be the one
        """
        image: Any = self.resource
        if self.resource_type != "image":
            if (self.type, self.resource_type, self.status) != ("snapshot", "droplet", Action.STATUS_SUCCESS):
                advice = "; wait() for it first" if self._is_running() and self.type == "snapshot" else ""
                raise NoImageError(f"{self!r} has made no image{advice}")
            provider = getattr(self._client, "_parent", self._client)  # without a client, UnboundError is raised
            image = await snapshot_of(self, provider)
        self.__dict__["_image"] = image
        return cast("BoundImage", image)

    def _is_running(self) -> bool:
        # An unknown status counts as running, so that it is fetched together with those of other actions.
        return not self.is_fetched("status") or self.status == Action.STATUS_RUNNING

    def _failure(self) -> ActionFailedException | None:
        return ActionFailedException(self) if self.status == Action.STATUS_ERROR else None

    @blocking
    async def wait_until_finished(self, max_retries: int | None = None) -> None:
        """Wait until the action is finished, as :meth:`wait` does, but leave all other objects as they are.

        :param max_retries: Maximum number of polls; the client's ``poll_max_retries`` by default, which has no default
        :raises ActionFailedException: if the action failed
        :raises ActionTimeoutException: if the action was still in progress after that many polls
        """
        client = self._client_of(self._client)
        max_polls = client._client._poll_max_retries if max_retries is None else max_retries
        if await poll(client, [self], lambda action: action._is_running(), max_polls=max_polls):
            raise ActionTimeoutException(self, max_retries=max_polls)
        failure = self._failure()
        if failure is not None:
            raise failure


class HasActions(ResourceClient):
    """Base class of the clients of resources that have actions."""

    if TYPE_CHECKING:
        get_actions_list: Any

    @endpoint("GET ~/{resource.id}/actions/{action_id}")
    def get_action(self, resource: BaseDomain | int, action_id: int) -> BoundAction:
        """Return an action on the resource."""

    def get_actions(self, resource: BaseDomain | int) -> list[BoundAction]:
        """Return all actions on the resource, latest first.

        :param resource: The resource
        """
        return self._iter_pages(self._actions_page, resource)

    def iter_actions(self, resource: BaseDomain | int) -> Iterator[BoundAction]:
        """Iterate over the actions on the resource, latest first, with one page in memory at a time.

        :param resource: The resource
        """
        return self._stream_pages(self._actions_page, resource)

    def _actions_page(self, resource: BaseDomain | int, page: int, per_page: int) -> ActionsPageResult:
        return self.get_actions_list(resource, page=page, per_page=per_page)
