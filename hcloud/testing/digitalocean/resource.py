"""Base class of the resources of the fake DigitalOcean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..clock import iso
from ..error_responses import ErrorResponse, not_found
from ..listing import Filter, Listing, Names
from ..resource import Body, FakeResource, Operation
from ..schema import Record

if TYPE_CHECKING:
    from .cloud import FakeDigitalOcean

__all__ = ["FakeDigitalOceanResource", "Serialized", "format_time", "has_tag", "listing"]


class Serialized(Body):
    """Body of a response that is in the format of the API already."""


def listing(key: str, *filters: Filter) -> Listing:
    """Return a listing with DigitalOcean's page sizes."""
    return Listing(key, filters, max_per_page=200, default_per_page=20)


def has_tag(tag: Any, record: Record) -> bool:
    """Return True if the record has the tag, or if no tag is requested."""
    return tag is None or tag in (record["tags"] or ())


def format_time(time: str) -> str:
    """Return a time of the Hetzner fake in the format of DigitalOcean's API."""
    return time.replace("+00:00", "Z")


class FakeDigitalOceanResource(FakeResource):
    """Records of one type in one account, and the operations on them.

    All records have an ``id``, including those of types for which the API has none.
    """

    collection = ""
    singular = ""
    unique: Names = ()
    named_by: ClassVar[str] = "name"
    """The field that identifies a record besides its ID."""
    paths: Names = ("id",)
    """The fields that can identify a record in a path. Without ``id`` among them, responses omit the ID."""
    root: ClassVar[str] = ""
    """Path of the collection without the leading slash; by default its name."""
    headers: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Name and value of a header that an operation requires, by the name of its method."""
    listing: ClassVar[Listing]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.listing = replace(cls.listing, max_per_page=200, default_per_page=20)

    @classmethod
    def _operation(cls, function: str, declared: Any) -> Operation:
        # Here "of" is only the start of the path: the records are always those of this resource.
        operation = super()._operation(function, declared)
        start = declared.of or cls.root or cls.collection
        return replace(operation, path=f"/{start}{declared.path}", collection=cls.collection)

    @property
    def cloud(self) -> FakeDigitalOcean:
        """The cloud of the resource."""
        cloud: Any = self.project.cloud
        return cloud  # type: ignore[no-any-return]

    @property
    def now(self) -> str:
        """Current time in the format of the API."""
        return format_time(iso(self.project.time))

    def serialize(self, record: Record) -> Record:
        """Return a record in the format of the API."""
        return record if "id" in self.paths else {name: value for name, value in record.items() if name != "id"}

    def find(self, ref: int | str) -> Record | None:
        """Return a record by name (or slug) or by ID, None if there is none."""
        return self._find_by((self.named_by, "id"), str(ref))

    def by_path(self, text: str) -> Record:
        """Return the record that a path segment identifies.

        :raises ErrorResponse: ``not_found``
        """
        record = self._find_by(self.paths, text)
        if record is None:
            raise not_found(self.singular, text)
        return record

    def _find_by(self, fields: Iterable[str], text: str) -> Record | None:
        for field in fields:
            for record in self.records.values():
                if record.get(field) is not None and str(record[field]) == text:
                    return record
        return None

    def check_lock(self, record: Record) -> None:
        """Check that no action with a lock is running on a record.

        :raises ErrorResponse: ``locked``
        """
        if self.lockable and self.project.actions.locks(self.singular, record["id"]):
            raise ErrorResponse("locked", f"{self.singular.capitalize()} already has a pending event.")

    def start_regional_action(
        self, record: Record, command: str, *effect: Any, region: str | None = None, **options: Any
    ) -> Record:
        """Start an action with a region; see :meth:`FakeResource.start_action`.

        :param region: Slug of the region
        """
        action = self.start_action(record, command, *effect, **options)
        self.project.actions.private(action)["region"] = region
        return action
