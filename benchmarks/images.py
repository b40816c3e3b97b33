"""Uploads of 1 GiB to a local ``sshd``, against ``dd | ssh`` by hand: bytes a second, and CPU time on this side."""

from __future__ import annotations

import getpass
import os
import resource
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest import mock

from hcloud._ssh import Host
from hcloud.images.rescue import RescueAddress
from hcloud.servers import BoundServer
from hcloud.testing import FakeCloud

MIB = 1 << 20
PROGRAMS = ("ssh", "ssh-keygen", "sshd", "zstd", "qemu-img")


class Line(NamedTuple):
    """Result of one upload."""

    name: str
    seconds: float
    cpu: float
    """CPU time of this process and its children."""
    transferred: float
    """Seconds in which the data was written, without verification."""


def missing() -> list[str]:
    """Return the programs that the benchmark needs and this machine lacks."""
    return [program for program in PROGRAMS if _which(program) is None]


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def sshd(folder: Path) -> Iterator[int]:
    """Serve SSH on a free port for the keys in the file ``authorized_keys``, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host"], check=True)
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPasswordAuthentication no\nPermitRootLogin yes\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it
    server = subprocess.Popen([str(_which("sshd")), "-D", "-e", "-f", config], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def run(size: int = 1 << 30) -> str:
    """Return a table of uploads of a disk with half of it random and half of it zeros.

    :param size: Size of the disk, in bytes
    """
    with TemporaryDirectory(prefix="hcloud-") as name:
        folder = Path(name)
        raw, disk = folder / "disk.raw", folder / "device"
        with raw.open("wb") as file:
            for number in range(size // MIB):
                file.write(os.urandom(MIB) if number % 8 < 4 else bytes(MIB))
            file.seek(446)
            file.write(
                b"\x80\0\0\0\x83\0\0\0" + (2048).to_bytes(4, "little") + (9999).to_bytes(4, "little") + bytes(48)
            )
            file.write(b"\x55\xaa")
        subprocess.run(["zstd", "-1", "-q", raw, "-o", folder / "disk.zst"], check=True)
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, folder / "disk.qcow2"], check=True)
        with sshd(folder) as port:
            lines = [_by_hand(folder, port, disk)]
            lines += [
                _upload(folder / source, folder, port, disk, size) for source in ("disk.raw", "disk.zst", "disk.qcow2")
            ]
    rows = [
        f"| {line.name} | {size / MIB / line.transferred:.0f} | {line.seconds:.1f} | {line.cpu:.1f} |" for line in lines
    ]
    header = f"| {size // MIB} MiB | MiB/s written | s in all | s CPU here |\n| --- | --- | --- | --- |\n"
    return header + "\n".join(rows)


def _by_hand(folder: Path, port: int, disk: Path) -> Line:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    options = (
        f"-F /dev/null -i key -p {port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    )
    copy = f"dd of={shlex.quote(str(disk))} bs=4M iflag=fullblock status=none && sync"
    command = f"dd if=disk.raw bs=4M status=none | ssh {options} 127.0.0.1 {shlex.quote(copy)}"
    seconds, cpu = _measured(lambda: subprocess.run(command, shell=True, check=True, cwd=folder))
    return Line("`dd` to `ssh`, not verified", seconds, cpu, seconds)


def _upload(source: Path, folder: Path, port: int, disk: Path, size: int) -> Line:
    cloud = FakeCloud()
    client = cloud.client()
    disk.unlink(missing_ok=True)
    with disk.open("wb") as file:
        file.truncate(2 * size)
    times: dict[str, float] = {}

    def address_of(server: BoundServer) -> RescueAddress:
        keys = cloud.servers.rescue_keys(server.id)
        (folder / "authorized_keys").write_text("\n".join(keys) + "\n")
        return RescueAddress(Host("127.0.0.1", port, getpass.getuser()), str(disk))

    with mock.patch("hcloud.images.rescue.address_of", address_of):
        seconds, cpu = _measured(
            lambda: client.images.upload(
                source, on_progress=lambda progress: times.setdefault(progress.phase, time.perf_counter())
            )
        )
    return Line(source.suffix[1:], seconds, cpu, times["verify"] - times["transfer"])


def _measured(function: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the CPU seconds that a function takes."""
    started, cpu = time.perf_counter(), _cpu()
    function()
    return time.perf_counter() - started, _cpu() - cpu


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
