"""The client, and how its connection differs from others: the form of errors, and what the rate limit counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .._exceptions import APIException, InvalidInputError
from ..core.connection import Connection
from ..core.provider import Provider
from ..core.settings import token_from_env
from ._rate_limit import SlidingBudget

if TYPE_CHECKING:
    from typing import Self, Unpack

    from requests import Response

    from ..core.settings import Settings
    from .actions import ActionsClient
    from .droplets import DropletsClient
    from .images import ImagesClient
    from .regions import RegionsClient
    from .sizes import SizesClient
    from .snapshots import SnapshotsClient
    from .tags import TagsClient

__all__ = ["Client", "DigitalOceanConnection", "UnprocessableEntityError"]


class UnprocessableEntityError(InvalidInputError, code="unprocessable_entity"):
    """The API refused the input, or the resource's state does not allow it (422)."""


class DigitalOceanConnection(Connection):
    """A connection to the API of DigitalOcean."""

    _correlation_header = "x-request-id"
    _budget = SlidingBudget

    def request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request, as :meth:`Connection.request` does."""
        payload = super().request(method, url, **kwargs)
        # By the schema of the API's description an image's action comes bare, by its text and examples it does not.
        return {"action": payload} if "resource_type" in payload and "status" in payload else payload

    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        if response.status_code < 300 or not isinstance(payload, dict):
            return None
        code, message, details = payload.get("id"), payload.get("message", ""), None
        if not isinstance(code, str):
            # Tags are refused in a form of their own.
            message, details = payload.get("error"), payload.get("root_causes")
            if not isinstance(message, str):
                return None
            message, code = "; ".join([message, *(payload.get("messages") or ())]), "bad_request"
        from ..core.errors import api_error

        request_id = payload.get("request_id") or response.headers.get(self._correlation_header)
        return api_error(response.status_code, code, str(message), details, request_id)


class Client(Provider):
    """The API of DigitalOcean, as far as it is about images: ``client.images``, ``client.droplets`` and so on.

    It may be used by many threads at once, and as a context manager that closes its connections.
    """

    actions: ActionsClient
    droplets: DropletsClient
    images: ImagesClient
    regions: RegionsClient
    sizes: SizesClient
    snapshots: SnapshotsClient
    tags: TagsClient

    _package = __package__
    _connection = DigitalOceanConnection

    def __init__(
        self, token: str, api_endpoint: str = "https://api.digitalocean.com/v2", **settings: Unpack[Settings]
    ) -> None:
        """
        :param token: the token of an account
        :param api_endpoint: address of the API
        :param settings: what :class:`hcloud.Settings` has
        :raises InvalidArgumentError: if the token or the endpoint can't be right
        """
        self._connect(token, {"_client": api_endpoint}, **settings)

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """A client with the settings of the environment.

        ``DIGITALOCEAN_TOKEN`` or the file named by ``DIGITALOCEAN_TOKEN_FILE`` has the token, ``DIGITALOCEAN_ENDPOINT``
        the address of the API.

        :param settings: what :class:`hcloud.Settings` has
        :raises InvalidArgumentError: if there is no token
        """
        token = token_from_env("DIGITALOCEAN_TOKEN")
        endpoint = os.environ.get("DIGITALOCEAN_ENDPOINT")
        endpoints = {"api_endpoint": endpoint} if endpoint else {}
        return cls(token, **endpoints, **settings)
