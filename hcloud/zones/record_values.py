"""Canonical forms of names and record values: texts that differ, but mean the same to DNS, have the same form."""

from __future__ import annotations

import re

from .._arguments import is_encodable
from .._exceptions import InvalidArgumentError
from ..exp.zone import format_txt_record, is_txt_record_quoted, parse_txt_record

__all__ = ["ascii_name", "canonical_value", "relative_name", "zone_file_value"]

_NAMES: dict[str, tuple[int, ...]] = {
    "CNAME": (0,),
    "NS": (0,),
    "PTR": (0,),
    "MX": (1,),
    "SRV": (3,),
    "RP": (0, 1),
    "SOA": (0, 1),
    "SVCB": (1,),
    "HTTPS": (1,),
}
"""Positions of domain names in the values of a type."""
_NUMBERS: dict[str, int] = {"MX": 1, "SRV": 3, "CAA": 1, "DS": 3, "TLSA": 3, "SVCB": 1, "HTTPS": 1}
"""Number of numbers that the values of a type begin with."""
_SERIAL = 2
"""Position of the serial number in a SOA record, which the API sets itself."""
_fields = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+', re.DOTALL).findall


def ascii_name(name: str) -> str:
    """Return a domain name with its non-ASCII labels in Punycode, as the API has it.

    :raises InvalidArgumentError: if a label can't be part of a domain name
    """
    if name.isascii():
        return name
    import idna  # a dependency of requests

    try:
        labels = [
            label.lower() if label.isascii() else idna.encode(label, uts46=True).decode() for label in name.split(".")
        ]
    except idna.IDNAError as error:
        raise InvalidArgumentError(f"{name!r} is no domain name: {error}; nothing was sent") from None
    if all(label.isdecimal() for label in labels):  # such as superscript digits, which would become an ID
        raise InvalidArgumentError(f"{name!r} is no domain name; nothing was sent")
    return ".".join(labels)


def relative_name(name: str, zone: str | None) -> str:
    """Return the name of a record set relative to its zone: in lower case and ASCII, ``@`` for the zone itself.

    :param name: Relative name, or an absolute one with its trailing dot
    :param zone: Name of the zone, None if it is not known
    :raises InvalidArgumentError: if the name is none of the zone
    """
    if not (name and name.__class__ is str):
        raise InvalidArgumentError(f"name must be a non-empty text, '@' for the zone itself, not {name!r}")
    name = ascii_name(name).lower()
    if not name.endswith(".") or zone is None:
        return name
    absolute, origin = name[:-1], zone.lower()
    if absolute == origin:
        return "@"
    if not absolute.endswith(f".{origin}"):
        raise InvalidArgumentError(f"{name!r} is not part of the zone {zone!r}; nothing was sent")
    return absolute.removesuffix(f".{origin}")


def zone_file_value(record_type: str, value: object) -> str:
    """Return a value in the syntax of zone files, which is that of the API.

    The text of a TXT record gets its quotes, and domain names are in Punycode.

    :raises InvalidArgumentError: if it can't be a value of this type
    """
    if not isinstance(value, str) or not value.strip() or not is_encodable(value):
        raise InvalidArgumentError(f"the value of a record must be a non-empty text, not {value!r}; nothing was sent")
    if record_type == "TXT":
        if not is_txt_record_quoted(value):
            return format_txt_record(value)
        parse_txt_record(value)  # raises an error that says what is malformed
    elif record_type in ("A", "AAAA"):
        from ipaddress import AddressValueError, IPv4Address, IPv6Address

        try:
            address = (IPv4Address if record_type == "A" else IPv6Address)(value.strip())
        except AddressValueError as error:
            raise InvalidArgumentError(
                f"{value!r} is no value of a record {record_type}: {error}; nothing was sent"
            ) from None
        if getattr(address, "scope_id", None) is not None:
            raise InvalidArgumentError(
                f"{value!r} is no value of a record {record_type}: it has a zone; nothing was sent"
            )
        return str(address)
    elif record_type in _NAMES and not value.isascii():
        fields = _fields(value)
        for position in _NAMES[record_type]:
            fields[position : position + 1] = map(ascii_name, fields[position : position + 1])
        return " ".join(fields)
    return value.strip()


def canonical_value(record_type: str, value: str, zone: str | None) -> object:
    """Return a form of a value that is equal for values that mean the same.

    :param value: Value in the syntax of zone files
    :param zone: Name of the zone, which relative names end with; None if it is not known
    """
    try:
        value = zone_file_value(record_type, value)
        if record_type == "TXT":
            return parse_txt_record(value)
    except InvalidArgumentError:  # the API has it nevertheless, so it is only equal to itself
        return value
    fields: list[str] = _fields(value)
    numbers = _NUMBERS.get(record_type, 0)
    fields[:numbers] = [field.lstrip("0") or "0" if field.isdecimal() else field.lower() for field in fields[:numbers]]
    for position in _NAMES.get(record_type, ()):
        fields[position : position + 1] = [_absolute(name, zone) for name in fields[position : position + 1]]
    if record_type in ("DS", "TLSA"):  # the digits may contain spaces
        fields[numbers:] = ["".join(fields[numbers:]).lower()]
    elif record_type == "SOA":
        del fields[_SERIAL : _SERIAL + 1]
    elif record_type in ("SVCB", "HTTPS"):  # parameters may have any order, and quotes around their values
        fields[2:] = sorted(field.replace('"', "") for field in fields[2:])
    elif record_type in ("CAA", "HINFO"):
        fields = [field.strip('"') for field in fields]
        fields[1:2] = [field.lower() if record_type == "CAA" else field for field in fields[1:2]]
    return tuple(fields)


def _absolute(name: str, zone: str | None) -> str:
    name = name.lower()
    if name.endswith(".") or zone is None:
        return name
    return f"{zone.lower()}." if name == "@" else f"{name}.{zone.lower()}."
