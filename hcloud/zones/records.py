"""Record sets that are brought to a state: created, changed, or left alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._exceptions import InvalidArgumentError, NotFoundError, UniquenessError
from ..actions import WaitsForActions
from ..core import BaseDomain
from ..core.coroutines import class_for, result_of
from ..core.references import as_integer
from .domain import ZoneRecord
from .record_values import ascii_name, canonical_value, relative_name, zone_file_value

if TYPE_CHECKING:
    from ..actions import BoundAction
    from .client import BoundZoneRRSet, ZonesClient
    from .domain import Zone, ZoneRRSetType

__all__ = ["PutRecordsResponse", "put_records"]


MIN_TTL, MAX_TTL = 60, 2**31 - 1
"""Range of the TTL that the API accepts, in seconds."""


class PutRecordsResponse(WaitsForActions):
    """A record set with the records that it is to have, and the actions that change it."""

    def __init__(self, rrset: BoundZoneRRSet, actions: list[BoundAction]) -> None:
        self.rrset: BoundZoneRRSet = rrset
        """Record set."""
        self.actions: list[BoundAction] = actions
        """Actions that were started: none if the record set had these records already."""

    @property
    def is_changed(self) -> bool:
        """True if the record set was created or changed."""
        return bool(self.actions)

    def __repr__(self) -> str:
        return f"<PutRecordsResponse of {self.rrset!r}: {len(self.actions)} actions>"


async def put_records(
    client: ZonesClient, zone: Zone | str | int, name: str, type: ZoneRRSetType, values: Iterable[str], ttl: int | None
) -> PutRecordsResponse:
    """Give a record set certain records; see :meth:`ZonesClient.put_records`."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidArgumentError(f"values must be a list of texts, not {values!r}; nothing was sent")
    _check(type, ttl)
    texts = [zone_file_value(type, value) for value in values]
    if not texts:
        raise InvalidArgumentError("values must not be empty: delete_rrset() deletes a record set; nothing was sent")
    if isinstance(zone, BaseDomain) and zone._identity() is None:  # a record with a name only
        zone = zone._known_value("name") or zone
    zone = zone.removesuffix(".").lower() if isinstance(zone, str) else zone
    known_name = zone._known_value("name") if isinstance(zone, BaseDomain) else zone
    if not isinstance(known_name, str) or known_name.isdecimal():
        zone = bound_zone = await result_of(client.get(zone.id_or_name if isinstance(zone, BaseDomain) else zone))
        known_name = bound_zone.name
    zone_name = ascii_name(known_name)
    name = relative_name(name, zone_name)
    wanted = {canonical_value(type, text, zone_name): text for text in texts}
    try:
        rrset = await result_of(client.get_rrset(zone, name, type))
    except NotFoundError:
        records = [ZoneRecord(value=text) for text in wanted.values()]
        try:
            created = await result_of(client.create_rrset(zone, name=name, type=type, ttl=ttl, records=records))
        except UniquenessError:  # created by another program meanwhile
            rrset = await result_of(client.get_rrset(zone, name, type))
        else:
            return class_for(client, PutRecordsResponse)(created.rrset, [created.action])
    return await _change(client, rrset, zone_name, wanted, ttl)


def _check(record_type: object, ttl: object) -> None:
    """Check the type and the TTL of a record set.

    :raises InvalidArgumentError: if one of them is invalid; the records would be set before the API rejects the TTL
    """
    if not (isinstance(record_type, str) and record_type):
        raise InvalidArgumentError(f"type must be a type of records such as 'A', not {record_type!r}; nothing was sent")
    seconds = as_integer(ttl)
    if ttl is not None and not (seconds is not None and MIN_TTL <= seconds <= MAX_TTL):
        raise InvalidArgumentError(
            f"ttl must be a number of seconds from {MIN_TTL} to {MAX_TTL}, or None, not {ttl!r}; nothing was sent"
        )


async def _change(
    client: ZonesClient, rrset: Any, zone: str, wanted: dict[object, str], ttl: int | None
) -> PutRecordsResponse:
    """Change what differs of an existing record set; a record that stays keeps its comment."""
    existing = {canonical_value(rrset.type, record.value, zone): record for record in rrset.records}
    actions: list[BoundAction] = []
    if existing.keys() != wanted.keys() or len(existing) != len(rrset.records):
        records = [existing.get(form) or ZoneRecord(value=text) for form, text in wanted.items()]
        actions.append(await result_of(client.set_rrset_records(rrset, records)))
    if ttl is not None and ttl != rrset.ttl:
        if actions:  # the record set is locked until its records are set
            await result_of(actions[0].wait())
        actions.append(await result_of(client.change_rrset_ttl(rrset, ttl)))
    return class_for(client, PutRecordsResponse)(rrset, actions)
