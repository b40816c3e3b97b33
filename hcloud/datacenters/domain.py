from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import BaseDomain, Link, Links, Nested, Resource, Retired, record
from ..core.warn import warn_caller

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..locations import BoundLocation
    from ..server_types import BoundServerType

__all__ = ["Datacenter", "DatacenterServerTypes"]


@record
class DatacenterServerTypes(BaseDomain):
    """The server types that a datacenter had."""

    available: Links[list[BoundServerType]] = Links("server_types")
    """What servers could be created of."""
    supported: Links[list[BoundServerType]] = Links("server_types")
    """What it supported at all."""
    available_for_migration: Links[list[BoundServerType]] = Links("server_types")
    """What servers could be changed to."""


@record
class Datacenter(Resource, by_name=True):
    """A part of a location.

    .. deprecated:: 2.24.0
        Use :class:`hcloud.locations.Location`.
    """

    name: str | None = None
    """Unique name, such as ``fsn1-dc8``."""
    description: str | None = None
    """What it is, in words."""
    location: Link[BoundLocation | None] = Link("locations", complete=True)
    """Where it is."""
    server_types: Retired[DatacenterServerTypes | None] = Retired(
        "Please use the 'locations' of a server type instead.", Nested(DatacenterServerTypes)
    )
    """What it had servers of.

    .. deprecated:: 2.24.0
        Use :attr:`hcloud.server_types.ServerType.locations`.
    """

    def __new__(cls, *args: object, **values: object) -> Self:
        """Warn of the class, but not of one that extends it."""
        if cls is cls._kind:
            warn_caller("Datacenter is deprecated, please use hcloud.locations.Location instead.")
        return super().__new__(cls)
