from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ..core import BaseDomain, DomainIdentityMixin, Identity, Link, Links, Nested, Received, Retired, record
from ..core.warn import warn_caller

if TYPE_CHECKING:
    from ..locations import BoundLocation
    from ..server_types import BoundServerType

__all__ = ["Datacenter", "DatacenterServerTypes"]


@record
class DatacenterServerTypes(BaseDomain, Received):
    """Server types of a datacenter."""

    available: Links[list[BoundServerType]] = Links("server_types")
    """Server types of which servers could be created."""
    supported: Links[list[BoundServerType]] = Links("server_types")
    """Server types that the datacenter supported."""
    available_for_migration: Links[list[BoundServerType]] = Links("server_types")
    """Server types that existing servers could be changed to."""


@record
class Datacenter(BaseDomain, DomainIdentityMixin, by_name=True, shown=("location",)):
    """A part of a location.

    .. deprecated:: 2.24.0
        Use :class:`hcloud.locations.Location`.
    """

    id: Identity[int] = Identity()
    """ID of the datacenter."""
    name: str | None = None
    """Unique name, such as ``fsn1-dc8``."""
    description: str | None = None
    """Description, as free text."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Location of the datacenter."""
    server_types: Retired[DatacenterServerTypes | None] = Retired(
        "Please use the 'locations' of a server type instead.", Nested(DatacenterServerTypes)
    )
    """Server types of the datacenter.

    .. deprecated:: 2.24.0
        Use :attr:`hcloud.server_types.ServerType.locations`.
    """

    def __new__(cls, *args: object, **values: object) -> Self:
        """Warn about the use of this class, but not of a subclass."""
        if cls is cls._record_class:
            warn_caller("Datacenter is deprecated, please use hcloud.locations.Location instead.")
        return super().__new__(cls)
