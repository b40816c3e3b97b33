from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..core import Always, BaseDomain, DomainIdentityMixin, Identity, Nested, Received, Renamed, record
from ..deprecation import DeprecationInfo

__all__ = ["Iso", "IsoType"]

IsoType = Literal["public", "private"]


@record
class Iso(BaseDomain, Received, DomainIdentityMixin, by_name=True, shown=("type", "description", "architecture")):
    """A disc image that a server can boot from. See "ISOs" in the API reference."""

    id: Identity[int] = Identity()
    """ID of the ISO."""
    name: str | None = None
    """Unique name; None for private ISOs."""
    type: IsoType | None = None
    """Type: ``public`` for all projects, ``private`` for this project."""
    architecture: Literal["x86", "arm"] | None = None
    """CPU architecture of the ISO: ``x86`` or ``arm``; None if it is not restricted to one."""
    description: Always[str] = Always()
    """Description, as free text."""
    deprecated: Renamed[datetime | None] = Renamed(
        "deprecation.unavailable_after", "Please use the '.deprecation' property instead."
    )
    """Time after which the ISO can no longer be attached, UTC.

    .. deprecated:: 1.33
        Use :attr:`deprecation`.
    """
    deprecation: Nested[DeprecationInfo | None] = Nested(DeprecationInfo)
    """Deprecation dates; None if it is not deprecated."""
