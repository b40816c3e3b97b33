from __future__ import annotations

from typing import TypedDict

__all__ = ["DNSPtr"]


class DNSPtr(TypedDict):
    """The name that an address resolves to."""

    ip: str
    dns_ptr: str
