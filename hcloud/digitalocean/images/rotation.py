"""Rotation of the snapshots of droplets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ..._exceptions import NotFoundError
from ...core.coroutines import result_of
from ...images.rotation import Rotator, Snapshot

__all__ = ["DropletRotator"]


class DropletRotator(Rotator):
    """Rotation of the snapshots of droplets.

    Snapshots have no labels. Those of a rotation have a tag with its name, and a name that begins with it. The API sets
    no tag when it creates one; the new one is recognized by its droplet and its name, which has the time.
    """

    _package = __name__.rsplit(".", 2)[0]
    _record = "Droplet"
    _collection = "droplets"
    _name_pattern = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?\Z")
    _characters = ", '_' and '-'"

    def __init__(self, client: Any, droplets: Any, keep: Any, name: Any) -> None:
        """
        :param client: Client of the account
        :param droplets: Droplets, or their IDs or names
        :param keep: Number of snapshots of each droplet, or rules
        :param name: Name of the rotation
        :raises InvalidArgumentError: if an argument is invalid
        """
        super().__init__(client, droplets, keep, name)
        self._tag = f"hcloud-rotation:{name.lower()}"  # tags ignore the case
        self._names: dict[int, str] = {}
        """Names of the new snapshots by the ID of their droplet."""

    async def _start(self, server: Any) -> tuple[Any, int]:
        now = datetime.fromtimestamp(self._client._client._clock.time(), UTC)
        self._names[server.id] = name = f"{self._name} {now:%Y-%m-%d %H:%M:%S} {server._known_value('name')}"
        return await result_of(self._client.droplets.snapshot(server, name)), 0

    async def _list_snapshots(self, new: dict[int, int]) -> list[Snapshot]:
        droplet_ids: dict[int, int] = {}
        for snapshot in await result_of(self._client.snapshots.get_all(resource_type="droplet")):
            droplet_id = droplet_ids[snapshot.id] = int(snapshot.resource_id)
            if droplet_id in new and snapshot.name == self._names[droplet_id]:
                new[droplet_id] = max(new[droplet_id], snapshot.id)
        await self._assign_tag([image_id for image_id in new.values() if image_id])
        images = await result_of(self._client.images.get_all(tag_name=self._tag))
        return [
            Snapshot(image.created_at, image.id, droplet_ids[image.id], False, image)
            for image in images
            if image.id in droplet_ids and image.name.startswith(f"{self._name} ") and image.status == "available"
        ]

    async def _assign_tag(self, image_ids: list[int]) -> None:
        from ..tags import TaggedResource

        tags = self._client.tags
        resources = [TaggedResource(str(image_id), "image") for image_id in image_ids]
        if resources:
            try:
                await result_of(tags.assign_resources(self._tag, resources))
            except NotFoundError:
                await result_of(tags.create(self._tag))
                await result_of(tags.assign_resources(self._tag, resources))
