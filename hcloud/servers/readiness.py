"""Wait until a server is ready: it is running, has an SSH server, and cloud-init has finished.

:class:`hcloud.testing.FakeSSHServers` replaces ``check_banner``, ``require_programs`` and :func:`run`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, NamedTuple

from .._arguments import check_reference, path_of, validate_booleans
from .._exceptions import InvalidArgumentError, SSHError, WaitTimeoutError
from .._progress import TransferProgress
from .._ssh import POLL_SECONDS, Host, Runner, check_banner, require_programs
from ..core import BaseDomain
from ..core.coroutines import check_side
from ..core.settings import validate_seconds
from ..core.waiting import end_progress, validate_callback, waited
from ..core.warn import log

if TYPE_CHECKING:
    from .client import BoundServer, ServersClient
    from .domain import Server

__all__ = ["Login", "wait_until_ready"]

Step = Literal["running", "ssh", "cloud-init"]

_DENIED_SECONDS = 60.0
"""Seconds after which a denied login is final: cloud-init may add the keys after the SSH server has started."""
_NOT_FOUND = 127
"""Exit status of a shell that does not find a program."""
_RECOVERABLE = 2
"""Exit status of ``cloud-init status`` if it has finished in spite of errors."""
_SCRIPT = f"""
command -v cloud-init >/dev/null 2>&1 || exit {_NOT_FOUND}
cloud-init status --wait >/dev/null
status=$?
[ "$status" = 0 ] || cloud-init status --long >&2
exit "$status"
"""


class Login(NamedTuple):
    """Parameters of the login to a server; see :meth:`ServersClient.wait_until_ready`."""

    address: str | None
    """IP address or name; None for the address of the server."""
    port: int
    """TCP port."""
    user: str
    """User to log in as."""
    identity_file: str | os.PathLike[str] | None
    """Path of the private key; None for the agent and the keys of the user."""
    known_hosts: str | os.PathLike[str] | None
    """Path of a file with the host keys to accept; None for any."""

    def validate(self) -> Login:
        """Return this login with absolute paths.

        :raises InvalidArgumentError: if it can't be used
        """
        if self.port.__class__ is not int or not 0 < self.port < 2**16:
            raise InvalidArgumentError(f"port must be a number from 1 to 65535, not {self.port!r}; nothing was sent")
        for name in ("address", "user"):
            value = getattr(self, name)
            if (name, value) != ("address", None) and not (isinstance(value, str) and _is_word(value)):
                raise InvalidArgumentError(
                    f"{name} must be a non-empty text without spaces, not {value!r}; nothing was sent"
                )
        try:
            (self.address or "").encode("idna")
        except UnicodeError:  # a part is empty or too long
            raise InvalidArgumentError(f"address={self.address!r} is no host name; nothing was sent") from None
        return self._replace(
            identity_file=_absolute("identity_file", self.identity_file),
            known_hosts=_absolute("known_hosts", self.known_hosts),
        )

    def arguments(self) -> list[str]:
        """Return the arguments of the program ``ssh`` in the folder of :meth:`link_files`."""
        arguments: list[str] = []
        if self.identity_file is not None:
            arguments += ["-i", "key", "-o", "IdentitiesOnly=yes"]
        if self.known_hosts is not None:
            return [*arguments, "-o", "StrictHostKeyChecking=yes"]
        return [*arguments, "-o", "UserKnownHostsFile=/dev/null"]

    def link_files(self, folder: Path) -> None:
        """Link the files into a folder: in other names, ``ssh`` would replace percent signs and split at spaces."""
        if self.identity_file is not None:
            for suffix in ("", ".pub", "-cert.pub"):
                (folder / f"key{suffix}").symlink_to(f"{self.identity_file}{suffix}")
        if self.known_hosts is not None:
            (folder / "known_hosts").symlink_to(self.known_hosts)


_is_word = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]+").fullmatch


def _absolute(name: str, path: str | os.PathLike[str] | None) -> Path | None:
    if path is None:
        return None
    absolute = path_of(name, path).absolute()
    with suppress(RuntimeError):  # there is no such user, so no such file
        absolute = path_of(name, path).expanduser().absolute()
    if not absolute.is_file():
        raise InvalidArgumentError(f"{name} must be the path of a file, not {str(path)!r}; nothing was sent")
    return absolute


def run(login: Login, host: Host, timeout: float | None, while_running: Callable[[], object]) -> None:
    """Wait for cloud-init on a host.

    :param timeout: Seconds to wait at most
    :param while_running: Function that is called about five times a second
    :raises SSHError: if there is no connection, or the exit status is not 0
    """
    with TemporaryDirectory(prefix="hcloud-") as name:
        login.link_files(Path(name))
        command = f"sh -c {shlex.quote(_SCRIPT)}"  # the shell of the user may be another one
        Runner(host, Path(name), login.arguments()).run(command, timeout=timeout, while_running=while_running)


def wait_until_ready(
    client: ServersClient,
    server: Server | int,
    ssh: bool,
    cloud_init: bool,
    timeout: float | None,
    login: Login,
    on_progress: Callable[[TransferProgress], object] | None,
) -> BoundServer:
    """Wait until a server is ready, and return it; see :meth:`ServersClient.wait_until_ready`."""
    from .client import BoundServer

    validate_booleans(ssh=ssh, cloud_init=cloud_init)
    if cloud_init and not ssh:
        raise InvalidArgumentError("cloud-init is asked by SSH: pass cloud_init=False with ssh=False; nothing was sent")
    validate_seconds(timeout=timeout)
    validate_callback(on_progress)
    check_side("wait_until_ready", client, [server])
    login = login.validate()
    server = check_reference("server", server, "Server", by_name=isinstance(server, BaseDomain))
    if cloud_init:
        require_programs("ssh")
    if not isinstance(server, BoundServer):
        server = client.get(server.id_or_name if isinstance(server, BaseDomain) else server)
    wait = _Wait(server, timeout, on_progress)
    try:
        wait.for_status(needs_address=ssh and login.address is None)
        if ssh:
            host = Host(login.address or server.address or "", login.port, login.user)
            wait.for_ssh(host)
            if cloud_init:
                wait.for_cloud_init(host, login)
    finally:
        end_progress(on_progress)
    return server


class _Wait:
    """The steps of one wait, which have a common deadline.

    :param server: Server to wait for
    :param timeout: Seconds to wait at most; None for no limit
    :param on_progress: Function that is called with the step
    """

    def __init__(
        self, server: BoundServer, timeout: float | None, on_progress: Callable[[TransferProgress], object] | None
    ) -> None:
        self._server = server
        self._clock = server._client._client._clock
        self._timeout = timeout
        self._deadline = inf if timeout is None else self._clock.monotonic() + timeout
        self._on_progress = on_progress

    def for_status(self, *, needs_address: bool) -> None:
        """Wait until the server is running, and has an address if one is needed."""

        def is_running(server: BoundServer) -> bool:
            self._report("running")
            return server.status == "running" and not (needs_address and server.address is None)

        try:
            self._server.wait_for(is_running, timeout=self._remaining())
        except WaitTimeoutError as error:
            status = self._server.status
            problem = "it has no address" if status == "running" else f"its status is {status!r}"
            raise self._timeout_error("running", problem) from error

    def for_ssh(self, host: Host) -> None:
        """Wait until the server has an SSH server."""
        while True:
            self._report("ssh")
            try:
                check_banner(host)
                return
            except OSError as error:
                self._pause("ssh", error)

    def for_cloud_init(self, host: Host, login: Login) -> None:
        """Wait until cloud-init has finished.

        :raises SSHError: if it has failed, or there is none, or no login
        """
        denied_since = inf
        while True:
            self._report("cloud-init")
            try:
                run(login, host, self._remaining(), lambda: self._report("cloud-init"))
                return
            except SSHError as error:
                if error.exit_status is not None:
                    self._check_exit_status(error)
                    return
                if "Host key verification failed" in error.output:
                    raise
                if "Permission denied" in error.output:
                    denied_since = min(denied_since, self._clock.monotonic())
                    if self._clock.monotonic() - denied_since >= _DENIED_SECONDS:
                        hint = f"{host.user!r} can't log in to {self._server!r}; pass user and identity_file"
                        raise SSHError(f"{hint}: {error.output}", output=error.output) from error
                else:
                    denied_since = inf
                self._pause("cloud-init", error)

    def _check_exit_status(self, error: SSHError) -> None:
        """Raise an error if cloud-init has failed.

        :param error: Error with the exit status and the output of ``cloud-init status``
        """
        if error.exit_status == _RECOVERABLE:
            log().warning("cloud-init finished with recoverable errors on %r: %s", self._server, error.output)
            return
        problem = f"cloud-init failed on {self._server!r}: {error}"
        if error.exit_status == _NOT_FOUND:
            problem = f"there is no cloud-init on {self._server!r}: pass cloud_init=False"
        raise SSHError(problem, exit_status=error.exit_status, output=error.output) from error

    def _remaining(self) -> float | None:
        return None if self._timeout is None else max(0.0, self._deadline - self._clock.monotonic())

    def _pause(self, step: Step, failure: Exception) -> None:
        """Sleep before the next attempt of a step.

        :param failure: Failure of the last attempt
        :raises WaitTimeoutError: if the time is over
        """
        self._clock.sleep(max(0.0, min(POLL_SECONDS, self._deadline - self._clock.monotonic())))
        if self._clock.monotonic() >= self._deadline:
            raise self._timeout_error(step, str(failure)) from failure

    def _timeout_error(self, step: Step, problem: str) -> WaitTimeoutError:
        goal = {"running": "did not run", "ssh": "did not accept SSH", "cloud-init": "did not finish cloud-init"}[step]
        return WaitTimeoutError(f"{self._server!r} {goal} {waited(self._timeout or 0.0)}; {problem}")

    def _report(self, step: Step) -> None:
        if self._on_progress is not None:
            self._on_progress(TransferProgress(step))
