"""Destruction of a droplet together with the resources that are associated with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..error_responses import conflict, not_found
from ..resource import Body, operation
from ..schema import Record
from .actions import ResourceWithActions
from .images import DigitalOceanImages
from .resource import Serialized

__all__ = ["DropletDestruction"]

_TYPES = ("reserved_ips", "floating_ips", "snapshots", "volumes", "volume_snapshots")
_PRICE_PER_GB = 0.06


class DropletDestruction(ResourceWithActions):
    """The operations on droplets and their associated resources.

    The snapshots go first. If one of them fails, the droplet remains until a retry succeeds. The fake has no associated
    resources besides snapshots.
    """

    headers: ClassVar[Mapping[str, tuple[str, str]]] = {"destroy_everything": ("X-Dangerous", "true")}

    if TYPE_CHECKING:

        def _destroy(self, droplet: Record) -> None: ...

    @operation("GET /{id}/destroy_with_associated_resources")
    def get_associated_resources(self, droplet: Record) -> Body:
        """Return the resources that can be destroyed with a droplet, and their monthly cost."""
        return {
            name: [
                {
                    "id": str(image["id"]),
                    "name": image["name"],
                    "cost": f"{image['size_gigabytes'] * _PRICE_PER_GB:.2f}",
                }
                for image in images
            ]
            for name, images in self._associated(droplet).items()
        }

    @operation("DELETE /{id}/destroy_with_associated_resources/selective", status=202, if_locked=True, in_body=True)
    def destroy_selected(
        self,
        droplet: Record,
        *,
        floating_ips: list[str] | None = None,
        reserved_ips: list[str] | None = None,
        snapshots: list[str] | None = None,
        volumes: list[str] | None = None,
        volume_snapshots: list[str] | None = None,
    ) -> Body:
        """Destroy a droplet and some of its associated resources."""
        selected = {
            "reserved_ips": reserved_ips,
            "floating_ips": floating_ips,
            "snapshots": snapshots,
            "volumes": volumes,
            "volume_snapshots": volume_snapshots,
        }
        associated = {
            name: {str(record["id"]): record for record in records}
            for name, records in self._associated(droplet).items()
        }
        for name, ids in selected.items():
            for identity in ids or ():
                if identity not in associated[name]:
                    raise not_found(name, identity)
        records = {name: [associated[name][identity] for identity in ids or ()] for name, ids in selected.items()}
        return self._start_destruction(droplet, records)

    @operation("DELETE /{id}/destroy_with_associated_resources/dangerous", status=202, if_locked=True)
    def destroy_everything(self, droplet: Record) -> Body:
        """Destroy a droplet and all of its associated resources."""
        return self._start_destruction(droplet, self._associated(droplet))

    @operation("GET /{id}/destroy_with_associated_resources/status")
    def get_destruction(self, droplet_id: int) -> Body:
        """Return the status of the destruction of a droplet, also after the droplet is gone."""
        return Serialized(self._destruction(droplet_id))

    @operation("POST /{id}/destroy_with_associated_resources/retry", status=202)
    def retry_destruction(self, droplet_id: int) -> Body:
        """Try again to destroy what could not be destroyed."""
        status = self._destruction(droplet_id)
        self._check_not_in_progress(status)
        droplet = self.records.get(droplet_id)
        if droplet is not None:
            self._continue(droplet, status)
        return {}

    def _associated(self, droplet: Record) -> dict[str, list[Record]]:
        snapshots = self.project.of(DigitalOceanImages).of_droplet(droplet, "snapshot")
        return {name: snapshots if name == "snapshots" else [] for name in _TYPES}

    def _destruction(self, droplet_id: int) -> Any:
        status = self.hidden.get(droplet_id, {}).get("destruction")
        if status is None:
            raise not_found(self.singular, droplet_id)
        return status

    def _check_not_in_progress(self, status: Record | None) -> None:
        if status is not None and "completed_at" not in status:
            raise conflict("The request could not be completed due to a conflict.")

    def _start_destruction(self, droplet: Record, resources: dict[str, list[Record]]) -> Body:
        self._check_not_in_progress(self.private(droplet).get("destruction"))
        self.check_lock(droplet)
        status: Record = {
            "droplet": {"id": str(droplet["id"]), "name": droplet["name"]},
            "resources": {
                name: [{"id": str(record["id"]), "name": record["name"]} for record in records]
                for name, records in resources.items()
            },
        }
        self._continue(droplet, status)
        return {}

    def _continue(self, droplet: Record, status: Record) -> None:
        status.pop("completed_at", None)
        status["failures"] = 0
        self.private(droplet)["destruction"] = status
        failed = partial(self._failed, droplet)
        self.start_action(droplet, "_destroy", self._destroyed, droplet, otherwise=failed, seconds=20)

    def _destroyed(self, droplet: Record) -> None:
        status, images = self._destruction(droplet["id"]), self.project.of(DigitalOceanImages)
        for entry in status["resources"]["snapshots"]:
            entry.pop("error_message", None)
            error = None if "destroyed_at" in entry else self.cloud.failure_of("_destroy_resource")
            if error is not None:
                entry["error_message"] = error["message"]
                status["failures"] += 1
            elif "destroyed_at" not in entry:
                images.discard(images[entry["id"]])
                entry["destroyed_at"] = self.now
        status["completed_at"] = self.now
        if not status["failures"]:
            status["droplet"].pop("error_message", None)
            status["droplet"]["destroyed_at"] = self.now
            self._destroy(droplet)
            self.hidden[droplet["id"]] = {"destruction": status}

    def _failed(self, droplet: Record) -> None:
        *_, action = self.project.actions.of(self.singular, droplet["id"])
        status = self._destruction(droplet["id"])
        status["droplet"]["error_message"] = action["error"]["message"]
        status["completed_at"] = self.now
