"""Rescue systems of a fake cloud by the ``sshd`` of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hcloud import Client
from hcloud.images import rescue
from hcloud.testing import FakeCloud, rescue_systems, sshd
from hcloud.testing.sshd import RescueSystems

ROOT = Path(__file__).parents[2]
SIZE = 8 << 20


@pytest.fixture
def systems(cloud: FakeCloud) -> Iterator[RescueSystems]:
    """Rescue systems of the servers of the fake cloud."""
    try:
        with rescue_systems(cloud, disk_size=SIZE) as systems:
            yield systems
    except OSError as error:
        pytest.skip(str(error))


def test_a_disk_can_be_uploaded_copied_and_downloaded(
    cloud: FakeCloud, client: Client, systems: RescueSystems, disk: Path, tmp_path: Path
) -> None:
    image = client.images.upload(disk)
    copy = image.copy_to(cloud.client(cloud.add_project("other").token))
    file = copy.download(tmp_path / "back.raw")
    assert file.read_bytes() == disk.read_bytes() + bytes(SIZE - disk.stat().st_size)
    assert [list(project[name]) for project in cloud.projects.values() for name in ("servers", "ssh_keys")] == [[]] * 4


def test_servers_of_others_keep_their_address(systems: RescueSystems) -> None:
    other = FakeCloud().client().servers.create("web", "cx23", "debian-13").server
    assert rescue.address_of(other).host.address.startswith("198.18.")


def test_programs_that_are_not_installed(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sshd, "_which", lambda program: None if program.startswith("ssh") else program)
    original = rescue.address_of
    with pytest.raises(OSError, match="these programs are not installed: ssh, ssh-keygen, sshd"), rescue_systems(cloud):
        pass
    assert rescue.address_of is original


needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not on the PATH")


@needs_ssh
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'no room' >&2; exit 1", "sshd does not start: no room"),
        ("exec sleep 60", "sshd does not start: .*refused"),
    ],
)
def test_an_sshd_that_does_not_start(
    cloud: FakeCloud, tmp_path: Path, script: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "sshd"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sshd, "_which", lambda _: program)
    monkeypatch.setattr(sshd, "_START_SECONDS", 0.5)
    with pytest.raises(OSError, match=message), rescue_systems(cloud):
        pass


def test_a_user_who_cannot_log_in(systems: RescueSystems, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sshd, "_user", lambda: "nobody-else")
    with pytest.raises(OSError, match=r"this user can't log in to sshd: .*Permission denied"), rescue_systems(cloud):
        pass


def test_the_demo_says_why_it_uploads_nothing() -> None:
    environment = {**os.environ, "PATH": "", "PYTHONPATH": str(ROOT)}
    demo = [sys.executable, str(ROOT / "examples" / "image_lifecycle.py")]
    process = subprocess.run(demo, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    assert "\n  left out: these programs are not installed: " in process.stdout
    assert "* Done" in process.stdout


def test_the_demo_uploads_an_image(systems: RescueSystems) -> None:
    demo = [sys.executable, "-W", "error", str(ROOT / "examples" / "image_lifecycle.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(demo, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    assert "100 %  verify  8.0 MiB of 8.0 MiB" in process.stdout
    assert "the snapshot 'uploaded' is available\n" in process.stdout
    assert "left out" not in process.stdout
