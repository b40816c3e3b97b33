"""How a method's declaration becomes a request, and the response its result. Does no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints
from urllib.parse import quote

from .._exceptions import InvalidArgumentError
from .batches import Batch
from .client import BoundModelBase
from .domain import BaseDomain, encode

if TYPE_CHECKING:
    from .client import ResourceClientBase

__all__ = ["Endpoint", "bound", "endpoint", "every_entry", "every_item", "every_page", "instead"]

Method = TypeVar("Method", bound=Callable[..., Any])
Client = TypeVar("Client", bound="ResourceClientBase")
Model = TypeVar("Model")
P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")

# As in ``inspect``, which would cost an import.
CO_VARARGS, CO_VARKEYWORDS = 4, 8

_PAYLOAD = {"GET": "params", "DELETE": "params", "POST": "json", "PUT": "json"}

_COMMON = {
    "any": {
        "action_id": "ID of the action",
        "auto_delete": "whether to delete it with the resource that has it",
        "expose_routes_to_vswitch": "whether the vSwitch that is coupled with it learns its routes",
        "resource": "which resource",
        "rrset": "the set of records, with its zone",
        "snapshot": "the snapshot, which must say of which storage box it is",
        "subaccount": "the subaccount, which must say of which storage box it is",
    },
    "GET": {
        "end": "where the span of time ends",
        "id": "its ID",
        "label_selector": "Only those whose labels match this selector, such as ``env=prod,!old``.",
        "name": "Only the one of this name.",
        "page": "Which page to return, from 1.",
        "per_page": "How many entries a page may hold, the client's ``max_per_page`` at most.",
        "sort": "What to sort by, first to last: field names, each alone or with ``:asc`` or ``:desc``.",
        "start": "where the span of time begins",
        "status": "Only those with one of these statuses.",
        "step": "seconds between two values; by default as many as make 200 values at most",
        "type": "Only those of one of these types.",
    },
    "POST": {
        "access_settings": "how it can be reached",
        "automount": "whether the server shall mount it",
        "delete": "whether to refuse to delete it",
        "description": "what it is, in words",
        "dns_ptr": "the name",
        "home_directory": "the folder that it sees, which is made if it is not there",
        "ip": "which of its public addresses; of an IPv6 network, one that is in it",
        "labels": "labels to create it with",
        "load_balancer_type": "what it can carry, by ID or name",
        "location": "where to create it, by ID or name",
        "name": "its name, unique in the project",
        "password": "the password to log in with, which must follow the API's rules for passwords",
        "server_type": "what it is made of, by ID or name",
        "storage_box_type": "how much it holds, by ID or name",
    },
    "PUT": {
        "description": "its new description",
        "labels": "its labels, in place of all that it has",
        "name": "its new name",
    },
    "DELETE": {},
}
"""What parameters mean of most methods, by verb; a method that says nothing else of them means this."""


def endpoint(route: str, *, body: Mapping[str, Any] | None = None) -> Callable[[Method], Method]:
    """Send the call as ``route`` says, and read the response as the method's return annotation says.

    Arguments that the route names go into its path. The others become the query of a GET or DELETE and the JSON body
    of a POST or PUT, each under its own name: those without a default always, the others where they are not None.
    A record without an ID that is alone there is the whole body.
    A path that starts with ``~`` goes below the client's own. A method may have a body that returns
    by :func:`instead` what goes out in place of its arguments. A response with a list of bound objects has it under
    their collection's name.

    :param body: what the JSON body holds besides the arguments; with it, the arguments of a DELETE go into a body, too
    """

    def declare(method: Method) -> Method:
        call = Endpoint(method, route, body)

        @wraps(method)
        def send(self: Any, *args: Any, **kwargs: Any) -> Any:
            return call.read(self, self._client.request(**call.describe(self, args, kwargs)))

        send.__doc__ = _with_common(method, call.verb)
        send.__endpoint__ = call  # type: ignore[attr-defined]
        return cast(Method, send)

    return declare


def instead(**payload: Any) -> Any:
    """What a declared method returns whose payload holds something else than its arguments as they are.

    :param payload: entries in place of the arguments of these names, and further ones; None leaves one out
    """
    return payload


class Endpoint:
    """One route of the API, and the method that declares it."""

    def __init__(self, method: Callable[..., Any], route: str, body: Mapping[str, Any] | None = None) -> None:
        self.method = method
        self.body: Mapping[str, Any] = body or {}
        self.verb: str
        self.path: str
        self.verb, self.path = route.split()
        self.carrier: str = "json" if body is not None else _PAYLOAD[self.verb]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The method's parameters, without ``self``."""
        return parameters(self.method)

    @cached_property
    def segments(self) -> list[tuple[str, list[str]]]:
        """The path in pieces: literal text, and the argument that follows it with the attributes to take of it."""
        pieces = re.split(r"{([^}]+)}", self.path)
        return [(pieces[i], pieces[i + 1].split(".") if i + 1 < len(pieces) else []) for i in range(0, len(pieces), 2)]

    @cached_property
    def payload(self) -> tuple[str, ...]:
        """The parameters that go into the query or the body."""
        in_path = {steps[0] for _, steps in self.segments if steps}
        return tuple(name for name in self.names if name not in in_path)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What the parameters are that a call may leave out; those without a default are sent even if they are None."""
        code, defaults = self.method.__code__, self.method.__defaults__ or ()
        positional = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        return {**dict(zip(positional, defaults, strict=True)), **(self.method.__kwdefaults__ or {})}

    def describe(self, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The request that a call with these arguments stands for."""
        try:
            own = self.method(client, *args, **kwargs)  # does nothing, but refuses what its signature does
        except (TypeError, AttributeError) as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is None:  # of the signature
                raise
            raise self.refuse(f"an argument is of a wrong type, {error}") from error
        given = {**self.defaults, **dict(zip(self.names, args, strict=False)), **kwargs}
        request: dict[str, Any] = {"method": self.verb, "url": self.url(client, given)}
        if own is None and self.lone:
            if not isinstance(given[self.lone], BaseDomain):
                raise self.refuse(f"{self.lone} can't be {given[self.lone]!r}")
            request[self.carrier] = encode(given[self.lone])
        elif self.payload or self.body:
            own = own or {}
            given.update(own)
            optional = self.defaults.keys() | own.keys()
            request[self.carrier] = {
                **self.body,
                **{
                    name: encode(given[name])
                    for name in dict.fromkeys((*self.payload, *own))
                    if given[name] is not None or name not in optional
                },
            }
        return request

    def url(self, client: Any, given: Mapping[str, Any]) -> str:
        """The path of the request, with each part quoted.

        :raises InvalidArgumentError: if a part is missing or would lead elsewhere
        """
        url = ""
        for literal, steps in self.segments:
            url += literal.replace("~", client._base_url, 1) if literal.startswith("~") else literal
            if not steps:
                continue
            value = given[steps[0]]
            kind = self.subjects[steps[0]]
            if kind is not None and isinstance(value, BaseDomain) and not issubclass(value._kind, kind):
                raise self.refuse(f"{steps[0]} must be a {kind.__name__}, not {_brief(value)}")
            for step in steps[1:]:
                value = _known(value, step)
            if value is None:
                hint = f"; it takes a {kind.__name__}" if kind and not isinstance(given[steps[0]], BaseDomain) else ""
                raise self.refuse(f"{steps[0]}={_brief(given[steps[0]])} has no {'.'.join(steps[1:]) or 'value'}{hint}")
            if value.__class__ is not int:
                if isinstance(value, bool) or not isinstance(value, (int, str)):
                    raise self.refuse(f"{'.'.join(steps)} must be an id, not {value!r}")
                text = str(value)
                if self.takes_int(steps) and not (text.isascii() and text.isdecimal()):
                    raise self.refuse(f"{'.'.join(steps)} must be a whole number, not {value!r}")
                if text in ("", ".", ".."):
                    raise self.refuse(f"{'.'.join(steps)} can't be {value!r}")
                value = quote(text, safe="")
            url += str(value)
        return url

    def record_of(self, name: str) -> type[BaseDomain] | None:
        """The record of this library that a parameter takes, if it takes one."""
        kind = self.method.__globals__.get(self.method.__annotations__.get(name, ""))
        return getattr(kind, "_kind", None) if isinstance(kind, type) and issubclass(kind, BaseDomain) else None

    @cached_property
    def lone(self) -> str | None:
        """The parameter that is the whole body."""
        kind = self.record_of(self.payload[0]) if len(self.payload) == 1 and not self.body else None
        return self.payload[0] if kind is not None and kind._identified_by not in kind._fields else None

    @cached_property
    def subjects(self) -> dict[str, type[BaseDomain] | None]:
        """What the path takes the ids of, by the parameters."""
        return {steps[0]: self.record_of(steps[0]) for _, steps in self.segments if steps}

    def takes_int(self, steps: list[str]) -> bool:
        """Whether this part of the path is an argument that is declared as a whole number."""
        return len(steps) == 1 and self.method.__annotations__.get(steps[0]) == "int"

    def refuse(self, problem: str) -> InvalidArgumentError:
        """The error for a call that can't be sent."""
        return InvalidArgumentError(f"{self.method.__qualname__}(): {problem}; nothing was sent")

    @cached_property
    def result(self) -> Callable[[Any, Mapping[str, Any]], Any]:
        """How the response becomes what the method declares to return."""
        # Looked up at the first call: the bound models stand below the clients that return them.
        returns: Any = eval(self.method.__annotations__["return"], self.method.__globals__)
        if returns is bool:
            return lambda client, response: True
        if hasattr(returns, "_fields") and issubclass(returns, tuple):
            return _page_reader(returns)
        if getattr(returns, "__origin__", None) is list:
            (kind,) = returns.__args__
            one = _entry_reader(kind)
            return lambda client, response: one(client, response[kind._collection])
        if issubclass(returns, BoundModelBase):
            return lambda client, response: returns._of_response(client, _entry(returns, response[returns._key]))
        key = returns.__dict__.get("_key")
        if key is None:
            return lambda client, response: returns._hydrate(_told(returns, response), client, Batch())
        return lambda client, response: returns._hydrate(_object(response[key]), client, Batch())

    def read(self, client: Any, response: Any) -> Any:
        """The response as the declared type.

        :raises InvalidResponseError: if it is not of the declared shape
        """
        try:
            return self.result(client, response)
        except (KeyError, TypeError, AttributeError) as error:
            from .errors import misshapen

            problem = f"no {error}" if isinstance(error, KeyError) else str(error)
            path = self.path.replace("~", client._base_url, 1)
            raise misshapen(response, f"{self.verb} {path}", problem) from error


def _brief(value: Any) -> str:
    if not isinstance(value, BaseDomain):
        return repr(value)
    shown = [f"{name}={known!r}" for name in ("id", "name") if (known := _known(value, name)) is not None]
    return f"{type(value).__name__}({', '.join(shown)})"


def _known(value: Any, name: str) -> Any:
    """What ``value`` has under ``name``, None if nothing; nothing is fetched for it."""
    try:
        return value._known(name) if isinstance(value, BaseDomain) else getattr(value, name, None)
    except ValueError:  # neither id nor name is set
        return None


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, but got {type(value).__name__}")
    return value


def _told(kind: type[BaseDomain], value: Any) -> Any:
    """An object that tells something of what ``kind`` has."""
    if _object(value).keys().isdisjoint(kind._fields):
        raise KeyError(next(iter(kind._fields)))
    return value


def _entry(kind: Any, value: Any) -> Any:
    name = kind._kind._identified_by
    if _object(value).get(name).__class__ not in (int, str):
        raise TypeError(f"an object has no {name}")
    return value


def _page_reader(page: Any) -> Callable[[Any, Mapping[str, Any]], Any]:
    items = page._fields[0]
    entries = _entry_reader(*get_type_hints(page)[items].__args__)
    return lambda client, response: page(entries(client, response[items]), client._read_meta(response))


def _entry_reader(kind: Any) -> Callable[[Any, Any], list[Any]]:
    """How a list of what reads as ``kind`` is read: bound objects, plain records or what JSON has."""

    def read(client: Any, entries: Any) -> list[Any]:
        is_bound = isinstance(kind, type) and issubclass(kind, BoundModelBase)
        if entries.__class__ is dict and not is_bound:  # by their ids, which are in them, too
            entries = list(entries.values())
        if entries.__class__ is not list:
            raise TypeError(f"expected a list, but got {type(entries).__name__}")
        batch = Batch()
        if is_bound:
            own = kind._client_of(client)
            members = [kind._member(own, _entry(kind, entry), batch) for entry in entries]
            _share_equal(entries)
            return members
        if isinstance(kind, type) and issubclass(kind, BaseDomain):
            return [kind._hydrate(_object(entry), client, batch) for entry in entries]
        return entries

    return read


def _share_equal(entries: list[Any]) -> None:
    """Let entries of a page hold one object or list for what is equal in them, such as their server type.

    Nobody writes to it: what is read of it is a copy, and objects made from it have values of their own.
    """
    seen: dict[Any, Any] = {}
    for entry in entries:
        for field, value in entry.items():
            if value.__class__ is dict:
                identity = value.get("id")
                key = (field, identity if identity.__class__ is int else None)
            elif value.__class__ is list:
                key = field
            else:
                continue
            first = seen.get(key)
            if first is not None and first == value:
                entry[field] = first
            else:
                seen[key] = value


def every_page(get_list: Callable[..., tuple[list[Item], Any]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a declaration the method that returns the entries of all pages of ``get_list`` as one list.

    Its parameters are those of ``get_list`` without ``page``, which a house test compares. What ``get_list`` says it
    returns is also the documentation of its page.
    """

    def declare(method: Callable[P, R]) -> Callable[P, R]:
        get_every_page = wraps(method)(_over_pages("_iter_pages", method, get_list))
        summary = (get_list.__doc__ or "").split(":param")[0].strip()
        page: Any = method.__globals__[get_list.__annotations__["return"]]
        if page.__doc__.startswith(page.__name__):  # as of every named tuple that says nothing of itself
            page.__doc__ = summary.replace("Return a ", "A ", 1)
        get_every_page.__doc__ = _with_common(method, "GET") or (
            f"{summary.replace('a page of ', 'all ', 1)}\n\nTakes what :meth:`{get_list.__name__}` takes, but for the "
            "page. The pages after the first are fetched at once; each entry stands in the list once, even if it moved "
            "from page to page meanwhile."
        )
        get_every_page.__every_page_of__ = get_list  # type: ignore[attr-defined]
        return cast("Callable[P, R]", get_every_page)

    return declare


def every_entry(
    get_list: Callable[Concatenate[Client, P], tuple[list[Item], Any]],
) -> Callable[Concatenate[Client, P], list[Item]]:
    """The method that returns as a list what ``get_list`` does, of which the API has no pages: ``get_…_all``."""
    method = cast(Any, get_list)
    page = method.__wrapped__.__globals__[method.__annotations__["return"]]
    entries = page.__annotations__[page._fields[0]].__forward_arg__

    @wraps(_stand_in(method, method.__name__.replace("_list", "_all"), returns=entries))
    def get_every_entry(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, get_list.__name__)(*args, **kwargs)[0]

    return cast("Callable[Concatenate[Client, P], list[Item]]", get_every_entry)


def every_item(
    get_all: Callable[Concatenate[Client, P], list[Item]],
) -> Callable[Concatenate[Client, P], Iterator[Item]]:
    """The method that returns what ``get_all`` does one after another, with one page at a time in memory."""
    declared = cast(Any, get_all)
    method, name = declared.__wrapped__, declared.__name__
    shown = _stand_in(
        method,
        "iter" if name == "get_all" else name.replace("get_", "iter_"),
        returns=method.__annotations__["return"].replace("list[", "Iterator[", 1),
    )
    shown.__doc__ = (
        f"The entries that :meth:`{name}` returns, one after another: it holds one page, and fetches the next while "
        "you read."
    )
    return wraps(shown)(_over_pages("_stream_pages", method, declared.__every_page_of__))


def _over_pages(way: str, method: Any, get_list: Callable[..., Any]) -> Any:
    """What takes the parameters of ``method``, and goes this ``way`` through the pages of ``get_list``."""
    names = parameters(method)

    def go(self: Any, *args: Any, **kwargs: Any) -> Any:
        method(self, *args, **kwargs)  # does nothing, but refuses what its signature does
        given = dict(zip(names, args, strict=False))
        return getattr(self, way)(getattr(self, get_list.__name__), **given, **kwargs)

    return go


def bound(
    method: Callable[Concatenate[Client, Model, P], R], *, name: str | None = None
) -> Callable[Concatenate[Any, P], R]:
    """The bound model's form of its client's ``method``: the same call, with the model as the subject.

    What the call returns of the model itself, as an update does, is taken over by the model.

    :param name: what the bound model calls it, where that is not the method's own name
    """
    of_client = method.__name__

    @wraps(_stand_in(method, name or of_client, without_subject=True))
    def act(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self._client, of_client)(self, *args, **kwargs)
        self._refresh(result)
        return result

    return cast("Callable[Concatenate[Any, P], R]", act)


def parameters(method: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a method's parameters, without ``self``; ``inspect`` would cost an import."""
    code = method.__code__
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


def _cleaned(method: Callable[..., Any]) -> str:
    lines = (method.__doc__ or "").strip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    return "\n".join([*lines[:1], *(line[indent:] for line in lines[1:])])


def _with_common(method: Callable[..., Any], verb: str) -> str:
    """The method's documentation, with what is common knowledge of its parameters filled in, in their order."""
    summary, *fields = re.split(r"\n\s*(?=:param|:raises)", _cleaned(method))
    if not summary:
        return ""
    said = {field.split(":")[1]: field for field in fields}
    common = _COMMON["any"] | _COMMON[verb]
    known = {f"param {name}": f":param {name}: {text}" for name, text in common.items()}
    names = [f"param {name}" for name in parameters(method)]
    subject = method.__globals__.get(next(iter(method.__annotations__.values())))
    if verb == "DELETE" and "protection" in getattr(subject, "__annotations__", ()):
        said.setdefault("raises ProtectedError", ":raises ProtectedError: if it is protected against that")
    ordered = {name: said.pop(name, None) or known.get(name) for name in names}
    return "\n".join([summary, "", *filter(None, ordered.values()), *said.values()]).rstrip()


def _stand_in(
    method: Callable[..., Any], name: str, *, without_subject: bool = False, returns: str | None = None
) -> Callable[..., Any]:
    """A function for others to look at: ``method`` as ``name``, without its second parameter or with another result."""
    declared = cast(Any, method)
    while hasattr(declared, "__wrapped__"):
        declared = declared.__wrapped__
    code = declared.__code__
    count = code.co_argcount
    stars = sum(bool(code.co_flags & flag) for flag in (CO_VARARGS, CO_VARKEYWORDS))
    names = code.co_varnames[: count + code.co_kwonlyargcount + stars]
    documentation, annotations = _cleaned(method), dict(declared.__annotations__)
    if without_subject:
        subject = names[1]
        names, count = (names[0], *names[2:]), count - 1
        annotations.pop(subject, None)
        documentation = re.sub(rf"\n *:param {subject}:.*(\n   +.*)*", "", documentation)
    if returns is not None:
        annotations["return"] = returns
    shape = (lambda: None).__code__.replace(
        co_argcount=count,
        co_kwonlyargcount=code.co_kwonlyargcount,
        co_varnames=names,
        co_nlocals=len(names),
        co_flags=code.co_flags & (CO_VARARGS | CO_VARKEYWORDS) | 3,  # 3: its locals are an array
    )
    stand_in = FunctionType(shape, declared.__globals__, name, declared.__defaults__)
    stand_in.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.{name}"
    stand_in.__kwdefaults__ = declared.__kwdefaults__
    stand_in.__annotations__, stand_in.__doc__, stand_in.__module__ = annotations, documentation, method.__module__
    return stand_in
