"""Commands by the program ``ssh``: arguments, errors, timeouts; a program that takes its place."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hcloud import SSHError, WaitTimeoutError
from hcloud._ssh import Host, Runner, create_key
from hcloud.testing import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Private folder of a runner, whose name has all that could be expanded."""
    folder = tmp_path / "a %h $HOME folder"
    folder.mkdir()
    return folder


@pytest.fixture
def runner(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Runner with a program ``ssh`` that logs its arguments, and runs the command on this machine."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "ssh"
    script.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$PWD" "$@" >{tmp_path}/log\ncommand=${{@: -1}}\nexec bash -c "$command"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return Runner(Host("2001:db8::1", 2222), folder)


def test_runs_a_command(runner: Runner, folder: Path, tmp_path: Path) -> None:
    assert runner.run("echo $((1 + 2)); cat") == "3\n"
    working_directory, *arguments = (tmp_path / "log").read_text().splitlines()
    assert working_directory == str(folder)  # key and known hosts are named relative to it
    assert arguments[:2] == ["-F", "/dev/null"]
    options = {"BatchMode=yes", "StrictHostKeyChecking=accept-new", "UserKnownHostsFile=known_hosts"}
    assert options | {"IdentityAgent=none", "IdentitiesOnly=yes", "ForwardAgent=no"} <= {*arguments}
    command = "echo $((1 + 2)); cat"
    assert arguments[-8:] == ["-p", "2222", "-l", "root", "-T", "--", "2001:db8::1", command]


def test_a_program_that_is_killed(runner: Runner) -> None:
    with pytest.raises(SSHError, match="the program ssh was ended by signal 9") as raised:
        runner.run("kill -9 $$")
    assert raised.value.exit_status is None


def test_feeds_a_command(runner: Runner, tmp_path: Path) -> None:
    pieces = [b"one ", b"", b"two " * 100_000, bytearray(b"three")]
    calls: list[None] = []
    assert runner.run("wc -c", feed=pieces, while_running=lambda: calls.append(None)).strip() == str(9 + 400_000)
    assert len(calls) >= 4
    path = tmp_path / "input"
    path.write_bytes(b"x" * 300_000)
    with path.open("rb") as file:
        assert runner.run("wc -c", feed=file).strip() == "300000"


def test_a_command_may_end_before_its_input(runner: Runner) -> None:
    def pieces() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 20)

    assert runner.run("head -c 3 | wc -c", feed=pieces()).strip() == "3"
    with pytest.raises(SSHError, match="enough"):
        runner.run("echo enough >&2; exit 3", feed=pieces())


def test_errors_have_the_words_of_the_command(runner: Runner) -> None:
    with pytest.raises(SSHError, match=r"^no space left$") as caught:
        runner.run("echo no space left >&2; exit 4")
    assert (caught.value.exit_status, caught.value.output) == (4, "no space left")
    with pytest.raises(SSHError, match=r"^the command failed with status 5$"):
        runner.run("exit 5")
    with pytest.raises(SSHError, match="the connection by SSH failed: Permission denied") as caught:
        runner.run("echo 'Permission denied (publickey).' >&2; exit 255")
    assert caught.value.exit_status is None


def test_lines_that_are_no_errors_are_left_out(runner: Runner) -> None:
    lines: list[str] = []

    def take_line(line: str) -> bool:
        lines.append(line)
        return line.startswith("progress")

    with pytest.raises(SSHError, match=r"^broken$"):
        runner.run(r"printf 'progress 1\rprogress 2\rprogress 3\nbroken' >&2; exit 1", take_line=take_line)
    assert lines == ["progress 1", "progress 2", "progress 3", "broken"]


def test_only_the_end_of_long_errors_is_kept(runner: Runner) -> None:
    with pytest.raises(SSHError, match=r"the end$") as caught:
        runner.run("yes error | head -n 100000 >&2; echo the end >&2; exit 1")
    assert len(caught.value.output) <= 2000


def test_a_command_that_takes_too_long_is_killed(runner: Runner) -> None:
    with pytest.raises(SSHError, match="the command did not end in time"):
        runner.run("exec sleep 1000", timeout=0.2)


def test_an_exception_kills_the_command(runner: Runner, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(f"echo $$ >{tmp_path}/pid; exec sleep 1000", feed=pieces())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert [thread for thread in threading.enumerate() if "_read_errors" in thread.name] == []


def test_without_the_program_ssh(runner: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SSHError, match="the program ssh can't be started"):
        runner.run("true")
    with pytest.raises(SSHError, match="the program ssh is not on the PATH; install the OpenSSH client"):
        create_key(folder)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="the program ssh-keygen is not on the PATH")
def test_the_key_is_private(folder: Path) -> None:
    public_key = create_key(folder)
    assert public_key.startswith("ssh-ed25519 AAAA")
    assert (folder / "key").stat().st_mode & 0o777 == 0o600


# Waiting


@pytest.fixture
def port() -> Iterator[int]:
    """Port of a server that is no SSH server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_waits_on_the_clock_of_the_client(runner: Runner, folder: Path, port: int) -> None:
    clock = ManualClock(start=0.0)
    with pytest.raises(
        WaitTimeoutError, match=r"no login by SSH to 127\.0\.0\.1, port \d+ within 20 s: .* no SSH server"
    ):
        Runner(Host("127.0.0.1", port), folder).wait_until_ready(clock, 20)
    assert clock.monotonic() == 20
