"""The account itself."""

from __future__ import annotations

import uuid

from ..http import Query
from ..resource import Body, operation
from .resource import FakeDigitalOceanResource

__all__ = ["AccountDetails"]

_DROPLET_LIMIT, _FLOATING_IP_LIMIT = 25, 3


class AccountDetails(FakeDigitalOceanResource):
    """Details of the account."""

    collection = "account"
    singular = "account"
    single = False

    @operation("GET /")
    def get_list(self, *, query: Query) -> Body:
        """Return the details of the account."""
        name = self.project.name
        return {
            "account": {
                "droplet_limit": self.cloud.limits.get("droplets", _DROPLET_LIMIT),
                "floating_ip_limit": _FLOATING_IP_LIMIT,
                "email": f"{name}@example.com",
                "name": name,
                "uuid": uuid.uuid5(uuid.NAMESPACE_DNS, f"account {name}").hex,
                "email_verified": True,
                "status": "active",
                "status_message": "",
                "team": {"uuid": uuid.uuid5(uuid.NAMESPACE_DNS, f"team {name}").hex, "name": "My Team"},
            }
        }
