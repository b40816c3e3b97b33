"""Images, with imports and transfers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal

from ..error_responses import ErrorResponse, bad_request, not_found
from ..listing import Filter, Filters, Names
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


class DigitalOceanImages(ResourceWithActions):
    """Public images, and the images of an account."""

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

    @operation("POST /", status=202)
    def create(
        self,
        *,
        name: Text,
        url: Annotated[str, Length(1)],
        region: RegionRef,
        distribution: catalogue.DistributionName = "Unknown",
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
                "distribution": distribution,
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
        image["status"] = "pending"

    def _imported(self, image: Record, region: str) -> None:
        image.update(status="available", slug=None, regions=[region], min_disk_size=10, size_gigabytes=2.36)

    def _not_imported(self, image: Record) -> None:
        *_, last = self.project.actions.of(self.singular, image["id"])
        image.update(status="deleted", error_message=last["error"]["message"])

    @operation("PUT /{id}")
    def update(
        self,
        image: Record,
        *,
        name: Text | None = None,
        distribution: catalogue.DistributionName | None = None,
        description: str | None = None,
    ) -> Body:
        """Change the name, distribution or description of an image."""
        self._check_not_public(image)
        return {"image": self.change(image, name=name, distribution=distribution, description=description)}

    @operation("DELETE /{id}")
    def delete(self, image: Record) -> None:
        """Delete an image of the account."""
        self._check_not_public(image)
        self.remove(image)

    @operation("POST /{id}/actions", if_locked=False, starts=("convert", "transfer"))
    def act_on(self, image: Record, *, type: Literal["convert", "transfer"], region: RegionRef | None = None) -> Body:
        """Convert a backup to a snapshot, or copy an image to a region."""
        self._check_not_public(image)
        if type == "convert":
            if image["type"] != "backup":
                raise bad_request("Only backups can be converted to snapshots")
            slug = image["regions"][0]
            return {"action": self.start_regional_action(image, type, self._converted, image, seconds=2, region=slug)}
        if region is None:
            raise bad_request("Region is required")
        if region["slug"] in image["regions"]:
            raise bad_request("The image is already in this region")
        slug = region["slug"]
        action = self.start_regional_action(image, type, self._transferred, image, slug, seconds=60, region=slug)
        return {"action": action}

    def _converted(self, image: Record) -> None:
        image["type"] = "snapshot"

    def _transferred(self, image: Record, region: str) -> None:
        image["regions"] = [*image["regions"], region]

    @operation("POST /{id}/account_transfer")
    def offer(self, image: Record, *, recipient_email: str | None = None, recipient_uuid: str | None = None) -> Body:
        """Offer the transfer of a snapshot to another account."""
        self._check_not_public(image)
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
            if image is not None and images.private(image).get("transfer") == transfer_id:
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

    def _check_not_public(self, image: Record) -> None:
        if image["public"]:
            raise ErrorResponse("forbidden", "You do not have access for the attempted action.")
