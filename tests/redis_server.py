"""A Redis server for a test, on a free port of the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["RedisServer", "redis_server"]

PROGRAMS = ("redis-server", "valkey-server")


class RedisServer:
    """A server that a test can stop, kill and start again, with the same port and without its data."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder}
        self._command = [program, *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(1000):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError("redis-server did not start")

    def kill(self) -> None:
        """End the server at once."""
        self._process.kill()
        self._process.wait()

    def suspend(self) -> None:
        """Let the server accept connections, but answer nothing."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended server go on."""
        os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Run a server; skip the test if none is installed."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("redis-server is not installed (Debian and Ubuntu: apt install redis-server)")
    server = RedisServer(program, folder)
    try:
        yield server
    finally:
        server.kill()
