"""What every resource of the box is made of: its records, its operations, and what the frame does for all of them."""

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
"""What an operation answers with: the records under their names in the answer's body."""

F = TypeVar("F", bound=Callable[..., Any])
Effect = Callable[..., object]

_SUCCESS = {"GET": 200, "PUT": 200, "POST": 201, "DELETE": 204}
_RUNNING_OR_DONE = Filter("status", ("running", "success", "error"), many=True)
ACTIONS = Listing("actions", filters=(_RUNNING_OR_DONE,), sortable=("id", "command", "status", "started", "finished"))
_ACTIONS_BY_ID = Listing("actions", (Filter("id", many=True, value_type=int), *ACTIONS.filters), ACTIONS.sortable)


@dataclass(frozen=True)
class _OperationMark:
    method: str
    path: str
    of: str | None
    status: int
    if_locked: bool
    when: str | None
    in_body: bool


def operation(
    route: str,
    *,
    of: str | None = None,
    status: int | None = None,
    if_locked: bool | None = None,
    when: str | None = None,
    in_body: bool | None = None,
) -> Callable[[F], F]:
    """Make a method of a :class:`FakeResource` an operation of the API.

    Its positional parameters are the path's, in order: one annotated ``int`` or ``str`` comes as that, one annotated
    ``Record`` is the record of the collection (an id that does not exist never reaches the method). Its keyword-only
    parameters are the input. It returns the body, a :class:`~hcloud.testing.listing.ListPage`, or ``None`` for no body.

    :param route: the method and the path below the collection: ``"PUT /{id}"``.
    :param of: another collection whose path it extends; default the resource's own.
    :param status: of the answer; default 201 for POST, 204 for an empty answer, otherwise 200.
    :param if_locked: whether it works while an action runs on the record; by default not for DELETE and actions.
    :param when: an attribute of the resource that must be true for the operation to exist.
    :param in_body: whether the input is in the body; by default not for GET and DELETE.
    """
    method, path = route.split(" ", 1)
    works = not (method == "DELETE" or (method == "POST" and "/actions/" in path)) if if_locked is None else if_locked
    in_body = method not in ("GET", "DELETE") if in_body is None else in_body
    mark = _OperationMark(method, path.rstrip("/"), of, status or _SUCCESS[method], works, when, in_body)

    def marked(function: F) -> F:
        function.__dict__["operation"] = mark
        return function

    return marked


def action(of: str | None = None, *, if_locked: bool = False) -> Callable[[F], F]:
    """Make a method the action of its name: ``POST /COLLECTION/{id}/actions/NAME``.

    :param of: the collection it acts on; default the resource's own.
    :param if_locked: whether it works while another action runs.
    """

    def marked(function: F) -> F:
        return operation(f"POST /{{id}}/actions/{function.__name__}", of=of, if_locked=if_locked)(function)

    return marked


def on_event(*events: str) -> Callable[[F], F]:
    """Call a method of a :class:`FakeResource` with the record when something happens to another resource.

    Every resource has the events ``COLLECTION.added``, ``COLLECTION.changed`` and ``COLLECTION.removed``; others are
    announced by :meth:`FakeResource.announce`, with arguments as their announcer says.
    """

    def marked(function: F) -> F:
        function.__dict__["events"] = events
        return function

    return marked


@dataclass(frozen=True)
class Operation:
    """One operation of the API: where it is, what it takes, the method that does it."""

    method: str
    path: str
    collection: str
    function: str
    kind: type[FakeResource]
    status: int
    if_locked: bool
    in_body: bool

    @cached_property
    def input(self) -> Input:
        """What it takes, read from the method's signature."""
        return Input(getattr(self.kind, self.function))

    def __call__(self, project: Project, values: list[str], query: Query, body: bytes) -> Body | ListPage | None:
        """Check the input, find the records, do it."""
        taken = self.input
        given = taken.from_body(body) if self.in_body else taken.from_query(query)
        taken.read(given)
        owner = project[self.collection]
        arguments: list[Any] = []
        for text, hint in zip(values, taken.path, strict=True):
            if hint is str:
                arguments.append(text)
            elif hint is int:
                found = as_number(text)
                if found is None:
                    raise not_found(owner.singular, text)
                arguments.append(found)
            else:
                arguments.append(owner.by_path(text))
        if arguments and isinstance(arguments[0], dict) and not self.if_locked:
            owner.check_lock(arguments[0])
        named = taken.read(given, project) if given else {}
        if taken.wants_query:
            named["query"] = query
        done: Body | ListPage | None = getattr(project[self.kind.collection], self.function)(*arguments, **named)
        return done


class FakeResource:
    """The records of one kind in one project, and what can be done with them.

    Subclasses declare the class attributes and write their operations as methods; see :mod:`hcloud.testing.resources`.
    As a collection it can be looked into: by id or name, iterated, counted.
    """

    collection: ClassVar[str]
    """Its name in paths and lists."""
    singular: ClassVar[str]
    """Its name as a single entity, also in actions."""
    sortable: Names = ()
    """The fields a list can be sorted by."""
    filters: Filters = ()
    """The query parameters of a list, besides ``label_selector``, ``sort`` and pages."""
    labelled: ClassVar[bool] = False
    """Whether its entities have labels."""
    single: ClassVar[bool] = True
    """Whether the API gives one entity alone."""
    acting: ClassVar[bool] = False
    """Whether it has actions, and the four ways to read them."""
    lockable: ClassVar[bool] = True
    """Whether its entities are locked while an action runs on them."""
    unique: Names = ("name",)
    """Fields that no two entities of a project share."""

    operations: ClassVar[list[Operation]] = []
    events: ClassVar[dict[str, str]] = {}
    listing: ClassVar[Listing]

    def __init_subclass__(cls) -> None:
        cls.listing = Listing(cls.collection, cls.filters, cls.sortable, cls.labelled)
        cls.operations, cls.events = [], {}
        for name in dir(cls):
            marks = getattr(getattr(cls, name), "__dict__", {})
            cls.events.update(dict.fromkeys(marks.get("events", ()), name))
            mark = marks.get("operation")
            if not isinstance(mark, _OperationMark) or (mark.when and not getattr(cls, mark.when)):
                continue
            at = mark.of or cls.collection
            cls.operations.append(
                Operation(mark.method, f"/{at}{mark.path}", at, name, cls, mark.status, mark.if_locked, mark.in_body)
            )

    def __init__(self, project: Project) -> None:
        self.project = project
        self.records: dict[int, Record] = {record["id"]: record for record in project.seeds(type(self))}
        self.taken: dict[str, dict[Any, int]] = {field: {} for field in self.unique}
        self.hidden: dict[int, Record] = {}
        self._seeds = frozenset(self.records)

    @classmethod
    def seed(cls, now: float) -> Iterable[Record]:
        """The records that are there from the start, the same in all projects of a cloud; by default none."""
        return ()

    # Looking into it

    def __getitem__(self, ref: int | str) -> Record:
        """A record by id or name.

        :raises KeyError: there is none; says which there are.
        """
        found = self.find(ref)
        if found is None:
            raise RecordNotFound(self, ref)
        return found

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
        """The records that were not there from the start."""
        return [record for number, record in self.records.items() if number not in self._seeds]

    def find(self, ref: int | str) -> Record | None:
        """A record by id or name; a number in a string is an id."""
        wanted = as_number(ref) if isinstance(ref, str) else ref
        if wanted is not None:
            return self.records.get(wanted)
        if "name" in self.taken and (known := self.taken["name"].get(ref)) is not None:
            return self.records[known]
        return next((record for record in self.records.values() if record.get("name") == ref), None)

    def by_path(self, text: str) -> Record:
        """The record that a path names.

        :raises ErrorResponse: ``not_found``
        """
        wanted = as_number(text)
        found = None if wanted is None else self.records.get(wanted)
        if found is None:
            raise not_found(self.singular, text)
        return found

    # What operations are made of

    @property
    def now(self) -> str:
        """The moment, as the API writes it."""
        return iso(self.project.cloud.clock.time())

    def new_id(self) -> int:
        """An id that nothing else in the cloud has."""
        return self.project.cloud.new_id()

    def add(self, record: Record) -> Record:
        """Keep a new record.

        :raises ErrorResponse: ``uniqueness_error`` or ``resource_limit_exceeded``
        """
        self.check_room(record)
        for field, ids in self.taken.items():
            if record.get(field) is not None:
                ids[record[field]] = record["id"]
        self.records[record["id"]] = record
        self.announce("added", record)
        return record

    def check_room(self, wanted: Record, count: int = 1) -> None:
        """Whether one more can be added, or so many, with the unique fields of ``wanted``.

        :raises ErrorResponse: ``uniqueness_error`` or ``resource_limit_exceeded``
        """
        for field in self.taken:
            self._check_unique(field, wanted.get(field), None)
        limit = self.project.cloud.limits.get(self.collection)
        if limit is not None and count > max(0, limit - (len(self.records) - len(self._seeds))):
            raise limit_exceeded(self.singular)

    def _check_unique(self, field: str, value: Any, mine: int | None) -> None:
        if value is not None and self.taken[field].get(value, mine) != mine:
            raise uniqueness(self.singular, field)

    def change(self, record: Record, **fields: Any) -> Record:
        """Set the fields that are not ``None``.

        :raises ErrorResponse: ``uniqueness_error``
        """
        given = {name: value for name, value in fields.items() if value is not None}
        for field in self.taken:
            self._check_unique(field, given.get(field), record["id"])
        for field, ids in self.taken.items():
            if field in given:
                ids.pop(record.get(field), None)
                ids[given[field]] = record["id"]
        record.update(given)
        self.announce("changed", record)
        return record

    def put(self, record: Record, fields: Record) -> None:
        """Set fields of a record, or of an object in one: what actions do when they end."""
        record.update(fields)

    def set_with_undo(self, record: Record, **fields: Any) -> Effect:
        """Set fields of a record while an action runs; what is returned sets them back, for when it fails."""
        before = {name: record[name] for name in fields}
        record.update(fields)
        return partial(self.put, record, before)

    def remove(self, record: Record) -> None:
        """Forget a record.

        :raises ErrorResponse: ``protected``
        """
        self.check_protection(record)
        del self.records[record["id"]]
        self.hidden.pop(record["id"], None)
        for field, ids in self.taken.items():
            ids.pop(record.get(field), None)
        self.announce("removed", record)

    def check_protection(self, record: Record, against: str = "delete") -> None:
        """Whether the record's protection allows it.

        :raises ErrorResponse: ``protected``
        """
        if record.get("protection", {}).get(against):
            raise protected(self.singular, against)

    def check_lock(self, record: Record) -> None:
        """Whether no action that locks is running on it.

        :raises ErrorResponse: ``locked``
        """
        if self.lockable and self.project.actions.locks(self.singular, record["id"]):
            raise locked(self.singular)

    def private(self, record: Record) -> Record:
        """What the box knows about a record and the API does not tell."""
        return self.hidden.setdefault(record["id"], {})

    def announce(self, event: str, *arguments: Any) -> None:
        """Tell the methods of all resources that are :func:`on_event` this event of this collection."""
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

        An action that fails leaves everything as it was: what it changes is changed by ``then``; what shows at once is
        changed by :meth:`set_with_undo`, or has an ``otherwise`` that undoes it. Effects are methods of resources with
        plain values, not closures: snapshots of the cloud hold them.

        :param then: what to do when it succeeds, called with ``arguments``.
        :param otherwise: what to do when it fails.
        :param also: the other resources of the action, as (singular, id).
        :param seconds: how long it takes, unless the cloud says otherwise; 0 finishes with the request.
        :param after: another action that must finish first; if that fails, this one fails too.
        :param locking: whether the resources are locked while it runs.
        :returns: the action's record.
        :raises TypeError: an effect is no method of a resource.
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
        """Start the action that protects a record against being deleted, or no longer; ``None`` changes nothing."""
        protection = {**record["protection"], **({} if delete is None else {"delete": delete})}
        return self.start_action(record, "change_protection", self.put, record, {"protection": protection}, seconds=0)

    # Operations that all have

    @operation("GET /")
    def get_list(self, *, query: Query) -> ListPage | Body:
        """The entities that the query asks for."""
        return self.listing.of(self.records.values(), query)

    @operation("GET /{id}", when="single")
    def get(self, record: Record) -> Body:
        """One entity."""
        return {self.singular: record}

    @operation("GET /actions", when="acting")
    def get_all_actions(self, *, query: Query) -> ListPage | Body:
        """The actions of all entities of this kind."""
        return _ACTIONS_BY_ID.of(self.project.actions.of(self.singular), query)

    @operation("GET /actions/{action_id}", when="acting")
    def get_any_action(self, action_id: int) -> Body:
        """One action of any entity of this kind."""
        return {"action": self._action(action_id, None)}

    @operation("GET /{id}/actions", when="acting")
    def get_actions(self, record: Record, *, query: Query) -> ListPage | Body:
        """The actions of one entity."""
        return ACTIONS.of(self.project.actions.of(self.singular, record["id"]), query)

    @operation("GET /{id}/actions/{action_id}", when="acting")
    def get_action(self, record: Record, action_id: int) -> Body:
        """One action of one entity."""
        return {"action": self._action(action_id, record["id"])}

    def _action(self, action_id: int, of: int | None) -> Record:
        found = self.project.actions.records.get(action_id)
        if found is not None:
            for each in found["resources"]:
                if each["type"] == self.singular and of in (None, each["id"]):
                    return found
        raise not_found("action", action_id)


class RecordNotFound(KeyError):
    """What was looked for is not in a collection."""

    def __init__(self, resource: FakeResource, ref: object) -> None:
        there = [f"{each['id']} {each.get('name') or ''}".strip() for each in resource.own] or [
            f"{each['id']} {each.get('name') or ''}".strip() for each in resource
        ]
        shown = ", ".join(there[:20]) + (f" and {len(there) - 20} more" if len(there) > 20 else "")
        super().__init__(f"no {resource.singular} {ref!r} in the fake cloud; there: {shown or 'none'}")

    def __str__(self) -> str:
        return str(self.args[0])
