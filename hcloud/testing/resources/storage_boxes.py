"""Storage boxes."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..error_responses import ErrorResponse, invalid
from ..http import Query
from ..listing import Filter, Listing, ListPage
from ..resource import Body, action, operation
from ..schema import Labels, Name, Record
from .deprecations import check_not_expired
from .locations import LocationRef
from .ssh_keys import fingerprint
from .storage_box_access import (
    AccessSettingsInput,
    Password,
    changed_settings,
    complete_settings,
    hostname_of,
    username_of,
)
from .storage_box_snapshots import SnapshotOperations
from .storage_box_subaccounts import SubaccountOperations
from .storage_box_types import StorageBoxTypeRef

__all__ = ["StorageBoxes"]


def _sort_value(record: Record, field: str) -> Any:
    outer, _, inner = field.partition(".")
    # "stats.size_filesystem" can be sorted by, although boxes do not show it; the size of the data is close to it.
    return record[outer].get(inner, record[outer]["size_data"]) if inner else record[field]


_BOXES = Listing(
    "storage_boxes",
    (Filter("name"),),
    ("id", "name", "created", "stats.size", "stats.size_filesystem"),
    labelled=True,
    value=_sort_value,
)


class StorageBoxes(SnapshotOperations, SubaccountOperations):
    """Storage boxes, with their snapshots and subaccounts."""

    collection = "storage_boxes"
    singular = "storage_box"
    acting = True

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the storage boxes that match the query."""
        return _BOXES.of(self.records.values(), query)

    @operation("POST /", starts=("create",))
    def create(
        self,
        *,
        name: Name,
        storage_box_type: StorageBoxTypeRef,
        location: LocationRef,
        password: Password,
        ssh_keys: list[str | int] | None = None,
        access_settings: AccessSettingsInput | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a storage box."""
        check_not_expired("storage_box_type", storage_box_type, self.now)
        if location["name"] not in {price["location"] for price in storage_box_type["prices"]}:
            raise invalid("location", f"there are no storage boxes at '{location['name']}'")
        for key in ssh_keys or []:
            self._check_key(key)
        box = self.add(
            {
                "id": self.new_id(),
                "name": name,
                "storage_box_type": storage_box_type,
                "location": location,
                "access_settings": complete_settings(AccessSettingsInput, access_settings),
                "status": "initializing",
                "username": None,
                "server": None,
                "system": None,
                "stats": {"size": 0, "size_data": 0, "size_snapshots": 0},
                "snapshot_plan": None,
                "protection": {"delete": False},
                "labels": labels or {},
                "created": self.now,
            }
        )
        self.private(box).update(snapshots={}, subaccounts={}, folders=[], planned=0.0)
        undo = partial(self.remove, box)
        create_action = self.start_action(box, "create", self._activate, box, otherwise=undo, seconds=10)
        return {"storage_box": box, "action": create_action}

    @operation("PUT /{id}")
    def update(self, box: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a storage box."""
        return {"storage_box": self.change(box, name=name, labels=labels)}

    @operation("DELETE /{id}", status=201, starts=("delete",))
    def delete(self, box: Record) -> Body:
        """Delete a storage box with its contents."""
        self.remove(box)
        return {"action": self.start_action(box, "delete", seconds=5)}

    @action()
    def change_protection(self, box: Record, *, delete: bool | None = None) -> Body:
        """Change the protection of a storage box."""
        return {"action": self.protect(box, delete)}

    @action()
    def change_type(self, box: Record, *, storage_box_type: StorageBoxTypeRef) -> Body:
        """Change the type of a storage box to one with room for its contents."""
        if storage_box_type["id"] == box["storage_box_type"]["id"]:
            raise invalid("storage_box_type", "the storage box is of this type already")
        check_not_expired("storage_box_type", storage_box_type, self.now)
        if storage_box_type["size"] < box["stats"]["size"]:
            raise invalid("storage_box_type", "is smaller than what the storage box holds")
        effect = partial(self.put, box, {"storage_box_type": storage_box_type})
        return {"action": self.start_action(box, "change_type", effect, seconds=5)}

    @action()
    def reset_password(self, box: Record, *, password: Password) -> Body:
        """Set a new password."""
        return {"action": self.start_action(box, "reset_password")}

    @action()
    def update_access_settings(
        self,
        box: Record,
        *,
        reachable_externally: bool | None = None,
        samba_enabled: bool | None = None,
        ssh_enabled: bool | None = None,
        webdav_enabled: bool | None = None,
        zfs_enabled: bool | None = None,
    ) -> Body:
        """Change the access settings of a storage box."""
        changes = changed_settings(
            box,
            reachable_externally=reachable_externally,
            samba_enabled=samba_enabled,
            ssh_enabled=ssh_enabled,
            webdav_enabled=webdav_enabled,
            zfs_enabled=zfs_enabled,
        )
        return {"action": self.start_action(box, "update_access_settings", self.put, box, changes)}

    def _check_key(self, key: str | int) -> None:
        """Check that an SSH key is the ID or name of a known key, or a public key."""
        if self.project.find("ssh_keys", key) is None:
            try:
                fingerprint(str(key))
            except ErrorResponse:
                raise invalid("ssh_keys", f"'{key}' is neither a known key nor a valid SSH public key") from None

    def _activate(self, box: Record) -> None:
        username = username_of(box)
        box.update(
            status="active",
            username=username,
            server=hostname_of(username),
            system=f"{box['location']['name'].upper()}-BX{box['id'] % 1000}",
        )
