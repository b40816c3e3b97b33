from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Final, NamedTuple, ParamSpec, TypeVar, cast

from .._exceptions import InvalidArgumentError
from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import BoundModelBase, Field, ListOf, Meta, bound, endpoint, every_item, every_page, instead
from ..core.coroutines import blocking, result_of
from ..core.documentation import implements
from ..core.methods import Endpoint
from .domain import (
    CreateZoneResponse,
    CreateZoneRRSetResponse,
    DeleteZoneResponse,
    DeleteZoneRRSetResponse,
    ExportZonefileResponse,
    Zone,
    ZoneMode,
    ZonePrimaryNameserver,
    ZoneRecord,
    ZoneRRSet,
    ZoneRRSetSort,
    ZoneRRSetType,
    ZoneSort,
)

if TYPE_CHECKING:
    from .records import PutRecordsResponse

__all__ = ["BoundZone", "BoundZoneRRSet", "ZoneRRSetsPageResult", "ZonesClient", "ZonesPageResult"]

P = ParamSpec("P")
R = TypeVar("R")


class ZonesPageResult(NamedTuple):
    zones: list[BoundZone]
    meta: Meta


class ZoneRRSetsPageResult(NamedTuple):
    rrsets: list[BoundZoneRRSet]
    meta: Meta


class ZonesClient(HasActions):
    """The DNS zones of a project, with their records."""

    _base_url = "/zones"

    @endpoint("GET /zones/{id_or_name}")
    def get(self, id_or_name: int | str) -> BoundZone:
        """Return a zone.

        :param id_or_name: ID or name of the zone
        """

    @endpoint("GET /zones")
    def get_list(
        self,
        *,
        name: str | None = None,
        mode: ZoneMode | None = None,
        label_selector: str | None = None,
        sort: Sequence[ZoneSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ZonesPageResult:
        """Return a page of zones.

        :param mode: Only return zones with this mode
        """
        return instead(name=name and self._ascii(name))

    get_all: Final = every_page(get_list)

    iter: Final = every_item(get_all)

    @endpoint("POST /zones")
    def create(
        self,
        *,
        name: str,
        mode: ZoneMode,
        ttl: int | None = None,
        labels: dict[str, str] | None = None,
        primary_nameservers: Sequence[ZonePrimaryNameserver] | None = None,
        rrsets: Sequence[ZoneRRSet] | None = None,
        zonefile: str | None = None,
    ) -> CreateZoneResponse:
        """Create a zone.

        :param name: Domain name, in lower case and without a trailing dot; non-ASCII names are sent in Punycode
        :param mode: Mode of the zone: ``primary`` or ``secondary``
        :param ttl: Default TTL of the records, in seconds; 3600 by default
        :param primary_nameservers: Nameservers to transfer the records from, if ``mode`` is ``secondary``
        :param rrsets: Record sets of the zone, if ``mode`` is ``primary``
        :param zonefile: Records in the format of BIND, instead of ``rrsets``
        """
        if rrsets and zonefile is not None:
            raise InvalidArgumentError("rrsets and zonefile must not be passed together")
        return instead(name=self._ascii(name))

    @endpoint("PUT /zones/{zone.id_or_name}")
    def update(self, zone: Zone | str | int, *, labels: dict[str, str] | None = None) -> BoundZone:
        """Change the zone's labels."""

    @endpoint("DELETE /zones/{zone.id_or_name}")
    def delete(self, zone: Zone | str | int) -> DeleteZoneResponse:
        """Delete the zone and its records."""

    @endpoint("GET /zones/{zone.id_or_name}/zonefile")
    def export_zonefile(self, zone: Zone | str | int) -> ExportZonefileResponse:
        """Return the zone as zone file in the format of BIND; its mode must be ``primary``."""

    @endpoint("GET /zones/{zone.id_or_name}/actions")
    def get_actions_list(
        self,
        zone: Zone | str | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the zone."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("POST /zones/{zone.id_or_name}/actions/import_zonefile")
    def import_zonefile(self, zone: Zone | str | int, zonefile: str) -> BoundAction:
        """Replace all records of the zone; its mode must be ``primary``.

        :param zonefile: New records in the format of BIND
        """

    @endpoint("POST /zones/{zone.id_or_name}/actions/change_protection")
    def change_protection(self, zone: Zone | str | int, *, delete: bool | None = None) -> BoundAction:
        """Change the protection of the zone."""

    @endpoint("POST /zones/{zone.id_or_name}/actions/change_ttl")
    def change_ttl(self, zone: Zone | str | int, ttl: int) -> BoundAction:
        """Change the default TTL of the zone.

        :param ttl: New default TTL in seconds, at least 60
        """

    @endpoint("POST /zones/{zone.id_or_name}/actions/change_primary_nameservers")
    def change_primary_nameservers(
        self, zone: Zone | str | int, primary_nameservers: Sequence[ZonePrimaryNameserver]
    ) -> BoundAction:
        """Replace the primary nameservers of the zone; its mode must be ``secondary``.

        :param primary_nameservers: New primary nameservers
        """

    @endpoint("GET /zones/{zone.id_or_name}/rrsets/{name}/{type}")
    def get_rrset(self, zone: Zone | str | int, name: str, type: ZoneRRSetType) -> BoundZoneRRSet:
        """Return a record set of the zone.

        :param name: Name relative to the zone, ``@`` for the zone itself
        :param type: Type of the records
        """

    @endpoint("GET /zones/{zone.id_or_name}/rrsets")
    def get_rrset_list(
        self,
        zone: Zone | str | int,
        *,
        name: str | None = None,
        type: Sequence[ZoneRRSetType] | None = None,
        label_selector: str | None = None,
        sort: Sequence[ZoneRRSetSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ZoneRRSetsPageResult:
        """Return a page of the record sets of the zone.

        :param name: Only return record sets with this name, relative to the zone
        :param per_page: Maximum number of entries per page: 25 by default, 100 at most
        """

    get_rrset_all: Final = every_page(get_rrset_list)

    iter_rrset_all: Final = every_item(get_rrset_all)

    @endpoint("POST /zones/{zone.id_or_name}/rrsets")
    def create_rrset(
        self,
        zone: Zone | str | int,
        *,
        name: str,
        type: ZoneRRSetType,
        ttl: int | None = None,
        labels: dict[str, str] | None = None,
        records: Sequence[ZoneRecord] | None = None,
    ) -> CreateZoneRRSetResponse:
        """Create a record set in the zone.

        :param name: Name relative to the zone, ``@`` for the zone itself
        :param type: Type of the records
        :param ttl: TTL of the records in seconds; the default TTL of the zone by default
        :param records: Records of the set, at least one
        """

    @endpoint("PUT /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}")
    def update_rrset(self, rrset: ZoneRRSet, *, labels: dict[str, str] | None = None) -> BoundZoneRRSet:
        """Change the labels of the record set."""

    @endpoint("DELETE /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}")
    def delete_rrset(self, rrset: ZoneRRSet) -> DeleteZoneRRSetResponse:
        """Delete the record set and its records."""

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/change_protection")
    def change_rrset_protection(self, rrset: ZoneRRSet, *, change: bool | None = None) -> BoundAction:
        """Change the protection of the record set.

        :param change: If true, prevent changes and deletion of the record set
        """

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/change_ttl")
    def change_rrset_ttl(self, rrset: ZoneRRSet, ttl: int | None) -> BoundAction:
        """Change the TTL of the record set.

        :param ttl: New TTL in seconds, at least 60; None for the default TTL of the zone
        """

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/add_records")
    def add_rrset_records(self, rrset: ZoneRRSet, records: Sequence[ZoneRecord], ttl: int | None = None) -> BoundAction:
        """Add records to the record set, which is created if it does not exist.

        :param records: Records to add
        :param ttl: TTL in seconds; must equal the TTL of an existing record set, if that has one
        """

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/update_records")
    def update_rrset_records(self, rrset: ZoneRRSet, records: Sequence[ZoneRecord]) -> BoundAction:
        """Change the comments of records of the record set.

        :param records: Records with existing values and new comments
        """

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/remove_records")
    def remove_rrset_records(self, rrset: ZoneRRSet, records: Sequence[ZoneRecord]) -> BoundAction:
        """Remove records from the record set, which is deleted with its last record.

        :param records: Records to remove, identified by their values
        """

    @endpoint("POST /zones/{rrset.zone.id_or_name}/rrsets/{rrset.name}/{rrset.type}/actions/set_records")
    def set_rrset_records(self, rrset: ZoneRRSet, records: Sequence[ZoneRecord]) -> BoundAction:
        """Replace all records of the record set.

        :param records: New records, at least one
        """

    @blocking
    async def put_records(
        self, zone: Zone | str | int, name: str, type: ZoneRRSetType, values: ListOf[str], *, ttl: int | None = None
    ) -> PutRecordsResponse:
        """Give a record set exactly these values: create it, change it, or send nothing if it has them already.

        Values that mean the same to DNS are equal: addresses and names in another spelling, texts with or without
        quotes, in any order. A record that stays keeps its comment.

        :param zone: Zone, as a bound object or a record, or its ID or name
        :param name: Name relative to the zone, ``@`` for the zone itself, or an absolute name with its trailing dot
        :param type: Type of the records
        :param values: Values in zone file syntax, at least one; the text of a TXT record needs no quotes
        :param ttl: TTL in seconds; by default an existing one stays, and a new record set has that of the zone
        :raises InvalidArgumentError: if a value can't be of this type
        :raises NotFoundError: if there is no such zone
        :raises ProtectedError: if the record set has other values, and is protected against changes
        """
        from .records import put_records

        return await put_records(self, zone, name, type, values, ttl)

    def _ascii(self, name: str) -> str:
        """Return a name in Punycode; as it is if it is ASCII, or no domain name, which the API rejects."""
        if name.__class__ is not str or name.isascii():
            return name
        from .record_values import ascii_name

        try:
            return ascii_name(name)
        except InvalidArgumentError:
            return name


def _bound_with_zone(method: Callable[Concatenate[ZonesClient, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Return the bound zone's form of a record set method: an ``rrset`` without a zone gets the bound zone."""
    declared: Endpoint = cast(Any, method).__endpoint__

    @implements(method)
    async def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        declared.method(self, *args, **kwargs)  # the declared method only checks the signature
        arguments = {**dict(zip(declared.names, args, strict=False)), **kwargs}
        if arguments["rrset"]._known_value("zone") is None:
            arguments["rrset"] = copy.copy(arguments["rrset"])
            arguments["rrset"].zone = self
        return await result_of(getattr(self._client, method.__name__)(**arguments))

    call.__qualname__ = f"BoundZone.{method.__name__}"
    return cast("Callable[Concatenate[Any, P], R]", blocking(call))


class ZoneExtensions(BoundModelBase[Zone]):
    """Base class of bound zones, with the methods that are no single operation of the API."""

    put_records: Final = bound(ZonesClient.put_records)


class BoundZone(ZoneExtensions, HasBoundActions[Zone], Zone, collection="zones", key="zone"):
    def _get_self(self) -> BoundZone:
        return self._client.get(self._identity())

    get_actions_list: Final = bound(ZonesClient.get_actions_list)
    get_actions: Final = bound(ZonesClient.get_actions)
    update: Final = bound(ZonesClient.update)
    delete: Final = bound(ZonesClient.delete)
    export_zonefile: Final = bound(ZonesClient.export_zonefile)
    import_zonefile: Final = bound(ZonesClient.import_zonefile)
    change_protection: Final = bound(ZonesClient.change_protection)
    change_ttl: Final = bound(ZonesClient.change_ttl)
    change_primary_nameservers: Final = bound(ZonesClient.change_primary_nameservers)
    get_rrset: Final = bound(ZonesClient.get_rrset)
    get_rrset_list: Final = bound(ZonesClient.get_rrset_list)
    get_rrset_all: Final = bound(ZonesClient.get_rrset_all)
    create_rrset: Final = bound(ZonesClient.create_rrset)
    update_rrset: Final = _bound_with_zone(ZonesClient.update_rrset)
    delete_rrset: Final = _bound_with_zone(ZonesClient.delete_rrset)
    change_rrset_protection: Final = _bound_with_zone(ZonesClient.change_rrset_protection)
    change_rrset_ttl: Final = _bound_with_zone(ZonesClient.change_rrset_ttl)
    add_rrset_records: Final = _bound_with_zone(ZonesClient.add_rrset_records)
    update_rrset_records: Final = _bound_with_zone(ZonesClient.update_rrset_records)
    remove_rrset_records: Final = _bound_with_zone(ZonesClient.remove_rrset_records)
    set_rrset_records: Final = _bound_with_zone(ZonesClient.set_rrset_records)


class BoundZoneRRSet(BoundModelBase[ZoneRRSet], ZoneRRSet, collection="zones.rrsets", key="rrset"):
    _parent_link = "zone"

    def _get_self(self) -> BoundZoneRRSet:
        return self._client.get_rrset(self._known_value("zone"), self._known_value("name"), self._known_value("type"))

    def _list_page(self, page: int) -> ZoneRRSetsPageResult:
        zone = self._known_value("zone")
        return self._client.get_rrset_list(zone, page=page, per_page=self._client.max_per_page)

    def _missing_value(self, field: Field[Any, Any, Any]) -> Any:
        # The API's object may lack these three, but one follows from the others.
        known = self._known_value(field.name) if field.name in ("id", "name", "type") else None
        return super()._missing_value(field) if known is None else known

    update_rrset: Final = bound(ZonesClient.update_rrset)
    delete_rrset: Final = bound(ZonesClient.delete_rrset)
    change_rrset_protection: Final = bound(ZonesClient.change_rrset_protection)
    change_rrset_ttl: Final = bound(ZonesClient.change_rrset_ttl)
    add_rrset_records: Final = bound(ZonesClient.add_rrset_records)
    update_rrset_records: Final = bound(ZonesClient.update_rrset_records)
    remove_rrset_records: Final = bound(ZonesClient.remove_rrset_records)
    set_rrset_records: Final = bound(ZonesClient.set_rrset_records)
