"""The asynchronous client of DigitalOcean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...aio._provider import AsyncProvider
from ...core.secrets import hide_token
from ...core.settings import token_from_env
from .._client import DEFAULT_ENDPOINT, DigitalOceanConnection, endpoints_from_env, token_variable

if TYPE_CHECKING:
    from typing import Self, Unpack

    from ...aio.settings import Settings
    from .resources import (
        AccountClient,
        ActionsClient,
        DropletsClient,
        ImagesClient,
        RegionsClient,
        SizesClient,
        SnapshotsClient,
        SSHKeysClient,
        TagsClient,
    )

__all__ = ["Client"]


class Client(AsyncProvider):
    """Asynchronous client of DigitalOcean: the methods of :class:`hcloud.digitalocean.Client` as coroutines.

    All tasks of an event loop can share it. As an asynchronous context manager it closes its connections on exit.
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

    _package = __name__.rpartition(".aio.")[0]
    _connection_class = DigitalOceanConnection

    def __init__(self, token: str, api_endpoint: str = DEFAULT_ENDPOINT, **settings: Unpack[Settings]) -> None:
        """
        :param token: API token of the account
        :param api_endpoint: Base URL of the API; ``/v2`` is added to the URL of a bare host
        :param settings: Options of :class:`hcloud.aio.Settings`
        :raises InvalidArgumentError: if the token or the endpoint is invalid
        """
        token = hide_token(token)
        self._connect(token, {"_client": api_endpoint}, **settings)

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """Create a client from the environment variables of :meth:`hcloud.digitalocean.Client.from_env`.

        :param settings: Options of :class:`hcloud.aio.Settings`
        :raises InvalidArgumentError: if there is no token
        """
        return cls(token_from_env(token_variable()), **endpoints_from_env(), **settings)
