from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from ...core import BaseDomain, BoundModelBase, Meta, endpoint, every_item, every_page
from ...core.methods import parameters
from ...core.waiting import ends_within, wait_for_actions
from .._resource import ResourceClient
from .domain import Action, ActionFailedException, ActionsException, ActionTimeoutException

__all__ = ["ActionsClient", "ActionsPageResult", "BoundAction", "HasActions", "action"]

Method = TypeVar("Method", bound=Callable[..., Any])


def action(method: Method) -> Method:
    """Declare the action of the method's name, on the resource that is its first parameter."""
    subject = parameters(method)[0]
    return endpoint(f"POST ~/{{{subject}.id}}/actions", body={"type": method.__name__})(method)


class ActionsPageResult(NamedTuple):
    actions: list[BoundAction]
    meta: Meta


class ActionsClient(ResourceClient):
    """The actions of all resources."""

    _base_url = "/actions"

    @endpoint("GET /actions/{id}")
    def get_by_id(self, id: int) -> BoundAction:
        """Return an action.

        :param id: ID of the action
        """

    @endpoint("GET /actions")
    def get_list(self, page: int | None = None, per_page: int | None = None) -> ActionsPageResult:
        """Return a page of the actions on all resources of the account, the latest first."""

    @every_page(get_list)
    def get_all(self, *, per_page: int | None = None) -> list[BoundAction]: ...

    iter: Final = every_item(get_all)

    def wait_for(
        self,
        actions: Sequence[Action],
        *,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> list[BoundAction]:
        """Wait until all ``actions`` are finished, and return them in their order.

        They are looked up together in the list of the latest actions, and those that are not there one by one; bound
        actions among them are brought up to date.

        :param actions: the actions, of any resources
        :param timeout: seconds after which to give up; None waits for as long as it takes
        :param on_progress: called with the actions after each look at them
        :raises ActionsException: if any of them failed, or was still in progress at the end of ``timeout``
        """
        bound = [
            action if isinstance(action, BoundAction) else BoundAction(self, action.to_dict(), complete=False)
            for action in actions
        ]
        failed, running = wait_for_actions(self, bound, timeout, on_progress)
        if failed or running:
            raise ActionsException(failed, running)
        return bound

    def _get_many(self, ids: list[int]) -> list[BoundAction]:
        missing: dict[int | None, None] = dict.fromkeys(ids)
        found: list[BoundAction] = []
        page: int | None = 1
        # A page is worth its request while it may bring more than one.
        while page and len(missing) > 1:
            actions, meta = self.get_list(page=page, per_page=self.max_per_page)
            here = [action for action in actions if missing.pop(action.id, self) is None]
            found += here
            page = meta.pagination.next_page if here and meta.pagination else None
        return found + [self.get_by_id(id) for id in missing if id is not None]


class BoundAction(BoundModelBase[Action], Action, collection="actions", key="action"):
    def _is_running(self) -> bool:
        # What is not known yet is looked at together with the others, not fetched alone.
        return not self.is_fetched("status") or self.status == Action.STATUS_RUNNING

    def _failure(self) -> ActionFailedException | None:
        return ActionFailedException(self) if self.status == Action.STATUS_ERROR else None

    def wait_until_finished(self, max_retries: int | None = None) -> None:
        """Wait until the action is finished.

        :param max_retries: how often to ask before giving up; what the client was made with by default
        :raises ActionFailedException: if it failed
        :raises ActionTimeoutException: if it was still in progress after that many requests
        """
        if not ends_within(self, max_retries):
            raise ActionTimeoutException(self)
        failure = self._failure()
        if failure is not None:
            raise failure


class HasActions(ResourceClient):
    """What the clients of resources have in common that have actions."""

    if TYPE_CHECKING:
        get_actions_list: Any

    @endpoint("GET ~/{resource.id}/actions/{action_id}")
    def get_action(self, resource: BaseDomain, action_id: int) -> BoundAction:
        """Return an action on the resource."""

    def get_actions(self, resource: BaseDomain) -> list[BoundAction]:
        """Return all actions on the resource, the latest first.

        :param resource: which resource
        """
        return self._iter_pages(self._actions_page, resource)

    def iter_actions(self, resource: BaseDomain) -> Iterator[BoundAction]:
        """The actions on the resource one after another, the latest first, with one page at a time in memory.

        :param resource: which resource
        """
        return self._stream_pages(self._actions_page, resource)

    def _actions_page(self, resource: BaseDomain, page: int, per_page: int) -> ActionsPageResult:
        return self.get_actions_list(resource, page=page, per_page=per_page)
