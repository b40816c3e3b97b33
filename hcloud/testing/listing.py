"""Lists as the API gives them: filtered, sorted, in pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import getitem
from typing import Any

from .error_responses import invalid
from .http import Query, as_number
from .label_selectors import parse_selector
from .schema import Record, from_text

__all__ = ["Filter", "Filters", "ListPage", "Listing", "Names"]

Names = tuple[str, ...]
"""Names of fields."""


@dataclass(frozen=True)
class Filter:
    """A query parameter of a list.

    :param name: of the parameter.
    :param field: the record's field it looks at; default the parameter's name.
    :param choices: the values it may have; default any.
    :param many: whether it may be repeated (any of the values will do).
    :param value_type: the type of a value.
    :param keeps: whether to keep a record, from the value (a list, if ``many``; ``None`` if the parameter was not
        given) and the record; default equality with the field.
    """

    name: str
    choices: tuple[str, ...] = ()
    many: bool = False
    field: str = ""
    value_type: type = str
    keeps: Callable[[Any, Record], bool] | None = None

    def read(self, query: Query) -> Any:
        """The value in a query; ``None`` when it is not given.

        :raises ErrorResponse: ``invalid_input`` when it is not valid.
        """
        given = query.all(self.name)
        if not given:
            return None
        values = [from_text(self.value_type, text) for text in given]
        if not all(isinstance(value, self.value_type) for value in values):
            raise invalid(self.name, f"must be of type {self.value_type.__name__}")
        if self.choices and not all(value in self.choices for value in values):
            raise invalid(self.name, f"must be one of {', '.join(self.choices)}")
        return values if self.many else values[-1]

    def apply(self, records: Iterable[Record], query: Query) -> Iterable[Record]:
        """The records that it keeps."""
        value = self.read(query)
        if self.keeps is not None:
            keeps = self.keeps
            return [record for record in records if keeps(value, record)]
        if value is None:
            return records
        field, wanted = self.field or self.name, value if self.many else (value,)
        return [record for record in records if record[field] in wanted]


Filters = tuple[Filter, ...]
"""The query parameters of a list, besides ``label_selector``, ``sort`` and pages."""
LABEL_SELECTOR = "label_selector"


@dataclass(frozen=True)
class ListPage:
    """A page of records, and where it stands."""

    key: str
    records: list[Record]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def links(self) -> dict[str, int]:
        """Page numbers by relation, as in the ``Link`` header."""
        links = {}
        if self.number > 1:
            links["prev"] = self.number - 1
        if self.number < self.last:
            links["next"] = self.number + 1
        return {**links, "last": self.last}

    @property
    def body(self) -> dict[str, Any]:
        """The answer's body."""
        links = self.links
        pagination = {
            "page": self.number,
            "per_page": self.size,
            "previous_page": links.get("prev"),
            "next_page": links.get("next"),
            "last_page": self.last,
            "total_entries": self.total,
        }
        return {self.key: self.records, "meta": {"pagination": pagination}}


@dataclass(frozen=True)
class Listing:
    """How a kind of records is listed.

    :param key: its name in the answer.
    :param sortable: the fields to sort by; where there are none, ``sort`` is ignored.
    :param labelled: whether it takes ``label_selector``.
    :param paged: whether it comes in pages, with ``meta``.
    :param max_per_page: the most entries of a page.
    :param default_per_page: the entries of a page when nothing is asked.
    :param value: what to sort a record by, from the record and the field asked for.
    """

    key: str
    filters: Filters = ()
    sortable: Names = ()
    labelled: bool = False
    paged: bool = True
    max_per_page: int = 50
    default_per_page: int = 25
    value: Callable[[Record, str], Any] = getitem

    def of(self, records: Collection[Record], query: Query) -> ListPage | dict[str, Any]:
        """The page that a query asks for, or all of it where there are no pages."""
        found: Iterable[Record] = records
        for each in self.filters:
            found = each.apply(found, query)
        if self.labelled and (text := query.get(LABEL_SELECTOR)):
            selected = parse_selector(text)
            found = [record for record in found if selected(record["labels"])]
        if self.sortable and "sort" in query:
            found = self._sorted(found, query.all("sort"))
        if not self.paged:
            return {self.key: list(found)}
        page = _positive(query, "page", 1)
        size = min(_positive(query, "per_page", self.default_per_page), self.max_per_page)
        total = len(found) if isinstance(found, Collection) else len(found := list(found))
        # Past the end from there: a page can be beyond what islice counts to.
        begin = min((page - 1) * size, total)
        return ListPage(self.key, list(islice(found, begin, begin + size)), page, size, total)

    def _sorted(self, records: Iterable[Record], asked: list[str]) -> list[Record]:
        orders: dict[str, bool] = {}
        for each in asked:
            field, _, direction = each.partition(":")
            if field not in self.sortable or direction not in ("", "asc", "desc"):
                raise invalid("sort", f"cannot sort by '{each}'; sortable: {', '.join(self.sortable) or 'nothing'}")
            orders.setdefault(field, direction == "desc")
        found = list(records)
        for field, descending in reversed(orders.items()):
            found.sort(key=partial(self._key, field=field), reverse=descending)
        return found

    def _key(self, record: Record, field: str) -> tuple[bool, Any]:
        found = self.value(record, field)
        return found is None, found


def _positive(query: Query, name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    found = as_number(text)
    if not found:
        raise invalid(name, "must be a positive integer")
    return found
