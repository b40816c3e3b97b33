"""What the resources of this box have in common, besides the frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from .. import resource as frame
from ..clock import iso
from ..error_responses import not_found
from ..listing import Filter, Listing, Names
from ..schema import Record

if TYPE_CHECKING:
    from .cloud import FakeDigitalOcean

__all__ = ["FakeDigitalOceanResource", "listing", "tagged", "time_of"]


def listing(key: str, *filters: Filter) -> Listing:
    """How a kind of records is listed here."""
    return Listing(key, filters, max_per_page=200, default_per_page=20)


def tagged(wanted: Any, record: Record) -> bool:
    """Whether a record has the tag that is asked for, if one is."""
    return wanted is None or wanted in (record["tags"] or ())


def time_of(text: str) -> str:
    """A moment of the frame as this API writes it."""
    return text.replace("+00:00", "Z")


class FakeDigitalOceanResource(frame.FakeResource):
    """The records of one kind in one account, and what can be done with them.

    All records have an ``id``, those too of which the API shows none.
    """

    collection = ""
    singular = ""
    unique: Names = ()
    named_by: ClassVar[str] = "name"
    """The field by which a record is looked up besides its id."""
    paths: Names = ("id",)
    """The fields by which a path may name a record; where the id is none of them, the API shows none."""
    listing: ClassVar[Listing]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.listing = replace(cls.listing, max_per_page=200, default_per_page=20)

    @property
    def cloud(self) -> FakeDigitalOcean:
        """The cloud that it is of."""
        cloud: Any = self.project.cloud
        return cloud  # type: ignore[no-any-return]

    @property
    def now(self) -> str:
        """The moment, as the API writes it."""
        return time_of(iso(self.project.cloud.clock.time()))

    def show(self, record: Record) -> Record:
        """A record as the API writes it."""
        return record if "id" in self.paths else {name: value for name, value in record.items() if name != "id"}

    def find(self, ref: int | str) -> Record | None:
        """A record by what it is named by, or by id; a number in a string is an id."""
        return self._by((self.named_by, "id"), str(ref))

    def by_path(self, text: str) -> Record:
        """The record that a path names.

        :raises ErrorResponse: ``not_found``
        """
        found = self._by(self.paths, text)
        if found is None:
            raise not_found(self.singular, text)
        return found

    def _by(self, fields: Iterable[str], text: str) -> Record | None:
        for field in fields:
            for record in self.records.values():
                if record.get(field) is not None and str(record[field]) == text:
                    return record
        return None

    def begin(self, record: Record, command: str, *effect: Any, region: str | None = None, **more: Any) -> Record:
        """Start an action on a record, as the frame's ``start_action`` does, in a region."""
        begun = self.start_action(record, command, *effect, **more)
        self.project.actions.private(begun)["region"] = region
        return begun
