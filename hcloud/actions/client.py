from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, TypeVar, cast

from ..core import BaseDomain, BoundModelBase, Meta, ResourceClientBase, bound, endpoint, every_page, instead
from ..core.coroutines import blocking, class_for, result_of
from ..core.documentation import implements
from ..core.waiting import bind_actions, poll_until_finished, wait_for_actions
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
    "WaitableAction",
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
    """The actions on all resources of one type, such as all servers."""

    def __init__(self, client: ResourceClientBase | Client, resource: str | None) -> None:
        """
        :param client: Client of the resource
        :param resource: Path of the resource, such as ``/servers``
        """
        self._parent = client._parent if isinstance(client, ResourceClientBase) else client
        self._client = client._client
        self._base_url = resource or ""  # type: ignore[misc]  # an instance attribute here

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

        :param id: Only return the actions with these IDs; unknown IDs are ignored by the API
        """

    get_all: Final = every_page(get_list)


def _requires_id(method: Method) -> Method:
    """Warn when ``method`` is called without ``id``: the API no longer lists the actions of a whole project."""

    @implements(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("id") is None:
            name = method.__name__
            warn_caller(
                f"The 'client.actions.{name}' method without 'id' is deprecated, please use the "
                f"'client.<resource>.actions.{name}' method instead (e.g. 'client.certificates.actions.{name}')."
            )
        return method(self, *args, **kwargs)

    notice = "Calls without ``id``; use the ``actions`` of a resource client instead."
    checked.__doc__ = f"{method.__doc__}\n\n.. deprecated:: 1.28\n    {notice}"
    return cast(Method, checked)


class ActionsClient(ResourceActionsClient):
    """The actions of all resources, fetched by ID with up to 50 per request."""

    def __init__(self, client: Client) -> None:
        """
        :param client: Client that sends the requests
        """
        super().__init__(client, None)

    if not TYPE_CHECKING:  # type checkers use the inherited signatures
        get_list = _requires_id(ResourceActionsClient.get_list)
        get_all = _requires_id(ResourceActionsClient.get_all)

    @blocking
    async def _iter_pages(
        self, list_function: Any, *args: Any, id: list[int] | None = None, **kwargs: Any
    ) -> list[Any]:
        pages, get_list = super()._iter_pages, super().get_list  # this get_list does not warn
        all_ids = [] if id is None else list(id)
        size = self.max_per_page
        batches = [None] if id is None else [all_ids[i : i + size] for i in range(0, len(all_ids), size)]
        return [action for ids in batches for action in await result_of(pages(get_list, *args, id=ids, **kwargs))]

    @blocking
    async def wait_for(
        self,
        actions: Sequence[Action],
        *,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> list[BoundAction]:
        """Wait until all ``actions`` are finished, and return them in the same order.

        They are polled together, up to 50 per request. Bound actions are updated in place. The objects that the
        actions were started on, and those of their responses, are fetched again when they are read next. A client that
        does not fetch on read fetches them before the method returns.

        :param actions: Actions of any resources
        :param timeout: Maximum time to wait, in seconds; no limit by default
        :param on_progress: Function that is called with the actions after each poll
        :raises ActionsException: if an action failed, or was still running after ``timeout``
        :raises InvalidArgumentError: if ``actions`` is no list of actions
        """
        bound_actions: list[BoundAction] = bind_actions(self, actions, BoundAction)
        failed, running = await wait_for_actions(self, bound_actions, timeout, on_progress)
        if failed or running:
            raise ActionsException(failed, running, timeout=timeout)
        return bound_actions

    @blocking
    async def _get_many(self, ids: list[int]) -> list[BoundAction]:
        if len(ids) == 1:
            return [await result_of(self.get_by_id(ids[0]))]
        return cast("list[BoundAction]", await result_of(self.get_all(id=ids)))


class HasActions(ResourceClientBase):
    """Base class of the clients of resources that have actions."""

    if TYPE_CHECKING:
        get_actions_list: Any

    @cached_property
    def actions(self) -> ResourceActionsClient:
        """Client for the actions on all resources of this type."""
        return class_for(self, ResourceActionsClient)(self, self._base_url)

    @endpoint("GET ~/actions/{action_id}")
    def get_action(self, resource: BaseDomain | str | int, action_id: int) -> BoundAction:
        """Return an action on the resource.

        :param resource: Resource of the action; not sent, since the ID of the action is enough
        """
        return instead(resource=None)

    def iter_actions(
        self,
        resource: BaseDomain | str | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        *,
        per_page: int | None = None,
    ) -> Iterator[BoundAction]:
        """Iterate over the actions on the resource, with one page in memory at a time.

        :param resource: Resource that the actions belong to
        :param status: Only return actions with one of these statuses
        :param sort: Sort order: fields by priority, each optionally followed by ``:asc`` or ``:desc``
        :param per_page: Maximum number of entries per page
        """
        return self._stream_pages(self.get_actions_list, resource, status=status, sort=sort, per_page=per_page)


ResourceClientBaseActionsMixin = HasActions
"""Name of :class:`HasActions` in hcloud-python."""


class HasBoundActions(BoundModelBase[Domain]):
    """Base class of the bound models of resources that have actions."""

    get_action: Final = bound(HasActions.get_action)
    iter_actions: Final = bound(HasActions.iter_actions)


class WaitableAction(BoundModelBase[Domain]):
    """Base class of the bound actions."""

    @blocking
    async def wait(
        self, timeout: float | None = None, on_progress: Callable[[list[Self]], object] | None = None
    ) -> Self:
        """Wait until the action is finished, and return it.

        The object that the action was started on, and those of its response, are fetched again when they are read
        next. A client that does not fetch on read fetches them before the method returns.

        :param timeout: Maximum time to wait, in seconds; no limit by default
        :param on_progress: Function that is called with the action, in a list, after each poll
        :raises ActionFailedException: if the action failed
        :raises ActionTimeoutException: if the action was still running after ``timeout``
        """
        client = self._client_of(self._client)
        errors: list[Exception] = []
        try:
            await result_of(client.wait_for([self], timeout=timeout, on_progress=on_progress))
        except ActionsException as group:
            errors += group.exceptions
        if errors:  # raised here, as the group would be its context, and refers to it
            raise errors.pop()
        return self


class BoundAction(WaitableAction[Action], Action, collection="actions", key="action"):
    def _affects(self, model: BoundModelBase[Any]) -> bool:
        resources = self._raw.get("resources")
        return isinstance(resources, list) and {"id": model._identity(), "type": model._key} in resources

    def _deletes(self, model: BoundModelBase[Any]) -> bool:
        return self.command == f"delete_{model._key}"

    def _is_running(self) -> bool:
        return self._value("status") not in (Action.STATUS_SUCCESS, Action.STATUS_ERROR)

    def _failure(self) -> ActionFailedException | None:
        return ActionFailedException(self) if self._value("status") == Action.STATUS_ERROR else None

    @blocking
    async def wait_until_finished(self, max_retries: int | None = None) -> None:
        """Wait until the action is finished.

        :param max_retries: Maximum number of polls, at least one; the ``poll_max_retries`` of the client by default
        :raises ActionFailedException: if the action failed
        :raises ActionTimeoutException: if the action was still running after the last poll
        """
        if not await poll_until_finished(self, max_retries):
            error = ActionTimeoutException(self)
            error.add_note("To wait longer, pass max_retries, or set poll_max_retries of the client; or use wait().")
            raise error
        failure = self._failure()
        if failure is not None:
            raise failure
