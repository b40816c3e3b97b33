"""Access to storage boxes and their subaccounts: passwords, and settings of protocols."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from ..schema import Length, Record, Validator

__all__ = [
    "AccessSettingsInput",
    "Description",
    "Password",
    "SubaccountAccessSettingsInput",
    "changed_settings",
    "complete_settings",
    "hostname_of",
    "update_fields",
    "username_of",
]

_ID_BEFORE_FIRST_USER = 199_500_000  # IDs begin at 200,000,001, so that users are called u500001, u500002, …
_SPECIAL_CHARACTERS = "^°!§$%/()=?+#-.,;:~*@{}_&"
_ALLOWED = re.compile(rf"[a-zA-ZÄÖÜäöüß0-9{re.escape(_SPECIAL_CHARACTERS)}]*")
_REQUIRED_CHARACTERS: dict[str, Callable[[str], bool]] = {
    "an upper case letter": str.isupper,
    "a lower case letter": str.islower,
    "a digit": str.isdecimal,
    "a special character": _SPECIAL_CHARACTERS.__contains__,
}


def _check_password(password: str) -> list[str]:
    messages = []
    if not 12 <= len(password) <= 128:
        messages.append("must be 12 to 128 characters long")
    if not _ALLOWED.fullmatch(password):
        messages.append("has characters that are not allowed")
    for name, belongs in _REQUIRED_CHARACTERS.items():
        if not any(map(belongs, password)):
            messages.append(f"must have {name}")
    return messages


Password = Annotated[str, Validator(_check_password)]
Description = Annotated[str, Length(0, 1000)]


class AccessSettingsInput(TypedDict, total=False):
    """Access settings of a new storage box."""

    reachable_externally: bool
    samba_enabled: bool
    ssh_enabled: bool
    webdav_enabled: bool
    zfs_enabled: bool


class SubaccountAccessSettingsInput(TypedDict, total=False):
    """Access settings of a new subaccount."""

    reachable_externally: bool
    readonly: bool
    samba_enabled: bool
    ssh_enabled: bool
    webdav_enabled: bool


def complete_settings(input_class: type, settings: Any) -> dict[str, bool]:
    """Return access settings with all fields of their input class; false by default."""
    return {**dict.fromkeys(input_class.__annotations__, False), **(settings or {})}


def changed_settings(record: Record, **changes: bool | None) -> Record:
    """Return the new access settings of a storage box or subaccount, as the field to set; ``None`` changes nothing."""
    settings = {name: enabled for name, enabled in changes.items() if enabled is not None}
    return {"access_settings": {**record["access_settings"], **settings}}


def username_of(box: Record) -> str:
    """Return the name of the user of a storage box."""
    return f"u{box['id'] - _ID_BEFORE_FIRST_USER}"


def hostname_of(username: str) -> str:
    """Return the name of the host that a user connects to."""
    return f"{username}.your-storagebox.de"


def update_fields(record: Record, **fields: Any) -> Record:
    """Set the fields that are not ``None`` and return the record."""
    record.update({name: value for name, value in fields.items() if value is not None})
    return record
