"""What DNS records may say, and zone files (RFC 1035)."""

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

# The parts of a value by type. The last part: "*" it may come several times, "?" it may be missing.
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
"""The types of records that there are."""


def is_line(text: str) -> bool:
    """Whether it can stand on a line of a zone file: no control characters, but for tabs."""
    return _LINE.fullmatch(text) is not None


def check_value(type: str, value: str) -> list[str]:
    """What is wrong with the value of a record."""
    checks, repeated, described = _PARTS[type]
    parts = [found.group(1) for found in _PART.finditer(value)]
    least = len(checks) - ("?" in repeated)
    if "*" in repeated and len(parts) > len(checks):
        checks += (checks[-1],) * (len(parts) - len(checks))
    whole = not _PART.sub("", value).strip()
    fits = least <= len(parts) <= len(checks) and all(check(part) for check, part in zip(checks, parts, strict=False))
    return (
        [] if fits and whole and is_line(value) else [f"'{value}' is not a valid {type} record: it must be {described}"]
    )


@dataclass(frozen=True)
class ZoneFileRecord:
    """A line of a zone file; the name is relative to the zone, ``@`` for the zone itself."""

    name: str
    type: str
    ttl: int | None
    value: str
    comment: str


@dataclass
class ZoneFile:
    """What a zone file says."""

    ttl: int | None = None
    records: list[ZoneFileRecord] = field(default_factory=list)


def read(text: str, zone: str) -> ZoneFile:
    """Read the zone file of a zone.

    :raises ValueError: it is not valid; says which line.
    """
    found = ZoneFile()
    name: str | None = None
    for number, follows, words, comment in _lines(text):
        try:
            if words[0].startswith("$"):
                _directive(found, words, zone)
                continue
            name = name if follows else _relative(words.pop(0), zone)
            if name is None:
                raise ValueError("a record without a name")
            found.records.append(_record(name, words, comment))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return found


def _lines(text: str) -> Iterator[tuple[int, bool, list[str], str]]:
    """The entries: line, whether the name is that of the entry before, words, comment. Brackets join lines."""
    words: list[str] = []
    comments: list[str] = []
    depth, begun, follows = 0, 1, False
    for number, line in enumerate(text.split("\n"), 1):
        if not words:
            begun, follows = number, line[:1].isspace()
            comments.clear()
        at = 0
        while at < len(line.rstrip()):
            token = _TOKEN.match(line, at)
            if token is None:
                raise ValueError(f"line {number}: a quote that is not closed")
            at = token.end()
            if token["word"]:
                words.append(token["word"])
            elif token["comment"]:
                comments.append(token["comment"][1:].strip())
            else:
                depth += 1 if token["bracket"] == "(" else -1
        if depth < 0 or (depth and not words):
            raise ValueError(f"line {number}: a bracket out of place")
        if words and not depth:
            yield begun, follows, words, " ".join(filter(None, comments))
            words = []
    if depth:
        raise ValueError(f"line {begun}: a bracket that is not closed")


def _directive(found: ZoneFile, words: list[str], zone: str) -> None:
    directive, *arguments = words
    if directive.upper() == "$ORIGIN" and len(arguments) == 1:
        if arguments[0].lower() != f"{zone}.":
            raise ValueError(f"$ORIGIN must be '{zone}.'")
    elif directive.upper() == "$TTL" and len(arguments) == 1 and _DURATION.fullmatch(arguments[0]):
        found.ttl = _seconds(arguments[0])
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
    if said := check_value(type, value):
        raise ValueError(said[0])
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
    """The zone file of a zone: its SOA record first, then by name and type."""
    lines = [f"$ORIGIN\t{zone}.", f"$TTL\t{ttl}"]
    last: tuple[str, str] | None = None
    for each in sorted(records, key=lambda each: (each.type != "SOA", each.name != "@", each.name, each.type)):
        if last != (each.name, each.type):
            lines.append("")
            last = each.name, each.type
        lifetime = [] if each.ttl is None else [str(each.ttl)]
        comment = f" ; {each.comment}" if each.comment else ""
        lines.append("\t".join([each.name, "IN", *lifetime, each.type, each.value]) + comment)
    return "\n".join(lines) + "\n"
