"""The asynchronous client of Hetzner's APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._client import DEFAULT_ENDPOINT, ClientBase, endpoints, endpoints_from_env
from .._version import __version__
from ..core.secrets import hide_token
from ..core.settings import DEFAULT_TIMEOUT, token_from_env
from ._provider import AsyncProvider

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, Unpack

    from .._temporary import AsyncTemporary
    from ..deletion import Deletion
    from .resources import (
        ActionsClient,
        CertificatesClient,
        DatacentersClient,
        FirewallsClient,
        FloatingIPsClient,
        ImagesClient,
        IsosClient,
        LoadBalancersClient,
        LoadBalancerTypesClient,
        LocationsClient,
        NetworksClient,
        PlacementGroupsClient,
        PricingClient,
        PrimaryIPsClient,
        ServersClient,
        ServerTypesClient,
        SSHKeysClient,
        StorageBoxesClient,
        StorageBoxTypesClient,
        VolumesClient,
        ZonesClient,
    )
    from .settings import Options, Settings

__all__ = ["Client"]


class Client(AsyncProvider):
    """Asynchronous client of the Hetzner Cloud API, for asyncio: the methods of :class:`hcloud.Client` as coroutines.

    All tasks of an event loop can share it. It is an asynchronous context manager that closes its connections.
    """

    actions: ActionsClient
    certificates: CertificatesClient
    datacenters: DatacentersClient
    firewalls: FirewallsClient
    floating_ips: FloatingIPsClient
    images: ImagesClient
    isos: IsosClient
    load_balancer_types: LoadBalancerTypesClient
    load_balancers: LoadBalancersClient
    locations: LocationsClient
    networks: NetworksClient
    placement_groups: PlacementGroupsClient
    pricing: PricingClient
    primary_ips: PrimaryIPsClient
    server_types: ServerTypesClient
    servers: ServersClient
    ssh_keys: SSHKeysClient
    storage_box_types: StorageBoxTypesClient
    storage_boxes: StorageBoxesClient
    volumes: VolumesClient
    zones: ZonesClient

    _version = __version__
    _package = __name__.rpartition(".aio.")[0]
    _connection_class = ClientBase
    _client_hetzner: ClientBase

    def __init__(
        self,
        token: str,
        api_endpoint: str = DEFAULT_ENDPOINT,
        application_name: str | None = None,
        application_version: str | None = None,
        poll_interval: int | float | Callable[[int], float] = 1.0,
        poll_max_retries: int = 120,
        timeout: float | tuple[float, float] | None = DEFAULT_TIMEOUT,
        *,
        api_endpoint_hetzner: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        """
        :param token: API token of a project
        :param api_endpoint: Address of the Cloud API
        :param application_name: Name of your program, which becomes part of the ``User-Agent`` header
        :param application_version: Version of your program, sent with its name
        :param poll_interval: Seconds between two requests while waiting, or a function of the number of requests so far
        :param poll_max_retries: Number of requests after which ``wait_until_finished`` gives up
        :param timeout: Seconds to wait for the API, or a pair (connect, read); None waits forever
        :param api_endpoint_hetzner: Address of the API of the storage boxes
        :param options: The options of :class:`Options`
        :raises InvalidArgumentError: if the token, an endpoint or an option can't be right
        """
        token = hide_token(token)
        self._connect(
            token,
            endpoints(api_endpoint, api_endpoint_hetzner),
            application_name=application_name,
            application_version=application_version,
            poll_interval=poll_interval,
            poll_max_retries=poll_max_retries,
            timeout=timeout,
            **options,
        )

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """Return a client that is configured by the environment variables of :meth:`hcloud.Client.from_env`.

        :param settings: The settings of :class:`Settings`
        :raises InvalidArgumentError: if there is no token
        """
        return cls(token_from_env("HCLOUD_TOKEN"), **endpoints_from_env(), **settings)

    @classmethod
    def from_context(cls, name: str | None = None, **settings: Unpack[Settings]) -> Self:
        """Return a client as :meth:`hcloud.Client.from_context` does.

        :param name: Name of the context; by default that in ``HCLOUD_CONTEXT``, else the active one
        :param settings: The settings of :class:`Settings`
        :raises InvalidArgumentError: if there is no such file, context or token
        """
        from .._contexts import read_context

        context = read_context(name)
        return cls(context.token, **context.endpoints, **settings)

    async def delete_all(self, *, label_selector: str, dry_run: bool = True, timeout: float | None = None) -> Deletion:
        """Delete all resources that match a label selector, or only list them; see :meth:`hcloud.Client.delete_all`.

        :param label_selector: Label selector; one term at least must ask for a label
        :param dry_run: If true, delete nothing, and return what would be deleted
        :param timeout: Maximum time to wait for locked resources and for the actions, in seconds; no limit by default
        :raises InvalidArgumentError: if the selector is invalid, or has no term that asks for a label
        :raises HCloudExceptionGroup: if something was not listed or not deleted
        """
        from ..deletion import delete_all

        return await delete_all(self, label_selector, dry_run=dry_run, timeout=timeout)

    def temporary(self) -> AsyncTemporary:
        """Return an asynchronous context manager that does what :meth:`hcloud.Client.temporary` describes."""
        from .._temporary import AsyncTemporary

        return AsyncTemporary(self)
