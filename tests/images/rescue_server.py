"""SSH servers in this process that stand for the rescue systems of a fake cloud, with files as disks."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

from hcloud._ssh import Host
from hcloud.images.rescue import RescueAddress
from hcloud.servers import BoundServer
from hcloud.testing import FakeCloud

MIB = 1 << 20
DISK_SIZE = 16 * MIB
R = TypeVar("R")

COMMANDS = {
    # A file can't be discarded as a device can.
    "blkdiscard": """
while [ $# -gt 1 ]; do case $1 in -o|-l) exit 1;; *) shift;; esac; done
size=$(stat -c %s "$1"); truncate -s 0 "$1"; truncate -s "$size" "$1"
""",
    # The disks of this machine, which other programs write to, take their time.
    "sync": "exit 0",
}
"""Commands that are special to the rescue system, as shell scripts."""


class RescueServers:
    """Rescue systems of the servers of a cloud.

    :param cloud: Cloud with the servers
    :param folder: Folder for the disks
    """

    def __init__(self, cloud: FakeCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.disks: dict[int, Path] = {}
        """Disks by the ID of the server."""
        self.contents: dict[int, bytes] = {}
        """Content of the disk of an image, by its ID."""
        self.default_content = b"Debian" * 1000
        """Content of the disk of other images."""
        self.size = DISK_SIZE
        """Size of new disks."""
        self.commands: list[str] = []
        """Commands that were run."""
        self.rejects = False
        """If true, no key is accepted."""
        self.before_command: Callable[[str], object] = lambda command: None
        """Function that is called before each command."""
        self._listeners: dict[int, Any] = {}
        self._connections: set[Any] = set()
        self._tasks: set[Any] = set()
        self._programs = folder / "bin"
        self._programs.mkdir()
        for name, script in COMMANDS.items():
            self.install(name, script)
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, cls: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        pending = asyncio.all_tasks(self._loop)
        self._loop.close()
        # Whenever they are garbage collected, asyncio would write to the standard error, which another test may read.
        assert not pending, f"tasks are left pending: {pending}"

    def install(self, name: str, script: str) -> None:
        """Add or replace a command of the rescue systems."""
        path = self._programs / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def address_of(self, server: BoundServer) -> RescueAddress:
        """Return the address of the rescue system of a server, which is started."""
        if server.id not in self._listeners:
            disk = self.disks[server.id] = self.folder / f"disk-{server.id}"
            content = self.contents.get(server.image.id if server.image else 0, self.default_content)
            disk.write_bytes(content)
            os.truncate(disk, self.size)
            self._listeners[server.id] = self._call(self._listen(server.id))
        return RescueAddress(Host("127.0.0.1", self._listeners[server.id].get_port()), str(self.disks[server.id]))

    def change_host_key(self) -> None:
        """Replace the servers by others with the same ports, and a new host key."""
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._call(self._restart())

    def _call(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _restart(self) -> None:
        for server_id, listener in self._listeners.items():
            port = listener.get_port()
            listener.close()
            self._listeners[server_id] = await self._listen(server_id, port)

    async def _listen(self, server_id: int, port: int = 0) -> Any:
        def accepted_keys() -> list[str]:
            for project in self.cloud.projects.values():
                if server_id in project.servers.records:
                    return project.servers.rescue_keys(server_id)
            return []

        connections = self._connections

        class Server(asyncssh.SSHServer):
            def connection_made(_, connection: Any) -> None:
                connections.add(connection)
                acknowledge_at_once(connection)

            def begin_auth(_, username: str) -> bool:
                return True

            def public_key_auth_supported(_) -> bool:
                return True

            def validate_public_key(_, username: str, key: asyncssh.SSHKey) -> bool:
                keys = [asyncssh.import_public_key(text) for text in accepted_keys()]
                return username == "root" and not self.rejects and key in keys

        return await asyncssh.listen(
            "127.0.0.1",
            port,
            reuse_address=True,
            server_factory=Server,
            server_host_keys=[self._host_key],
            process_factory=self._run,
            encoding=None,
        )

    async def _run(self, process: Any) -> None:
        task: Any = asyncio.current_task()
        self._tasks.add(task)  # before anything is awaited, so that no task is left pending when the loop ends
        try:
            await self._run_command(process)
        finally:
            self._tasks.discard(task)

    async def _run_command(self, process: Any) -> None:
        self.commands.append(process.command)
        environment = {**os.environ, "PATH": f"{self._programs}:{os.environ['PATH']}"}
        try:
            await asyncio.to_thread(self.before_command, process.command)
        except ConnectionError:
            process.channel.get_connection().abort()
            return
        child: Any = subprocess.Popen(
            ["bash", "-c", process.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,
        )
        feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
        copying = [asyncio.create_task(_copy(child.stdout, process.stdout))]
        copying.append(asyncio.create_task(_copy(child.stderr, process.stderr)))
        try:
            await asyncio.gather(*copying)
            process.exit(await asyncio.to_thread(child.wait))
        except (OSError, asyncssh.Error):  # the connection is closed
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            feeding.cancel()
            try:
                await asyncio.gather(feeding, *copying, return_exceptions=True)
            finally:  # the task may be cancelled a second time
                for stream in (child.stdin, child.stdout, child.stderr):
                    stream.close()

    async def _close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        for connection in list(self._connections):
            connection.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if others := asyncio.all_tasks() - {asyncio.current_task()}:  # of asyncssh, which end by themselves
            await asyncio.wait(others, timeout=5)
        await self._loop.shutdown_default_executor()  # until before_command() has ended, which may send a signal


def acknowledge_at_once(connection: Any) -> None:
    """Let the kernel not wait for 40 ms before it acknowledges data, which ``ssh`` waits for before a login."""
    if not hasattr(socket, "TCP_QUICKACK"):
        return
    stream, receive = connection.get_extra_info("socket"), connection.data_received

    def receive_and_acknowledge(*arguments: Any) -> None:
        receive(*arguments)
        with suppress(OSError):  # closed
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    connection.data_received = receive_and_acknowledge


async def _copy(source: Any, target: Any) -> None:
    while chunk := await asyncio.to_thread(source.read, MIB):
        target.write(chunk)
        await target.drain()


async def _feed(source: Any, target: Any) -> None:
    try:
        while chunk := await source.read(MIB):
            view = memoryview(chunk)
            while view:
                view = view[await asyncio.to_thread(target.write, view) :]
    finally:
        target.close()
