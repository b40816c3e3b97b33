"""Client and connection of DigitalOcean, with its format of errors and its rate limit."""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Any, Self, Unpack
from urllib.parse import urlsplit

from .._exceptions import APIException, ConflictError, HCloudException, InvalidInputError, LockedError, RequestInfo
from ..core.connection import Connection
from ..core.provider import Provider
from ..core.retry import exponential_backoff_function
from ..core.secrets import hide_token
from ..core.settings import Polling, token_from_env
from ._rate_limit import SlidingBudget

if TYPE_CHECKING:
    from requests import Response

    from .._exceptions import RequestInfo
    from ..core.decoding import ResponsePayload
    from ..core.settings import Settings
    from .account import AccountClient
    from .actions import ActionsClient
    from .droplets import DropletsClient
    from .images import ImagesClient
    from .regions import RegionsClient
    from .sizes import SizesClient
    from .snapshots import SnapshotsClient
    from .ssh_keys import SSHKeysClient
    from .tags import TagsClient

__all__ = ["DEFAULT_ENDPOINT", "Client", "DigitalOceanConnection", "PendingEventError", "UnprocessableEntityError"]

DEFAULT_ENDPOINT = "https://api.digitalocean.com/v2"
_VERSION = "/v2"
"""Path of the API on its host."""


class UnprocessableEntityError(InvalidInputError, code="unprocessable_entity"):
    """Invalid input, or input that the state of the resource does not allow (422)."""

    __module__ = __name__.rpartition(".")[0]  # as tracebacks show it


class PendingEventError(UnprocessableEntityError, LockedError):
    """An action is running on the resource (422)."""

    __module__ = __name__.rpartition(".")[0]


class DigitalOceanConnection(Connection):
    """Connection to the API of DigitalOcean."""

    _correlation_header = "x-request-id"
    _budget = SlidingBudget
    # Snapshots, transfers and imports take up to 80 minutes: polls begin after 3 s and are 60 s apart after 5 minutes.
    _polling = Polling(
        exponential_backoff_function(base=3.0, multiplier=1.2, cap=60.0),
        max_retries=inf,
        growth=1.0,
        is_persistent=True,
    )

    def __init__(self, token: str, *, endpoint: str, **settings: Unpack[Settings]) -> None:
        super().__init__(token, endpoint=endpoint, **settings)
        if not urlsplit(self._endpoint).path:  # on the bare host, every request would be answered by 404
            self._endpoint += _VERSION

    def _read(self, response: Response, info: RequestInfo) -> ResponsePayload:
        payload = super()._read(response, info)
        # The API description contradicts itself about actions on images: an object under the key "action" according
        # to its text and examples, the bare object according to its schema.
        if "resource_type" in payload and "status" in payload:
            action = dict(payload)
            payload.clear()
            payload["action"] = action
        return payload

    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        if not isinstance(payload, dict):
            return None
        code, message, details = payload.get("id"), payload.get("message"), None
        if not isinstance(code, str) or not isinstance(message, str):
            # Errors about tags have a format of their own.
            message, details, messages = (payload.get(name) for name in ("error", "root_causes", "messages"))
            if not isinstance(message, str):
                return None
            more = messages if isinstance(messages, list) else []
            message, code = "; ".join([message, *map(str, more)]), "bad_request"
        from ..core.errors import api_error

        request_id = payload.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            request_id = response.headers.get(self._correlation_header)
        status, message = response.status_code, str(message)
        if code == "unprocessable_entity" and "pending event" in message.lower():  # there is no code of its own
            return PendingEventError(code, message, details, correlation_id=request_id, http_status=status)
        return api_error(status, code, message, details, request_id)

    def _is_deleted(self, error: HCloudException) -> bool:
        if isinstance(error, UnprocessableEntityError) and "already deleted" in error.message.lower():
            return True
        # Only the destruction of a droplet with its resources takes a while: another one is in progress.
        return (isinstance(error, ConflictError) and error.code == "conflict") or super()._is_deleted(error)


class Client(Provider):
    """Client for DigitalOcean images and related resources: ``client.images``, ``client.droplets`` and so on.

    It is safe to share between threads. As a context manager it closes its connections on exit.
    """

    account: AccountClient
    actions: ActionsClient
    droplets: DropletsClient
    images: ImagesClient
    regions: RegionsClient
    sizes: SizesClient
    snapshots: SnapshotsClient
    ssh_keys: SSHKeysClient
    tags: TagsClient

    _package = __package__
    _connection_class = DigitalOceanConnection

    def __init__(self, token: str, api_endpoint: str = DEFAULT_ENDPOINT, **settings: Unpack[Settings]) -> None:
        """
        :param token: API token of the account. With None or an empty string, the client can be created, but each
            request raises :class:`InvalidArgumentError`
        :param api_endpoint: Base URL of the API; ``/v2`` is added to the URL of a bare host
        :param settings: Options of :class:`hcloud.Settings`. By default, the poll interval grows from three seconds to
            one minute, and ``wait_until_finished`` has no maximum number of polls
        :raises InvalidArgumentError: if the token or the endpoint is invalid
        """
        token = hide_token(token)
        self._connect(token, {"_client": api_endpoint}, **settings)

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """Create a client from environment variables.

        ``DIGITALOCEAN_TOKEN``, or the file named by ``DIGITALOCEAN_TOKEN_FILE``, holds the token; if neither is set,
        ``DIGITALOCEAN_ACCESS_TOKEN`` or the file named by ``DIGITALOCEAN_ACCESS_TOKEN_FILE``. The base URL of the API
        is in ``DIGITALOCEAN_ENDPOINT``, or else in ``DIGITALOCEAN_API_URL``, which other programs set without ``/v2``
        at its end, if it is not the default.

        :param settings: Options of :class:`hcloud.Settings`
        :raises InvalidArgumentError: if there is no token
        """
        return cls(token_from_env(token_variable()), **endpoints_from_env(), **settings)


def endpoints_from_env() -> dict[str, str]:
    """Return the address that environment variables set, by the parameter of a client."""
    endpoint = os.environ.get("DIGITALOCEAN_ENDPOINT")
    api_url = os.environ.get("DIGITALOCEAN_API_URL", "").rstrip("/")
    if not endpoint and api_url:
        endpoint = api_url if api_url.endswith(_VERSION) else api_url + _VERSION
    return {"api_endpoint": endpoint} if endpoint else {}


def token_variable() -> str:
    """Return the name of the environment variable that holds the token, or that has its file."""
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"):
        if any(os.environ.get(variable, "").strip() for variable in (name, f"{name}_FILE")):
            return name
    return "DIGITALOCEAN_TOKEN"
