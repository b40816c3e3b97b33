"""Deletion of all resources with a label, in the order of their dependence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from ._arguments import validate_booleans
from ._exceptions import HCloudException, HCloudExceptionGroup, InvalidArgumentError, NotFoundError, ProtectedError
from .actions import ActionException, ActionsException, BoundAction
from .core.clock import before
from .core.coroutines import result_of
from .core.settings import validate_seconds
from .helpers.selectors import parse_selector

if TYPE_CHECKING:
    from . import aio
    from ._client import Client
    from .certificates import BoundCertificate
    from .firewalls import BoundFirewall
    from .floating_ips import BoundFloatingIP
    from .images import BoundImage
    from .load_balancers import BoundLoadBalancer
    from .networks import BoundNetwork
    from .placement_groups import BoundPlacementGroup
    from .primary_ips import BoundPrimaryIP
    from .servers import BoundServer
    from .ssh_keys import BoundSSHKey
    from .storage_boxes import BoundStorageBox, BoundStorageBoxSnapshot, BoundStorageBoxSubaccount
    from .volumes import BoundVolume
    from .zones import BoundZone, BoundZoneRRSet

    Labelled: TypeAlias = (
        BoundCertificate
        | BoundFirewall
        | BoundFloatingIP
        | BoundImage
        | BoundLoadBalancer
        | BoundNetwork
        | BoundPlacementGroup
        | BoundPrimaryIP
        | BoundServer
        | BoundSSHKey
        | BoundStorageBox
        | BoundStorageBoxSnapshot
        | BoundStorageBoxSubaccount
        | BoundVolume
        | BoundZone
        | BoundZoneRRSet
    )

__all__ = ["Deletion", "check_selector", "delete_all"]

_LOCK_SECONDS = 300.0
"""Seconds to wait for a locked resource, such as a server that is still being created."""

_USERS = ("load_balancers", "servers")
"""Collections that use the others: they are deleted first."""
_USED = (
    "volumes",
    "floating_ips",
    "primary_ips",
    "firewalls",
    "networks",
    "placement_groups",
    "certificates",
    "ssh_keys",
    "images",
)
_PARTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "zones": (("zones.rrsets", "get_rrset_all", "delete_rrset"),),
    "storage_boxes": (
        ("storage_boxes.snapshots", "get_snapshot_all", "delete_snapshot"),
        ("storage_boxes.subaccounts", "get_subaccount_all", "delete_subaccount"),
    ),
}
"""Labelled parts of resources by collection: their collection, and the methods that list and delete them."""
_COLLECTIONS = (*_USERS, *_USED, *_PARTS)


class Deletion:
    """Resources that :meth:`hcloud.Client.delete_all` deleted, or would delete."""

    def __init__(self, label_selector: str, dry_run: bool) -> None:
        self.label_selector: str = label_selector
        """Label selector of the resources."""
        self.dry_run: bool = dry_run
        """True if nothing was deleted."""
        self.planned: list[Labelled] = []
        """Resources that are going to be deleted, in the order of their deletion.

        After a dry run, these are the ones that a real run would delete, as far as that can be known in advance.
        """
        self.deleted: list[Labelled] = []
        """Resources that do not exist any more; empty after a dry run."""
        self.protected: list[Labelled] = []
        """Resources that match the selector, but are protected, and zones with a protected record set."""
        self.failed: list[Labelled] = []
        """Resources that could not be deleted.

        After a dry run, these are the ones that the API would reject: primary IPs and certificates that are used by
        something that stays, and the SOA and NS record sets that each zone needs.
        """

    def __str__(self) -> str:
        """Return one line for each resource."""
        if self.dry_run:
            rows = [("would delete", self.planned), ("protected", self.protected), ("can't delete", self.failed)]
        else:
            rows = [("deleted", self.deleted), ("protected", self.protected), ("failed", self.failed)]
        lines = [f"{word} {_label(model)}" for word, models in rows for model in models]
        return "\n".join(lines) or "nothing to delete"

    def __repr__(self) -> str:
        names = ("planned", "deleted", "protected", "failed")
        counts = ", ".join(f"{len(getattr(self, name))} {name}" for name in names)
        return f"<Deletion of {self.label_selector!r}: {counts}>"


def check_selector(label_selector: object) -> None:
    """Check that a label selector asks for a label.

    :raises InvalidArgumentError: if it is invalid, or would also match resources without any label that it names
    """
    if not isinstance(label_selector, str):
        raise InvalidArgumentError(f"label_selector must be a text, not {label_selector!r}; nothing was sent")
    try:
        terms = parse_selector(label_selector)
    except ValueError as error:
        raise InvalidArgumentError(f"{str(error)!r} is no term of a label selector; nothing was sent") from None
    if not any(term.is_positive for term in terms):
        raise InvalidArgumentError(
            f"label_selector={label_selector!r} asks for no label, so it could match everything: add a term such as "
            "key, key=value or key in (a,b); nothing was sent"
        )


async def delete_all(
    client: Client | aio.Client, label_selector: str, *, dry_run: bool, timeout: float | None
) -> Deletion:
    """Delete all resources that match a label selector; see :meth:`hcloud.Client.delete_all`."""
    check_selector(label_selector)
    validate_booleans(dry_run=dry_run)  # a false value, such as None, would delete
    validate_seconds(timeout=timeout)
    deletion = Deletion(label_selector, dry_run)
    run = _Run(client, deletion, timeout)
    await run.list_resources()
    if not dry_run and deletion.planned:
        await run.delete()
    if run.errors:
        count = len(run.errors)
        raise HCloudExceptionGroup(
            f"{count} {'failure' if count == 1 else 'failures'} at the deletion of {label_selector!r}",
            run.errors,
            deletion,
        )
    return deletion


class _Run:
    """One deletion: its plan, the actions that it waits for, and its failures."""

    def __init__(self, client: Client | aio.Client, deletion: Deletion, timeout: float | None) -> None:
        self._client = client
        connection = client._client
        self._worker: Any = client.with_options(wait_while_locked=max(_LOCK_SECONDS, connection._wait_while_locked))
        self._clock = connection._clock
        self._deadline = inf if timeout is None else self._clock.monotonic() + timeout
        self._timeout = timeout
        self._deletion = deletion
        self._plan: dict[str, list[Any]] = {}
        self._guarded: set[int] = set()
        """IDs of the zones that a protected record set keeps from being deleted."""
        self._gone: set[tuple[str, Any]] = set()
        """Type and ID of the resources that were deleted."""
        self._actions: list[tuple[Any, BoundAction, bool]] = []
        """Actions that are running, with their resource, and true if they delete it."""
        self.errors: list[HCloudException] = []
        """Failures; a note of each names what it is about."""

    # The plan

    async def list_resources(self) -> None:
        """List all resources that match the selector."""
        for collection in _COLLECTIONS:
            for name, models in (await self._list(collection)).items():
                self._plan[name] = []
                for model in models:
                    (self._deletion.protected if self._stays(model) else self._plan[name]).append(model)
        planned = self._models(*self._plan)
        if self._deletion.dry_run:
            leaving = self._leaving(*_USERS)
            self._deletion.failed += [model for model in planned if _is_needed(model, leaving)]
            planned = [model for model in planned if not _is_needed(model, leaving)]
        self._deletion.planned += planned

    def _stays(self, model: Any) -> bool:
        return _is_protected(model) or (model._collection == "zones" and model.id in self._guarded)

    def _leaving(self, *collections: str) -> set[tuple[str, Any]]:
        """Return the types and IDs of what the plan deletes in these collections."""
        return {(model._key, model._identity()) for model in self._models(*collections)}

    async def _list(self, collection: str) -> dict[str, list[Any]]:
        """Return the resources of a collection that match, and the parts of other ones that do, by collection."""
        client: Any = getattr(self._client, collection)
        selector = {"label_selector": self._deletion.label_selector}
        if collection not in _PARTS:
            models: list[Any] = await self._try(collection, lambda: client.get_all(**selector)) or []
            if collection == "images":
                models = [image for image in models if image.type in ("snapshot", "backup")]
            return {collection: models}
        # Parts can only be listed for each resource. Most projects have none of these, so all are listed first.
        everything = await self._try(collection, client.get_all) or []
        models = (await self._try(collection, lambda: client.get_all(**selector)) or []) if everything else []
        if collection == "zones":
            ((name, method, _),) = _PARTS[collection]
            for zone in models:
                rrsets = [] if _is_protected(zone) else await self._list_parts(name, method, zone)
                if any(map(_is_protected, rrsets)):
                    self._guarded.add(zone.id)
        deleted = {model.id for model in models if not self._stays(model)}
        parts: dict[str, list[Any]] = {name: [] for name, _, _ in _PARTS[collection]}
        for resource in everything:
            if resource.id not in deleted:
                for name, method, _ in _PARTS[collection]:
                    parts[name] += await self._list_parts(name, method, resource, **selector)
        return {**parts, collection: models}

    async def _list_parts(self, name: str, method: str, resource: Any, **selector: str) -> list[Any]:
        """Return the parts of a resource, none if it was deleted meanwhile."""
        if getattr(resource, "mode", None) == "secondary":  # the API has no record sets of such a zone
            return []
        listing = getattr(getattr(self._client, resource._collection), method)
        try:
            parts: list[Any] = await result_of(listing(resource, **selector))
        except NotFoundError:
            return []
        except HCloudException as error:
            self._add_error(name, error)
            return []
        return parts

    async def _try(self, subject: str, call: Callable[[], Any]) -> Any:
        """Return the result of a call, None if it failed."""
        try:
            return await result_of(call())
        except HCloudException as error:
            self._add_error(subject, error)
            return None

    def _add_error(self, subject: str, error: HCloudException) -> None:
        self.errors.append(error)
        error.add_note(subject)

    # The deletion

    async def delete(self) -> None:
        """Delete the resources of the plan."""
        for collection in _USERS:
            for model in self._plan[collection]:
                await self._delete(model)
        leaving = self._leaving("servers")
        for model in self._models("volumes", "floating_ips", "firewalls"):
            await self._detach(model, leaving)
        await self._wait()
        for model in self._models(*(name for name in self._plan if name not in _USERS)):
            if any(model is other for other in self._deletion.failed):
                continue  # it could not be detached
            if self._has_vanished(model):
                self._set_deleted(model)
            else:
                await self._delete(model)
        await self._wait()
        order = {id(model): number for number, model in enumerate(self._deletion.planned)}
        self._deletion.deleted.sort(key=lambda model: order[id(model)])

    def _models(self, *collections: str) -> Iterable[Any]:
        return [model for collection in collections for model in self._plan[collection]]

    async def _delete(self, model: Any) -> None:
        collection = model._collection
        client = getattr(self._worker, collection.partition(".")[0])
        methods = {name: method for parts in _PARTS.values() for name, _, method in parts}
        await self._start(model, lambda: getattr(client, methods.get(collection, "delete"))(model), deletes=True)

    async def _detach(self, model: Any, leaving: set[tuple[str, Any]]) -> None:
        """Detach a resource from the servers that are not in ``leaving``."""
        client = getattr(self._worker, model._collection)
        if model._collection == "firewalls":
            resources = [
                entry
                for entry in model.applied_to
                if entry.server is None or ("server", entry.server.id) not in leaving
            ]
            if resources:
                await self._start(model, lambda: client.remove_from_resources(model, resources))
        elif model.server is not None and ("server", model.server.id) not in leaving:
            detach = client.detach if model._collection == "volumes" else client.unassign
            await self._start(model, lambda: detach(model))

    def _has_vanished(self, model: Any) -> bool:
        """Return True if a resource was deleted together with the one that it belongs to."""
        if model._collection == "primary_ips":
            return model.auto_delete and (model.assignee_type, model.assignee_id) in self._gone
        if model._collection == "images":
            return model.bound_to is not None and ("server", model.bound_to.id) in self._gone
        return False

    async def _start(self, model: Any, call: Callable[[], Any], *, deletes: bool = False) -> None:
        """Send a request about a resource, and remember the actions that it started."""
        try:
            with before(self._deadline):
                response = await result_of(call())
        except NotFoundError as error:
            if not deletes:
                self._set_failed(model, error)
            else:
                self._set_deleted(model)
        except ProtectedError:  # it was protected after it was listed
            self._deletion.protected.append(model)
        except HCloudException as error:
            self._set_failed(model, error)
        else:
            response = getattr(response, "action", response)
            actions = response if isinstance(response, list) else [response]
            started = [action for action in actions if isinstance(action, BoundAction)]
            self._actions += [(model, action, deletes) for action in started]
            if deletes and not started:
                self._set_deleted(model)

    async def _wait(self) -> None:
        """Wait for all actions that were started."""
        pending, self._actions = self._actions, []
        if not pending:
            return
        remaining = None if self._timeout is None else max(0.0, self._deadline - self._clock.monotonic())
        failures: dict[int, HCloudException] = {}
        wait: Callable[..., Awaitable[Any]] = self._client.actions.wait_for  # type: ignore[assignment]
        try:
            await result_of(wait([action for _, action, _ in pending], timeout=remaining))
        except ActionsException as error:
            failures = {
                id(failure.action): failure for failure in error.exceptions if isinstance(failure, ActionException)
            }
        except HCloudException as error:  # the outcome of the actions is not known
            failures = {id(action): error for _, action, _ in pending}
        for model, action, deletes in pending:
            if id(action) in failures:
                self._set_failed(model, failures[id(action)])
            elif deletes:
                self._set_deleted(model)

    def _set_deleted(self, model: Any) -> None:
        self._deletion.deleted.append(model)
        self._gone.add((model._key, model._identity()))

    def _set_failed(self, model: Any, error: HCloudException) -> None:
        if not any(model is other for other in self._deletion.failed):
            self._deletion.failed.append(model)
        self._add_error(_label(model), error)


def _is_protected(model: Any) -> bool:
    protection = model._known_value("protection") or {}
    return bool(protection.get("delete") or protection.get("change"))


def _is_needed(model: Any, leaving: set[tuple[str, Any]]) -> bool:
    """Return True if something that stays needs a resource, which the API therefore does not delete.

    :param leaving: Types and IDs of the servers and load balancers that are going to be deleted
    """
    if model._collection == "primary_ips":
        return model.assignee_id is not None and (model.assignee_type, model.assignee_id) not in leaving
    if model._collection == "certificates":
        return any((user["type"], user["id"]) not in leaving for user in model.used_by)
    return model._collection == "zones.rrsets" and model.name == "@" and model.type in ("SOA", "NS")


def _label(model: Any) -> str:
    """Return the type, the ID and the name of a resource; an image has a description instead."""
    key, identity = model._key, model._identity()
    name = model._known_value("name") or (model._known_value("description") if key == "image" else None)
    return f"{key} {identity}" if name is None or key == "rrset" else f"{key} {identity} {name!r}"
