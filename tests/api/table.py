"""Reader of the tables of facts about the APIs, with which tests compare the library and its fakes.

`make_table.py` writes the tables and explains their notation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

_JsonFields: TypeAlias = dict[str, str | list[str]]


@dataclass(frozen=True)
class Field:
    """A parameter or field: its path from the top, its type in the table's notation, its values if enumerated."""

    path: str
    type: str
    enum: tuple[str, ...] = ()
    nullable: bool = False
    required: bool = False
    deprecated: bool = False

    @property
    def name(self) -> str:
        """Last part of the path, without brackets."""
        return self.path.rpartition(".")[2].rstrip("[]{}")

    @property
    def is_array(self) -> bool:
        """True if the value is an array."""
        return self.type.startswith("[")

    @property
    def is_map(self) -> bool:
        """True if the value is an object with any keys."""
        return self.type.startswith("{")

    @property
    def scalar(self) -> str:
        """Type without arrays and maps around it: `integer` for `[integer]`."""
        return self.type.strip("[]{}")

    @property
    def record(self) -> str | None:
        """Name of the record that the field holds, alone or in an array or map."""
        return self.scalar[1:] if self.scalar.startswith("@") else None


class Fields(dict[str, Field]):
    """Fields by path; those of a record stand after the field that holds it."""

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, Field]]:
        """Fields of each object by name, by the path of the object; the whole is at the empty path."""
        members: dict[str, dict[str, Field]] = {"": {}}
        for member in self.values():
            members.setdefault(member.path.rpartition(".")[0], {})[member.name] = member
        return members


@dataclass(frozen=True)
class Operation:
    """A method of a route, its parameters, and its responses by status: those of success, and unusual errors."""

    method: str
    route: str
    host: str
    path: Fields
    query: Fields
    body: Fields
    responses: Mapping[int, Fields]
    types: Mapping[str, Fields] = field(default_factory=dict)
    """Fields of the body by the value of its field `type`, if they depend on it."""
    headers: Fields = field(default_factory=Fields)
    """Headers of the request, besides those that all requests have."""
    deprecated: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def response(self) -> Fields:
        """Fields of the only successful response."""
        (fields,) = (fields for status, fields in self.responses.items() if status < 400)
        return fields


@dataclass(frozen=True)
class Table:
    """Operations of an API by name (`GET /images/{id}`), its records by name, and its usual error response."""

    operations: Mapping[str, Operation]
    records: Mapping[str, Fields]
    error: Fields


@cache
def load(api: str) -> Table:
    """Return the table of `hetzner` or `digitalocean`."""
    document = json.loads((Path(__file__).parent / f"{api}.json").read_text())
    records: dict[str, _JsonFields] = document["records"]

    def fields(of: _JsonFields) -> Fields:
        return Fields((field.path, field) for field in _expand(of, records))

    operations = {
        name: Operation(
            method=name.partition(" ")[0],
            route=name.partition(" ")[2],
            host=facts["host"],
            path=fields(facts["path"]),
            query=fields(facts["query"]),
            body=(body := fields(facts["body"])),
            responses={int(status): fields(of) for status, of in facts["responses"].items()},
            types={value: _select(body, names) for value, names in facts.get("types", {}).items()},
            headers=fields(facts.get("headers", {})),
            deprecated=facts.get("deprecated", False),
        )
        for name, facts in document["operations"].items()
    }
    return Table(operations, {name: fields(of) for name, of in records.items()}, fields(document["error"]))


def route_shape(route: str) -> str:
    """Return a route without the names of its parameters: `GET /images/{}`."""
    return re.sub(r"{[^}]*}", "{}", route)


def _select(body: Fields, names: list[str]) -> Fields:
    """Return the fields `names` of a body, with those below them; a name ends in `!` if its field is required."""
    required = {"type", *(name[:-1] for name in names if name.endswith("!"))}
    selected = {"type", *(name.rstrip("!") for name in names)}
    return Fields(
        (path, replace(member, required=path in required) if path in selected else member)
        for path, member in body.items()
        if path.partition(".")[0].rstrip("[]{}") in selected
    )


def _expand(
    of: _JsonFields, records: dict[str, _JsonFields], prefix: str = "", within: tuple[str, ...] = ()
) -> Iterator[Field]:
    for path, notation in of.items():
        text, *enum = [notation] if isinstance(notation, str) else notation
        bare = text.rstrip("?!~")
        marks = text[len(bare) :]
        member = Field(prefix + path, bare, tuple(enum), "?" in marks, "!" in marks, "~" in marks)
        yield member
        # A record within a record of the same type is not expanded again.
        if member.record and member.record not in within:
            brackets = member.type.partition("@")[0].replace("[", "[]").replace("{", "{}")
            yield from _expand(records[member.record], records, f"{member.path}{brackets}.", (*within, member.record))
