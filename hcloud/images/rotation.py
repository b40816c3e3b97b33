"""Rotation of snapshots: take a new one of each server, and delete the oldest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from .._arguments import validate_booleans
from .._exceptions import HCloudException, HCloudExceptionGroup, InvalidArgumentError, NotFoundError, ProtectedError
from ..actions import ActionException, ActionsException
from ..core import BaseDomain, BoundModelBase
from ..core.coroutines import check_side, result_of
from ..core.references import Reference
from ..core.settings import validate_seconds
from ..core.waiting import validate_callback
from ..helpers.labels import LabelValidator
from .retention import Keep

__all__ = ["LABEL", "Rotation", "Rotator", "ServerRotator", "Snapshot"]

LABEL = "hcloud-rotation"
"""Key of the label with the name of the rotation that a snapshot belongs to."""

Image = TypeVar("Image")


class Rotation(Generic[Image]):
    """Result of a rotation. In a dry run, it is what would happen."""

    def __init__(self, *, dry_run: bool = False) -> None:
        """
        :param dry_run: If true, nothing was created or deleted
        """
        self.dry_run: bool = dry_run
        """True if nothing was created or deleted."""
        self.created: list[Image] = []
        """New snapshots; none in a dry run."""
        self.deleted: list[Image] = []
        """Snapshots that were deleted, or would be after a new one was taken."""
        self.kept: list[Image] = []
        """Snapshots that stay, the newest of each server first; the new ones are among them."""
        self.protected: list[Image] = []
        """Snapshots that would have been deleted, but are protected."""

    def __repr__(self) -> str:
        counts = [f"{len(images)} {name}" for name, images in vars(self).items() if name != "dry_run"]
        return f"<Rotation: {', '.join(counts)}{' (dry run)' if self.dry_run else ''}>"


class Snapshot(NamedTuple):
    """A finished snapshot of a rotation; snapshots sort by age."""

    created: datetime
    id: int
    server_id: int
    is_protected: bool
    image: Any


class Rotator:
    """One call of ``rotate()``. A subclass takes, labels and lists the snapshots of a provider."""

    _package: str
    """Package of the provider."""
    _record: str
    """Name of the record class of servers."""
    _collection: str
    """Name of servers on the client."""
    _name_pattern: re.Pattern[str]
    """Pattern of the names of rotations."""
    _characters: str
    """Characters in the names of rotations."""

    def __init__(self, client: Any, servers: Any, keep: Any, name: Any) -> None:
        """
        :param client: Client of the provider
        :param servers: Servers, or their IDs or names
        :param keep: Number of snapshots of each server, or rules
        :param name: Name of the rotation
        :raises InvalidArgumentError: if an argument is invalid
        """
        reference = Reference(self._record, self._package, is_list=True, by_id=True, by_name=True)
        try:
            self._servers: list[Any] = reference.check(self._collection, servers)
        except ValueError as error:
            raise InvalidArgumentError(f"rotate(): {error}; nothing was sent") from None
        if not self._servers:
            raise InvalidArgumentError(f"rotate(): {self._collection} must not be empty; nothing was sent")
        if not isinstance(name, str) or not name or not self._name_pattern.match(name):
            raise InvalidArgumentError(
                f"rotate(): name must have 1 to 63 characters, letters, digits{self._characters}, and begin and end "
                f"with a letter or a digit, not {name!r}; nothing was sent"
            )
        check_side("rotate", client, self._servers)
        self._client = client
        self._name: str = name
        self._keep = Keep.parse(keep)
        self._failures: list[HCloudException] = []
        self._failed: set[str] = set()

    async def run(
        self, *, dry_run: bool, timeout: float | None, on_progress: Callable[[list[Any]], object] | None
    ) -> Rotation[Any]:
        """Take the snapshots, wait for all of them, and delete those that are not kept.

        :param dry_run: If true, nothing is created or deleted
        :param timeout: Maximum time to wait for the snapshots, in seconds
        :param on_progress: Function that is called with the actions after each poll
        :raises HCloudExceptionGroup: if it failed for a server
        """
        validate_booleans(dry_run=dry_run)  # a false value, such as None, would delete
        validate_seconds(timeout=timeout)
        validate_callback(on_progress)
        rotation: Rotation[Any] = Rotation(dry_run=dry_run)
        servers = await self._find_servers()
        new: dict[int, int] = {}
        if not dry_run:
            new = await self._take_snapshots(servers, timeout, on_progress)
            servers = [server for server in servers if server.id in new]
        snapshots: list[Snapshot] = []
        try:
            snapshots = await self._list_snapshots(new) if servers else []
        except HCloudException as error:
            self._fail(error, *servers)
            servers = []
        for server in servers:
            own = sorted(snapshot for snapshot in snapshots if snapshot.server_id == server.id)
            await self._rotate(rotation, server, own, new.get(server.id))
        if self._failures:
            message = f"rotate() failed for {len(self._failed)} of {len(self._servers)} {self._collection}"
            raise HCloudExceptionGroup(message, self._failures, rotation)
        return rotation

    async def _find_servers(self) -> list[Any]:
        """Return the servers without duplicates, as bound ones; what is known of their names is enough."""
        resource = getattr(self._client, self._collection)
        servers: dict[int, Any] = {}
        for server in self._servers:
            try:
                identity, known_name = _identity_of(server)
                bound = server
                if not isinstance(server, BoundModelBase) or known_name is None:
                    bound = await result_of(resource.get(known_name if identity is None else identity))
                servers.setdefault(bound.id, bound)
            except HCloudException as error:
                self._fail(error, server)
        return list(servers.values())

    def _fail(self, error: HCloudException, *servers: Any) -> None:
        names = [str(known_name or identity) for identity, known_name in map(_identity_of, servers)]
        error.add_note(", ".join(names))
        self._failures.append(error)
        self._failed.update(names)

    async def _take_snapshots(self, servers: list[Any], timeout: float | None, on_progress: Any) -> dict[int, int]:
        """Return the reference of each finished snapshot that :meth:`_start` returned, by the ID of its server."""
        started: list[tuple[Any, Any, int]] = []
        for server in servers:
            try:
                started.append((server, *await self._start(server)))
            except HCloudException as error:
                self._fail(error, server)
        failures: dict[int, HCloudException] = {}
        if started:
            actions = [action for _, action, _ in started]
            try:
                await result_of(self._client.actions.wait_for(actions, timeout=timeout, on_progress=on_progress))
            except ActionsException as group:
                failures = {error.action.id: error for error in group.exceptions if isinstance(error, ActionException)}
            except HCloudException as error:
                self._fail(error, *servers)
                return {}
        for server, action, _ in started:
            if action.id in failures:
                self._fail(failures[action.id], server)
        return {server.id: reference for server, action, reference in started if action.id not in failures}

    async def _rotate(self, rotation: Rotation[Any], server: Any, snapshots: list[Snapshot], new: int | None) -> None:
        """Delete the snapshots of a server that are not kept.

        :param snapshots: Finished snapshots of the server, oldest first
        :param new: ID of the new one; None in a dry run
        """
        times = [snapshot.created for snapshot in snapshots]
        if rotation.dry_run:
            now = datetime.fromtimestamp(self._client._client._clock.time(), UTC)
            times.append(max([now, *times]))
        elif new not in [snapshot.id for snapshot in snapshots]:
            identity = f" {new}" if new else ""  # a droplet's is unknown until it is listed
            self._fail(
                HCloudException(f"its new snapshot{identity} is not available; no other one was deleted"), server
            )
            return
        decisions = list(zip(snapshots, self._keep.select(times), strict=False))  # in a dry run, there is one time more
        for snapshot, is_kept in reversed(decisions):
            if is_kept:
                rotation.kept.append(snapshot.image)
            if snapshot.id == new:
                rotation.created.append(snapshot.image)
        for snapshot, is_kept in decisions:
            if not is_kept:
                await self._delete(rotation, server, snapshot)

    async def _delete(self, rotation: Rotation[Any], server: Any, snapshot: Snapshot) -> None:
        if snapshot.is_protected:
            rotation.protected.append(snapshot.image)
            return
        try:
            if not rotation.dry_run:
                await result_of(snapshot.image.delete())
        except ProtectedError:  # meanwhile
            rotation.protected.append(snapshot.image)
        except NotFoundError:  # another process deleted it
            rotation.deleted.append(snapshot.image)
        except HCloudException as error:
            self._fail(error, server)
        else:
            rotation.deleted.append(snapshot.image)

    async def _start(self, server: Any) -> tuple[Any, int]:
        """Start to take a snapshot of a server; return the action, and a reference for :meth:`_list_snapshots`."""
        raise NotImplementedError

    async def _list_snapshots(self, new: dict[int, int]) -> list[Snapshot]:
        """Return the finished snapshots of this rotation, of all servers.

        :param new: References of the new snapshots, by the ID of their server, to replace by the IDs of the snapshots
        """
        raise NotImplementedError


def _identity_of(server: Any) -> tuple[Any, Any]:
    """Return the ID of a server and its name, as far as they are known; anything but a record counts as ID."""
    return (server._identity(), server._known_value("name")) if isinstance(server, BaseDomain) else (server, None)


class ServerRotator(Rotator):
    """Rotation of the snapshots of servers, which have the name of their rotation as a label."""

    _package = __name__.rsplit(".", 2)[0]
    _record = "Server"
    _collection = "servers"
    _name_pattern = LabelValidator.VALUE_REGEX
    _characters = ", '.', '_' and '-'"

    async def _start(self, server: Any) -> tuple[Any, int]:
        response = await result_of(
            self._client.servers.create_image(
                server.id, f"{_identity_of(server)[1]} ({self._name})", "snapshot", labels={LABEL: self._name}
            )
        )
        return response.action, response.image.id

    async def _list_snapshots(self, new: dict[int, int]) -> list[Snapshot]:
        images: Sequence[Any] = await result_of(
            self._client.images.get_all(type=["snapshot"], status=["available"], label_selector=f"{LABEL}={self._name}")
        )
        return [
            Snapshot(image.created, image.id, image.created_from.id, image.protection["delete"], image)
            for image in images
            if image.created_from is not None
        ]
