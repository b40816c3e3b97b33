"""Fake of the SSH servers of a fake cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._exceptions import SSHError
from ..servers import readiness

if TYPE_CHECKING:
    from types import TracebackType

    from .._ssh import Host
    from .cloud import FakeAPI

__all__ = ["FakeSSHServers"]


class FakeSSHServers:
    """Context manager: in its block, ``server.wait_until_ready()`` connects to the running servers of a fake cloud.

    No connection is opened, and the program ``ssh`` is not run.

    :param cloud: Fake cloud of the servers
    :param cloud_init_seconds: Seconds of the clock of the cloud that cloud-init takes after the login
    :param failures: Error messages of cloud-init by the name of the server; it succeeds on all others
    """

    def __init__(
        self, cloud: FakeAPI, *, cloud_init_seconds: float = 20.0, failures: Mapping[str, str] | None = None
    ) -> None:
        self.cloud_init_seconds = cloud_init_seconds
        self.failures: dict[str, str] = dict(failures or {})
        """Error messages of cloud-init by the name of the server."""
        self.logins: list[str] = []
        """Logins, such as ``root@198.18.0.1``."""
        self._cloud = cloud
        self._originals: dict[str, Any] = {}

    def __enter__(self) -> FakeSSHServers:
        replacements = {"check_banner": self._server_at, "require_programs": lambda *programs: None, "run": self._run}
        self._originals = {name: getattr(readiness, name) for name in replacements}
        for name, function in replacements.items():
            setattr(readiness, name, function)
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name, function in self._originals.items():
            setattr(readiness, name, function)

    def _server_at(self, host: Host) -> Any:
        """Return the running server with an address."""
        for project in self._cloud.projects.values():
            for server in project["servers"]:
                if server["status"] == "running" and host.address in _addresses(server):
                    return server
        raise ConnectionRefusedError(f"no running server of the fake cloud has the address {host.address}")

    def _run(
        self, login: readiness.Login, host: Host, timeout: float | None, while_running: Callable[[], object]
    ) -> None:
        server = self._server_at(host)
        self.logins.append(f"{host.user}@{host.address}")
        while_running()
        self._cloud.clock.sleep(self.cloud_init_seconds if timeout is None else min(timeout, self.cloud_init_seconds))
        if timeout is not None and timeout < self.cloud_init_seconds:
            raise SSHError("the command did not end in time")
        if server["name"] in self.failures:
            message = self.failures[server["name"]]
            raise SSHError(message, exit_status=1, output=message)


def _addresses(server: Any) -> list[str]:
    """Return the addresses of a server that a client connects to."""
    from ..servers import IPv6Network

    ipv4, ipv6 = server["public_net"]["ipv4"], server["public_net"]["ipv6"]
    host = None if ipv6 is None else IPv6Network.from_dict(ipv6).host
    addresses = [None if ipv4 is None else ipv4["ip"], host, *(net["ip"] for net in server["private_net"])]
    return [address for address in addresses if address]
