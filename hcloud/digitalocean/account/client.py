from __future__ import annotations

from ...core import endpoint
from .._resource import ResourceClient
from .domain import Account

__all__ = ["AccountClient"]


class AccountClient(ResourceClient):
    """The account that the token belongs to."""

    _base_url = "/account"

    @endpoint("GET /account")
    def get(self) -> Account:
        """Return the account, with its status and its limits."""
