from __future__ import annotations

from typing import TypedDict

__all__ = ["DNSPtr"]


class DNSPtr(TypedDict):
    """Reverse DNS entry of an address."""

    ip: str
    """IP address."""
    dns_ptr: str
    """Domain name."""
