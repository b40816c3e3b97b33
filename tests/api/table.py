"""The table of an API's facts, read: what tests compare the library with.

`make_table.py` writes the tables and explains their notation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

_Written: TypeAlias = str | list[str]


@dataclass(frozen=True)
class Field:
    """One parameter or field: its path from the top, its type in the table's notation, its values if listed."""

    path: str
    type: str
    enum: tuple[str, ...] = ()
    nullable: bool = False
    always: bool = False

    @property
    def name(self) -> str:
        """The last part of the path, without brackets."""
        return self.path.rpartition(".")[2].rstrip("[]{}")

    @property
    def array(self) -> bool:
        """Whether it is a list."""
        return self.type.startswith("[")

    @property
    def scalar(self) -> str:
        """The type without lists and maps around it: `integer` for `[integer]`."""
        return self.type.strip("[]{}")

    @property
    def record(self) -> str | None:
        """The name of the record it holds, alone or in a list or map."""
        return self.scalar[1:] if self.scalar.startswith("@") else None


Fields: TypeAlias = Mapping[str, Field]


@dataclass(frozen=True)
class Operation:
    """One method of one route. Fields stand under their paths, those of a record after the field that holds it."""

    method: str
    route: str
    host: str
    path: Fields
    query: Fields
    body: Fields
    responses: Mapping[int, Fields]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def response(self) -> Fields:
        """The fields of the one response that reports success."""
        (fields,) = self.responses.values()
        return fields


@dataclass(frozen=True)
class Table:
    """The operations of an API by name (`GET /images/{id}`), and its records by name, nested ones unfolded."""

    operations: Mapping[str, Operation]
    records: Mapping[str, Fields]


@cache
def load(api: str) -> Table:
    """The table of `hetzner` or `digitalocean`."""
    written = json.loads((Path(__file__).parent / f"{api}.json").read_text())
    records: dict[str, dict[str, _Written]] = written["records"]

    def fields(of: dict[str, _Written]) -> dict[str, Field]:
        return {field.path: field for field in _expand(of, records)}

    operations = {
        name: Operation(
            method=name.partition(" ")[0],
            route=name.partition(" ")[2],
            host=facts["host"],
            path=fields(facts["path"]),
            query=fields(facts["query"]),
            body=fields(facts["body"]),
            responses={int(status): fields(of) for status, of in facts["responses"].items()},
        )
        for name, facts in written["operations"].items()
    }
    return Table(operations, {name: fields(of) for name, of in records.items()})


def _expand(
    of: dict[str, _Written], records: dict[str, dict[str, _Written]], prefix: str = "", within: tuple[str, ...] = ()
) -> Iterator[Field]:
    for path, written in of.items():
        kind, *enum = [written] if isinstance(written, str) else written
        bare = kind.rstrip("?!")
        marks = kind[len(bare) :]
        field = Field(prefix + path, bare, tuple(enum), nullable="?" in marks, always="!" in marks)
        yield field
        # A record that holds its own kind is not unfolded a second time.
        if field.record and field.record not in within:
            brackets = field.type.partition("@")[0].replace("[", "[]").replace("{", "{}")
            yield from _expand(records[field.record], records, f"{field.path}{brackets}.", (*within, field.record))
