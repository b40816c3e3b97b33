"""The exceptions of this library: one tree below :class:`HCloudException`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar, Self

    from .core.retry import Failure

__all__ = [
    "APIException",
    "AmbiguousNameError",
    "BadGatewayError",
    "ConflictError",
    "DeprecatedApiEndpointError",
    "FetchWarning",
    "ForbiddenError",
    "GatewayTimeoutError",
    "HCloudException",
    "HCloudExceptionGroup",
    "InvalidArgumentError",
    "InvalidInputError",
    "InvalidResponseError",
    "JsonError",
    "LockedError",
    "MaintenanceError",
    "MalformedFieldError",
    "MethodNotAllowedError",
    "NetworkError",
    "NotFetchedError",
    "NotFoundError",
    "OutcomeUnknownError",
    "ProtectedError",
    "RateLimitExceededError",
    "RequestInfo",
    "ResourceLimitExceededError",
    "ResourceUnavailableError",
    "SSHError",
    "ServerError",
    "ServiceError",
    "TokenReadonlyError",
    "TransferError",
    "UnauthorizedError",
    "UnavailableError",
    "UnboundError",
    "UniquenessError",
    "UnsupportedError",
    "WaitTimeoutError",
]


class FetchWarning(UserWarning):
    """Reading a field fetched a single object; see ``Client(warn_on_fetch=True)``."""


class RequestInfo:
    """A request. Its repr leaves out query and body, which may hold secrets."""

    _is_declared: bool = False
    """True if a declared method of the library sends it, so that only the library reads the payload."""

    def __init__(
        self, method: str, url: str, params: Mapping[str, Any] | None, json: Any, *, path: str | None = None
    ) -> None:
        self.method: str = method
        """``GET``, ``POST``, ``PUT`` or ``DELETE``."""
        self.url: str = url
        """Complete address without the query."""
        self.params: Mapping[str, Any] | None = params
        """Query parameters."""
        self.json: Any = json
        """Body before it was encoded as JSON."""
        self.path: str | None = path
        """Path below the endpoint, None if it is unknown."""

    def __repr__(self) -> str:
        return f"<{self.method} {self.url}>"


class HCloudException(Exception):
    """Base class of all exceptions of this library."""

    request: RequestInfo | None = None
    """Request that failed; None if there was none."""
    _classes: ClassVar[tuple[type[Exception], ...]] = ()
    """Classes that :func:`join_classes` made this one of."""
    _retry_after: float | None = None
    """Seconds until the next attempt as the response asks for, None if it does not."""

    @classmethod
    def _restore(cls, args: tuple[Any, ...], state: dict[str, Any]) -> Any:
        """Return a new instance for :func:`join_classes`, without calling the constructor."""
        return cls.__new__(cls, *args)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in self.__dict__.items() if name not in ("request", "response")}
        if isinstance(self.request, RequestInfo):  # a request of the requests library holds the token
            state["request"] = self.request
        return join_classes, (self._classes or (type(self),), self.args, state)


_joined_classes: dict[tuple[type[Exception], ...], Any] = {}


def join_classes(classes: tuple[type[Exception], ...], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Return an exception that is an instance of all ``classes``, without calling a constructor.

    :param args: Arguments of the exception
    :param state: Attributes of the exception
    """
    cls: Any = classes[0] if len(classes) == 1 else _joined_classes.get(classes)
    if cls is None:
        named = classes[0 if classes[0] is OutcomeUnknownError else -1]
        namespace = {"__doc__": classes[0].__doc__, "__module__": named.__module__, "_classes": classes}
        cls = _joined_classes[classes] = type(named.__name__, classes, namespace)
    error = cls._restore(args, state)
    error.args = args
    if isinstance(error, OSError) and args and isinstance(args[-1], OSError):
        # aiohttp passes the reason on as an argument, and has its text outside of args and __dict__.
        error.errno, error.strerror = args[-1].errno, args[-1].strerror
    error.__dict__.update(state)
    if "__notes__" in state:
        error.__notes__ = list(state["__notes__"])  # not shared: add_note() appends to the list
    return error


joined = join_classes
"""Name of the function in exceptions that version 3.0 pickled."""


class HCloudExceptionGroup(HCloudException, ExceptionGroup[HCloudException]):
    """Failures of parts of a call that continued with the other parts; :attr:`exceptions` has one for each."""

    result: Any
    """Result of the call for the parts that succeeded."""

    def __new__(cls, message: str, exceptions: Sequence[HCloudException], result: Any = None) -> Self:
        """
        :param message: Name of the call
        :param exceptions: One exception for each part that failed
        :param result: Result of the call for the parts that succeeded
        """
        self = super().__new__(cls, message, exceptions)
        self.result = result
        return self

    def __init__(self, message: str, exceptions: Sequence[HCloudException], result: Any = None) -> None:
        """
        :param message: Name of the call
        :param exceptions: One exception for each part that failed
        :param result: Result of the call for the parts that succeeded
        """
        super().__init__(message, exceptions)

    def derive(self, exceptions: Sequence[Any], /) -> Any:
        """Return a group of this class with some of its exceptions; one of others is a plain group."""
        if all(isinstance(error, HCloudException) for error in exceptions):
            return type(self)(self.message, exceptions, self.result)
        return ExceptionGroup(self.message, exceptions)

    def __str__(self) -> str:
        # A note says which part failed.
        texts = [": ".join([*getattr(error, "__notes__", []), str(error)]) for error in self.exceptions]
        return f"{self.message}: {'; '.join(texts)}"


class InvalidArgumentError(HCloudException, ValueError):
    """An argument is invalid; no request was sent."""


class AmbiguousNameError(HCloudException, LookupError):
    """Several resources have the name that was looked up; :attr:`matches` has them."""

    def __init__(self, message: str, matches: Sequence[Any] = ()) -> None:
        """
        :param message: Message, with the ways to choose one of them
        :param matches: Bound objects with this name
        """
        super().__init__(message)
        self.matches: list[Any] = list(matches)


class MalformedFieldError(HCloudException, ValueError):
    """The API sent a value that a field can't hold; raised where the field is read."""


class NotFetchedError(HCloudException, AttributeError):
    """A field that was not fetched was read, and the client does not fetch on read."""


class UnboundError(HCloudException):
    """An unpickled object has no client, so it can neither fetch nor call methods of the API."""


class WaitTimeoutError(HCloudException, TimeoutError):
    """The awaited state was not reached in time."""


class SSHError(HCloudException):
    """A command on a server failed, or there was no connection to it by SSH."""

    def __init__(self, message: str, *, exit_status: int | None = None, output: str = "") -> None:
        """
        :param message: Message
        :param exit_status: Exit status of the command
        :param output: Error output of the command
        """
        super().__init__(message)
        self.exit_status: int | None = exit_status
        """Exit status of the command; None if it did not run to its end."""
        self.output: str = output
        """End of the error output of the command or of the program ``ssh``."""


class TransferError(HCloudException):
    """An image could not be uploaded, downloaded or copied, or something that was created for it is left over."""

    def __init__(self, message: str, *, image: Any = None) -> None:
        """
        :param message: Message
        :param image: Image that is complete in spite of the error
        """
        super().__init__(message)
        self.image: Any = image
        """Image that was uploaded or copied before the error, which is complete; None if there is none."""


_NOT_PORTABLE = frozenset({"pool", "conn", "reason", "_conn_key", "request_info", "history", "headers"})
"""Attributes of failures of the transport that are never pickled: connections, and what may hold the token."""


class NetworkError(HCloudException):
    """No usable response arrived. It is also an instance of the ``requests`` exception that caused it."""

    _explanation: str = ""
    """Message in place of that of the original exception; empty if that is as good."""
    _summary: str = ""
    """Number and duration of the attempts, appended to the message."""
    _failure: Failure | None = None
    """Meaning for the next attempt, if the transport states it."""

    def __str__(self) -> str:
        return f"{self._explanation or super().__str__()}{self._summary}"

    def __reduce__(self) -> tuple[Any, ...]:
        join, (classes, args, state) = super().__reduce__()
        # Exceptions of urllib3 and aiohttp may refer to connections, responses and headers, which can't be pickled.
        texts = tuple(argument if _is_portable(argument) else str(argument) for argument in args)
        portable = {name: state[name] for name in state if name not in _NOT_PORTABLE and _can_be_pickled(state[name])}
        if len(portable) < len(state) or any(
            text is not argument for text, argument in zip(texts, args, strict=True)
        ):  # the message may be made of them
            portable["_explanation"] = self._explanation or super().__str__()
        return join, (classes, texts, portable)


def _is_portable(value: object) -> bool:
    """Return True for a plain value, and for an exception of plain values that is the same after it was pickled."""
    if not isinstance(value, BaseException):
        return isinstance(value, (str, bytes, int, float, type(None)))
    return all(map(_is_portable, (*value.args, *value.__dict__.values()))) and _can_be_pickled(value)


def _can_be_pickled(value: object) -> bool:
    import pickle

    try:
        duplicate = pickle.loads(pickle.dumps(value))
    except Exception:  # noqa: BLE001  # of any class, since the value may be of any library
        return False
    # The constructor of an exception may add its prefix to the message once more.
    return not isinstance(value, BaseException) or str(duplicate) == str(value)


class OutcomeUnknownError(HCloudException):
    """A request failed that may have taken effect and that is not safe to repeat.

    It is also an instance of the :class:`NetworkError` or :class:`APIException` that it stands for. Look for the
    object in :attr:`collection` before you send :attr:`request` again.
    """

    @property
    def collection(self) -> str | None:
        """Path of the collection that holds the object or the action if the request took effect, such as ``/servers``.

        None if the request is unknown.
        """
        path = getattr(self.request, "path", None)
        if path is None:
            return None
        parts = path.partition("?")[0].split("/")
        if parts[-2:-1] != ["actions"]:
            return "/".join(parts)
        # Look for the resource if the action creates one, otherwise among the actions of its resource.
        created = parts[-1].removeprefix("create_")
        return f"/{created}s" if created != parts[-1] else "/".join([*parts[:3], "actions"])

    @property
    def criteria(self) -> dict[str, Any]:
        """Name, type, description and labels in the request, as far as it has them: they identify the object."""
        body = getattr(self.request, "json", None)
        names = ("name", "type", "description", "labels")
        return {name: body[name] for name in names if body.get(name)} if isinstance(body, dict) else {}


class APIException(HCloudException):
    """The API responded with an error. Each documented error code has a subclass.

    ``str(error)`` also has the reasons in :attr:`details` that :attr:`message` does not hold already.
    """

    _by_code: ClassVar[dict[int | str, type[APIException]]] = {}

    def __init_subclass__(cls, *, code: str | None = None, status: int | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for key in (code, status):
            if key is not None:
                cls._by_code[key] = cls

    def __init__(
        self,
        code: int | str,
        message: str,
        details: Any,
        *,
        correlation_id: str | None = None,
        http_status: int | None = None,
    ) -> None:
        """
        :param code: Error code, or the HTTP status if the response has no code
        :param message: Error message of the API
        :param details: Further information, such as the fields that are invalid
        :param correlation_id: ID of the request, which the API's support asks for
        :param http_status: HTTP status of the response
        """
        extras = [str(code)]
        if correlation_id is not None:
            extras.append(correlation_id)
        text = message
        if details and isinstance(details, (dict, list)):
            from .core.errors import explain

            text = explain(str(message), details)
        super().__init__(f"{text} ({', '.join(extras)})")
        self.code: int | str = code
        self.message: str = message
        """Error message, as the API sent it."""
        self.details: Any = details
        self.correlation_id: str | None = correlation_id
        self.http_status: int | None = http_status


class InvalidResponseError(APIException):
    """A successful response does not have the API's form: it is not JSON, or lacks what the API documents."""


class JsonError(APIException, code="json_error"):
    """The body is not valid JSON (400)."""


class UnauthorizedError(APIException, code="unauthorized", status=401):
    """The token is missing or wrong (401)."""


class TokenReadonlyError(APIException, code="token_readonly"):
    """The token is read-only and does not permit changes (401)."""


class ForbiddenError(APIException, code="forbidden", status=403):
    """The token does not permit this (403)."""


class MaintenanceError(APIException, code="maintenance"):
    """Maintenance is under way (403)."""


class ResourceLimitExceededError(APIException, code="resource_limit_exceeded"):
    """A limit of the project is reached; ``details["limits"]`` names it (403)."""


class NotFoundError(APIException, code="not_found", status=404):
    """The resource or the route does not exist (404)."""


class MethodNotAllowedError(APIException, code="method_not_allowed", status=405):
    """The route does not support this HTTP method (405)."""


class UniquenessError(APIException, code="uniqueness_error"):
    """Another resource already has this value; ``details["fields"]`` names the field (409)."""


class ConflictError(APIException, code="conflict"):
    """The resource was changed by another request meanwhile (409)."""


class DeprecatedApiEndpointError(APIException, code="deprecated_api_endpoint", status=410):
    """The route was removed; ``details["announcement"]`` links to the announcement (410)."""


class ResourceUnavailableError(APIException, code="resource_unavailable", status=412):
    """The requested resource is not available now, such as a server type in a location (412)."""


class InvalidInputError(APIException, code="invalid_input"):
    """The input is invalid; ``details["fields"]`` names each field with its messages (422)."""


class ServiceError(APIException, code="service_error"):
    """A service behind the API failed (422)."""


class UnsupportedError(APIException, code="unsupported_error"):
    """The resource does not support this action (422)."""


class LockedError(APIException, code="locked"):
    """An action is running on the resource (423)."""


class ProtectedError(APIException, code="protected"):
    """The resource is protected against this operation; change its protection first (423)."""


class RateLimitExceededError(APIException, code="rate_limit_exceeded", status=429):
    """The project exceeded its rate limit (429), or the client would have to wait too long to stay within it."""

    @property
    def retry_after(self) -> float | None:
        """Seconds until the next request is possible, None if the API did not state it."""
        return self._retry_after


class ServerError(APIException, code="server_error", status=500):
    """The API failed internally (500)."""


class BadGatewayError(APIException, code="bad_gateway", status=502):
    """A gateway could not reach the API (502)."""


class UnavailableError(APIException, code="unavailable", status=503):
    """The API is temporarily unavailable (503)."""


class GatewayTimeoutError(APIException, code="timeout", status=504):
    """The API did not respond in time (504)."""


for _name in __all__:
    # Tracebacks show the name by which a program imports the class.
    globals()[_name].__module__ = __name__.rpartition(".")[0]
