"""Declarations of methods: a route and a signature become a request. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import CoroutineType
from typing import Any, TypeVar, cast
from urllib.parse import quote

from .._exceptions import HCloudException, InvalidArgumentError, InvalidResponseError, OutcomeUnknownError
from .coroutines import blocking, check_side, result_of
from .decoding import DeclaredPath
from .documentation import complete_docstring, implements, parameters
from .domain import BaseDomain, encode
from .fields import Identity
from .reading import SHAPE_ERRORS, Reader, reader_of
from .references import Reference, as_integer
from .waiting import remember_subjects

__all__ = ["Endpoint", "endpoint", "instead"]

Method = TypeVar("Method", bound=Callable[..., Any])

_PAYLOAD_ARGUMENTS = {"GET": "params", "DELETE": "params", "POST": "json", "PUT": "json"}
"""Argument of ``request()`` that carries the payload, by HTTP method."""


def endpoint(
    route: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Callable[[Method], Method]:
    """Implement a declared method: send a call to ``route``, and read the response as its return annotation says.

    Arguments named in the route become part of its path. All others become the query of a GET or DELETE or the JSON
    body of a POST or PUT, under their own names: parameters without a default are always sent, others unless None.
    A record without an ID that is the only other argument is the body itself. A path that starts with ``~`` is
    relative to that of the resource client. The body of a method may return :func:`instead` to override its payload.
    A response with a list of bound objects holds it under the name of their collection.

    :param body: Further entries of the JSON body; with it, the arguments of a DELETE are sent in a body, too
    :param headers: Further headers of the request
    """

    def declare(method: Method) -> Method:
        declaration = Endpoint(method, route, body, headers)

        @implements(method)
        async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            request = declaration.describe(self, args, kwargs)
            try:
                result = self._client.request(**request)
                result = await declaration.read(self, await result if result.__class__ is CoroutineType else result)
            except InvalidResponseError as error:
                raise declaration.unreadable(error) from error.__cause__
            if declaration.may_return_actions:
                declaration.remember_subjects(result, {**dict(zip(declaration.names, args, strict=False)), **kwargs})
            elif declaration.deletes_at_once:
                declaration.keep_known({**dict(zip(declaration.names, args, strict=False)), **kwargs})
            return result

        call.__doc__ = complete_docstring(method, declaration.verb)
        call.__endpoint__ = declaration  # type: ignore[attr-defined]
        return cast(Method, blocking(call))

    return declare


def instead(**payload: Any) -> Any:
    """Override the payload; a declared method returns the result.

    :param payload: Values that replace the arguments of these names, and further entries; None leaves one out
    """
    return payload


class Endpoint:
    """One route of the API and the method that declares it."""

    def __init__(
        self,
        method: Callable[..., Any],
        route: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.method = method
        self.body: Mapping[str, Any] = body or {}
        self.headers: Mapping[str, str] = headers or {}
        self.verb: str
        self.path: str
        self.verb, self.path = route.split()
        self.payload_argument: str = "json" if body is not None else _PAYLOAD_ARGUMENTS[self.verb]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the method's parameters without ``self``."""
        return parameters(self.method)

    @cached_property
    def segments(self) -> list[tuple[str, list[str]]]:
        """Pieces of the path: literal text, and the argument that follows it with the attributes to read from it."""
        pieces = re.split(r"{([^}]+)}", self.path.removeprefix("~"))
        return [(pieces[i], pieces[i + 1].split(".") if i + 1 < len(pieces) else []) for i in range(0, len(pieces), 2)]

    @cached_property
    def payload(self) -> tuple[str, ...]:
        """Names of the parameters that go into the query or the body."""
        in_path = {steps[0] for _, steps in self.segments if steps}
        return tuple(name for name in self.names if name not in in_path)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Default values of the optional parameters, which are not sent if they are None."""
        code, defaults = self.method.__code__, self.method.__defaults__ or ()
        positional = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        return {**dict(zip(positional, defaults, strict=True)), **(self.method.__kwdefaults__ or {})}

    @cached_property
    def required(self) -> frozenset[str]:
        """Names of the parameters without a default."""
        return frozenset(self.names) - self.defaults.keys()

    def describe(self, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of ``request()`` for a call of the method.

        :raises InvalidArgumentError: if an argument can't be sent
        """
        check_side(self.method.__qualname__, client, (*args, *kwargs.values()))
        if self.references and len(args) < self.method.__code__.co_argcount:  # otherwise the call below fails
            args, kwargs = self._checked_references(args, kwargs)
        try:
            overrides = self.method(client, *args, **kwargs)  # raises a TypeError for arguments that do not fit
        except (TypeError, AttributeError) as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is None:  # raised by the call itself
                raise
            raise self.invalid(f"an argument has a wrong type, {error}") from error
        arguments = dict(zip(self.names, args, strict=False))
        if self.defaults or kwargs:
            arguments = {**self.defaults, **arguments, **kwargs}
        request: dict[str, Any] = {"method": self.verb, "url": self.url(client, arguments)}
        if self.headers:
            request["headers"] = dict(self.headers)
        if overrides is None and self.body_parameter:
            record = arguments[self.body_parameter]
            if not isinstance(record, BaseDomain):
                raise self.invalid(f"{self.body_parameter} can't be {record!r}")
            request[self.payload_argument] = encode(record)
        elif self.payload or self.body:
            overrides = overrides or {}
            arguments.update(overrides)
            optional = self.defaults.keys() | overrides.keys()
            request[self.payload_argument] = {
                **self.body,
                **{
                    name: encode(arguments[name])
                    for name in dict.fromkeys((*self.payload, *overrides))
                    if arguments[name] is not None or name not in optional
                },
            }
        return request

    @cached_property
    def references(self) -> dict[str, Reference]:
        """Parameters that take a resource: its record, its ID, or its name."""
        annotations, package = self.method.__annotations__, self.method.__module__.rsplit(".", 2)[0]
        parsed = {name: Reference.parse(annotations[name], package) for name in self.names}
        return {name: reference for name, reference in parsed.items() if reference is not None}

    def _checked_references(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a call with their references in the form that is sent.

        :raises InvalidArgumentError: if the API does not take a reference
        """

        def check(name: str, argument: Any) -> Any:
            reference = self.references.get(name)
            if reference is None or (argument is None and name in self.defaults):
                return argument
            try:
                return reference.check(name, argument)
            except ValueError as error:
                raise self.invalid(str(error)) from None

        checked = map(check, self.names, args)
        return (*checked, *args[len(self.names) :]), {name: check(name, value) for name, value in kwargs.items()}

    def url(self, client: Any, arguments: Mapping[str, Any]) -> DeclaredPath:
        """Return the path of the request with its arguments quoted.

        :raises InvalidArgumentError: if an argument of the path is missing or would change the route
        """
        url = client._base_url if self.path.startswith("~") else ""
        for literal, steps in self.segments:
            url += literal
            if steps:
                url += self._path_argument(client, steps, arguments[steps[0]])
        return DeclaredPath(url)

    def _path_argument(self, client: Any, steps: list[str], argument: Any) -> str:
        """Return the quoted value of one argument in the path.

        :param steps: Name of the parameter, and the attributes to read from the argument
        """
        name, value = ".".join(steps), self._path_value(steps, argument)
        key = value if isinstance(value, str) else as_integer(value)
        if key is None:
            raise self.invalid(f"{name} must be an ID, not {value!r}")
        try:
            if isinstance(key, int):
                return str(key)
            text = str(key)
            segment = quote(text, safe="")
        except ValueError as error:  # too many digits, or not Unicode
            raise self.invalid(f"{name} can't be sent: {error}") from None
        if self._is_integer(steps, argument) and not (text.isascii() and text.isdecimal()):
            raise self.invalid(f"{name} must be an integer, not {value!r}")
        # Some proxies decode %2F and then resolve the dots.
        if text == "" or re.split(r"[/\\]", text, maxsplit=1)[0] in (".", ".."):
            raise self.invalid(f"{name} can't be {value!r}")
        if not text.isascii() and hasattr(client, "_ascii"):  # DNS names are sent in Punycode
            return quote(client._ascii(text), safe="")
        return segment

    def _path_value(self, steps: list[str], argument: Any) -> Any:
        """Return the ID that an argument in the path is, or that it has as an attribute.

        :raises InvalidArgumentError: if it has none, or is a record of another class
        """
        record_class, value = self.subjects[steps[0]], argument
        if record_class and isinstance(argument, BaseDomain) and not issubclass(argument._record_class, record_class):
            raise self.invalid(f"{steps[0]} must be a {record_class.__name__}, not {_abbreviated(argument)}")
        if not (steps[0] in self.references and isinstance(argument, (int, str))):
            for step in steps[1:]:
                value = _loaded_attribute(value, step)
        if value is None:
            hint = f"; pass a {record_class.__name__}" if record_class and not isinstance(argument, BaseDomain) else ""
            attribute = ".".join(steps[1:]) or "value"
            raise self.invalid(f"{steps[0]}={_abbreviated(argument)} has no {attribute}{hint}")
        return value

    def _is_integer(self, steps: list[str], argument: Any) -> bool:
        """Return True if the API takes only an integer for an argument in the path."""
        if len(steps) == 1:
            return self.method.__annotations__.get(steps[0]) == "int"
        for step in steps[1:-1]:
            argument = _loaded_attribute(argument, step)
        if not isinstance(argument, BaseDomain):
            return False
        name = steps[-1]
        if name == "id_or_name":
            name = "id" if _loaded_attribute(argument, "id") is not None else "name"
        field = argument._fields.get(name)
        return isinstance(field, Identity) and field.is_integer

    def record_of(self, name: str) -> type[BaseDomain] | None:
        """Return the record class that a parameter is annotated with, None if it is not annotated with one."""
        annotation = self.method.__annotations__.get(name, "").partition(" |")[0]
        annotated = self.method.__globals__.get(annotation)
        is_record = isinstance(annotated, type) and issubclass(annotated, BaseDomain)
        return getattr(annotated, "_record_class", None) if is_record else None

    @cached_property
    def body_parameter(self) -> str | None:
        """Name of the parameter that is the whole body, None if there is none."""
        record_class = self.record_of(self.payload[0]) if len(self.payload) == 1 and not self.body else None
        is_body = record_class is not None and record_class._identified_by not in record_class._fields
        return self.payload[0] if is_body else None

    @cached_property
    def subjects(self) -> dict[str, type[BaseDomain] | None]:
        """Record classes of the arguments whose IDs are part of the path, by parameter."""
        return {steps[0]: self.record_of(steps[0]) for _, steps in self.segments if steps}

    @cached_property
    def may_return_actions(self) -> bool:
        """True if the result may be or contain actions."""
        result = self.method.__annotations__["return"]
        return "Action" in result or "Response" in result

    def remember_subjects(self, result: Any, arguments: Mapping[str, Any]) -> None:
        """Let the actions in ``result`` know the objects that they change."""
        subjects = [arguments[name] for name in self.subjects if name in arguments]
        remember_subjects(result, subjects, arguments.values(), deletes=self.verb == "DELETE")

    @cached_property
    def deletes_at_once(self) -> bool:
        """True if the method deletes the resource that its path ends with, without an action."""
        return self.verb == "DELETE" and self.path.endswith("}") and not self.may_return_actions

    def keep_known(self, arguments: Mapping[str, Any]) -> None:
        """Let the deleted objects keep their last known state: fetching a stale one would fail."""
        for name in self.subjects:
            if hasattr(arguments.get(name), "_keep_known"):
                arguments[name]._keep_known()

    def invalid(self, problem: str) -> InvalidArgumentError:
        """Return the error for a call that can't be sent."""
        return InvalidArgumentError(f"{self.method.__qualname__}(): {problem}; nothing was sent")

    @cached_property
    def reader(self) -> Reader:
        """Reader of the response."""
        # Evaluated at the first call, since bound models are defined below the clients that return them.
        return reader_of(eval(self.method.__annotations__["return"], self.method.__globals__))

    async def read(self, client: Any, payload: Any) -> Any:
        """Return the payload of a response as the declared type.

        A payload that does not have its shape is a failure of the request like any other: the request is repeated if
        that is safe.

        :raises InvalidResponseError: if the payload does not have the declared shape
        :raises OutcomeUnknownError: if it does not, and the request must not be sent twice
        """
        while True:
            try:
                return self.reader(client, payload)
            except SHAPE_ERRORS as error:
                # In a list, since a variable would make a reference cycle with the traceback.
                failures = [self._unexpected_shape(client, payload, error)]
            if getattr(payload, "resend", None) is None:  # made by a test double of the connection
                raise self.unreadable(failures.pop())
            payload = await result_of(payload.resend(failures.pop()))

    def _unexpected_shape(self, client: Any, payload: Any, error: Exception) -> InvalidResponseError:
        from .errors import unexpected_shape

        problem = f"no {error}" if isinstance(error, KeyError) else str(error)
        path = self.path.replace("~", client._base_url, 1)
        failure = unexpected_shape(payload, f"{self.verb} {path}", problem)
        failure.__cause__ = error
        return failure

    def unreadable(self, error: InvalidResponseError) -> HCloudException:
        """Return ``error`` as one of unknown outcome if it is of a POST or DELETE that no response confirms."""
        is_change = self.verb in ("POST", "DELETE") and (error.http_status or 200) < 300
        if not is_change or isinstance(error, OutcomeUnknownError):
            return error
        from .errors import outcome_unknown

        return outcome_unknown(error, advise_retry=False)  # such a request is not repeated with retry_unsafe either


def _abbreviated(value: Any) -> str:
    if not isinstance(value, BaseDomain):
        return repr(value)
    fields = [f"{name}={loaded!r}" for name in ("id", "name") if (loaded := _loaded_attribute(value, name)) is not None]
    return f"{type(value).__name__}({', '.join(fields)})"


def _loaded_attribute(value: Any, name: str) -> Any:
    """Return an attribute without fetching it, None if it is missing."""
    try:
        return value._known_value(name) if isinstance(value, BaseDomain) else getattr(value, name, None)
    except ValueError:  # a property of a record that has neither ID nor name
        return None
