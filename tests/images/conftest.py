"""Fixtures: rescue systems of the servers of the fake cloud, and disk images to upload."""

from __future__ import annotations

import gc
import random
import shutil
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hcloud.testing import FakeCloud

if TYPE_CHECKING:
    from tests.images.rescue_server import RescueServers

MIB = 1 << 20


@pytest.fixture
def rescue(cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RescueServers]:
    """Rescue systems of the servers of the fake cloud."""
    for program in ("ssh", "ssh-keygen", "bzip2", "xz", "zstd"):  # here, or in the rescue systems, which run here
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not on the PATH")
    from tests.images.rescue_server import RescueServers

    folder = tmp_path / "rescue"
    folder.mkdir()
    with RescueServers(cloud, folder) as servers:
        monkeypatch.setattr("hcloud.images.rescue.address_of", servers.address_of)
        yield servers


@pytest.fixture
def signals() -> Iterator[None]:
    """Let a test send signals to this process, and collect what they interrupt before the next test begins.

    A signal within ``subprocess.Popen()`` leaves a process that nobody waits for. Its warning would be an error of
    whichever test the garbage collector runs in.
    """
    yield
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"subprocess \d+ is still running", ResourceWarning)
        gc.collect()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Raw image of a disk of 6 MiB with a partition table, zeros in the middle, and an odd end."""
    content = bytearray(6 * MIB + 512)
    content[: MIB // 4] = random.Random(1).randbytes(MIB // 4)
    content[-MIB // 4 :] = random.Random(2).randbytes(MIB // 4)
    content[446:512] = struct.pack("<B3xB3xII", 0x80, 0x83, 2048, 4096) + bytes(48) + b"\x55\xaa"
    path = tmp_path / "disk.raw"
    path.write_bytes(content)
    return path
