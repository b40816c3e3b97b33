"""Types of DNS records. Their values are checked in :mod:`hcloud.testing.zonefile`, which needs ``dnspython``."""

from __future__ import annotations

import re

__all__ = ["TYPES", "is_line"]

TYPES: dict[str, str] = {
    "A": "an IPv4 address",
    "AAAA": "an IPv6 address",
    "CAA": "flags, a tag and a value",
    "CNAME": "a hostname",
    "DS": "a key tag, an algorithm, a digest type and a digest",
    "HINFO": "a CPU and an operating system",
    "HTTPS": "a priority, a target and parameters",
    "MX": "a preference and a hostname",
    "NS": "a hostname",
    "PTR": "a hostname",
    "RP": "a mailbox and a name",
    "SOA": "two names and five numbers",
    "SRV": "a priority, a weight, a port and a target",
    "SVCB": "a priority, a target and parameters",
    "TLSA": "a usage, a selector, a matching type and data",
    "TXT": "strings of at most 255 characters in double quotes",
}
"""Types of records, with descriptions of their values."""

_LINE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f-\x9f]*")


def is_line(text: str) -> bool:
    """Return True if a text fits on a line of a zone file: it has no control characters except tabs."""
    return _LINE.fullmatch(text) is not None
