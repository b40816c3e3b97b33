"""Creation of a server of one of several types in one of several locations, and warnings about deprecated resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, TypeVar, cast

from .._exceptions import APIException, InvalidArgumentError, OutcomeUnknownError
from ..core import BaseDomain
from ..core.coroutines import blocking
from ..core.documentation import implements
from ..core.warn import warn_caller

__all__ = ["SOLD_OUT", "warn_if_deprecated", "with_alternatives"]

Method = TypeVar("Method", bound=Callable[..., Any])

SOLD_OUT: frozenset[str] = frozenset({"resource_unavailable", "placement_error"})
"""Error codes for a server type that is currently unavailable in a location."""
_NOT_OFFERED = "unsupported location for server type"
"""Message of the error ``invalid_input`` for a type that is never available in a location."""


def with_alternatives(*names: str) -> Callable[[Method], Method]:
    """Let a declared method accept lists for the arguments ``names``, and try the combinations of their values in turn.

    The values of the first name are the outer loop. If a combination is sold out, the next one is tried; any other
    failure is raised.
    """

    def extend(method: Method) -> Method:
        declared: Any = method
        declaration = declared.__endpoint__

        @implements(method)
        async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            arguments = {**dict(zip(declaration.names, args, strict=False)), **kwargs}
            choices = {name: _choices(name, arguments[name]) for name in names if _is_list(arguments.get(name))}
            notices = _Notices()
            if not choices or len(args) > len(declaration.names):
                notices.issue_before(arguments)
                response = await declared.__coroutine__(self, *args, **kwargs)
            else:

                async def create(**chosen: Any) -> Any:
                    notices.issue_before({**arguments, **chosen})
                    return await declared.__coroutine__(self, **{**arguments, **chosen})

                combinations = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
                response = await _first_available(
                    create, lambda **chosen: declaration.describe(self, (), {**arguments, **chosen}), combinations
                )
            notices.issue_after(response)
            return response

        extended: Any = blocking(call)
        extended.__endpoint__ = declaration
        return cast(Method, extended)

    return extend


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _choices(name: str, values: Any) -> list[Any]:
    choices = list(values)
    if not choices or any(value is None for value in choices):
        raise InvalidArgumentError(f"{name} must have one value at least, and no None: {choices!r}; nothing was sent")
    return choices


async def _first_available(
    create: Callable[..., Any], describe: Callable[..., Any], combinations: list[dict[str, Any]]
) -> Any:
    """Return the response for the first combination that is available.

    :param create: Function that sends the request for a combination
    :param describe: Function that raises an exception if a combination can't be sent
    """
    for chosen in combinations:
        describe(**chosen)
    for number, chosen in enumerate(combinations, 1):
        try:
            return await create(**chosen)
        except APIException as error:
            is_final = isinstance(error, OutcomeUnknownError) or not _is_sold_out(error)
            if is_final or number == len(combinations):
                for unavailable in combinations[: number - is_final]:
                    error.add_note(f"There was no server of {_shown(unavailable)}.")
                raise
    raise AssertionError("there is a combination")  # pragma: no cover - _choices rejects empty lists


def _is_sold_out(error: APIException) -> bool:
    return error.code in SOLD_OUT or (error.code == "invalid_input" and _NOT_OFFERED in error.message)


def _shown(chosen: Mapping[str, Any]) -> str:
    values = [getattr(value, "id_or_name", value) for value in chosen.values()]
    return " in ".join(f"{name.replace('_', ' ')} {value}" for name, value in zip(chosen, values, strict=True))


# Deprecations


def warn_if_deprecated(*resources: object) -> None:
    """Issue a warning for each resource that is deprecated, as far as that is known without a request.

    :param resources: Server types, images, ISOs, or other arguments, which are ignored
    """
    _Notices().issue(*resources)


class _Notices:
    """Warnings about the type and the image of one new server; each is issued once."""

    def __init__(self) -> None:
        self._issued: set[tuple[str, Any]] = set()
        """Types and IDs of the resources that a warning was issued for."""

    def issue_before(self, arguments: Mapping[str, Any]) -> None:
        """Issue the warnings that follow from the arguments.

        A filter that turns warnings into exceptions prevents the request.
        """
        location = arguments.get("location")
        self.issue(
            arguments.get("server_type"), arguments.get("image"), location=getattr(location, "name", None) or location
        )

    def issue_after(self, response: Any) -> None:
        """Issue the warnings that follow from the response."""
        server = _raw(response).get("server")
        if not isinstance(server, Mapping):
            return
        record = response.server
        linked = [getattr(record, name) for name in ("server_type", "image") if server.get(name)]
        location = server.get("location")
        try:
            self.issue(*linked, location=location.get("name") if isinstance(location, Mapping) else None)
        except DeprecationWarning as error:  # a filter turns warnings into exceptions
            error.add_note(f"The server {server.get('id')} was created nevertheless.")
            raise

    def issue(self, *resources: Any, location: object = None) -> None:
        """Issue a warning for each resource that is known to be deprecated.

        :param resources: Server types, images, ISOs, or other arguments, which are ignored
        :param location: Name of the location, which may deprecate a server type
        """
        for resource in filter(_may_be_deprecated, resources):
            raw, place = _raw(resource), ""
            deprecation, offers = raw.get("deprecation"), raw.get("locations")
            for offer in offers if isinstance(offers, list) else ():
                if isinstance(offer, Mapping) and offer.get("name") == location and offer.get("deprecation"):
                    deprecation, place = offer["deprecation"], f" in {location}"
            if not isinstance(deprecation, Mapping):
                continue
            subject = (resource._key, resource._identity())
            if subject not in self._issued:
                self._issued.add(subject)
                warn_caller(_notice(resource, deprecation, place))


def _may_be_deprecated(resource: object) -> bool:
    return isinstance(resource, BaseDomain) and {"deprecation", "name"} <= resource._fields.keys()


def _notice(resource: Any, deprecation: Mapping[str, Any], place: str) -> str:
    """Return the text of a warning that a resource is deprecated.

    :param deprecation: Dates of the deprecation as the API sent them
    """
    name = resource._known_value("name") or resource._known_value("description") or resource._identity()
    until = str(deprecation.get("unavailable_after") or "").partition("T")[0]
    date = f" after {until}" if until else " soon"
    noun = {"server_type": "server type", "iso": "ISO"}.get(resource._key, resource._key)
    return f"The {noun} {name} is deprecated{place}: it is not available for new servers{date}."


def _raw(record: Any) -> Mapping[str, Any]:
    """Return what the API sent last about a record."""
    from ..core.stale import known

    return known(getattr(record, "_raw", {}))
