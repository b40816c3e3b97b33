"""Snapshots: a second view of the images that are snapshots of droplets."""

from __future__ import annotations

from typing import Literal

from ..error_responses import ErrorResponse, not_found
from ..http import Query
from ..listing import ListPage
from ..resource import Body, operation
from ..schema import Record
from .images import DigitalOceanImages
from .resource import FakeDigitalOceanResource

__all__ = ["Snapshots"]


class Snapshots(FakeDigitalOceanResource):
    """Snapshots of droplets; the fake has no snapshots of volumes."""

    collection = "snapshots"
    singular = "snapshot"

    def all(self) -> list[Record]:
        """Return all snapshots in the format of the API."""
        images = self.project.of(DigitalOceanImages)
        return [
            {
                "id": str(image["id"]),
                **{
                    name: image[name]
                    for name in ("name", "created_at", "regions", "min_disk_size", "size_gigabytes", "tags")
                },
                "resource_id": str(images.private(image)["droplet"]),
                "resource_type": "droplet",
            }
            for image in images
            if image["type"] == "snapshot" and "droplet" in images.private(image)
        ]

    @operation("GET /")
    def get_list(self, *, query: Query, resource_type: Literal["droplet", "volume"] | None = None) -> ListPage | Body:
        """Return the snapshots, or those of one type of resource."""
        return self.listing.of([] if resource_type == "volume" else self.all(), query)

    def by_path(self, text: str) -> Record:
        """Return the snapshot that a path segment identifies."""
        for snapshot in self.all():
            if snapshot["id"] == text:
                return snapshot
        image = self.project.of(DigitalOceanImages).find(text)
        if image is None or image["status"] == "deleted":
            raise not_found(self.singular, text)
        raise ErrorResponse("bad_request", "the resource is not a snapshot", status=400)

    @operation("DELETE /{id}")
    def delete(self, snapshot: Record) -> None:
        """Delete the image of the snapshot."""
        images = self.project.of(DigitalOceanImages)
        images.discard(images[snapshot["id"]])

    def check_lock(self, record: Record) -> None:
        """Check that no action is running on the image of the snapshot."""
        images = self.project.of(DigitalOceanImages)
        images.check_lock(images[record["id"]])
