"""Images."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any, Literal

from hcloud.testing import catalogue
from hcloud.testing.clock import iso
from hcloud.testing.error_responses import ErrorResponse, bad_request, locked
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, on_event, operation
from hcloud.testing.schema import Labels, Record, Ref

__all__ = ["ImageRef", "Images"]

ImageRef = Annotated[int | str, Ref("images", found=False)]

_YOURS = ("snapshot", "backup")
MOST_BACKUPS = 7


def _bound_to(wanted: Any, image: Record) -> bool:
    return wanted is None or image["bound_to"] in wanted


def _deprecated(included: Any, image: Record) -> bool:
    return bool(included) or image["deprecation"] is None


class Images(FakeResource):
    """What servers are made from: system and app images, snapshots and backups."""

    collection = "images"
    singular = "image"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (
        Filter("type", ("system", "app", *_YOURS), many=True),
        Filter("status", ("available", "creating", "unavailable"), many=True),
        Filter("bound_to", many=True, value_type=int, keeps=_bound_to),
        Filter("include_deprecated", value_type=bool, keeps=_deprecated),
        Filter("name"),
        Filter("architecture", ("x86", "arm")),
    )
    labelled = True
    acting = True
    lockable = False
    unique: Names = ()

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The system and app images."""
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
        """Describe or label it, or make a snapshot of a backup."""
        self._check_yours(image)
        if type is not None:
            image["bound_to"] = None
        return {"image": self.change(image, description=description, type=type, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, image: Record) -> None:
        """Delete a snapshot or backup that is there."""
        self._check_yours(image)
        if image["status"] == "creating":
            raise locked(self.singular)
        self.remove(image)

    @action()
    def change_protection(self, image: Record, *, delete: bool | None = None) -> Body:
        """Protect a snapshot, or no longer."""
        if image["type"] != "snapshot":
            raise ErrorResponse("unsupported_error", "only snapshots can be protected")
        return {"action": self.protect(image, delete)}

    def take(self, server: Record, kind: str, description: str, labels: dict[str, str]) -> Record:
        """Begin an image of a server's disk; see :meth:`finish`.

        :raises ErrorResponse: the project may not have more.
        """
        source = server["image"] or {}
        return self.add(
            {
                "id": self.new_id(),
                "type": kind,
                "status": "creating",
                "name": None,
                "description": description,
                "image_size": None,
                "disk_size": server["primary_disk_size"],
                "created": self.now,
                "created_from": {"id": server["id"], "name": server["name"]},
                "bound_to": server["id"] if kind == "backup" else None,
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

    def finish(self, image: Record) -> None:
        """Make an image that was begun available; a backup takes the place of the oldest."""
        image["status"] = "available"
        image["image_size"] = round(image["disk_size"] * 0.06, 2)
        if image["bound_to"] is not None:
            for old in self.backups_of(image["bound_to"])[:-MOST_BACKUPS]:
                self.remove(old)

    def back_up(self, server: Record, moment: float) -> None:
        """Take the backup of a server that was due at a moment, unless the project may not have more images."""
        with suppress(ErrorResponse):
            image = self.take(server, "backup", f"Backup {iso(moment)}", {})
            image["created"] = iso(moment)
            self.finish(image)

    def give_up(self, image: Record) -> None:
        """Forget an image whose making failed."""
        if image["id"] in self.records:
            self.remove(image)

    def backups_of(self, server: int) -> list[Record]:
        """The backups bound to a server, oldest first."""
        return [image for image in self.own if image["bound_to"] == server]

    def remove(self, record: Record) -> None:
        """Forget an image; servers made from it still show it, as deleted."""
        super().remove(record)
        record["deleted"] = self.now

    @on_event("servers.removed")
    def _server_removed(self, server: Record) -> None:
        for backup in self.backups_of(server["id"]):
            self.remove(backup)

    def _check_yours(self, image: Record) -> None:
        if image["type"] not in _YOURS:
            raise bad_request(f"images of type {image['type']} cannot be changed or deleted")
