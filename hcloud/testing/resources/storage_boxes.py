"""Storage boxes, with their snapshots and subaccounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Annotated, Any, TypedDict

from hcloud.testing.clock import daily, iso
from hcloud.testing.error_responses import ErrorResponse, invalid, limit_exceeded, not_found
from hcloud.testing.http import Query
from hcloud.testing.listing import Filter, Listing, ListPage
from hcloud.testing.resource import Body, FakeResource, action, operation
from hcloud.testing.schema import Labels, Length, Name, Pattern, Record, Validator, Within

from .locations import LocationRef
from .ssh_keys import fingerprint
from .storage_box_types import StorageBoxTypeRef

__all__ = ["StorageBoxes"]

_FIRST_USER = 199_500_000  # below the first id, so that users are called u500001, u500002, …
_SPECIAL = "^°!§$%/()=?+#-.,;:~*@{}_&"
_ALLOWED = re.compile(rf"[a-zA-ZÄÖÜäöüß0-9{re.escape(_SPECIAL)}]*")


def _check_password(password: str) -> list[str]:
    said = [] if 12 <= len(password) <= 128 else ["must be 12 to 128 characters long"]
    if not _ALLOWED.fullmatch(password):
        said.append("has characters that are not allowed")
    needed: dict[str, Callable[[str], bool]] = {
        "an upper case letter": str.isupper,
        "a lower case letter": str.islower,
        "a digit": str.isdecimal,
        "a special character": _SPECIAL.__contains__,
    }
    return said + [f"must have {what}" for what, is_one in needed.items() if not any(map(is_one, password))]


Password = Annotated[str, Validator(_check_password)]
HomeDirectory = Annotated[str, Length(1, 999), Pattern(r"[a-zA-Z0-9 ./_-]+")]
Description = Annotated[str, Length(0, 1000)]
SnapshotDescription = Annotated[
    Description, Pattern(r"[a-zA-Z0-9_,:<>+#!()\[\]{} -]*", "has characters that are not allowed")
]
SubaccountName = Annotated[str, Length(1, 50)]


class AccessSettings(TypedDict, total=False):
    """How a storage box can be reached."""

    reachable_externally: bool
    samba_enabled: bool
    ssh_enabled: bool
    webdav_enabled: bool
    zfs_enabled: bool


class SubaccountAccessSettings(TypedDict, total=False):
    """How a subaccount can be reached."""

    reachable_externally: bool
    readonly: bool
    samba_enabled: bool
    ssh_enabled: bool
    webdav_enabled: bool


def _settings(kind: type, given: Any) -> dict[str, bool]:
    return {**dict.fromkeys(kind.__annotations__, False), **(given or {})}


def _by_size(record: Record, field: str) -> Any:
    outer, _, inner = field.partition(".")
    # A box knows no size of its file system; the data's comes nearest.
    return record[outer].get(inner, record[outer]["size_data"]) if inner else record[field]


_BOXES = Listing(
    "storage_boxes",
    (Filter("name"),),
    ("id", "name", "created", "stats.size", "stats.size_filesystem"),
    labelled=True,
    value=_by_size,
)
_SNAPSHOTS = Listing(
    "snapshots",
    (Filter("name"), Filter("is_automatic", value_type=bool)),
    ("id", "name", "created"),
    labelled=True,
    paged=False,
)
_SUBACCOUNTS = Listing(
    "subaccounts", (Filter("name"), Filter("username")), ("id", "created"), labelled=True, paged=False
)


class StorageBoxes(FakeResource):
    """Storage boxes. Automatic snapshots are made as the clock goes, when a box's snapshots are looked at."""

    collection = "storage_boxes"
    singular = "storage_box"
    acting = True

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """The storage boxes that the query asks for."""
        return _BOXES.of(self.records.values(), query)

    @operation("POST /")
    def create(
        self,
        *,
        name: Name,
        storage_box_type: StorageBoxTypeRef,
        location: LocationRef,
        password: Password,
        ssh_keys: list[str | int] | None = None,
        access_settings: AccessSettings | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Make one."""
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
                "access_settings": _settings(AccessSettings, access_settings),
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
        begun = self.start_action(box, "create", self._created, box, otherwise=partial(self.remove, box), seconds=10)
        return {"storage_box": box, "action": begun}

    @operation("PUT /{id}")
    def update(self, box: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"storage_box": self.change(box, name=name, labels=labels)}

    @operation("DELETE /{id}", status=201)
    def delete(self, box: Record) -> Body:
        """Delete it with all that is in it."""
        self.remove(box)
        return {"action": self.start_action(box, "delete", seconds=5)}

    @operation("GET /{id}/folders")
    def folders(self, box: Record, *, path: str = ".") -> Body:
        """The names of the folders in a folder; the box has those that subaccounts are at home in."""
        inside = _parts(path)
        known = [parts for parts in self.private(box)["folders"] if parts[: len(inside)] == inside]
        if inside and not known:
            raise invalid("path", f"there is no folder '{path}'")
        return {"folders": sorted({parts[len(inside)] for parts in known if len(parts) > len(inside)})}

    @action()
    def change_protection(self, box: Record, *, delete: bool | None = None) -> Body:
        """Protect it, or no longer."""
        return {"action": self.protect(box, delete)}

    @action()
    def change_type(self, box: Record, *, storage_box_type: StorageBoxTypeRef) -> Body:
        """Make it another type, if what it holds fits."""
        if storage_box_type["id"] == box["storage_box_type"]["id"]:
            raise invalid("storage_box_type", "the storage box is of this type already")
        if storage_box_type["size"] < box["stats"]["size"]:
            raise invalid("storage_box_type", "is smaller than what the storage box holds")
        return {
            "action": self.start_action(
                box, "change_type", self.put, box, {"storage_box_type": storage_box_type}, seconds=5
            )
        }

    @action()
    def reset_password(self, box: Record, *, password: Password) -> Body:
        """Give it another password."""
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
        """Change how it can be reached."""
        settings = {"access_settings": {**box["access_settings"], **_given(locals())}}
        return {"action": self.start_action(box, "update_access_settings", self.put, box, settings)}

    # Snapshots

    @operation("GET /{id}/snapshots")
    def snapshots(self, box: Record, *, query: Query) -> ListPage | Body:
        """Its snapshots."""
        return _SNAPSHOTS.of(self._snapshots(box).values(), query)

    @operation("GET /{id}/snapshots/{snapshot_id}")
    def snapshot(self, box: Record, number: int) -> Body:
        """One of its snapshots."""
        return {"snapshot": self._snapshot(box, number)}

    @operation("POST /{id}/snapshots", if_locked=False)
    def create_snapshot(
        self, box: Record, *, description: SnapshotDescription = "", labels: Labels | None = None
    ) -> Body:
        """Take a snapshot."""
        taken = sum(not each["is_automatic"] for each in self._snapshots(box).values())
        if taken >= box["storage_box_type"]["snapshot_limit"]:
            raise limit_exceeded("storage_box_snapshot")
        made = self._take(box, self.project.cloud.clock.time(), "", description, labels or {})
        also = [("storage_box_snapshot", made["id"])]
        lost = partial(self._forget, box, "snapshots", made["id"])
        begun = self.start_action(box, "create_snapshot", otherwise=lost, also=also, seconds=3)
        return {"snapshot": {"id": made["id"], "storage_box": box["id"]}, "action": begun}

    @operation("PUT /{id}/snapshots/{snapshot_id}")
    def update_snapshot(
        self, box: Record, number: int, *, description: SnapshotDescription | None = None, labels: Labels | None = None
    ) -> Body:
        """Describe or label a snapshot."""
        return {"snapshot": _changed(self._snapshot(box, number), description=description, labels=labels)}

    @operation("DELETE /{id}/snapshots/{snapshot_id}", status=201)
    def delete_snapshot(self, box: Record, number: int) -> Body:
        """Delete a snapshot."""
        self._snapshot(box, number)
        also = [("storage_box_snapshot", number)]
        return {"action": self.start_action(box, "delete_snapshot", self._forget, box, "snapshots", number, also=also)}

    @action()
    def rollback_snapshot(self, box: Record, *, snapshot: str | int) -> Body:
        """Go back to a snapshot, and forget those taken since."""
        known = self._snapshots(box)
        found = next((each for each in known.values() if str(snapshot) in (str(each["id"]), each["name"])), None)
        if found is None:
            raise invalid("snapshot", f"snapshot '{snapshot}' not found")
        begun = self.start_action(
            box, "rollback_snapshot", self._rolled_back, box, found["id"], also=[("storage_box_snapshot", found["id"])]
        )
        return {"action": begun}

    @action()
    def enable_snapshot_plan(
        self,
        box: Record,
        *,
        max_snapshots: Annotated[int, Within(1, 1000)],
        minute: Annotated[int, Within(0, 59)],
        hour: Annotated[int, Within(0, 23)],
        day_of_week: Annotated[int, Within(1, 7)] | None = None,
        day_of_month: Annotated[int, Within(1, 31)] | None = None,
    ) -> Body:
        """Have snapshots taken by the clock."""
        most = box["storage_box_type"]["automatic_snapshot_limit"]
        if max_snapshots > most:
            raise invalid("max_snapshots", f"must be at most {most}")
        plan = {
            "max_snapshots": max_snapshots,
            "minute": minute,
            "hour": hour,
            "day_of_week": day_of_week,
            "day_of_month": day_of_month,
        }
        return {"action": self.start_action(box, "enable_snapshot_plan", self._planned, box, plan)}

    @action()
    def disable_snapshot_plan(self, box: Record) -> Body:
        """Have no more snapshots taken; those there are stay."""
        return {"action": self.start_action(box, "disable_snapshot_plan", self._planned, box, None)}

    # Subaccounts

    @operation("GET /{id}/subaccounts")
    def subaccounts(self, box: Record, *, query: Query) -> ListPage | Body:
        """Its subaccounts."""
        return _SUBACCOUNTS.of(self.private(box)["subaccounts"].values(), query)

    @operation("GET /{id}/subaccounts/{subaccount_id}")
    def subaccount(self, box: Record, number: int) -> Body:
        """One of its subaccounts."""
        return {"subaccount": self._subaccount(box, number)}

    @operation("POST /{id}/subaccounts", if_locked=False)
    def create_subaccount(
        self,
        box: Record,
        *,
        home_directory: HomeDirectory,
        password: Password,
        name: SubaccountName | None = None,
        description: Description = "",
        access_settings: SubaccountAccessSettings | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Add a subaccount."""
        private = self.private(box)
        if len(private["subaccounts"]) >= box["storage_box_type"]["subaccounts_limit"]:
            raise limit_exceeded("storage_box_subaccount")
        private["numbered"] = private.get("numbered", 0) + 1
        username = f"{_user(box)}-sub{private['numbered']}"
        made: Record = {
            "id": self.new_id(),
            "name": name or username,
            "username": username,
            "server": f"{username}.your-storagebox.de",
            "home_directory": home_directory,
            "access_settings": _settings(SubaccountAccessSettings, access_settings),
            "description": description,
            "labels": labels or {},
            "created": self.now,
            "storage_box": box["id"],
        }
        private["subaccounts"][made["id"]] = made
        also = [("storage_box_subaccount", made["id"])]
        then = partial(self._at_home, box, made, home_directory)
        lost = partial(self._forget, box, "subaccounts", made["id"])
        begun = self.start_action(box, "create_subaccount", then, otherwise=lost, also=also, seconds=3)
        return {"subaccount": {"id": made["id"], "storage_box": box["id"]}, "action": begun}

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
        """Rename, describe or label a subaccount."""
        found = self._subaccount(box, number)
        return {"subaccount": _changed(found, name=name, description=description, labels=labels)}

    @operation("DELETE /{id}/subaccounts/{subaccount_id}", status=201)
    def delete_subaccount(self, box: Record, number: int) -> Body:
        """Delete a subaccount."""
        self._subaccount(box, number)
        return {"action": self._act_on(box, number, "delete_subaccount", self._forget, box, "subaccounts", number)}

    @operation("POST /{id}/subaccounts/{subaccount_id}/actions/change_home_directory")
    def change_home_directory(self, box: Record, number: int, *, home_directory: HomeDirectory) -> Body:
        """Give a subaccount another home."""
        then = partial(self._at_home, box, self._subaccount(box, number), home_directory)
        return {"action": self._act_on(box, number, "change_home_directory", then)}

    @operation("POST /{id}/subaccounts/{subaccount_id}/actions/reset_subaccount_password")
    def reset_subaccount_password(self, box: Record, number: int, *, password: Password) -> Body:
        """Give a subaccount another password."""
        self._subaccount(box, number)
        return {"action": self._act_on(box, number, "reset_subaccount_password")}

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
        """Change how a subaccount can be reached."""
        found = self._subaccount(box, number)
        settings = {"access_settings": {**found["access_settings"], **_given(locals())}}
        return {"action": self._act_on(box, number, "update_access_settings", self.put, found, settings)}

    def _act_on(self, box: Record, number: int, command: str, *effect: Any) -> Record:
        return self.start_action(box, command, *effect, also=[("storage_box_subaccount", number)])

    # What is in a box

    def _check_key(self, key: str | int) -> None:
        if self.project.find("ssh_keys", key) is None:
            try:
                fingerprint(str(key))
            except ErrorResponse:
                raise invalid("ssh_keys", f"'{key}' is neither a known key nor a valid SSH public key") from None

    def _created(self, box: Record) -> None:
        username = _user(box)
        box.update(
            status="active",
            username=username,
            server=f"{username}.your-storagebox.de",
            system=f"{box['location']['name'].upper()}-BX{box['id'] % 1000}",
        )

    def _snapshot(self, box: Record, number: int) -> Record:
        found: Record | None = self._snapshots(box).get(number)
        if found is None:
            raise not_found("storage_box_snapshot", number)
        return found

    def _subaccount(self, box: Record, number: int) -> Record:
        found: Record | None = self.private(box)["subaccounts"].get(number)
        if found is None:
            raise not_found("storage_box_subaccount", number)
        return found

    def _forget(self, box: Record, kind: str, number: int) -> None:
        self.private(box)[kind].pop(number, None)

    def _at_home(self, box: Record, subaccount: Record, directory: str) -> None:
        subaccount["home_directory"] = directory
        self.private(box)["folders"].append(_parts(directory))

    def _planned(self, box: Record, plan: Record | None) -> None:
        self._snapshots(box)
        box["snapshot_plan"] = plan
        self.private(box)["planned"] = self.project.cloud.clock.time()

    def _snapshots(self, box: Record) -> dict[int, Record]:
        """The snapshots by id, with those that the plan has had taken meanwhile."""
        private, plan, now = self.private(box), box["snapshot_plan"], self.project.cloud.clock.time()
        snapshots: dict[int, Record] = private["snapshots"]
        if plan is not None:
            due = _due(plan, private["planned"], now)
            for moment in [*islice(due, plan["max_snapshots"])][::-1]:
                self._take(box, moment, "snapshot-daily--", "", {}, is_automatic=True)
            private["planned"] = now
            automatic = [number for number, each in snapshots.items() if each["is_automatic"]]
            for number in automatic[: -plan["max_snapshots"]]:
                del snapshots[number]
        return snapshots

    def _take(
        self,
        box: Record,
        moment: float,
        prefix: str,
        description: str,
        labels: dict[str, str],
        *,
        is_automatic: bool = False,
    ) -> Record:
        snapshots: dict[int, Record] = self.private(box)["snapshots"]
        name = prefix + iso(moment)[:19].replace(":", "-")
        taken = sum(each["name"].startswith(name) for each in snapshots.values())
        made: Record = {
            "id": self.new_id(),
            "name": f"{name}-{taken}" if taken else name,
            "description": description,
            "stats": {"size": 0, "size_filesystem": 0},
            "is_automatic": is_automatic,
            "labels": labels,
            "created": iso(moment),
            "storage_box": box["id"],
        }
        snapshots[made["id"]] = made
        return made

    def _rolled_back(self, box: Record, number: int) -> None:
        snapshots = self._snapshots(box)
        for newer in [each for each in snapshots if each > number]:
            del snapshots[newer]


def _given(named: dict[str, Any]) -> dict[str, bool]:
    """The settings among the local names of a method."""
    return {name: value for name, value in named.items() if isinstance(value, bool)}


def _user(box: Record) -> str:
    return f"u{box['id'] - _FIRST_USER}"


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _changed(record: Record, **fields: Any) -> Record:
    record.update({name: value for name, value in fields.items() if value is not None})
    return record


def _due(plan: Record, after: float, until: float) -> Iterator[float]:
    """The moments at which a plan takes a snapshot, the latest first."""
    for moment in daily(plan["hour"], plan["minute"], after, until):
        day = datetime.fromtimestamp(moment, timezone.utc)
        if plan["day_of_week"] in (None, day.isoweekday()) and plan["day_of_month"] in (None, day.day):
            yield moment
