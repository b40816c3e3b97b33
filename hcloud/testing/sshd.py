"""Rescue systems of the servers of a fake cloud: OpenSSH's ``sshd`` on this machine, with files as their disks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

from .._exceptions import SSHError
from .._ssh import Host, Runner, create_key
from ..images import rescue

if TYPE_CHECKING:
    from ..servers import BoundServer
    from .cloud import FakeCloud

__all__ = ["RescueSystems", "rescue_systems"]

_PROGRAMS = ("bash", "dd", "sha256sum", "ssh", "ssh-keygen", "sshd")
_START_SECONDS = 5
_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
KexAlgorithms curve25519-sha256
AuthorizedKeysFile {folder}/authorized_keys
AuthenticationMethods publickey
PermitRootLogin yes
PidFile none
SetEnv SHLVL=2
StrictModes no
UsePAM no
"""
"""Configuration of ``sshd``. With this level of the shell, bash does not run the commands of ``~/.bashrc``."""


@contextmanager
def rescue_systems(cloud: FakeCloud, *, disk_size: int = 1 << 30) -> Iterator[RescueSystems]:
    """Let uploads, downloads and copies of images run against a fake cloud, until the block ends.

    They log in to the rescue systems of servers by ``ssh``. Here that is ``sshd``, which runs as this user on a free
    port of 127.0.0.1 and takes the SSH keys of the transfer only. The disk of a server is a file, which is empty unless
    the server is created from an image that was uploaded in this block.

    :param cloud: Cloud with the servers
    :param disk_size: Size of each disk in bytes
    :raises OSError: if a program is not installed, or this user can't log in to ``sshd``
    """
    missing = [program for program in _PROGRAMS if _which(program) is None]
    if missing:
        raise OSError(f"these programs are not installed: {', '.join(missing)}")
    with TemporaryDirectory(prefix="hcloud-") as name:
        folder = Path(name)
        with _sshd(folder) as port:
            systems = RescueSystems(cloud, Host("127.0.0.1", port, _user()), folder, disk_size)
            systems.authorize(create_key(folder))
            try:
                Runner(systems.host, folder).run("true", timeout=_START_SECONDS)
            except SSHError as error:
                raise OSError(f"this user can't log in to sshd: {error}") from error
            original = rescue.address_of

            def address_of(server: BoundServer) -> rescue.RescueAddress:
                return systems.address_of(server) if server.id in cloud_ids() else original(server)

            def cloud_ids() -> set[int]:
                return {record["id"] for project in cloud.projects.values() for record in project["servers"]}

            with mock.patch.object(rescue, "address_of", address_of):
                yield systems


class RescueSystems:
    """Rescue systems of the servers of a fake cloud.

    :param cloud: Cloud with the servers
    :param host: Address of the SSH server
    :param folder: Folder for the disks
    :param disk_size: Size of each disk in bytes
    """

    def __init__(self, cloud: FakeCloud, host: Host, folder: Path, disk_size: int) -> None:
        self.host = host
        """Address of the SSH server."""
        self.folder = folder
        """Folder of the SSH server and the disks."""
        self._cloud = cloud
        self._disk_size = disk_size

    def disk_of(self, server_id: int) -> Path:
        """Return the path of the disk of a server, which stays when the server is deleted."""
        return self.folder / f"disk-{server_id}"

    def authorize(self, *keys: str) -> None:
        """Let only these public SSH keys log in."""
        (self.folder / "authorized_keys").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")

    def address_of(self, server: BoundServer) -> rescue.RescueAddress:
        """Return the address of the rescue system of a server, which lets the SSH keys of all servers log in."""
        disk = self.disk_of(server.id)
        if not disk.exists():
            origin = server.image.created_from if server.image is not None else None
            source = self.disk_of(origin.id) if origin is not None else None
            if source is not None and source.exists():
                shutil.copyfile(source, disk)
            else:
                disk.touch()
                os.truncate(disk, self._disk_size)
        keys: set[str] = set()
        for project in self._cloud.projects.values():
            servers: Any = project.servers
            keys.update(*(servers.rescue_keys(record["id"]) for record in project["servers"]))
        self.authorize(*keys)
        return rescue.RescueAddress(self.host, str(disk))


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _user() -> str:
    """Return the name of this user.

    :raises OSError: if it has none
    """
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise OSError(f"the user with the ID {os.geteuid()} has no name") from None


@contextmanager
def _sshd(folder: Path) -> Iterator[int]:
    """Serve SSH on a free port, and yield the port.

    :raises OSError: if ``sshd`` does not start
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host_key")]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True)
    config, log = folder / "sshd_config", folder / "sshd.log"
    config.write_text(_CONFIG.format(port=port, folder=folder), encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists on it, and a container lacks it
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [str(_which("sshd")), "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
        )
    try:
        _wait_for(server, port, log)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until ``sshd`` listens.

    :raises OSError: if it ends before
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError as error:
            if server.poll() is not None or time.monotonic() >= deadline:
                reason = " ".join(log.read_text(encoding="utf-8", errors="replace").split())
                raise OSError(f"sshd does not start: {reason or error}") from None
        time.sleep(0.02)
