"""Zone files and the values of DNS records (RFC 1035), by ``dnspython``.

Values are not converted to its presentation of them: a value that is exported and imported again is the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise

from .dns import TYPES, is_line
from .extra import needed_for

with needed_for("the fake of DNS zones", "dnspython"):
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.tokenizer
    import dns.ttl

__all__ = ["ZoneFile", "ZoneFileRecord", "check_value", "read", "write"]

_MAX_VALUE = 65_535
"""Maximum length of the data of a record, in bytes."""
_MAX_ENTRY = _MAX_VALUE + 1024
"""Maximum length of an entry, with the name and the lifetime of the record."""
_MAX_NUMBER = 40
"""Maximum length of a number with units; dnspython takes quadratic time for longer ones."""

_CLASSES = {"IN", "CH", "CS", "HS"}
_BLANK = re.compile(r"(?:[ \t]*\n)+")
_LABEL = re.compile(rb"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MAILBOX_LABEL = re.compile(rb"[!-~]+")
_MAILBOXES = {"rname", "mbox"}


# Values


def check_value(type: str, value: str) -> list[str]:
    """Return what is wrong with the value of a record; an empty list if it is valid."""
    try:
        if value == value.strip() and is_line(value) and len(value.encode()) <= _MAX_VALUE:
            (entry,) = _entries(value)
            if entry.text() == value and not entry.comments and _is_valid(type, value, entry.words):
                return []
    except (dns.exception.DNSException, ValueError):
        pass
    return [f"'{value}' is not a valid {type} record: it must be {TYPES[type]}"]


def _is_valid(type: str, value: str, words: list[_Word]) -> bool:
    """Return True if a value is valid by dnspython and by the narrower rules of the API.

    :raises dns.exception.DNSException: if it is not valid by dnspython
    """
    unquoted = [word.text for word in words if not word.is_quoted]
    if not all(text.isascii() for text in unquoted) or unquoted[:1] == [r"\#"]:
        return False
    if type == "TXT" and unquoted:
        return False
    if type == "SOA" and not all(text.isalnum() and len(text) <= _MAX_NUMBER for text in unquoted[2:]):
        return False
    rdata = dns.rdata.from_text(dns.rdataclass.IN, type, value, origin=dns.name.root, relativize=False)
    return all(
        _is_host(name, _MAILBOX_LABEL if attribute in _MAILBOXES else _LABEL)
        for attribute in rdata.__slots__
        if isinstance(name := getattr(rdata, attribute), dns.name.Name)
    )


def _is_host(name: dns.name.Name, label: re.Pattern[bytes]) -> bool:
    labels = name.labels[:-1]
    return all(map(label.fullmatch, labels[1:] if labels[:1] == (b"*",) else labels))


# Reading


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
    """Content of a zone file. A second ``$TTL`` is that of the records after it, not of the zone."""

    ttl: int | None = None
    later_ttl: int | None = None
    records: list[ZoneFileRecord] = field(default_factory=list)


@dataclass(frozen=True)
class _Word:
    """A word of a zone file, with its quotes, and its position."""

    text: str
    is_quoted: bool
    start: int
    end: int


@dataclass
class _Entry:
    """An entry of a zone file; one in brackets spans several lines."""

    source: str
    line: int
    repeats_name: bool = False
    words: list[_Word] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def add(self, text: str, is_quoted: bool, end: int) -> None:
        """Add a word.

        :raises ValueError: if the entry is longer than a record can be
        """
        self.words.append(_Word(text, is_quoted, end - len(text), end))
        if end - self.words[0].start > _MAX_ENTRY:
            raise ValueError("the record is too long")

    def text(self, first: int = 0) -> str:
        """Return the text of the words from one on: as it stands, but on one line and without brackets and comments."""
        words = self.words[first:]
        if not words:
            return ""
        joined = words[0].text
        for previous, word in pairwise(words):
            # A parameter such as alpn="h3,h2" is two words, without a space between them.
            is_glued = word.is_quoted and word.start == previous.end and not previous.is_quoted
            joined += word.text if is_glued else f" {word.text}"
        source = self.source[words[0].start : words[-1].end]
        is_one_line = "\n" not in source  # brackets around the whole value are not part of it
        return source if is_one_line and _without_spaces(source) == _without_spaces(joined) else joined

    @property
    def comment(self) -> str:
        """The comments; a single one as :func:`write` wrote it."""
        if len(self.comments) == 1:
            return self.comments[0].removeprefix(" ")
        return " ".join(filter(None, map(str.strip, self.comments)))


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _entries(text: str) -> Iterator[_Entry]:
    """Yield the entries of a zone file.

    :raises ValueError: if a quote or a bracket is not closed or out of place, or an entry is too long
    """
    file = StringIO(text)
    tokenizer = dns.tokenizer.Tokenizer(file)
    while not tokenizer.eof or tokenizer.ungotten_char:
        # Skip blank lines here: the tokenizer is slow.
        if blank := _BLANK.match(text, file.tell()):
            file.seek(blank.end())
            tokenizer.line_number += blank[0].count("\n")
        line = tokenizer.line_number
        try:
            token = tokenizer.get(want_leading=True, want_comment=True)
            if token.is_eol_or_eof():
                continue
            entry = _Entry(text, line)
            _fill(entry, token, tokenizer, file)
        except ValueError as error:
            raise ValueError(f"line {line}: {error}") from None
        except dns.exception.DNSException:
            if tokenizer.quoting:
                message = "a quote that is not closed"
            elif tokenizer.multiline > 0:
                message = "a bracket that is not closed"
            else:
                message = "a bracket or a backslash out of place"
            raise ValueError(f"line {line}: {message}") from None
        if entry.words:
            yield entry


def _fill(entry: _Entry, token: dns.tokenizer.Token, tokenizer: dns.tokenizer.Tokenizer, file: StringIO) -> None:
    """Read an entry.

    :param token: First token of the entry
    :raises ValueError: if it is longer than a record can be
    """
    if token.is_whitespace():
        entry.repeats_name = True
        token = tokenizer.get(want_comment=True)
    while not token.is_eol_or_eof():
        if token.is_comment():
            entry.comments.append(token.value)
        elif token.is_quoted_string():
            # Of what is read, only the closing quote is not consumed yet.
            entry.add(f'"{token.value}"', True, file.tell())
        else:
            entry.add(token.value, False, file.tell() - bool(tokenizer.ungotten_char))
        token = tokenizer.get(want_comment=True)


def read(text: str, zone: str) -> ZoneFile:
    """Parse the zone file of a zone.

    :raises ValueError: if the zone file is invalid; the message has the number of the line
    """
    zone_file = ZoneFile()
    name: str | None = None
    for entry in _entries(text.replace("\r\n", "\n")):
        words = [word.text for word in entry.words]
        try:
            if words[0].startswith("$"):
                _directive(zone_file, words, zone)
                continue
            if not entry.repeats_name:
                name = _relative(words.pop(0), zone)
            elif name is None:
                raise ValueError("a record without a name")
            zone_file.records.append(_record(name, words, entry, zone_file.later_ttl))
        except ValueError as error:
            raise ValueError(f"line {entry.line}: {error}") from None
    return zone_file


def _directive(zone_file: ZoneFile, words: list[str], zone: str) -> None:
    directive, *arguments = words
    if directive.upper() == "$ORIGIN" and len(arguments) == 1:
        if arguments[0].lower() != f"{zone}.":
            raise ValueError(f"$ORIGIN must be '{zone}.'")
    elif directive.upper() == "$TTL" and len(arguments) == 1:
        ttl = _seconds(arguments[0])
        if zone_file.ttl is None:
            zone_file.ttl = ttl
        zone_file.later_ttl = None if ttl == zone_file.ttl else ttl
    else:
        raise ValueError(f"'{' '.join(words)}' is not supported")


def _record(name: str, words: list[str], entry: _Entry, ttl: int | None) -> ZoneFileRecord:
    """Return the record of an entry.

    :param words: Words of the entry after the name; they are consumed up to the type
    :param ttl: TTL unless the entry has one
    """
    while words and (words[0].upper() in _CLASSES or words[0][0] in "0123456789"):
        word = words.pop(0)
        if word.upper() not in _CLASSES:
            ttl = _seconds(word)
        elif word.upper() != "IN":
            raise ValueError(f"the class must be IN, not {word.upper()}")
    if not words:
        raise ValueError("a record without a type")
    type = words.pop(0).upper()
    if type not in TYPES:
        raise ValueError(f"there are no records of type '{type}'")
    value = entry.text(len(entry.words) - len(words))
    if messages := check_value(type, value):
        raise ValueError(messages[0])
    return ZoneFileRecord(name, type, ttl, value, entry.comment)


def _relative(name: str, zone: str) -> str:
    name = name.lower()
    if not name.endswith("."):
        return name
    if name == f"{zone}.":
        return "@"
    if not name.endswith(f".{zone}."):
        raise ValueError(f"'{name}' is not in the zone")
    return name.removesuffix(f".{zone}.")


def _seconds(text: str) -> int:
    try:
        if len(text) <= _MAX_NUMBER:
            return dns.ttl.from_text(text)
    except dns.ttl.BadTTL:
        pass
    raise ValueError(f"'{text}' is not a valid TTL")


# Writing


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
