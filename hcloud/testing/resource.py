"""Base class of the resources of a fake cloud, and the decorators that declare their operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .clock import iso
from .error_responses import limit_exceeded, locked, not_found, protected, uniqueness
from .http import Query, as_number
from .listing import Filter, Filters, Listing, ListPage, Names
from .schema import Input, Record

if TYPE_CHECKING:
    from .cloud import Project

__all__ = ["Body", "Effect", "FakeResource", "Operation", "action", "on_event", "operation"]

Body = dict[str, Any]
"""Body of a response: records by name."""

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
Effect = Callable[..., object]
"""Function that an action calls when it ends."""

_SUCCESS = {"GET": 200, "PUT": 200, "POST": 201, "DELETE": 204}
_BY_STATUS = Filter("status", ("running", "success", "error"), many=True)
ACTIONS = Listing("actions", filters=(_BY_STATUS,), sortable=("id", "command", "status", "started", "finished"))
_ACTIONS_BY_ID = Listing("actions", (Filter("id", many=True, value_type=int), *ACTIONS.filters), ACTIONS.sortable)


@dataclass(frozen=True)
class _Declaration:
    """Arguments of the decorator :func:`operation`."""

    method: str
    path: str
    of: str | None
    status: int
    if_locked: bool
    when: str | None
    in_body: bool
    starts: tuple[str, ...]


def operation(
    route: str,
    *,
    of: str | None = None,
    status: int | None = None,
    if_locked: bool | None = None,
    when: str | None = None,
    in_body: bool | None = None,
    starts: tuple[str, ...] | None = None,
) -> Callable[[FunctionT], FunctionT]:
    """Declare a method of a :class:`FakeResource` as an operation of the API.

    The positional parameters of the method are the path parameters, in order. A parameter that is annotated with
    ``int`` or ``str`` has that type; one that is annotated with ``Record`` is the record with this ID in the
    collection (an unknown ID is rejected before the method is called). The keyword-only parameters are the input. The
    method returns the body, a :class:`~hcloud.testing.listing.ListPage`, or ``None`` for no body.

    :param route: HTTP method, and path below the collection: ``"PUT /{id}"``
    :param of: Collection at the beginning of the path; default that of the resource
    :param status: Status of the response; default 201 for POST, 204 without a body, otherwise 200
    :param if_locked: If true, the operation is allowed while an action runs on the record. The default is false for
        DELETE and for actions.
    :param when: Attribute of the resource that must be true for the operation to exist
    :param in_body: If true, the input is in the body, otherwise in the query. The default is false for GET and DELETE.
    :param starts: Commands of the actions that it can start. The default is the last part of the path for
        ``POST /…/actions/NAME``, otherwise none. Other commands must begin with ``_``: they are internal.
    """
    method, path = route.split(" ", 1)
    is_action = method == "POST" and "/actions/" in path
    if if_locked is None:
        if_locked = not (method == "DELETE" or is_action)
    if starts is None:
        starts = (path.rsplit("/", 1)[-1],) if is_action else ()
    in_body = method not in ("GET", "DELETE") if in_body is None else in_body
    declaration = _Declaration(
        method, path.rstrip("/"), of, status or _SUCCESS[method], if_locked, when, in_body, starts
    )

    def declare(function: FunctionT) -> FunctionT:
        function.__dict__["operation"] = declaration
        return function

    return declare


def action(
    of: str | None = None, *, if_locked: bool = False, starts: tuple[str, ...] | None = None
) -> Callable[[FunctionT], FunctionT]:
    """Declare a method as the operation ``POST /COLLECTION/{id}/actions/NAME``, with the name of the method.

    :param of: Collection that the action applies to; default that of the resource
    :param if_locked: If true, the operation is allowed while another action runs on the record
    :param starts: Commands of the actions that it can start; default the name of the method
    """

    def declare(function: FunctionT) -> FunctionT:
        route = f"POST /{{id}}/actions/{function.__name__}"
        return operation(route, of=of, if_locked=if_locked, starts=starts)(function)

    return declare


def on_event(*events: str) -> Callable[[FunctionT], FunctionT]:
    """Declare a method of a :class:`FakeResource` as a listener to events of other resources.

    Every resource has the events ``COLLECTION.added``, ``COLLECTION.changed`` and ``COLLECTION.removed``, with the
    record as argument. Resources announce others by :meth:`FakeResource.announce`, and document their arguments.
    """

    def declare(function: FunctionT) -> FunctionT:
        function.__dict__["events"] = events
        return function

    return declare


@dataclass(frozen=True)
class Operation(_Declaration):
    """An operation of the API; its path begins with the collection, and has ``{…}`` for path parameters.

    :param collection: Collection at the beginning of the path
    :param function: Name of the method that performs the operation
    :param resource_class: Class that has this method
    """

    collection: str
    function: str
    resource_class: type[FakeResource]

    @cached_property
    def input(self) -> Input:
        """Schema of the input, from the signature of the method."""
        return Input(getattr(self.resource_class, self.function))

    def __call__(self, project: Project, path_values: list[str], query: Query, body: bytes) -> Body | ListPage | None:
        """Check the input, find the records, and call the method."""
        schema = self.input
        values = schema.from_body(body) if self.in_body else schema.from_query(query)
        schema.read(values)
        owner = project[self.collection]
        arguments = [_path_argument(owner, text, hint) for text, hint in zip(path_values, schema.path, strict=True)]
        if arguments and isinstance(arguments[0], dict) and not self.if_locked:
            owner.check_lock(arguments[0])
        # A second time, with references resolved: the API rejects invalid input before it looks for the record.
        keywords = schema.read(values, project) if values else {}
        if schema.wants_query:
            keywords["query"] = query
        method = getattr(project[self.resource_class.collection], self.function)
        result: Body | ListPage | None = method(*arguments, **keywords)
        return result


def _path_argument(owner: FakeResource, text: str, hint: Any) -> Any:
    """Convert a path parameter to the type of the parameter of the method.

    :raises ErrorResponse: ``not_found``
    """
    if hint is str:
        return text
    if hint is not int:
        return owner.by_path(text)
    number = as_number(text)
    if number is None:
        raise not_found(owner.singular, text)
    return number


class FakeResource:
    """A resource of the API in one project: its records and its operations.

    Subclasses set the class attributes and have operations as methods; see :mod:`hcloud.testing.resources`. A resource
    is also a collection of its records: it supports access by ID or name, iteration and ``len()``.
    """

    collection: ClassVar[str]
    """Name of the collection, in paths and lists."""
    singular: ClassVar[str]
    """Name of one entity, also in actions."""
    sortable: Names = ()
    """Fields that a list can be sorted by."""
    filters: Filters = ()
    """Query parameters that filter a list, besides ``label_selector``."""
    labelled: ClassVar[bool] = False
    """True if the records have labels."""
    single: ClassVar[bool] = True
    """True if the API has an operation that returns one entity."""
    acting: ClassVar[bool] = False
    """True if the API has operations that return the actions of the resource."""
    lockable: ClassVar[bool] = True
    """True if records are locked while an action runs on them."""
    unique: Names = ("name",)
    """Fields whose values are unique in a project."""

    operations: ClassVar[list[Operation]] = []
    events: ClassVar[dict[str, str]] = {}
    listing: ClassVar[Listing]

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "collection"):
            return  # a part of a resource, in a file of its own
        cls.listing = Listing(cls.collection, cls.filters, cls.sortable, cls.labelled)
        cls.operations, cls.events = [], {}
        for name in dir(cls):
            attributes = getattr(getattr(cls, name), "__dict__", {})
            cls.events.update(dict.fromkeys(attributes.get("events", ()), name))
            declared = attributes.get("operation")
            if isinstance(declared, _Declaration) and (not declared.when or getattr(cls, declared.when)):
                cls.operations.append(cls._operation(name, declared))

    @classmethod
    def _operation(cls, function: str, declared: _Declaration) -> Operation:
        collection = declared.of or cls.collection
        options = {**vars(declared), "path": f"/{collection}{declared.path}"}
        return Operation(**options, collection=collection, function=function, resource_class=cls)

    def __init__(self, project: Project) -> None:
        self.project = project
        # The saved state of a cloud has the names of these attributes.
        self.records: dict[int, Record] = {record["id"]: record for record in project.seeds(type(self))}
        """Records by ID."""
        self.taken: dict[str, dict[Any, int]] = {field: {} for field in self.unique}
        """Values of the unique fields, with the IDs of their records."""
        self.hidden: dict[int, Record] = {}
        """Data that the API does not show, by the ID of the record."""
        self._seeds = frozenset(self.records)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """Return the initial records, which all projects of a cloud share; by default none."""
        return ()

    # Access to the records

    def __getitem__(self, ref: int | str) -> Record:
        """Return a record by ID or name.

        :raises KeyError: if there is no such record; the message lists the records that exist
        """
        record = self.find(ref)
        if record is None:
            raise RecordNotFound(self, ref)
        return record

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self.records.values()))

    def __len__(self) -> int:
        return len(self.records)

    def __contains__(self, ref: object) -> bool:
        return isinstance(ref, (int, str)) and self.find(ref) is not None

    def __repr__(self) -> str:
        return f"<{len(self)} {self.collection}>"

    @property
    def own(self) -> list[Record]:
        """All records except the initial ones."""
        return [record for number, record in self.records.items() if number not in self._seeds]

    def find(self, ref: int | str) -> Record | None:
        """Return a record by ID or name; a number in a string is an ID."""
        number = as_number(ref) if isinstance(ref, str) else ref
        if number is not None:
            return self.records.get(number)
        if "name" in self.taken and (number := self.taken["name"].get(ref)) is not None:
            return self.records[number]
        return next((record for record in self.records.values() if record.get("name") == ref), None)

    def by_path(self, text: str) -> Record:
        """Return the record that a path parameter refers to.

        :raises ErrorResponse: ``not_found``
        """
        number = as_number(text)
        record = None if number is None else self.records.get(number)
        if record is None:
            raise not_found(self.singular, text)
        return record

    # For use by operations

    @property
    def now(self) -> str:
        """Current time, in the format of the API."""
        return iso(self.project.time)

    def new_id(self) -> int:
        """Return an ID that is unique in the cloud."""
        return self.project.cloud.new_id()

    def add(self, record: Record) -> Record:
        """Add a new record, and announce it.

        :raises ErrorResponse: ``uniqueness_error`` or ``resource_limit_exceeded``
        """
        self.check_room(record)
        for field, ids in self.taken.items():
            if record.get(field) is not None:
                ids[record[field]] = record["id"]
        self.records[record["id"]] = record
        self.announce("added", record)
        return record

    def check_room(self, record: Record, count: int = 1) -> None:
        """Check that records can be added.

        :param record: Record with the unique fields of the new record
        :param count: Number of new records, for the limit of the resource
        :raises ErrorResponse: ``uniqueness_error`` or ``resource_limit_exceeded``
        """
        for field in self.taken:
            self._check_unique(field, record.get(field), None)
        limit = self.project.cloud.limits.get(self.collection)
        if limit is not None and count > max(0, limit - (len(self.records) - len(self._seeds))):
            raise limit_exceeded(self.singular)

    def _check_unique(self, field: str, value: Any, own_id: int | None) -> None:
        if value is not None and self.taken[field].get(value, own_id) != own_id:
            raise uniqueness(self.singular, field)

    def change(self, record: Record, **fields: Any) -> Record:
        """Set the fields that are not ``None``, and announce the change.

        :raises ErrorResponse: ``uniqueness_error``
        """
        changes = {name: value for name, value in fields.items() if value is not None}
        for field in self.taken:
            self._check_unique(field, changes.get(field), record["id"])
        for field, ids in self.taken.items():
            if field in changes:
                ids.pop(record.get(field), None)
                ids[changes[field]] = record["id"]
        record.update(changes)
        self.announce("changed", record)
        return record

    def put(self, record: Record, fields: Record) -> None:
        """Set fields of a record, or of an object in a record; an effect for actions."""
        record.update(fields)

    def set_with_undo(self, record: Record, **fields: Any) -> Effect:
        """Set fields of a record when an action starts.

        :returns: Effect that restores the former values, for an action that fails.
        """
        before = {name: record[name] for name in fields}
        record.update(fields)
        return partial(self.put, record, before)

    def remove(self, record: Record) -> None:
        """Remove a record, and announce it.

        :raises ErrorResponse: ``protected``
        """
        self.check_protection(record)
        del self.records[record["id"]]
        self.hidden.pop(record["id"], None)
        for field, ids in self.taken.items():
            ids.pop(record.get(field), None)
        self.announce("removed", record)

    def check_protection(self, record: Record, against: str = "delete") -> None:
        """Check that a record is not protected.

        :raises ErrorResponse: ``protected``
        """
        if record.get("protection", {}).get(against):
            raise protected(self.singular, against)

    def check_lock(self, record: Record) -> None:
        """Check that no action with a lock is running on a record.

        :raises ErrorResponse: ``locked``
        """
        if self.lockable and self.project.actions.locks(self.singular, record["id"]):
            raise locked(self.singular)

    def private(self, record: Record) -> Record:
        """Return the data of a record that the API does not show."""
        return self.hidden.setdefault(record["id"], {})

    def announce(self, event: str, *arguments: Any) -> None:
        """Call the methods that listen to an event of this collection; see :func:`on_event`."""
        self.project.announce(f"{self.collection}.{event}", *arguments)

    def start_action(
        self,
        record: Record,
        command: str,
        then: Effect | None = None,
        *arguments: Any,
        otherwise: Effect | None = None,
        also: Iterable[tuple[str, int]] = (),
        seconds: float = 1.0,
        after: Record | None = None,
        locking: bool = True,
    ) -> Record:
        """Start an action on a record.

        An action that fails must leave everything as it was. So changes are made by ``then``, when the action succeeds;
        a change that is visible at once is made by :meth:`set_with_undo`, or undone by ``otherwise``. Effects are
        methods of resources with plain arguments, not closures, because the saved state of a cloud includes them.

        :param then: Effect of success, called with ``arguments``
        :param otherwise: Effect of failure
        :param also: Further resources of the action, as (singular, ID)
        :param seconds: Duration, unless the settings of the cloud override it; 0 for an action that ends at once
        :param after: Action that must succeed first; if it fails, this action fails, too
        :param locking: If true, the resources are locked while the action runs
        :returns: Record of the action.
        :raises TypeError: if an effect is not a method of a resource
        :raises ValueError: if no operation declares the command
        """
        return self.project.actions.start(
            command,
            [(self.singular, record["id"]), *also],
            then=partial(then, *arguments) if then is not None else None,
            otherwise=otherwise,
            seconds=seconds,
            after=after,
            locking=locking,
        )

    def protect(self, record: Record, delete: bool | None) -> Record:
        """Start the action that sets the delete protection of a record; ``None`` leaves it unchanged."""
        protection = {**record["protection"], **({} if delete is None else {"delete": delete})}
        return self.start_action(record, "change_protection", self.put, record, {"protection": protection}, seconds=0)

    # Operations of all resources

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """Return the entities that the query selects."""
        return self.listing.of(self.records.values(), query)

    @operation("GET /{id}", when="single")
    def get(self, record: Record) -> Body:
        """Return one entity."""
        return {self.singular: record}

    @operation("GET /actions", when="acting")
    def get_all_actions(self, *, query: Query) -> ListPage | Body:
        """Return the actions of all entities."""
        return _ACTIONS_BY_ID.of(self.project.actions.of(self.singular), query)

    @operation("GET /actions/{action_id}", when="acting")
    def get_any_action(self, action_id: int) -> Body:
        """Return an action of any entity."""
        return {"action": self._action(action_id, None)}

    @operation("GET /{id}/actions", when="acting")
    def get_actions(self, record: Record, *, query: Query) -> ListPage | Body:
        """Return the actions of one entity."""
        return ACTIONS.of(self.project.actions.of(self.singular, record["id"]), query)

    @operation("GET /{id}/actions/{action_id}", when="acting")
    def get_action(self, record: Record, action_id: int) -> Body:
        """Return an action of one entity."""
        return {"action": self._action(action_id, record["id"])}

    def _action(self, action_id: int, record_id: int | None) -> Record:
        action_record = self.project.actions.records.get(action_id)
        if action_record is not None:
            for resource in action_record["resources"]:
                if resource["type"] == self.singular and record_id in (None, resource["id"]):
                    return action_record
        raise not_found("action", action_id)


class RecordNotFound(KeyError):
    """A record that was looked up does not exist; the message lists the records that do."""

    def __init__(self, resource: FakeResource, ref: object) -> None:
        names = list(map(_label, resource.own)) or list(map(_label, resource))
        listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        super().__init__(f"no {resource.singular} {ref!r} in the fake cloud; existing: {listed or 'none'}")

    def __str__(self) -> str:
        return str(self.args[0])


def _label(record: Record) -> str:
    return f"{record['id']} {record.get('name') or ''}".strip()
