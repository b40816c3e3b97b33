"""DNS records and zone files (RFC 1035)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address

__all__ = ["TYPES", "ZoneFile", "ZoneFileRecord", "check_value", "is_line", "read", "write"]

Check = Callable[[str], bool]

_PART = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s"]+)')
_HOST = re.compile(
    r"@|\.|(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?"
)
_TOKEN = re.compile(r'\s*(?:(?P<comment>;.*)|(?P<bracket>[()])|(?P<word>"(?:[^"\\]|\\.)*"|(?:[^\s;()"\\]|\\.)+))')
_DURATION = re.compile(r"(?:\d+[smhdw]?)+", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LINE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f-\x9f]*")
_CLASSES = {"IN", "CH", "CS", "HS"}


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _is_host(text: str) -> bool:
    return len(text) <= 254 and _HOST.fullmatch(text) is not None


def _is_hex(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]+", text) is not None


def _is_quoted(text: str) -> bool:
    return len(text) >= 2 and text[0] == text[-1] == '"' and len(re.sub(r"\\(\d{3}|.)", "x", text)) <= 257


def _is_word(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9]+", text) is not None


def _is_text(text: str) -> bool:
    return text[0] != '"' or _is_quoted(text)


def _number(bits: int) -> Check:
    return lambda text: text.isascii() and text.isdecimal() and int(text) < 2**bits


_BYTE, _SHORT, _LONG = _number(8), _number(16), _number(32)

# The parts of a value by type, the multiplicity of the last part ("*" repeatable, "?" optional), and a description.
_PARTS: dict[str, tuple[tuple[Check, ...], str, str]] = {
    "A": ((_is_ipv4,), "", "an IPv4 address"),
    "AAAA": ((_is_ipv6,), "", "an IPv6 address"),
    "CAA": ((_BYTE, _is_word, _is_text), "", "flags, a tag and a value"),
    "CNAME": ((_is_host,), "", "a hostname"),
    "DS": ((_SHORT, _BYTE, _BYTE, _is_hex), "*", "a key tag, an algorithm, a digest type and a digest"),
    "HINFO": ((_is_text, _is_text), "", "a CPU and an operating system"),
    "HTTPS": ((_SHORT, _is_host, _is_text), "*?", "a priority, a target and parameters"),
    "MX": ((_SHORT, _is_host), "", "a preference and a hostname"),
    "NS": ((_is_host,), "", "a hostname"),
    "PTR": ((_is_host,), "", "a hostname"),
    "RP": ((_is_host, _is_host), "", "a mailbox and a name"),
    "SOA": ((_is_host, _is_host, _LONG, _LONG, _LONG, _LONG, _LONG), "", "two names and five numbers"),
    "SRV": ((_SHORT, _SHORT, _SHORT, _is_host), "", "a priority, a weight, a port and a target"),
    "SVCB": ((_SHORT, _is_host, _is_text), "*?", "a priority, a target and parameters"),
    "TLSA": ((_BYTE, _BYTE, _BYTE, _is_hex), "*", "a usage, a selector, a matching type and data"),
    "TXT": ((_is_quoted,), "*", "strings of at most 255 characters in double quotes"),
}
TYPES = tuple(_PARTS)
"""Types of records."""


def is_line(text: str) -> bool:
    """Return True if a text fits on a line of a zone file: it has no control characters except tabs."""
    return _LINE.fullmatch(text) is not None


def check_value(type: str, value: str) -> list[str]:
    """Return what is wrong with the value of a record; an empty list if it is valid."""
    checks, multiplicity, description = _PARTS[type]
    parts = [match.group(1) for match in _PART.finditer(value)]
    minimum = len(checks) - ("?" in multiplicity)
    if "*" in multiplicity and len(parts) > len(checks):
        checks += (checks[-1],) * (len(parts) - len(checks))
    has_only_parts = not _PART.sub("", value).strip()
    fits = minimum <= len(parts) <= len(checks) and all(check(part) for check, part in zip(checks, parts, strict=False))
    if fits and has_only_parts and is_line(value):
        return []
    return [f"'{value}' is not a valid {type} record: it must be {description}"]


@dataclass(frozen=True)
class ZoneFileRecord:
    """An entry of a zone file. The name is relative to the zone; ``@`` is the zone itself."""

    name: str
    type: str
    ttl: int | None
    value: str
    comment: str


@dataclass
class ZoneFile:
    """Content of a zone file."""

    ttl: int | None = None
    records: list[ZoneFileRecord] = field(default_factory=list)


def read(text: str, zone: str) -> ZoneFile:
    """Parse the zone file of a zone.

    :raises ValueError: if the zone file is invalid; the message has the number of the line
    """
    zone_file = ZoneFile()
    name: str | None = None
    for number, repeats_name, words, comment in _lines(text):
        try:
            if words[0].startswith("$"):
                _directive(zone_file, words, zone)
                continue
            name = name if repeats_name else _relative(words.pop(0), zone)
            if name is None:
                raise ValueError("a record without a name")
            zone_file.records.append(_record(name, words, comment))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return zone_file


def _lines(text: str) -> Iterator[tuple[int, bool, list[str], str]]:
    """Yield the entries: number of the line, true if the name of the previous entry is used, words, comment.

    An entry in brackets spans several lines.
    """
    words: list[str] = []
    comments: list[str] = []
    depth, first_line, repeats_name = 0, 1, False
    for number, line in enumerate(text.split("\n"), 1):
        if not words:
            first_line, repeats_name = number, line[:1].isspace()
            comments.clear()
        position = 0
        while position < len(line.rstrip()):
            token = _TOKEN.match(line, position)
            if token is None:
                raise ValueError(f"line {number}: a quote that is not closed")
            position = token.end()
            if token["word"]:
                words.append(token["word"])
            elif token["comment"]:
                comments.append(token["comment"][1:].strip())
            else:
                depth += 1 if token["bracket"] == "(" else -1
        if depth < 0 or (depth and not words):
            raise ValueError(f"line {number}: a bracket out of place")
        if words and not depth:
            yield first_line, repeats_name, words, " ".join(filter(None, comments))
            words = []
    if depth:
        raise ValueError(f"line {first_line}: a bracket that is not closed")


def _directive(zone_file: ZoneFile, words: list[str], zone: str) -> None:
    directive, *arguments = words
    if directive.upper() == "$ORIGIN" and len(arguments) == 1:
        if arguments[0].lower() != f"{zone}.":
            raise ValueError(f"$ORIGIN must be '{zone}.'")
    elif directive.upper() == "$TTL" and len(arguments) == 1 and _DURATION.fullmatch(arguments[0]):
        zone_file.ttl = _seconds(arguments[0])
    else:
        raise ValueError(f"'{' '.join(words)}' is not supported")


def _record(name: str, words: list[str], comment: str) -> ZoneFileRecord:
    ttl: int | None = None
    while words and (words[0].upper() in _CLASSES or _DURATION.fullmatch(words[0])):
        word = words.pop(0).upper()
        if word not in _CLASSES:
            ttl = _seconds(word)
        elif word != "IN":
            raise ValueError(f"the class must be IN, not {word}")
    if not words:
        raise ValueError("a record without a type")
    type = words.pop(0).upper()
    if type not in _PARTS:
        raise ValueError(f"there are no records of type '{type}'")
    value = " ".join(words)
    if messages := check_value(type, value):
        raise ValueError(messages[0])
    return ZoneFileRecord(name, type, ttl, value, comment)


def _relative(name: str, zone: str) -> str:
    name = name.lower()
    if not name.endswith("."):
        return name
    if name == f"{zone}.":
        return "@"
    if not name.endswith(f".{zone}."):
        raise ValueError(f"'{name}' is not in the zone")
    return name.removesuffix(f".{zone}.")


def _seconds(duration: str) -> int:
    return sum(int(number) * _SECONDS[unit.lower()] for number, unit in re.findall(r"(\d+)([a-zA-Z]?)", duration))


def write(zone: str, ttl: int, records: Iterable[ZoneFileRecord]) -> str:
    """Format the zone file of a zone: the SOA record first, the other records by name and type."""
    lines = [f"$ORIGIN\t{zone}.", f"$TTL\t{ttl}"]
    previous: tuple[str, str] | None = None
    for record in sorted(records, key=_sort_key):
        if previous != (record.name, record.type):
            lines.append("")
            previous = record.name, record.type
        lifetime = [] if record.ttl is None else [str(record.ttl)]
        comment = f" ; {record.comment}" if record.comment else ""
        lines.append("\t".join([record.name, "IN", *lifetime, record.type, record.value]) + comment)
    return "\n".join(lines) + "\n"


def _sort_key(record: ZoneFileRecord) -> tuple[bool, bool, str, str]:
    return record.type != "SOA", record.name != "@", record.name, record.type
