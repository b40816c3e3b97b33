from __future__ import annotations

from typing import ClassVar, Literal

from ...core import Always, BaseDomain, Nested, Received, record

__all__ = ["Account", "AccountStatus", "Team"]

AccountStatus = Literal["active", "warning", "locked"]


@record
class Team(BaseDomain, Received, identified_by="uuid"):
    """The team that the token belongs to."""

    uuid: str | None = None
    """UUID of the team."""
    name: str | None = None
    """Name of the team."""


@record
class Account(BaseDomain, Received, identified_by="uuid", shown=("email", "status")):
    """The account that the token belongs to. See "Account" in the API reference."""

    STATUS_ACTIVE: ClassVar[Literal["active"]] = "active"
    """Status of an account without restrictions."""
    STATUS_WARNING: ClassVar[Literal["warning"]] = "warning"
    """Status of an account with a warning in :attr:`status_message`."""
    STATUS_LOCKED: ClassVar[Literal["locked"]] = "locked"
    """Status of an account that can't create resources."""

    _key = "account"

    droplet_limit: Always[int] = Always()
    """Maximum number of droplets."""
    floating_ip_limit: Always[int] = Always()
    """Maximum number of floating IPs."""
    email: Always[str] = Always()
    """E-mail address of the user."""
    name: str | None = None
    """Name of the user."""
    uuid: Always[str] = Always()
    """UUID of the user."""
    email_verified: Always[bool] = Always()
    """True if the e-mail address is confirmed."""
    status: Always[AccountStatus] = Always()
    """Status: ``active``, ``warning`` or ``locked``; a locked account can't create resources."""
    status_message: Always[str] = Always()
    """Explanation of the status."""
    team: Nested[Team | None] = Nested(Team)
    """The team; None if the token does not belong to one."""
