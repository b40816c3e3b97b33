"""Subaccounts of storage boxes, and the folders that they create."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from ..error_responses import invalid, limit_exceeded, not_found
from ..http import Query
from ..listing import Filter, Listing, ListPage
from ..resource import Body, FakeResource, operation
from ..schema import Labels, Length, Pattern, Record
from .storage_box_access import (
    Description,
    Password,
    SubaccountAccessSettingsInput,
    changed_settings,
    complete_settings,
    hostname_of,
    update_fields,
    username_of,
)

__all__ = ["SubaccountOperations"]

HomeDirectory = Annotated[str, Length(1, 999), Pattern(r"[a-zA-Z0-9 ./_-]+")]
SubaccountName = Annotated[str, Length(1, 50)]

_SUBACCOUNTS = Listing(
    "subaccounts", (Filter("name"), Filter("username")), ("id", "created"), labelled=True, paged=False
)


class SubaccountOperations(FakeResource):
    """Part of the storage boxes that manages subaccounts and folders."""

    @operation("GET /{id}/folders")
    def folders(self, box: Record, *, path: str = ".") -> Body:
        """Return the names of the folders in a folder; only home directories of subaccounts exist."""
        parent = _split(path)
        inside = [parts for parts in self.private(box)["folders"] if parts[: len(parent)] == parent]
        if parent and not inside:
            raise invalid("path", f"there is no folder '{path}'")
        return {"folders": sorted({parts[len(parent)] for parts in inside if len(parts) > len(parent)})}

    @operation("GET /{id}/subaccounts")
    def subaccounts(self, box: Record, *, query: Query) -> ListPage | Body:
        """Return the subaccounts of a storage box."""
        return _SUBACCOUNTS.of(self.private(box)["subaccounts"].values(), query)

    @operation("GET /{id}/subaccounts/{subaccount_id}")
    def subaccount(self, box: Record, number: int) -> Body:
        """Return a subaccount."""
        return {"subaccount": self._subaccount(box, number)}

    @operation("POST /{id}/subaccounts", if_locked=False, starts=("create_subaccount",))
    def create_subaccount(
        self,
        box: Record,
        *,
        home_directory: HomeDirectory,
        password: Password,
        name: SubaccountName | None = None,
        description: Description = "",
        access_settings: SubaccountAccessSettingsInput | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Create a subaccount."""
        private = self.private(box)
        if len(private["subaccounts"]) >= box["storage_box_type"]["subaccounts_limit"]:
            raise limit_exceeded("storage_box_subaccount")
        private["numbered"] = private.get("numbered", 0) + 1
        username = f"{username_of(box)}-sub{private['numbered']}"
        subaccount: Record = {
            "id": self.new_id(),
            "name": name or username,
            "username": username,
            "server": hostname_of(username),
            "home_directory": home_directory,
            "access_settings": complete_settings(SubaccountAccessSettingsInput, access_settings),
            "description": description,
            "labels": labels or {},
            "created": self.now,
            "storage_box": box["id"],
        }
        private["subaccounts"][subaccount["id"]] = subaccount
        create_action = self.start_action(
            box,
            "create_subaccount",
            self._set_home_directory,
            *(box, subaccount, home_directory),
            otherwise=partial(self._delete_subaccount, box, subaccount["id"]),
            also=[("storage_box_subaccount", subaccount["id"])],
            seconds=3,
        )
        return {"subaccount": {"id": subaccount["id"], "storage_box": box["id"]}, "action": create_action}

    @operation("PUT /{id}/subaccounts/{subaccount_id}")
    def update_subaccount(
        self,
        box: Record,
        number: int,
        *,
        name: SubaccountName | None = None,
        description: Description | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Change the name, description or labels of a subaccount."""
        subaccount = self._subaccount(box, number)
        return {"subaccount": update_fields(subaccount, name=name, description=description, labels=labels)}

    @operation("DELETE /{id}/subaccounts/{subaccount_id}", status=201, starts=("delete_subaccount",))
    def delete_subaccount(self, box: Record, number: int) -> Body:
        """Delete a subaccount."""
        self._subaccount(box, number)
        return {"action": self._start(box, number, "delete_subaccount", self._delete_subaccount, box, number)}

    @operation("POST /{id}/subaccounts/{subaccount_id}/actions/change_home_directory")
    def change_home_directory(self, box: Record, number: int, *, home_directory: HomeDirectory) -> Body:
        """Change the home directory of a subaccount."""
        effect = partial(self._set_home_directory, box, self._subaccount(box, number), home_directory)
        return {"action": self._start(box, number, "change_home_directory", effect)}

    @operation("POST /{id}/subaccounts/{subaccount_id}/actions/reset_subaccount_password")
    def reset_subaccount_password(self, box: Record, number: int, *, password: Password) -> Body:
        """Set a new password of a subaccount."""
        self._subaccount(box, number)
        return {"action": self._start(box, number, "reset_subaccount_password")}

    @operation("POST /{id}/subaccounts/{subaccount_id}/actions/update_access_settings")
    def update_subaccount_access_settings(
        self,
        box: Record,
        number: int,
        *,
        reachable_externally: bool | None = None,
        readonly: bool | None = None,
        samba_enabled: bool | None = None,
        ssh_enabled: bool | None = None,
        webdav_enabled: bool | None = None,
    ) -> Body:
        """Change the access settings of a subaccount."""
        subaccount = self._subaccount(box, number)
        changes = changed_settings(
            subaccount,
            reachable_externally=reachable_externally,
            readonly=readonly,
            samba_enabled=samba_enabled,
            ssh_enabled=ssh_enabled,
            webdav_enabled=webdav_enabled,
        )
        return {"action": self._start(box, number, "update_access_settings", self.put, subaccount, changes)}

    def _start(self, box: Record, number: int, command: str, *effect: Any) -> Record:
        """Start an action on a subaccount."""
        return self.start_action(box, command, *effect, also=[("storage_box_subaccount", number)])

    def _subaccount(self, box: Record, number: int) -> Record:
        subaccounts: dict[int, Record] = self.private(box)["subaccounts"]
        if number not in subaccounts:
            raise not_found("storage_box_subaccount", number)
        return subaccounts[number]

    def _set_home_directory(self, box: Record, subaccount: Record, directory: str) -> None:
        subaccount["home_directory"] = directory
        self.private(box)["folders"].append(_split(directory))

    def _delete_subaccount(self, box: Record, number: int) -> None:
        self.private(box)["subaccounts"].pop(number, None)


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
