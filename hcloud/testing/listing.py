"""Lists of records: filtered, sorted, in pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import getitem
from typing import Any
from urllib.parse import urlencode

from .error_responses import invalid
from .http import Query, as_number
from .label_selectors import parse_selector
from .schema import Record, from_text

__all__ = ["Filter", "Filters", "ListPage", "Listing", "Names"]

Names = tuple[str, ...]
"""Names of fields."""


@dataclass(frozen=True)
class Filter:
    """A query parameter that filters a list.

    :param name: Name of the parameter
    :param choices: Valid values; by default all
    :param many: If true, the parameter can be repeated, and records that match any of its values are kept
    :param field: Field of the record to compare; default the name of the parameter
    :param value_type: Type of a value
    :param predicate: Function that returns true for the records to keep, called with the value (a list if ``many``;
        ``None`` without the parameter) and the record; by default the field must equal the value
    """

    name: str
    choices: tuple[str, ...] = ()
    many: bool = False
    field: str = ""
    value_type: type = str
    predicate: Callable[[Any, Record], bool] | None = None

    def read(self, query: Query) -> Any:
        """Return the value of the parameter; ``None`` if the query does not have it.

        :raises ErrorResponse: ``invalid_input`` for an invalid value
        """
        texts = query.all(self.name)
        if not texts:
            return None
        values = [from_text(self.value_type, text) for text in texts]
        if not all(isinstance(value, self.value_type) for value in values):
            raise invalid(self.name, f"must be of type {self.value_type.__name__}")
        if self.choices and not all(value in self.choices for value in values):
            raise invalid(self.name, f"must be one of {', '.join(self.choices)}")
        return values if self.many else values[-1]

    def apply(self, records: Iterable[Record], query: Query) -> Iterable[Record]:
        """Return the records that match the query."""
        value = self.read(query)
        if self.predicate is not None:
            predicate = self.predicate
            return [record for record in records if predicate(value, record)]
        if value is None:
            return records
        field, values = self.field or self.name, value if self.many else (value,)
        return [record for record in records if record[field] in values]


Filters = tuple[Filter, ...]
"""Query parameters of a list, except ``label_selector``, ``sort``, ``page`` and ``per_page``."""
LABEL_SELECTOR = "label_selector"


@dataclass(frozen=True)
class ListPage:
    """A page of records.

    :param key: Name of the list in the body of the response
    :param number: Number of the page, from 1
    :param size: Maximum number of records per page
    :param total: Number of records on all pages
    """

    key: str
    records: list[Record]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """Number of the last page."""
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

    def link_header(self, url: str, query: Query) -> str:
        """Return the ``Link`` header of the response.

        :param url: URL of the list, without a query
        :param query: Query of the request
        """
        others = [(name, value) for name, value in query.pairs if name not in ("page", "per_page")]
        return ", ".join(
            f"<{url}?{urlencode([*others, ('page', number), ('per_page', self.size)])}>; rel={relation}"
            for relation, number in self.links.items()
        )

    @property
    def body(self) -> dict[str, Any]:
        """Body of the response."""
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
    """The options of a list.

    :param key: Name of the list in the body of the response
    :param filters: Query parameters that filter the list
    :param sortable: Fields to sort by; if there are none, ``sort`` is ignored
    :param labelled: If true, the list has the parameter ``label_selector``
    :param paged: If true, the list comes in pages, with ``meta``
    :param max_per_page: Maximum of ``per_page``
    :param default_per_page: Default of ``per_page``
    :param value: Function that returns the value to sort a record by, called with the record and the field
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
        """Return the page that a query selects, or the body of the whole list if it is not paged.

        :raises ErrorResponse: ``invalid_input`` for an invalid query
        """
        selected: Iterable[Record] = records
        for parameter in self.filters:
            selected = parameter.apply(selected, query)
        if self.labelled and (text := query.get(LABEL_SELECTOR)):
            matches = parse_selector(text)
            selected = [record for record in selected if matches(record["labels"])]
        if self.sortable and "sort" in query:
            selected = self._sorted(selected, query.all("sort"))
        if not self.paged:
            return {self.key: list(selected)}
        return self._page(selected if isinstance(selected, Collection) else list(selected), query)

    def _page(self, records: Collection[Record], query: Query) -> ListPage:
        number = _positive(query, "page", 1)
        size = min(_positive(query, "per_page", self.default_per_page), self.max_per_page)
        total = len(records)
        # The number of a page can exceed what islice counts to.
        start = min((number - 1) * size, total)
        return ListPage(self.key, list(islice(records, start, start + size)), number, size, total)

    def _sorted(self, records: Iterable[Record], criteria: list[str]) -> list[Record]:
        descending: dict[str, bool] = {}
        for criterion in criteria:
            field, _, direction = criterion.partition(":")
            if field not in self.sortable or direction not in ("", "asc", "desc"):
                sortable = ", ".join(self.sortable) or "nothing"
                raise invalid("sort", f"cannot sort by '{criterion}'; sortable: {sortable}")
            descending.setdefault(field, direction == "desc")
        result = list(records)
        # The sort is stable: the last criterion comes first.
        for field, is_descending in reversed(descending.items()):
            result.sort(key=partial(self._sort_key, field=field), reverse=is_descending)
        return result

    def _sort_key(self, record: Record, field: str) -> tuple[bool, Any]:
        value = self.value(record, field)
        return value is None, value


def _positive(query: Query, name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    number = as_number(text)
    if not number:
        raise invalid(name, "must be a positive integer")
    return number
