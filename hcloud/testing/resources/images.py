"""Images."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any, Literal

from .. import catalogue
from ..clock import iso
from ..error_responses import ErrorResponse, bad_request, locked
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Labels, Record, Ref

__all__ = ["ImageRef", "Images"]

ImageRef = Annotated[int | str, Ref("images", resolve=False)]

_OWN_TYPES = ("snapshot", "backup")
MAX_BACKUPS = 7


def _matches_bound_to(servers: Any, image: Record) -> bool:
    return servers is None or image["bound_to"] in servers


def _matches_deprecation(include_deprecated: Any, image: Record) -> bool:
    return bool(include_deprecated) or image["deprecation"] is None


class Images(FakeResource):
    """Images of disks: system and app images, snapshots and backups."""

    collection = "images"
    singular = "image"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (
        Filter("type", ("system", "app", *_OWN_TYPES), many=True),
        Filter("status", ("available", "creating", "unavailable"), many=True),
        Filter("bound_to", many=True, value_type=int, predicate=_matches_bound_to),
        Filter("include_deprecated", value_type=bool, predicate=_matches_deprecation),
        Filter("name"),
        # A guess: two architectures mean either.
        Filter("architecture", ("x86", "arm"), many=True),
    )
    labelled = True
    acting = True
    lockable = False
    unique: Names = ()

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the system and app images of the catalogue."""
        return catalogue.images()

    @operation("PUT /{id}")
    def update(
        self,
        image: Record,
        *,
        description: str | None = None,
        type: Literal["snapshot"] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Change the description or labels of an image, or convert a backup to a snapshot."""
        self._check_own(image)
        if type is not None:
            image["bound_to"] = None
        return {"image": self.change(image, description=description, type=type, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, image: Record) -> None:
        """Delete a snapshot or backup."""
        self._check_own(image)
        if image["status"] == "creating":
            raise locked(self.singular)
        self.remove(image)

    @action()
    def change_protection(self, image: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a snapshot."""
        if image["type"] != "snapshot":
            raise ErrorResponse("unsupported_error", "only snapshots can be protected")
        return {"action": self.protect(image, delete)}

    def create(self, server: Record, image_type: str, description: str, labels: dict[str, str]) -> Record:
        """Add an image of a server's disk, to be completed by :meth:`complete`.

        :param image_type: ``snapshot`` or ``backup``
        :raises ErrorResponse: if the project has as many images as allowed
        """
        source = server["image"] or {}
        return self.add(
            {
                "id": self.new_id(),
                "type": image_type,
                "status": "creating",
                "name": None,
                "description": description,
                "image_size": None,
                "disk_size": server["primary_disk_size"],
                "created": self.now,
                "created_from": {"id": server["id"], "name": server["name"]},
                "bound_to": server["id"] if image_type == "backup" else None,
                "os_flavor": source.get("os_flavor", "unknown"),
                "os_version": source.get("os_version"),
                "rapid_deploy": False,
                "protection": {"delete": False},
                "deprecation": None,
                "deleted": None,
                "labels": labels,
                "architecture": server["server_type"]["architecture"],
            }
        )

    def complete(self, image: Record) -> None:
        """Make a new image available; a backup replaces the oldest one if there are too many."""
        image["status"] = "available"
        image["image_size"] = round(image["disk_size"] * 0.06, 2)
        if image["bound_to"] is not None:
            for backup in self.backups_of(image["bound_to"])[:-MAX_BACKUPS]:
                self.remove(backup)

    def create_backup(self, server: Record, moment: float) -> None:
        """Create the backup of a server that was due at a time, unless the project has as many images as allowed."""
        with suppress(ErrorResponse):
            image = self.create(server, "backup", f"Backup {iso(moment)}", {})
            image["created"] = iso(moment)
            self.complete(image)

    def discard(self, image: Record) -> None:
        """Remove an image whose creation failed."""
        if image["id"] in self.records:
            self.remove(image)

    def backups_of(self, server_id: int) -> list[Record]:
        """Return the backups bound to a server, oldest first."""
        return [image for image in self.own if image["bound_to"] == server_id]

    def remove(self, record: Record) -> None:
        """Remove an image; servers created from it still show it, as deleted."""
        super().remove(record)
        record["deleted"] = self.now

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for backup in self.backups_of(server["id"]):
            self.remove(backup)

    def _check_own(self, image: Record) -> None:
        if image["type"] not in _OWN_TYPES:
            raise bad_request(f"images of type {image['type']} cannot be changed or deleted")
