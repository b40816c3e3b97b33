from __future__ import annotations

from typing import ClassVar, Literal

from ...core import BaseDomain, Nested, record

__all__ = ["Account", "AccountStatus", "Team"]

AccountStatus = Literal["active", "warning", "locked"]


@record
class Team(BaseDomain, identified_by="uuid"):
    """The team that the token belongs to."""

    uuid: str | None = None
    """UUID of the team."""
    name: str | None = None
    """Name of the team."""


@record
class Account(BaseDomain, identified_by="uuid"):
    """The account that the token belongs to. See "Account" in the API reference."""

    STATUS_ACTIVE: ClassVar[AccountStatus] = "active"
    STATUS_WARNING: ClassVar[AccountStatus] = "warning"
    STATUS_LOCKED: ClassVar[AccountStatus] = "locked"

    _key = "account"

    droplet_limit: int | None = None
    """Maximum number of droplets."""
    floating_ip_limit: int | None = None
    """Maximum number of floating IPs."""
    email: str | None = None
    """E-mail address of the user."""
    name: str | None = None
    """Name of the user."""
    uuid: str | None = None
    """UUID of the user."""
    email_verified: bool | None = None
    """True if the e-mail address is confirmed."""
    status: AccountStatus | None = None
    """Status of the account; a ``locked`` one can't create resources."""
    status_message: str | None = None
    """Explanation of the status."""
    team: Nested[Team | None] = Nested(Team)
    """The team; None if the token does not belong to one."""
