"""A server of a transfer that runs the rescue system, and that is deleted at the end in any case.

Tests against a fake cloud replace :func:`address_of`, which says where the rescue system of a server is, and which
device is its disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from .._exceptions import APIException, HCloudException, InvalidArgumentError, TransferError
from .._ssh import Host, Runner, create_key
from ..actions.domain import ActionException
from .disks import Disk
from .leftovers import Leftovers, patient_client

if TYPE_CHECKING:
    from .. import Client
    from ..servers import BoundServer, ServerCreatePublicNetwork
    from ..ssh_keys import BoundSSHKey
    from .client import BoundImage
    from .offers import Offer
    from .transfers import Phase

__all__ = ["RescueAddress", "RescueSystem", "address_of", "check_public_net", "rescue_system"]

ACTION_SECONDS = 1800
"""Seconds to wait for an action of the server."""
SSH_SECONDS = 300
"""Seconds to wait for the SSH server of the rescue system."""


class RescueAddress(NamedTuple):
    """Address of the rescue system of a server, and its disk."""

    host: Host
    """Address of its SSH server."""
    device: str = "/dev/sda"
    """Path of the disk of the server."""


def address_of(server: BoundServer) -> RescueAddress:
    """Return the address of the rescue system that a server runs.

    :raises TransferError: if the server has no public address
    """
    public_net = server.public_net
    if public_net.ipv4 is not None and public_net.ipv4.ip is not None:
        return RescueAddress(Host(public_net.ipv4.ip))
    if public_net.ipv6 is not None:
        return RescueAddress(Host(f"{public_net.ipv6.network}1"))
    raise TransferError("the server of the transfer needs a public address: enable ipv4 or ipv6 in public_net")


def check_public_net(public_net: ServerCreatePublicNetwork | None) -> None:
    """Check that a server with this interface has a public address.

    :raises InvalidArgumentError: if it has none, or this is no interface
    """
    if public_net is None:
        return
    if not (hasattr(public_net, "enable_ipv4") and hasattr(public_net, "enable_ipv6")):
        raise InvalidArgumentError(f"public_net must be a ServerCreatePublicNetwork or None, not {public_net!r}")
    if not (public_net.enable_ipv4 or public_net.enable_ipv6):
        raise InvalidArgumentError(
            "public_net must enable ipv4 or ipv6: this machine logs in to the public address of the server"
        )


class RescueSystem(NamedTuple):
    """The rescue system of a server, ready for commands."""

    server: BoundServer
    """Server that runs it, bound to a client that waits while the server is locked."""
    disk: Disk
    """Disk of the server."""
    leftovers: Leftovers
    """Everything that is deleted at the end."""


@contextmanager
def rescue_system(
    client: Client,
    offers: list[Offer],
    image: BoundImage | int,
    report: Callable[[Phase], object],
    *,
    labels: dict[str, str] | None = None,
    public_net: ServerCreatePublicNetwork | None = None,
) -> Iterator[RescueSystem]:
    """Boot a new server into the rescue system, and delete it and its SSH key at the end, whatever happens.

    :param offers: Server types and locations, in the order in which they are tried
    :param image: Image that the disk is created from
    :param report: Function that is called when a phase begins
    :param labels: Labels of the image that is going to be created, so that invalid ones are rejected at the beginning
    :param public_net: Public network interface; both IPv4 and IPv6 by default
    :raises SSHError: if there is no ``ssh`` on this machine, or a command on the server fails
    :raises TransferError: if no server can be created, or not everything can be deleted
    """
    client = patient_client(client)
    leftovers = Leftovers(client, token_hex(6))
    with TemporaryDirectory(prefix="hcloud-") as name:
        folder = Path(name)
        public_key = create_key(folder)
        try:
            report("create server")
            leftovers.is_creating = True
            ssh_key = client.ssh_keys.create(leftovers.name, public_key, labels={**(labels or {}), **leftovers.labels})
            leftovers.add("ssh_keys", ssh_key)
            server = _create_server(client, offers, image, ssh_key, public_net, leftovers)
            report("boot rescue system")
            yield RescueSystem(server, _boot(client, server, ssh_key, folder), leftovers)
        except BaseException as error:
            _clean_up(leftovers, report, error)
            raise
        try:
            _clean_up(leftovers, report, None)
        except KeyboardInterrupt as error:
            leftovers.delete(error)
            raise


def _clean_up(leftovers: Leftovers, report: Callable[[Phase], object], error: BaseException | None) -> None:
    """Delete everything, also if the function of the caller fails; then its exception gets the notes.

    :param error: Exception that ended the transfer
    """
    try:
        report("clean up")
    except BaseException as failure:
        for note in getattr(error, "__notes__", []):  # of the other project of a copy
            failure.add_note(note)
        leftovers.delete(failure)
        raise
    leftovers.delete(error)


def _boot(client: Client, server: BoundServer, ssh_key: BoundSSHKey, folder: Path) -> Disk:
    """Boot a server into the rescue system, wait until it takes commands, and return its disk."""
    server.enable_rescue("linux64", [ssh_key]).wait(timeout=ACTION_SECONDS)
    server.power_on().wait(timeout=ACTION_SECONDS)
    address = address_of(server)
    runner = Runner(address.host, folder)
    runner.wait_until_ready(client.servers._client._clock, SSH_SECONDS)
    return Disk(runner, address.device)


def _create_server(
    client: Client,
    offers: list[Offer],
    image: BoundImage | int,
    ssh_key: BoundSSHKey,
    public_net: ServerCreatePublicNetwork | None,
    leftovers: Leftovers,
) -> BoundServer:
    """Create a server that is off, of the first offer that is available.

    :raises TransferError: if none is
    """
    from ..servers.creation import SOLD_OUT

    failure: HCloudException | None = None
    for offer in offers:
        leftovers.is_creating = True
        try:
            response = client.servers.create(
                leftovers.name,
                offer.server_type,
                image,
                [ssh_key],
                labels=leftovers.labels,
                location=offer.location,
                start_after_create=False,
                public_net=public_net,
            )
        except APIException as error:
            if error.code not in SOLD_OUT:
                raise
            failure, leftovers.is_creating = error, False
            continue
        leftovers.add("servers", response.server)
        try:
            response.wait(timeout=ACTION_SECONDS)
        except ActionException as error:
            codes = {(failed.action.error or {}).get("code") for failed in getattr(error, "exceptions", [error])}
            if not codes.intersection(SOLD_OUT):
                raise
            failure = error
            leftovers.discard("servers", response.server)
            continue
        return response.server
    attempts = ", ".join(f"{offer.server_type.name} in {offer.location}" for offer in offers)
    raise TransferError(f"no server could be created; none was available of {attempts}: {failure}") from failure
