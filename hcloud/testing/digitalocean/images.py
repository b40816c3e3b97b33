"""Images, with imports and transfers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated, Any, Literal, get_args

from ..error_responses import ErrorResponse, bad_request, limit_exceeded, not_found
from ..http import Query
from ..listing import Filter, Filters, ListPage, Names
from ..resource import Body, operation
from ..schema import Length, Record, Ref
from . import catalogue
from .actions import ResourceWithActions
from .regions import RegionRef
from .resource import has_tag
from .tags import Tags

__all__ = ["DigitalOceanImages", "ImageRef"]

ImageRef = Annotated[Record, Ref("images")]
Text = Annotated[str, Length(1, 255)]


def _has_type(list_type: Any, image: Record) -> bool:
    return list_type is None or (image["public"] and (image["type"] == "base") is (list_type == "distribution"))


def _is_private(private: Any, image: Record) -> bool:
    return not private or not image["public"]


def _known(distribution: str) -> str:
    """Return a distribution as the API shows it."""
    return distribution if distribution in get_args(catalogue.DistributionName) else "Unknown"


class DigitalOceanImages(ResourceWithActions):
    """Public images, and the images of an account.

    Deleted images, such as those of failed imports, are not listed, but found by their ID.
    """

    collection = "images"
    singular = "image"
    named_by = "slug"
    paths: Names = ("id", "slug")
    filters: Filters = (
        Filter("type", ("application", "distribution"), predicate=_has_type),
        Filter("private", value_type=bool, predicate=_is_private),
        Filter("tag_name", predicate=has_tag),
    )

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the public images of the catalogue."""
        return catalogue.images()

    def __iter__(self) -> Iterator[Record]:
        return iter([image for image in self.records.values() if image["status"] != "deleted"])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, ref: object) -> bool:
        return super().__contains__(ref) and self[ref]["status"] != "deleted"  # type: ignore[index]

    @property
    def own(self) -> list[Record]:
        """All images of the account, except deleted ones."""
        return [image for image in super().own if image["status"] != "deleted"]

    def check_room(self, record: Record, count: int = 1) -> None:
        """Check that images can be added; deleted ones take no room.

        :raises ErrorResponse: ``resource_limit_exceeded``
        """
        limit = self.cloud.limits.get(self.collection)
        if limit is not None and count > max(0, limit - len(self.own)):
            raise limit_exceeded(self.singular)

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the images that the query selects."""
        return self.listing.of(list(self), query)

    @operation("POST /", status=202)
    def create(
        self,
        *,
        name: Text,
        url: Annotated[str, Length(1)],
        region: RegionRef,
        distribution: str = "Unknown",
        description: str = "",
        tags: list[str] | None = None,
    ) -> Body:
        """Start the import of a custom image."""
        if not url.startswith(("http://", "https://")):
            raise bad_request("The image url is invalid")
        self.check_room({})
        image = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "type": "custom",
                "distribution": _known(distribution),
                "public": False,
                "regions": [],
                "created_at": self.now,
                "description": description,
                "tags": self.project.of(Tags).ensure(tags),
                "status": "NEW",
                "error_message": "",
            }
        )
        download = self.start_regional_action(image, "_fetch", self._fetched, image, seconds=10, locking=False)
        self.start_regional_action(
            *(image, "_import", self._imported, image, region["slug"]),
            otherwise=partial(self._not_imported, image),
            seconds=50,
            after=download,
            locking=False,
        )
        return {"image": image}

    def _fetched(self, image: Record) -> None:
        if image["status"] != "deleted":
            image["status"] = "pending"

    def _imported(self, image: Record, region: str) -> None:
        if image["status"] == "deleted":
            return
        image.update(status="available", slug=None, regions=[region], min_disk_size=10, size_gigabytes=2.36)

    def _not_imported(self, image: Record) -> None:
        if image["status"] == "deleted":
            return
        *_, last = self.project.actions.of(self.singular, image["id"])
        image.update(status="deleted", error_message=last["error"]["message"])

    @operation("PUT /{id}")
    def update(
        self,
        image: Record,
        *,
        name: Text | None = None,
        distribution: str | None = None,
        description: str | None = None,
    ) -> Body:
        """Change the name, distribution or description of an image."""
        self._check_own(image)
        distribution = None if distribution is None else _known(distribution)
        return {"image": self.change(image, name=name, distribution=distribution, description=description)}

    @operation("DELETE /{id}")
    def delete(self, image: Record) -> None:
        """Delete an image of the account; it can still be read, with the status ``deleted``."""
        self._check_not_public(image)
        if image["status"] == "deleted":
            raise bad_request("Image Can not delete an already deleted image.")
        self.discard(image)

    def discard(self, image: Record) -> None:
        """Mark an image as deleted."""
        image["status"] = "deleted"

    @operation("POST /{id}/actions", starts=("convert", "transfer"))
    def act_on(self, image: Record, *, type: Literal["convert", "transfer"], region: RegionRef | None = None) -> Body:
        """Convert a backup to a snapshot, or copy an image to a region; several copies may be made at once."""
        self._check_own(image)
        if type == "convert":
            self.check_lock(image)
            if image["type"] != "backup":
                raise bad_request("Only backups can be converted to snapshots")
            slug = image["regions"][0]
            return {"action": self.start_regional_action(image, type, self._converted, image, seconds=2, region=slug)}
        if region is None:
            raise bad_request("Region is required")
        if region["slug"] in image["regions"]:
            raise bad_request("The image is already in this region")
        slug = region["slug"]
        running = [action for action in self.project.actions.of("image", image["id"]) if action["status"] == "running"]
        if any(action["command"] != "transfer" or self._region_of(action) == slug for action in running):
            self.check_lock(image)
        action = self.start_regional_action(image, type, self._transferred, image, slug, seconds=60, region=slug)
        return {"action": action}

    def _region_of(self, action: Record) -> Any:
        return self.project.actions.private(action).get("region")

    def _converted(self, image: Record) -> None:
        image["type"] = "snapshot"

    def _transferred(self, image: Record, region: str) -> None:
        image["regions"] = [*image["regions"], region]

    @operation("POST /{id}/account_transfer")
    def offer(self, image: Record, *, recipient_email: str | None = None, recipient_uuid: str | None = None) -> Body:
        """Offer the transfer of a snapshot to another account."""
        self._check_own(image)
        if (recipient_email is None) is (recipient_uuid is None):
            raise ErrorResponse("bad_request", "specify either recipient_email or recipient_uuid", status=400)
        if image["type"] != "snapshot":
            raise ErrorResponse("bad_request", "Only snapshots can be transferred", status=400)
        transfer_id = self.private(image)["transfer"] = self.new_id()
        return {"transfer_id": transfer_id}

    @operation("POST /{id}/account_transfer/accept")
    def accept(self, image_id: int, *, transfer_id: int, recipient_uuid: str) -> Body:
        """Accept the transfer of an image from another account."""
        owner, image = self._offered(image_id, transfer_id)
        private = owner.private(image)
        owner.remove(image)
        self.add(image)
        self.private(image).update({name: value for name, value in private.items() if name != "transfer"})
        return {}

    @operation("POST /{id}/account_transfer/cancel", status=204)
    def cancel(self, image_id: int, *, transfer_id: int) -> None:
        """Cancel a transfer."""
        owner, image = self._offered(image_id, transfer_id)
        del owner.private(image)["transfer"]

    @operation("POST /{id}/account_transfer/decline", status=204)
    def decline(self, image_id: int, *, transfer_id: int) -> None:
        """Decline a transfer."""
        self.cancel(image_id, transfer_id=transfer_id)

    def _offered(self, image_id: int, transfer_id: int) -> tuple[DigitalOceanImages, Record]:
        for account in self.cloud.projects.values():
            images = account.of(DigitalOceanImages)
            image = images.records.get(image_id)
            if image in images.own and images.private(image).get("transfer") == transfer_id:
                return images, image
        raise not_found("transfer", transfer_id)

    def add_copy_of(self, droplet: Record, image_type: str, name: str) -> Record:
        """Create a snapshot or backup of a droplet, and return its image.

        :param image_type: ``snapshot`` or ``backup``
        """
        source = droplet["image"]
        image = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "type": image_type,
                "distribution": source["distribution"],
                "slug": None,
                "public": False,
                "regions": [droplet["region"]["slug"]],
                "created_at": self.now,
                "min_disk_size": droplet["disk"],
                "size_gigabytes": 2.36,
                "description": "",
                "tags": [],
                "status": "available",
                "error_message": "",
            }
        )
        self.private(image)["droplet"] = droplet["id"]
        return image

    def of_droplet(self, droplet: Record, image_type: str) -> list[Record]:
        """Return the snapshots or the backups of a droplet.

        :param image_type: ``snapshot`` or ``backup``
        """
        return [
            image
            for image in self.own
            if image["type"] == image_type and self.private(image).get("droplet") == droplet["id"]
        ]

    def _check_own(self, image: Record) -> None:
        self._check_not_public(image)
        if image["status"] == "deleted":
            raise not_found(self.singular, image["id"])

    def _check_not_public(self, image: Record) -> None:
        if image["public"]:
            raise ErrorResponse("forbidden", "You do not have access for the attempted action.")
