"""Commands on a server by the program ``ssh``, with input from this machine and output to it.

By default, they use a key of their own, and ignore the user's configuration, agent and known hosts. The host key is
accepted at the first connection and pinned from then on, since a new server or rescue system always has a new one.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ._exceptions import SSHError, WaitTimeoutError

if TYPE_CHECKING:
    from .core.clock import Clock

__all__ = ["POLL_SECONDS", "Host", "Runner", "check_banner", "create_key", "require_programs"]

CHUNK = 1 << 20
CONNECT_SECONDS = 10
"""Real seconds for one attempt to connect."""
POLL_SECONDS = 2
"""Seconds of the client's clock between two attempts."""
MAX_ERROR_LENGTH = 2000
"""Characters of a command's error output that are kept: the last ones."""
_OPTIONS = {
    "BatchMode": "yes",
    "Ciphers": "^aes128-gcm@openssh.com",  # twice as fast as the default where the processor has AES instructions
    "ConnectTimeout": str(CONNECT_SECONDS),
    "ControlPath": "none",
    "ForwardAgent": "no",
    "GlobalKnownHostsFile": "/dev/null",
    "LogLevel": "ERROR",
    "PreferredAuthentications": "publickey",
    "ServerAliveCountMax": "4",
    "ServerAliveInterval": "15",
    "StrictHostKeyChecking": "accept-new",
    "UpdateHostKeys": "no",
    "UserKnownHostsFile": "known_hosts",
}
_OWN_KEY = ("-i", "key", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none")
"""Arguments of the program ``ssh`` for the key of :func:`create_key`."""


class Host(NamedTuple):
    """Address of an SSH server."""

    address: str
    """IP address or name."""
    port: int = 22
    """TCP port."""
    user: str = "root"
    """User to log in as."""


def require_programs(*programs: str) -> None:
    """Check that programs of OpenSSH are on this machine, and that ``ssh`` takes all options.

    :param programs: Names of the programs; ``ssh`` and ``ssh-keygen`` by default
    :raises SSHError: if one of them is not on the ``PATH``, or is too old
    """
    for program in programs or ("ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            raise SSHError(f"the program {program} is not on the PATH; install the OpenSSH client")
    try:
        result = subprocess.run(
            [*_ssh(), "-G", "localhost"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise SSHError(f"the program ssh can't be started: {error}") from error
    if result.returncode:
        raise SSHError(f"the program ssh can't be used; install a newer OpenSSH client: {_error_text(result.stderr)}")


def _ssh(*arguments: str) -> list[str]:
    """Return the beginning of each command: the program and its options. ``arguments`` come first, so they win."""
    options = (part for name, value in _OPTIONS.items() for part in ("-o", f"{name}={value}"))
    return ["ssh", "-F", "/dev/null", *arguments, *options]


def create_key(folder: Path) -> str:
    """Create a key pair without passphrase in a private folder, and return the public key.

    :param folder: Folder that a :class:`Runner` is created with
    :raises SSHError: if there is no ``ssh-keygen``, or it fails
    """
    require_programs()
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hcloud", "-f", "key"]
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode:
        raise SSHError(f"ssh-keygen failed: {_error_text(result.stderr)}")
    return (folder / "key.pub").read_text(encoding="ascii").strip()


def check_banner(host: Host) -> None:
    """Connect, and read the first bytes that an SSH server sends.

    :raises OSError: if nothing listens there, or it is no SSH server
    """
    with socket.create_connection((host.address, host.port), timeout=CONNECT_SECONDS) as connection:
        banner = connection.recv(256)
    if not banner.startswith(b"SSH-"):
        raise OSError(f"the port is open, but no SSH server: {banner[:40]!r}")


class Runner:
    """Commands on one host.

    :param host: Host to log in to
    :param folder: Private folder with the key of :func:`create_key`, which also gets the host key
    :param arguments: Arguments of the program ``ssh`` for the key; its options ``-o`` precede the usual ones
    """

    def __init__(self, host: Host, folder: Path, arguments: Sequence[str] = _OWN_KEY) -> None:
        self.host = host
        self._folder = folder
        self._arguments = arguments

    def wait_until_ready(self, clock: Clock, timeout: float) -> None:
        """Wait until the host takes the key.

        :param clock: Clock to wait on
        :param timeout: Seconds to wait at most
        :raises SSHError: if the host key changed meanwhile
        :raises WaitTimeoutError: if the host did not take the key in time
        """
        deadline = clock.monotonic() + timeout
        while True:
            try:
                check_banner(self.host)
                self.run("true", timeout=3 * CONNECT_SECONDS)
                return
            except (OSError, SSHError) as error:
                if "HOST IDENTIFICATION HAS CHANGED" in str(error):
                    raise
                failure = error
            if clock.monotonic() >= deadline:
                host = f"{self.host.address}, port {self.host.port}"
                raise WaitTimeoutError(f"no login by SSH to {host} within {timeout:g} s: {failure}") from failure
            clock.sleep(POLL_SECONDS)

    def run(
        self,
        command: str,
        *,
        feed: Iterable[bytes] | IO[bytes] | None = None,
        take_line: Callable[[str], bool] | None = None,
        while_running: Callable[[], object] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Run a command, and return its output.

        :param command: Command for the shell of the host; what is not part of the program must be quoted
        :param feed: Input of the command: an open file, which the program ``ssh`` reads itself, or pieces of bytes
        :param take_line: See :meth:`start`
        :param while_running: Function that is called about five times a second while the command runs
        :param timeout: Real seconds after which the command is ended; no limit by default
        :raises SSHError: if the command fails, or the connection does
        """
        pieces = None if feed is None or hasattr(feed, "fileno") else feed
        with self.start(command, feed if pieces is None else True, take_line, timeout) as process:
            process.collect()
            if pieces is not None:
                process.feed(pieces, while_running)
            return process.finish(while_running).decode(errors="replace")

    @contextmanager
    def start(
        self,
        command: str,
        feed: object = None,
        take_line: Callable[[str], bool] | None = None,
        timeout: float | None = None,
    ) -> Iterator[Process]:
        """Start a command; it is killed if the block ends before the command does.

        :param command: Command for the shell of the host
        :param feed: Open file that is the input of the command, or True to feed it
        :param take_line: Function that is called in another thread with each line of the error output, and returns true
            for a line that is no error
        :param timeout: Real seconds after which the command is ended; no limit by default
        :raises SSHError: if the program ``ssh`` can't be started
        """
        address = ["-p", str(self.host.port), "-l", self.host.user, "-T", "--", self.host.address]
        stdin: Any = subprocess.PIPE if feed is True else subprocess.DEVNULL if feed is None else feed
        try:
            child = subprocess.Popen(
                [*_ssh(*self._arguments), *address, command],
                cwd=self._folder,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C reaches this program only, which decides what ends
            )
        except OSError as error:
            raise SSHError(f"the program ssh can't be started: {error}") from error
        process = Process(child, take_line, timeout)
        try:
            yield process
        finally:
            process.close()


class Process:
    """A command that runs on a host."""

    def __init__(
        self, child: subprocess.Popen[bytes], take_line: Callable[[str], bool] | None, timeout: float | None
    ) -> None:
        self._child = child
        self._take_line = take_line
        self._errors = ""
        self._output: list[bytes] = []
        self._timed_out = False
        self._readers: list[threading.Thread] = []
        self._start_reader(self._read_errors)
        self._timer = threading.Timer(timeout, self._time_out) if timeout is not None else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def _start_reader(self, read: Callable[[], object]) -> None:
        self._readers.append(threading.Thread(target=read, daemon=True))
        self._readers[-1].start()

    def _time_out(self) -> None:
        self._timed_out = True
        self._child.kill()

    def _read_errors(self) -> None:
        """Read the error output until it ends; programs end the lines of a progress by a carriage return."""
        stream = self._child.stderr
        assert stream is not None
        rest = ""
        while chunk := stream.read(65536):
            *lines, rest = f"{rest}{chunk.decode(errors='replace')}".replace("\r", "\n").split("\n")
            self._add_errors(lines)
        self._add_errors([rest])

    def _add_errors(self, lines: list[str]) -> None:
        for line in filter(None, lines):
            if self._take_line is None or not self._take_line(line):
                self._errors = f"{self._errors}{line}\n"[-MAX_ERROR_LENGTH:]

    def read(self) -> bytes:
        """Return the next bytes of the output, an empty object at its end."""
        assert self._child.stdout is not None
        return self._child.stdout.read(CHUNK) or b""

    def collect(self) -> None:
        """Read the output in another thread, for :meth:`finish` to return it."""
        self._start_reader(lambda: self._output.extend(iter(self.read, b"")))

    def feed(self, pieces: Iterable[bytes], while_running: Callable[[], object] | None = None) -> None:
        """Write all pieces to the input of the command, and end the input; a command may end before that.

        :param while_running: Function that is called after each piece
        """
        stream = self._child.stdin
        assert stream is not None
        try:
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[stream.write(view) or 0 :]
                if while_running is not None:
                    while_running()
            stream.close()
        except BrokenPipeError:  # finish() raises the error of the command
            pass

    def finish(self, while_running: Callable[[], object] | None = None) -> bytes:
        """Wait until the command has ended, and return the output that was collected.

        :param while_running: Function that is called about five times a second meanwhile
        :raises SSHError: if the command failed, or the connection did
        """
        for reader in self._readers:
            while reader.is_alive():
                reader.join(0.2)
                if while_running is not None:
                    while_running()
        status = self._child.wait()
        errors = self._errors.strip()
        if self._timed_out:
            raise SSHError(f"the command did not end in time{f': {errors}' if errors else ''}", output=errors)
        if status == 255:
            raise SSHError(f"the connection by SSH failed: {errors or 'no reason is known'}", output=errors)
        if status < 0:
            raise SSHError(f"the program ssh was ended by signal {-status}", output=errors)
        if status:
            raise SSHError(errors or f"the command failed with status {status}", exit_status=status, output=errors)
        return b"".join(self._output)

    def close(self) -> None:
        """Kill the command if it still runs, and close its pipes."""
        if self._timer is not None:
            self._timer.cancel()
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _error_text(output: bytes) -> str:
    return output.decode(errors="replace").strip()[-MAX_ERROR_LENGTH:]
