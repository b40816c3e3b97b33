from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from ...actions import WaitableAction
from ...core import BaseDomain, BoundModelBase, Meta, endpoint, every_item, every_page
from ...core.coroutines import blocking, result_of
from ...core.documentation import parameters
from ...core.waiting import poll_until_finished, wait_for_actions
from .._resource import ResourceClient
from .domain import Action, ActionFailedException, ActionsException, ActionTimeoutException

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

        Their state is read from the list of the latest actions; actions missing there are fetched one by one. Bound
        actions are updated in place.

        :param actions: Actions on any resources
        :param timeout: Maximum time to wait in seconds; unlimited if None
        :param on_progress: Function called with all actions after each update
        :raises ActionsException: if an action failed, or was still in progress after ``timeout`` seconds

        The objects that the actions were started on, and those of their responses, are fetched again when they are
        read next.
        """
        bound = [
            action if isinstance(action, BoundAction) else BoundAction(self, action.to_dict(), complete=False)
            for action in actions
        ]
        failed, running = await wait_for_actions(self, bound, timeout, on_progress)
        if failed or running:
            raise ActionsException(failed, running, timeout=timeout)
        return bound

    @blocking
    async def _get_many(self, ids: list[int]) -> list[BoundAction]:
        missing: dict[int | None, None] = dict.fromkeys(ids)
        actions: list[BoundAction] = []
        page: int | None = 1
        # A single action takes one request either way. A page without any of the actions means that the others are old.
        while page and len(missing) > 1:
            listed, meta = await result_of(self.get_list(page=page, per_page=self.max_per_page))
            wanted = [action for action in listed if missing.pop(action.id, self) is None]
            actions += wanted
            page = meta.pagination.next_page if wanted and meta.pagination else None
        return actions + [await result_of(self.get_by_id(id)) for id in missing if id is not None]


class BoundAction(WaitableAction[Action], Action, collection="actions", key="action"):
    def _affects(self, model: BoundModelBase[Any]) -> bool:
        return (self._raw.get("resource_id"), self._raw.get("resource_type")) == (model._identity(), model._key)

    def _deletes(self, model: BoundModelBase[Any]) -> bool:
        return False  # a deletion has no action

    def _is_running(self) -> bool:
        # An unknown status counts as running, so that it is fetched together with those of other actions.
        return not self.is_fetched("status") or self.status == Action.STATUS_RUNNING

    def _failure(self) -> ActionFailedException | None:
        return ActionFailedException(self) if self.status == Action.STATUS_ERROR else None

    @blocking
    async def wait_until_finished(self, max_retries: int | None = None) -> None:
        """Wait until the action is finished.

        :param max_retries: Maximum number of requests; the client's ``poll_max_retries`` by default
        :raises ActionFailedException: if the action failed
        :raises ActionTimeoutException: if the action was still in progress after that many requests
        """
        if not await poll_until_finished(self, max_retries):
            error = ActionTimeoutException(self)
            error.add_note("To wait longer, pass max_retries, or set poll_max_retries of the client; or use wait().")
            raise error
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
