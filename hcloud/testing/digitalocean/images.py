"""Images, and the imports and transfers that bring them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal

from ..error_responses import ErrorResponse, bad_request, not_found
from ..listing import Filter, Filters, Names
from ..resource import Body, operation
from ..schema import Length, Record, Ref
from . import catalogue
from .actions import Acting
from .regions import RegionRef
from .resource import tagged
from .tags import Tags

__all__ = ["ImageRef", "Images"]

ImageRef = Annotated[Record, Ref("images")]
Text = Annotated[str, Length(1, 255)]


def _of_kind(wanted: Any, image: Record) -> bool:
    return wanted is None or (image["public"] and (image["type"] == "base") is (wanted == "distribution"))


def _private(wanted: Any, image: Record) -> bool:
    return not wanted or not image["public"]


class Images(Acting):
    """What droplets are made from."""

    collection = "images"
    singular = "image"
    named_by = "slug"
    paths: Names = ("id", "slug")
    filters: Filters = (
        Filter("type", ("application", "distribution"), keeps=_of_kind),
        Filter("private", value_type=bool, keeps=_private),
        Filter("tag_name", keeps=tagged),
    )

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Those that are offered to all."""
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
        """Begin to import a custom image."""
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
                "tags": self.project.of(Tags).names(tags),
                "status": "NEW",
                "error_message": "",
            }
        )
        fetching = self.begin(image, "_fetch", self._fetched, image, seconds=10, locking=False)
        self.begin(
            *(image, "_import", self._imported, image, region["slug"]),
            otherwise=partial(self._not_imported, image),
            seconds=50,
            after=fetching,
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
        """Rename or describe it."""
        self._check_yours(image)
        return {"image": self.change(image, name=name, distribution=distribution, description=description)}

    @operation("DELETE /{id}")
    def delete(self, image: Record) -> None:
        """Delete it."""
        self._check_yours(image)
        self.remove(image)

    @operation("POST /{id}/actions", if_locked=False)
    def act_on(self, image: Record, *, type: Literal["convert", "transfer"], region: RegionRef | None = None) -> Body:
        """Make it a snapshot, or copy it to a region."""
        self._check_yours(image)
        if type == "convert":
            if image["type"] != "backup":
                raise bad_request("Only backups can be converted to snapshots")
            begun = self.begin(image, type, self._converted, image, seconds=2, region=image["regions"][0])
            return {"action": begun}
        if region is None:
            raise bad_request("Region is required")
        if region["slug"] in image["regions"]:
            raise bad_request("The image is already in this region")
        return {
            "action": self.begin(
                image, type, self._transferred, image, region["slug"], seconds=60, region=region["slug"]
            )
        }

    def _converted(self, image: Record) -> None:
        image["type"] = "snapshot"

    def _transferred(self, image: Record, region: str) -> None:
        image["regions"] = [*image["regions"], region]

    @operation("POST /{id}/account_transfer")
    def offer(self, image: Record, *, recipient_email: str | None = None, recipient_uuid: str | None = None) -> Body:
        """Offer a snapshot to another account."""
        self._check_yours(image)
        if (recipient_email is None) is (recipient_uuid is None):
            raise ErrorResponse("bad_request", "give one recipient", status=400)
        if image["type"] != "snapshot":
            raise ErrorResponse("bad_request", "Only snapshots can be transferred", status=400)
        number = self.private(image)["transfer"] = self.new_id()
        return {"transfer_id": number}

    @operation("POST /{id}/account_transfer/accept")
    def accept(self, image_id: int, *, transfer_id: int, recipient_uuid: str) -> Body:
        """Take an image that another account offers."""
        giver, image = self._offered(image_id, transfer_id)
        kept = giver.private(image)
        giver.remove(image)
        self.add(image)
        self.private(image).update({name: value for name, value in kept.items() if name != "transfer"})
        return {}

    @operation("POST /{id}/account_transfer/cancel", status=204)
    def cancel(self, image_id: int, *, transfer_id: int) -> None:
        """Take back an offer."""
        giver, image = self._offered(image_id, transfer_id)
        del giver.private(image)["transfer"]

    @operation("POST /{id}/account_transfer/decline", status=204)
    def decline(self, image_id: int, *, transfer_id: int) -> None:
        """Decline an offer."""
        self.cancel(image_id, transfer_id=transfer_id)

    def _offered(self, image_id: int, transfer_id: int) -> tuple[Images, Record]:
        for account in self.cloud.projects.values():
            images = account.of(Images)
            image = images.records.get(image_id)
            if image is not None and images.private(image).get("transfer") == transfer_id:
                return images, image
        raise not_found("transfer", transfer_id)

    def take(self, droplet: Record, kind: str, name: str) -> Record:
        """An image of a droplet's disk.

        :param kind: ``snapshot`` or ``backup``
        """
        source = droplet["image"]
        image = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "type": kind,
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

    def of_droplet(self, droplet: Record, kind: str) -> list[Record]:
        """The snapshots or backups that were taken of a droplet."""
        return [
            image for image in self.own if image["type"] == kind and self.private(image).get("droplet") == droplet["id"]
        ]

    def _check_yours(self, image: Record) -> None:
        if image["public"]:
            raise ErrorResponse("forbidden", "You do not have access for the attempted action.")
