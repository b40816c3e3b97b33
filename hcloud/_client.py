"""The client of Hetzner's APIs: a connection to each of the two hosts, and a client for each resource."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ._exceptions import APIException
from ._exports import imported_names
from ._version import __version__
from .core.connection import Connection
from .core.coroutines import blocking
from .core.provider import Provider
from .core.retry import HETZNER_CODES, constant_backoff_function, exponential_backoff_function
from .core.secrets import hide_token
from .core.settings import DEFAULT_TIMEOUT, Behaviour, Options, Settings, build_user_agent, host_of, token_from_env

if TYPE_CHECKING:
    from typing import Any, Self, Unpack

    from requests import Response

    from ._temporary import Temporary
    from .actions import ActionsClient
    from .certificates import CertificatesClient
    from .datacenters import DatacentersClient
    from .deletion import Deletion
    from .firewalls import FirewallsClient
    from .floating_ips import FloatingIPsClient
    from .images import ImagesClient
    from .isos import IsosClient
    from .load_balancer_types import LoadBalancerTypesClient
    from .load_balancers import LoadBalancersClient
    from .locations import LocationsClient
    from .networks import NetworksClient
    from .placement_groups import PlacementGroupsClient
    from .pricing import PricingClient
    from .primary_ips import PrimaryIPsClient
    from .server_types import ServerTypesClient
    from .servers import ServersClient
    from .ssh_keys import SSHKeysClient
    from .storage_box_types import StorageBoxTypesClient
    from .storage_boxes import StorageBoxesClient
    from .volumes import VolumesClient
    from .zones import ZonesClient

__all__ = [
    "Behaviour",
    "Client",
    "ClientBase",
    "Options",
    "Settings",
    "constant_backoff_function",
    "exponential_backoff_function",
]

BackoffFunction = Callable[[int], float]
"""Function of the number of retries so far that returns the seconds until the next one."""

DEFAULT_ENDPOINT = "https://api.hetzner.cloud/v1"
DEFAULT_ENDPOINT_HETZNER = "https://api.hetzner.com/v1"


def _build_user_agent(application_name: str | None, application_version: str | None) -> str:
    return build_user_agent(application_name, application_version, __version__)


class ClientBase(Connection):
    """A connection to one of Hetzner's two API hosts."""

    _failures = HETZNER_CODES
    _correlation_header = "X-Correlation-Id"

    def _build_user_agent(self, application_name: str | None, application_version: str | None) -> str:
        return _build_user_agent(application_name, application_version)

    def _read_error(self, response: Response, payload: Any) -> APIException | None:
        reported = payload.get("error") if isinstance(payload, dict) else None
        if not isinstance(reported, dict) or not isinstance(reported.get("code"), str):
            return None
        from .core.errors import api_error

        return api_error(
            response.status_code,
            reported["code"],
            str(reported.get("message", "")),
            reported.get("details"),
            response.headers.get(self._correlation_header),
        )


class Client(Provider):
    """Client of the Hetzner Cloud API: ``client.servers``, ``client.images`` and so on, over one session for each host.

    It is safe to share between threads, and is a context manager that closes its connections.
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
    _package = __package__
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
        :param token: API token of a project. With None or an empty string, the client can be created, so that a program
            can be imported without a token, but each request raises :class:`InvalidArgumentError`.
        :param api_endpoint: Address of the Cloud API
        :param application_name: Name of your program, which becomes part of the ``User-Agent`` header
        :param application_version: Version of your program, sent with its name
        :param poll_interval: Seconds between two requests while waiting, or a function of the number of requests so far
        :param poll_max_retries: Number of requests after which :meth:`BoundAction.wait_until_finished` gives up
        :param timeout: Seconds to wait for the API, or a pair (connect, read); None waits forever
        :param api_endpoint_hetzner: Address of the API of the storage boxes; by default ``api_endpoint`` if that is on
            another host than the default one, so that the token reaches no host that is not configured
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
        """Return a client that is configured by environment variables.

        ``HCLOUD_TOKEN``, or the file that ``HCLOUD_TOKEN_FILE`` names, holds the token. ``HCLOUD_ENDPOINT`` and
        ``HCLOUD_ENDPOINT_HETZNER`` are the addresses of the two APIs, with the defaults of :class:`Client`.

        :param settings: The settings of :class:`Settings`
        :raises InvalidArgumentError: if there is no token
        """
        return cls(token_from_env("HCLOUD_TOKEN"), **endpoints_from_env(), **settings)

    @classmethod
    def from_context(cls, name: str | None = None, **settings: Unpack[Settings]) -> Self:
        """Return a client with the token of a context of the command ``hcloud``, and its endpoint if it has one.

        The file is ``cli.toml`` in ``~/.config/hcloud``, or the one that ``HCLOUD_CONFIG`` names. :meth:`from_env`
        never reads it, and this method does not read ``HCLOUD_TOKEN``.

        :param name: Name of the context; by default that in ``HCLOUD_CONTEXT``, else the active one
        :param settings: The settings of :class:`Settings`
        :raises InvalidArgumentError: if there is no such file, context or token
        """
        from ._contexts import read_context

        context = read_context(name)
        return cls(context.token, **context.endpoints, **settings)

    @blocking
    async def delete_all(self, *, label_selector: str, dry_run: bool = True, timeout: float | None = None) -> Deletion:
        """Delete all resources that match a label selector, or only list them, as by default.

        They are deleted in the order of their dependence: load balancers and servers, then what these used. Volumes,
        floating IPs and firewalls are detached from servers that stay; primary IPs are not, as that requires that the
        server is off. Resources that are locked are waited for, protected ones are skipped. A failure does not keep the
        others from being deleted.

        :param label_selector: Label selector, such as ``env=ci,!keep``; one term at least must ask for a label, as
            ``!keep`` and ``env!=prod`` alone would match nearly everything
        :param dry_run: If true, delete nothing, and return what would be deleted
        :param timeout: Maximum time to wait for locked resources and for the actions, in seconds; no limit by default
        :raises InvalidArgumentError: if the selector is invalid, or has no term that asks for a label
        :raises HCloudExceptionGroup: if something was not listed or not deleted; its ``result`` is the
            :class:`~hcloud.deletion.Deletion`
        """
        from .deletion import delete_all

        return await delete_all(self, label_selector, dry_run=dry_run, timeout=timeout)

    def temporary(self) -> Temporary:
        """Return a context manager for resources that exist only while its block runs, such as those of a test.

        It yields labels to create resources with: one label with a random value. On the way out, also after an
        exception, :meth:`delete_all` deletes what has this label, and nothing else. If that fails after an exception,
        the failure becomes a note of the exception. Protected resources are not deleted, which is a failure, too.
        """
        from ._temporary import Temporary

        return Temporary(self)


def endpoints(api_endpoint: str, api_endpoint_hetzner: str | None) -> dict[str, str]:
    """Return the addresses of the two APIs, by the attribute of a client that holds the connection.

    :param api_endpoint_hetzner: Address of the API of the storage boxes, None for the default
    """
    if api_endpoint_hetzner is None:
        is_default = host_of(api_endpoint) == host_of(DEFAULT_ENDPOINT)
        api_endpoint_hetzner = DEFAULT_ENDPOINT_HETZNER if is_default else api_endpoint
    return {"_client": api_endpoint, "_client_hetzner": api_endpoint_hetzner}


def endpoints_from_env() -> dict[str, str]:
    """Return the addresses that environment variables set, by the parameter of a client."""
    variables = {"api_endpoint": "HCLOUD_ENDPOINT", "api_endpoint_hetzner": "HCLOUD_ENDPOINT_HETZNER"}
    return {name: os.environ[variable] for name, variable in variables.items() if os.environ.get(variable)}


if not TYPE_CHECKING:
    __getattr__ = imported_names(__name__)
