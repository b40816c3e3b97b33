from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, cast

from .._exceptions import InvalidArgumentError
from ..core import BaseDomain, BoundModelBase, Meta, ResourceClientBase, bound, endpoint, every_page
from ..core.documentation import implements
from ..core.waiting import ends_within, wait_for_actions
from ..core.warn import warn_caller
from .domain import Action, ActionFailedException, ActionsException, ActionStatus, ActionTimeoutException

if TYPE_CHECKING:
    from .._client import Client

__all__ = [
    "ActionSort",
    "ActionsClient",
    "ActionsPageResult",
    "BoundAction",
    "HasActions",
    "HasBoundActions",
    "ResourceActionsClient",
]

Domain = TypeVar("Domain", bound=BaseDomain)
Method = TypeVar("Method", bound=Callable[..., Any])

ActionSort = Literal[
    "id", "id:asc", "id:desc",
    "command", "command:asc", "command:desc",
    "status", "status:asc", "status:desc",
    "started", "started:asc", "started:desc",
    "finished", "finished:asc", "finished:desc",
]  # fmt: skip


class ActionsPageResult(NamedTuple):
    actions: list[BoundAction]
    meta: Meta


class ResourceActionsClient(ResourceClientBase):
    """The actions of all resources of one kind."""

    def __init__(self, client: ResourceClientBase | Client, resource: str | None) -> None:
        """
        :param client: the client of the resource
        :param resource: the resource's path, such as ``/servers``
        """
        self._parent = client._parent if isinstance(client, ResourceClientBase) else client
        self._client = client._client
        self._base_url = resource or ""  # type: ignore[misc]  # each has its own

    @endpoint("GET ~/actions/{id}")
    def get_by_id(self, id: int) -> BoundAction:
        """Return an action."""

    @endpoint("GET ~/actions")
    def get_list(
        self,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        id: list[int] | None = None,
    ) -> ActionsPageResult:
        """Return a page of actions.

        :param id: Only the actions with these IDs; the API leaves out those that it does not know.
        """

    @every_page(get_list)
    def get_all(
        self,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        id: list[int] | None = None,
        per_page: int | None = None,
    ) -> list[BoundAction]: ...


def _by_ids(method: Method) -> Method:
    """``method`` for the actions of all resources, of which the API has no listing any more."""

    @implements(method)
    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("id") is None:
            name = method.__name__
            warn_caller(
                f"The 'client.actions.{name}' method without 'id' is deprecated, please use the "
                f"'client.<resource>.actions.{name}' method instead (e.g. 'client.certificates.actions.{name}')."
            )
        return method(self, *args, **kwargs)

    get.__doc__ = f"{method.__doc__}\n\n.. deprecated:: 1.28\n    Without ``id``: use that of a resource's actions."
    return cast(Method, get)


class ActionsClient(ResourceActionsClient):
    """The actions of all resources, by their IDs: 50 with each request."""

    def __init__(self, client: Client) -> None:
        """
        :param client: the client that this belongs to
        """
        super().__init__(client, None)

    if not TYPE_CHECKING:  # for checkers they are the methods that they stand for
        get_list = _by_ids(ResourceActionsClient.get_list)
        get_all = _by_ids(ResourceActionsClient.get_all)

    def _iter_pages(self, list_function: Any, *args: Any, id: list[int] | None = None, **kwargs: Any) -> list[Any]:
        pages, get_list = super()._iter_pages, super().get_list  # which warns of nothing
        all_ids = [] if id is None else list(id)
        size = self.max_per_page
        some = [None] if id is None else [all_ids[i : i + size] for i in range(0, len(all_ids), size)]
        return [action for ids in some for action in pages(get_list, *args, id=ids, **kwargs)]

    def wait_for(
        self,
        actions: Sequence[Action],
        *,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> list[BoundAction]:
        """Wait until all ``actions`` are finished, and return them in their order.

        They are asked for together, 50 with each request; bound actions among them are brought up to date.

        :param actions: the actions, of any resources
        :param timeout: seconds after which to give up; None waits for as long as it takes
        :param on_progress: called with the actions after each look at them
        :raises ActionsException: if any of them failed, or was still running at the end of ``timeout``
        """
        given: list[Any] = list(actions) if isinstance(cast("object", actions), Iterable) else [None]
        if not all(isinstance(action, Action) for action in given):
            raise InvalidArgumentError(f"wait_for() takes a list of actions, not {actions!r}")
        found = [
            action if isinstance(action, BoundAction) else BoundAction(self, action.to_dict(), complete=False)
            for action in given
        ]
        failed, running = wait_for_actions(self, found, timeout, on_progress)
        if failed or running:
            raise ActionsException(failed, running)
        return found

    def _get_many(self, ids: list[int]) -> list[BoundAction]:
        if len(ids) == 1:
            return [self.get_by_id(ids[0])]
        return self.get_all(id=ids)


class HasActions(ResourceClientBase):
    """What the clients of resources have in common that have actions."""

    if TYPE_CHECKING:
        get_actions_list: Any

    @cached_property
    def actions(self) -> ResourceActionsClient:
        """The actions of all resources of this kind."""
        return ResourceActionsClient(self, self._base_url)

    @endpoint("GET ~/{resource.id}/actions/{action_id}")
    def get_action(self, resource: BaseDomain, action_id: int) -> BoundAction:
        """Return an action on the resource."""

    def iter_actions(
        self,
        resource: BaseDomain,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        per_page: int | None = None,
    ) -> Iterator[BoundAction]:
        """The actions on the resource one after another, with one page at a time in memory.

        :param resource: which resource
        :param status: only those with one of these statuses
        :param sort: what to sort by, first to last
        :param per_page: how many entries a page may hold
        """
        return self._stream_pages(self.get_actions_list, resource, status=status, sort=sort, per_page=per_page)


class HasBoundActions(BoundModelBase[Domain]):
    """What the bound models of resources have in common that have actions."""

    get_action: Final = bound(HasActions.get_action)
    iter_actions: Final = bound(HasActions.iter_actions)


class BoundAction(BoundModelBase[Action], Action, collection="actions", key="action"):
    def _is_running(self) -> bool:
        return self.status not in (Action.STATUS_SUCCESS, Action.STATUS_ERROR)

    def _failure(self) -> ActionFailedException | None:
        return ActionFailedException(self) if self.status == Action.STATUS_ERROR else None

    def wait_until_finished(self, max_retries: int | None = None) -> None:
        """Wait until the action is finished.

        :param max_retries: how often to ask before giving up; what the client was made with by default
        :raises ActionFailedException: if it failed
        :raises ActionTimeoutException: if it was still running after that many requests
        """
        if not ends_within(self, max_retries):
            raise ActionTimeoutException(self)
        failure = self._failure()
        if failure is not None:
            raise failure
