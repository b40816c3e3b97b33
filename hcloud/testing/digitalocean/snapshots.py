"""Snapshots: the images that were taken of droplets, in another form."""

from __future__ import annotations

from typing import Literal

from ..error_responses import not_found
from ..http import Query
from ..listing import ListPage
from ..resource import Body, operation
from ..schema import Record
from .images import Images
from .resource import FakeDigitalOceanResource

__all__ = ["Snapshots"]


class Snapshots(FakeDigitalOceanResource):
    """The snapshots of an account; it has none of volumes."""

    collection = "snapshots"
    singular = "snapshot"

    def all(self) -> list[Record]:
        """All of them, as the API writes them."""
        images = self.project.of(Images)
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
        """Those of a kind of resources."""
        return self.listing.of([] if resource_type == "volume" else self.all(), query)

    def by_path(self, text: str) -> Record:
        """The snapshot that a path names."""
        found = next((each for each in self.all() if each["id"] == text), None)
        if found is None:
            raise not_found(self.singular, text)
        return found

    @operation("DELETE /{id}")
    def delete(self, snapshot: Record) -> None:
        """Delete it, and the image that it is."""
        images = self.project.of(Images)
        images.remove(images[snapshot["id"]])

    def check_lock(self, record: Record) -> None:
        """Whether no action is running on the image that it is."""
        images = self.project.of(Images)
        images.check_lock(images[record["id"]])
