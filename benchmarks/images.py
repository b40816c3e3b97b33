"""Uploads of 1 GiB to a local ``sshd``, against ``dd | ssh`` by hand: bytes a second, and CPU time on this side."""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hcloud.testing import FakeCloud, rescue_systems

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


def run(size: int = 1 << 30) -> str:
    """Return a table of uploads of a disk with half of it random and half of it zeros.

    :param size: Size of the disk, in bytes
    """
    with TemporaryDirectory(prefix="hcloud-") as name:
        folder = Path(name)
        raw = folder / "disk.raw"
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
        lines = [_by_hand(folder, size)]
        lines += [_upload(folder / source, size) for source in ("disk.raw", "disk.zst", "disk.qcow2")]
    rows = [
        f"| {line.name} | {size / MIB / line.transferred:.0f} | {line.seconds:.1f} | {line.cpu:.1f} |" for line in lines
    ]
    header = f"| {size // MIB} MiB | MiB/s written | s in all | s CPU here |\n| --- | --- | --- | --- |\n"
    return header + "\n".join(rows)


def _by_hand(folder: Path, size: int) -> Line:
    with rescue_systems(FakeCloud(), disk_size=2 * size) as systems:
        disk = systems.disk_of(0)
        options = (
            f"-F /dev/null -i key -p {systems.host.port} -l {systems.host.user} -o StrictHostKeyChecking=no "
            "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )
        copy = f"dd of={shlex.quote(str(disk))} bs=4M iflag=fullblock status=none && sync {shlex.quote(str(disk))}"
        command = (
            f"dd if={shlex.quote(str(folder / 'disk.raw'))} bs=4M status=none | ssh {options} 127.0.0.1 "
            f"{shlex.quote(copy)}"
        )
        seconds, cpu = _measured(lambda: subprocess.run(command, shell=True, check=True, cwd=systems.folder))
    return Line("`dd` to `ssh`, not verified", seconds, cpu, seconds)


def _upload(source: Path, size: int) -> Line:
    cloud = FakeCloud()
    times: dict[str, float] = {}
    with rescue_systems(cloud, disk_size=2 * size), cloud.client() as client:
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
