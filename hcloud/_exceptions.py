"""What this library raises: one tree, rooted in :class:`HCloudException`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

__all__ = [
    "APIException",
    "BadGatewayError",
    "ConflictError",
    "DeprecatedApiEndpointError",
    "FetchWarning",
    "ForbiddenError",
    "GatewayTimeoutError",
    "HCloudException",
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
    "ServerError",
    "ServiceError",
    "TokenReadonlyError",
    "UnauthorizedError",
    "UnavailableError",
    "UnboundError",
    "UniquenessError",
    "UnsupportedError",
    "WaitTimeoutError",
]


class FetchWarning(UserWarning):
    """Reading a field sent a request for one object alone; see ``Client(warn_on_fetch=True)``."""


class RequestInfo:
    """A request that failed. It prints without parameters and body, which may hold secrets."""

    def __init__(self, method: str, url: str, params: Mapping[str, Any] | None, json: Any) -> None:
        self.method: str = method
        """``GET``, ``POST``, ``PUT`` or ``DELETE``."""
        self.url: str = url
        """The whole address, without the query."""
        self.params: Mapping[str, Any] | None = params
        """The query."""
        self.json: Any = json
        """The body before it became JSON."""

    def __repr__(self) -> str:
        return f"<{self.method} {self.url}>"


class HCloudException(Exception):
    """The root of all that this library raises."""

    request: RequestInfo | None = None
    """The request that failed, where there was one."""
    _kinds: ClassVar[tuple[type[Exception], ...]] = ()
    """The classes that its own was joined of."""

    def __reduce__(self) -> tuple[Any, ...]:
        known = {name: value for name, value in self.__dict__.items() if name not in ("request", "response")}
        if isinstance(self.request, RequestInfo):  # not what `requests` has there: that holds the token
            known["request"] = self.request
        return joined, (self._kinds or (type(self),), self.args, known)


_joined: dict[tuple[type[Exception], ...], Any] = {}


def joined(kinds: tuple[type[Exception], ...], args: tuple[Any, ...], known: dict[str, Any]) -> Any:
    """An exception that is of all ``kinds`` at once; no constructor is called."""
    kind: Any = kinds[0] if len(kinds) == 1 else _joined.get(kinds)
    if kind is None:
        name = kinds[0 if kinds[0] is OutcomeUnknownError else -1].__name__
        kind = _joined[kinds] = type(name, kinds, {"__doc__": kinds[0].__doc__, "_kinds": kinds})
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(known)
    return error


class InvalidArgumentError(HCloudException, ValueError):
    """An argument can't be right; nothing was sent."""


class MalformedFieldError(HCloudException, ValueError):
    """The API sent for a field what its kind can't hold; raised where the field is read."""


class NotFetchedError(HCloudException, AttributeError):
    """A field of a partial object was read while fetching on read is off, by ``Client(lazy=False)``."""


class UnboundError(HCloudException):
    """A bound object that was unpickled has no client to fetch or act with."""


class WaitTimeoutError(HCloudException, TimeoutError):
    """What was waited for did not happen in time."""


class NetworkError(HCloudException):
    """No usable response arrived. It is raised as a subclass of the ``requests`` exception that it stands for, too."""


class OutcomeUnknownError(HCloudException):
    """A request that must not be sent twice may have taken effect, but no answer tells.

    It is raised as a subclass of the :class:`NetworkError` or :class:`APIException` that it stands for, too. Look at
    what :attr:`request` meant to change before you send it again.
    """

    def __str__(self) -> str:
        request = self.request
        subject = f"{request.method} {request.url}" if request is not None else "the request"
        return (
            f"{super().__str__()}: whether {subject} took effect is unknown, so it was not repeated; look before "
            "you try again, or let the client repeat such requests with retry_unsafe=True"
        )


class APIException(HCloudException):
    """The API answered with an error; for each error code that it documents there is a subclass."""

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
        :param code: the error's code, or the HTTP status where the response had no code
        :param message: what went wrong, in the API's words
        :param details: what the API tells besides, such as the fields that it refused
        :param correlation_id: what the API's support asks for
        :param http_status: the HTTP status of the response
        """
        extras = [str(code)]
        if correlation_id is not None:
            extras.append(correlation_id)
        super().__init__(f"{message} ({', '.join(extras)})")
        self.code: int | str = code
        self.message: str = message
        self.details: Any = details
        self.correlation_id: str | None = correlation_id
        self.http_status: int | None = http_status


class InvalidResponseError(APIException):
    """A response is none of the API's: not JSON, or without what its description promises."""


class JsonError(APIException, code="json_error"):
    """The body is not valid JSON (400)."""


class UnauthorizedError(APIException, code="unauthorized", status=401):
    """The token is missing or wrong (401)."""


class TokenReadonlyError(APIException, code="token_readonly"):
    """A read-only token can't change anything (401)."""


class ForbiddenError(APIException, code="forbidden", status=403):
    """The token does not permit this (403)."""


class MaintenanceError(APIException, code="maintenance"):
    """Maintenance is under way (403)."""


class ResourceLimitExceededError(APIException, code="resource_limit_exceeded"):
    """The project has no room for more of these; ``details["limits"]`` names the limit (403)."""


class NotFoundError(APIException, code="not_found", status=404):
    """There is no such resource, or no such route (404)."""


class MethodNotAllowedError(APIException, code="method_not_allowed", status=405):
    """The route does not take this method (405)."""


class UniquenessError(APIException, code="uniqueness_error"):
    """Another resource has this value already; ``details["fields"]`` names the field (409)."""


class ConflictError(APIException, code="conflict"):
    """The resource was changed meanwhile (409)."""


class DeprecatedApiEndpointError(APIException, code="deprecated_api_endpoint", status=410):
    """The route was removed; ``details["announcement"]`` is the address of the announcement (410)."""


class ResourceUnavailableError(APIException, code="resource_unavailable", status=412):
    """What was asked for can't be had now, such as a server type in a location (412)."""


class InvalidInputError(APIException, code="invalid_input"):
    """The API refused the input; ``details["fields"]`` names each field with its messages (422)."""


class ServiceError(APIException, code="service_error"):
    """A service behind the API failed (422)."""


class UnsupportedError(APIException, code="unsupported_error"):
    """The resource does not support this action (422)."""


class LockedError(APIException, code="locked"):
    """An action is running on the resource (423)."""


class ProtectedError(APIException, code="protected"):
    """The resource is protected against this; change its protection first (423)."""


class RateLimitExceededError(APIException, code="rate_limit_exceeded", status=429):
    """The project sent more requests than it may in an hour (429)."""


class ServerError(APIException, code="server_error", status=500):
    """The API failed (500)."""


class BadGatewayError(APIException, code="bad_gateway", status=502):
    """What stands before the API could not reach it (502)."""


class UnavailableError(APIException, code="unavailable", status=503):
    """The API does not answer now (503)."""


class GatewayTimeoutError(APIException, code="timeout", status=504):
    """The API took too long to answer (504)."""
