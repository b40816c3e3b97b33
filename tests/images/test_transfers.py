"""Uploads, downloads and copies of images by ``ssh``, and their formats."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hcloud
from hcloud import Client, InvalidArgumentError, LockedError, SSHError, TransferError, TransferProgress, digitalocean
from hcloud.images import BoundImage
from hcloud.images.disks import Reading, _Counter
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.testing import FakeCloud, FakeDigitalOcean

if TYPE_CHECKING:
    from tests.images.rescue_server import RescueServers

MIB = 1 << 20


def written(rescue: RescueServers) -> bytes:
    """Return the content of the disk of the only server."""
    (disk,) = rescue.disks.values()
    return disk.read_bytes()


def filled(content: bytes, rescue: RescueServers) -> bytes:
    """Return the content of a disk that begins with ``content``."""
    return content + bytes(rescue.size - len(content))


def assert_nothing_is_left(cloud: FakeCloud) -> None:
    for project in cloud.projects.values():
        assert list(project["servers"]) == list(project["ssh_keys"]) == list(project["primary_ips"]) == []


def zstd(content: bytes) -> bytes:
    if shutil.which("zstd") is None:
        pytest.skip("the program zstd is not on the PATH")
    return subprocess.run(["zstd", "-cq"], input=content, check=True, capture_output=True).stdout


COMPRESSIONS: dict[str, Any] = {
    "raw": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("is_file", [True, False], ids=["path", "object"])
def test_uploads_an_image(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path, compression: str, is_file: bool
) -> None:
    content = COMPRESSIONS[compression](disk.read_bytes())
    path = disk.with_name("it's; a $(name)")  # the content tells the format
    path.write_bytes(content)
    image = client.images.upload(path if is_file else io.BytesIO(content), description="new", labels={"os": "debian"})
    assert isinstance(image, BoundImage)
    assert (image.type, image.status, image.description) == ("snapshot", "available", "new")
    assert (image.labels, image.architecture, image.disk_size) == ({"os": "debian"}, "x86", 40)
    assert written(rescue) == filled(disk.read_bytes(), rescue)
    assert_nothing_is_left(cloud)
    assert not any("name" in command for command in rescue.commands)
    assert 'sync "$disk"; blockdev --flushbufs "$disk"' in next(line for line in rescue.commands if "dd of=" in line)


def qcow2(disk: Path) -> Path:
    if shutil.which("qemu-img") is None:
        pytest.skip("the program qemu-img is not on the PATH")
    target = disk.with_suffix(".qcow2")
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, target], check=True)
    return target


@pytest.mark.parametrize("place", ["here", "there", "there, compressed", "there, without discard"])
def test_converts_qcow2(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = qcow2(disk)
    if place != "here":
        which = shutil.which
        monkeypatch.setattr(shutil, "which", lambda program: None if program == "qemu-img" else which(program))
    if place == "there, compressed":
        source = source.with_suffix(".xz")
        source.write_bytes(lzma.compress(qcow2_content := disk.with_suffix(".qcow2").read_bytes()))
        assert qcow2_content
    if place == "there, without discard":
        rescue.install("blkdiscard", "exit 1")
    client.images.upload(source)
    content = written(rescue)
    assert content.startswith(disk.read_bytes())
    assert b"QFI\xfb" not in content  # the qcow2 image was stored behind the disk
    assert ("qemu-img convert" in " ".join(rescue.commands)) == (place != "here")
    assert_nothing_is_left(cloud)


def test_an_image_that_no_server_fits_is_not_converted(client: Client, tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    if shutil.which("qemu-img") is None:
        pytest.skip("the program qemu-img is not on the PATH")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "2T"], check=True)
    progress: list[TransferProgress] = []
    with pytest.raises(InvalidArgumentError, match=r"needs a disk of 2199\.0 GB, but the largest has 960 GB"):
        client.images.upload(image, format="qcow2", on_progress=progress.append)
    assert progress == []


def test_zeros_are_written_where_discarded_blocks_keep_their_content(
    client: Client, rescue: RescueServers, disk: Path
) -> None:
    rescue.install("blkdiscard", "exit 0")
    rescue.default_content = b"x" * rescue.size
    client.images.upload(disk)
    size = disk.stat().st_size
    assert written(rescue) == disk.read_bytes() + b"x" * (rescue.size - size)


def test_a_url_is_fetched_by_the_rescue_system(
    client: Client, rescue: RescueServers, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://example.com/a'b?token=$(touch%20x)&{1-3}"
    quoted = url.replace("{", "%7B").replace("}", "%7D")
    serve(monkeypatch, disk.read_bytes())
    log = rescue.folder / "curl"
    rescue.install("curl", f'printf "%s\\n" "$@" >{log}; exec cat {disk}')
    client.images.upload(url)
    assert log.read_text().splitlines() == ["-gfsSL", "--proto", "=https", "--proto-redir", "=https", "--", quoted]
    assert written(rescue) == filled(disk.read_bytes(), rescue)
    assert not any("token" in command for command in rescue.commands)  # which other users of this machine see


def test_the_name_of_the_file_is_the_default_description(client: Client, rescue: RescueServers, disk: Path) -> None:
    assert client.images.upload(disk).description == "disk.raw"


def test_a_url_is_fetched_by_this_machine(
    client: Client, rescue: RescueServers, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, gzip.compress(disk.read_bytes()))
    image = client.images.upload("https://example.com/a/disk.gz?token=secret", via="local")
    assert image.description == "disk.gz"
    assert written(rescue) == filled(disk.read_bytes(), rescue)
    assert not any("curl" in command for command in rescue.commands)


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let all URLs of sources have this content."""
    import requests
    from urllib3 import HTTPResponse

    def get(url: str, name: str, start: int = 0) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = 200, HTTPResponse(io.BytesIO(content[start:]), preload_content=False)
        response.headers["Content-Length"] = str(len(content))
        return response

    monkeypatch.setattr("hcloud.images.source._get", get)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ("cx23", "x86")),
        ({"architecture": "arm"}, ("cax11", "arm")),
        ({"server_type": "cax21"}, ("cax21", "arm")),
        ({"server_type": "ccx13", "location": "hel1"}, ("ccx13", "x86")),
    ],
)
def test_chooses_the_server(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path, arguments: Any, expected: tuple[str, str]
) -> None:
    image = client.images.upload(disk, **arguments)
    (request,) = [request for request in cloud.requests if (request.method, request.path) == ("POST", "/servers")]
    body: Any = request.body
    assert (client.server_types.get_by_id(body["server_type"]).name, image.architecture) == expected
    assert body["start_after_create"] is False
    assert body["location"] == arguments.get("location", body["location"])


def test_falls_back_to_the_next_server_type_and_location(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path
) -> None:
    cloud.fail_next(4, method="POST", path="/servers", status=412, code="resource_unavailable")
    cloud.fail_action("create_server", code="placement_error")
    client.images.upload(disk)
    bodies: list[Any] = [request.body for request in cloud.requests if request.path == "/servers" and request.body]
    names = [client.server_types.get_by_id(body["server_type"]).name for body in bodies]
    assert names[:3] == ["cx23", "cx23", "cx23"]
    assert len(names) == len({(body["server_type"], body["location"]) for body in bodies}) == 6
    assert_nothing_is_left(cloud)


def test_needs_no_ipv4(cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path) -> None:
    client.images.upload(disk, public_net=ServerCreatePublicNetwork(enable_ipv4=False))
    (body,) = [request.body for request in cloud.requests if request.path == "/servers" and request.body]
    assert body["public_net"] == {"enable_ipv4": False, "enable_ipv6": True}


@pytest.mark.parametrize(("enable_ipv4", "expected"), [(True, r"198\.18\.0\.\d+"), (False, r"2001:db8:0:\d+::1")])
def test_address_of_a_server(client: Client, enable_ipv4: bool, expected: str) -> None:
    import re

    from hcloud.images.rescue import address_of

    network = ServerCreatePublicNetwork(enable_ipv4=enable_ipv4)
    server = client.servers.create("web", "cx23", "debian-13", public_net=network).wait().server
    address = address_of(server)
    assert re.fullmatch(expected, address.host.address)
    assert (address.host.port, address.host.user, address.device) == (22, "root", "/dev/sda")


def test_a_server_without_address_is_rejected(client: Client) -> None:
    from hcloud.images.rescue import address_of

    network = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False)
    server = client.servers.create("web", "cx23", "debian-13", public_net=network, start_after_create=False).server
    with pytest.raises(TransferError, match="needs a public address"):
        address_of(server)


def test_a_network_without_address_creates_nothing(
    cloud: FakeCloud, client: Client, disk: Path, tmp_path: Path
) -> None:
    public_net = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False)
    image = client.images.get_all()[0]
    for transfer in (
        lambda: client.images.upload(disk, public_net=public_net),
        lambda: image.download(tmp_path / "new.raw", public_net=public_net),
        lambda: image.copy_to(client, public_net=public_net),
    ):
        with pytest.raises(InvalidArgumentError, match="public_net must enable ipv4 or ipv6"):
            transfer()
    assert {request.method for request in cloud.requests} == {"GET"}


def test_reports_the_progress(client: Client, rescue: RescueServers, disk: Path) -> None:
    progress: list[TransferProgress] = []
    client.images.upload(disk, on_progress=progress.append)
    assert list(dict.fromkeys(entry.phase for entry in progress)) == [
        "create server",
        "boot rescue system",
        "transfer",
        "verify",
        "create snapshot",
        "clean up",
    ]
    size = disk.stat().st_size
    for phase in ("transfer", "verify"):
        counts = [entry.done for entry in progress if entry.phase == phase]
        assert (counts[0], counts[-1]) == (0, size)
        assert {entry.total for entry in progress if entry.phase == phase} == {size}


def test_shows_the_progress(client: Client, rescue: RescueServers, disk: Path) -> None:
    stream = io.StringIO()
    client.images.upload(disk, on_progress=hcloud.progress(file=stream))
    assert "100 %  verify  6.0 MiB of 6.0 MiB" in stream.getvalue()
    assert stream.getvalue().endswith("\n")


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"via": "remote"}, "via must be 'local' or None, not 'remote'"),
        ({"labels": {"hcloud-image-transfer": "1"}}, "labels must not have hcloud-image-transfer"),
        ({"server_type": "cx99"}, "there is no server type 'cx99'"),
        ({"server_type": "cx23", "architecture": "arm"}, "server type 'cx23' has another architecture than arm"),
        ({"location": "mars1"}, "no server type for x86 that fits is offered in 'mars1'"),
        ({"on_progress": 1}, "on_progress must be a function"),
    ],
)
def test_invalid_arguments_create_nothing(
    cloud: FakeCloud, client: Client, disk: Path, arguments: Any, message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        client.images.upload(disk, **arguments)
    assert [request.path for request in cloud.requests if request.method != "GET"] == []


@pytest.mark.usefixtures("openssh")
def test_a_size_that_no_disk_has_creates_nothing(cloud: FakeCloud, client: Client, disk: Path) -> None:
    with disk.open("r+b") as file:
        file.truncate(10**12)
    with pytest.raises(InvalidArgumentError, match=r"needs a disk of 1000\.0 GB, but the largest has 960 GB"):
        client.images.upload(disk)
    assert [request.path for request in cloud.requests if request.method != "GET"] == []


def test_a_large_image_gets_a_large_disk(client: Client, rescue: RescueServers, disk: Path) -> None:
    with disk.open("r+b") as file:
        file.truncate(50 * 10**9)
    with pytest.raises(TransferError, match="needs a disk of 50000000000 bytes, but the disk has"):
        client.images.upload(disk)  # the disks here are smaller than the types promise
    (request,) = [request for request in rescue.cloud.requests if request.path == "/servers" and request.body]
    body: Any = request.body
    assert client.server_types.get_by_id(body["server_type"]).disk == 80


@pytest.mark.parametrize("program", ["ssh", "ssh-keygen"])
def test_without_ssh_nothing_is_created(
    cloud: FakeCloud, client: Client, disk: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else which(name) or name)
    image = client.images.get_all()[0]
    for transfer in (
        lambda: client.images.upload(disk),
        lambda: image.download(disk.with_suffix(".new.raw")),
        lambda: image.copy_to(client),
    ):
        with pytest.raises(SSHError, match=f"the program {program} is not on the PATH; install the OpenSSH client"):
            transfer()
    assert {request.method for request in cloud.requests} == {"GET"}


@pytest.mark.usefixtures("openssh")
def test_with_an_old_ssh_nothing_is_created(
    cloud: FakeCloud, client: Client, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho 'command-line: line 0: Bad configuration option' >&2; exit 255\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for mode, text in (
        (0o755, "install a newer OpenSSH client: .*Bad configuration"),
        (0o644, "Permission denied|PATH"),
    ):
        program.chmod(mode)
        with monkeypatch.context() as patch:
            if mode == 0o644:
                patch.setenv("PATH", str(tmp_path))
                patch.setattr(shutil, "which", lambda name: name)
            with pytest.raises(SSHError, match=text):
                client.images.upload(disk)
    assert list(cloud.requests) == []


# Download


@pytest.fixture
def snapshot(client: Client, rescue: RescueServers, disk: Path) -> BoundImage:
    """Snapshot with the content of :func:`disk`."""
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    image = server.create_image("golden", labels={"os": "debian"}).wait().image
    server.delete().wait()
    rescue.contents[image.id] = disk.read_bytes()
    return image


@pytest.mark.parametrize("suffix", [".raw", ".img", ".raw.zst", ".RAW.GZ"])
def test_downloads_an_image(
    cloud: FakeCloud, rescue: RescueServers, snapshot: BoundImage, disk: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"backup{suffix}"
    progress: list[TransferProgress] = []
    assert snapshot.download(path, on_progress=progress.append) == path
    content = filled(disk.read_bytes(), rescue)
    command = {".zst": ["zstd", "-dcq"], ".gz": ["gzip", "-dc"]}.get(path.suffix.lower(), ["cat"])
    saved = subprocess.run(command, input=path.read_bytes(), check=True, capture_output=True).stdout
    assert hashlib.sha256(saved).digest() == hashlib.sha256(content).digest()
    if command == ["cat"]:
        assert path.stat().st_blocks * 512 < MIB  # of 16: zeros are holes
    assert sorted(tmp_path.glob(".*")) == sorted(tmp_path.glob("*.part")) == []
    assert [entry.done for entry in progress if entry.phase == "transfer"][-1] == len(content)
    assert_nothing_is_left(cloud)
    (body,) = [request.body for request in cloud.requests if request.path == "/servers" and request.body][1:]
    assert (body["image"], body["start_after_create"]) == (snapshot.id, False)


@pytest.mark.parametrize("programs", [["gzip"], []])
@pytest.mark.parametrize("suffix", [".raw", ".zst", ".gz"])
def test_downloads_without_local_programs(
    rescue: RescueServers,
    snapshot: BoundImage,
    disk: Path,
    tmp_path: Path,
    programs: list[str],
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: which(name) if name in ("ssh", "ssh-keygen", *programs) else None)
    path = snapshot.download(tmp_path / f"backup{suffix}")
    command = {".zst": ["zstd", "-dcq"], ".gz": ["gzip", "-dc"]}.get(suffix, ["cat"])
    saved = subprocess.run(command, input=path.read_bytes(), check=True, capture_output=True).stdout
    assert saved == filled(disk.read_bytes(), rescue)


def test_a_file_is_not_overwritten_silently(
    cloud: FakeCloud, rescue: RescueServers, snapshot: BoundImage, tmp_path: Path
) -> None:
    path = tmp_path / "backup.raw.zst"
    path.write_text("precious")
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match=r"backup\.raw\.zst exists; pass overwrite=True to replace it"):
        snapshot.download(path)
    assert path.read_text() == "precious"
    assert list(cloud.requests) == []
    snapshot.download(path, overwrite=True)
    assert path.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"


def test_a_file_that_is_replaced_keeps_its_permissions_and_links(
    rescue: RescueServers, snapshot: BoundImage, tmp_path: Path
) -> None:
    target, link = tmp_path / "2026-10-15.raw.zst", tmp_path / "latest.zst"
    link.symlink_to(target)
    assert snapshot.download(link) == link, "its target does not exist"
    assert target.stat().st_mode & 0o111 == 0
    target.chmod(0o600)
    snapshot.download(link, overwrite=True)
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.glob("*.zst")) == [target, link]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{'x' * 251}.raw", r"x\.raw can't be written: File name too long"),
        ("backup.qcow2", r"path must end in one of \.raw, \.img, \.zst, \.gz, not '\.qcow2'"),
        ("backup", "path must end in one of"),
        ("missing/backup.raw", "there is no folder .*missing"),
        ("folder.raw", "is a folder; pass the path of a file"),
    ],
)
def test_invalid_paths_create_nothing(
    cloud: FakeCloud, rescue: RescueServers, snapshot: BoundImage, tmp_path: Path, path: str, message: str
) -> None:
    (tmp_path / "folder.raw").mkdir()
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match=message):
        snapshot.download(tmp_path / path)
    assert {request.method for request in cloud.requests} <= {"GET"}


@pytest.mark.usefixtures("openssh")
def test_an_image_that_is_not_available_is_rejected(cloud: FakeCloud, client: Client, tmp_path: Path) -> None:
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    image = server.create_image().image
    with pytest.raises(InvalidArgumentError, match="is not available, but creating"):
        image.download(tmp_path / "backup.raw")
    assert len(list(cloud.servers)) == 1


# Locked servers


LOCKABLE = [
    *(f"POST /servers/*/actions/{action}" for action in ("enable_rescue", "poweron", "poweroff", "create_image")),
    *("PUT /images/*", "DELETE /servers/*", "DELETE /ssh_keys/*"),
]


@pytest.mark.parametrize("code", ["locked", "conflict"])
@pytest.mark.parametrize("request_line", LOCKABLE)
def test_each_request_waits_while_the_server_is_locked(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path, request_line: str, code: str
) -> None:
    method, path = request_line.split()
    cloud.fail_next(7, method=method, path=path, status=423 if code == "locked" else 409, code=code)
    image = client.with_options(retries=0).images.upload(disk, description="golden", labels={"os": "debian"})
    assert sum(request.status in (409, 423) for request in cloud.requests) == 7
    assert (image.description, image.labels, image.status) == ("golden", {"os": "debian"}, "available")
    assert client.images.get_all(type=["snapshot"]) == [image]
    assert_nothing_is_left(cloud)


def test_a_copy_waits_while_a_server_is_locked(cloud: FakeCloud, rescue: RescueServers, snapshot: BoundImage) -> None:
    other = cloud.client(cloud.add_project("other").token)
    cloud.fail_next(2, method="POST", path="/servers/*/actions/poweron", status=423, code="locked")
    cloud.fail_next(2, method="POST", path="/servers/*/actions/create_image", status=423, code="locked")
    assert snapshot.copy_to(other).status == "available"
    assert_nothing_is_left(cloud)


def test_the_image_does_not_wait_by_itself(cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path) -> None:
    image = client.images.upload(disk)
    assert image._client._parent is client
    cloud.fail_next(method="DELETE", path="/images", status=423, code="locked")
    with pytest.raises(LockedError):
        image.delete()
    assert image.architecture == "x86"


# Copy


def test_copies_an_image(
    cloud: FakeCloud, rescue: RescueServers, snapshot: BoundImage, disk: Path, tmp_path: Path
) -> None:
    other = cloud.client(cloud.add_project("other").token)
    files = set(tmp_path.iterdir())
    copy = snapshot.copy_to(other)
    assert copy._client._parent is other
    assert (copy.description, copy.labels, copy.status) == ("golden", {"os": "debian"}, "available")
    assert (copy.disk_size, copy.architecture) == (snapshot.disk_size, snapshot.architecture)
    assert list(rescue.disks.values())[-1].read_bytes() == filled(disk.read_bytes(), rescue)
    assert set(tmp_path.iterdir()) == files
    assert_nothing_is_left(cloud)


def test_a_copy_has_a_description_and_labels_of_its_own(
    cloud: FakeCloud, client: Client, rescue: RescueServers, snapshot: BoundImage
) -> None:
    copy = snapshot.copy_to(client, description="copy", labels={})
    assert (copy.description, copy.labels) == ("copy", {})


def test_a_copy_does_not_have_the_label_of_a_transfer(
    client: Client, rescue: RescueServers, snapshot: BoundImage
) -> None:
    snapshot.update(labels={"hcloud-image-transfer": "abc", "os": "debian"})
    copy = snapshot.copy_to(client)
    assert copy.labels == {"os": "debian"}


def test_an_image_cannot_be_copied_to_another_provider(cloud: FakeCloud, snapshot: BoundImage) -> None:
    other: digitalocean.Client = FakeDigitalOcean().client()
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match=r"must be a hcloud\.Client, not Client; .* images\.create"):
        snapshot.copy_to(other)  # type: ignore[arg-type]
    assert list(cloud.requests) == []


def test_the_last_number_of_bytes_is_reported() -> None:
    reported: list[int] = []
    counter = _Counter(reported.append)

    class EndedProcess:
        def read(self) -> bytes:
            return b""

        def finish(self, while_running: object) -> None:
            counter.take_line("512 bytes (512 B) copied, 1 s, 512 B/s")

    assert list(Reading(EndedProcess(), counter)) == []  # type: ignore[arg-type]
    assert reported == [512]


# Damaged qcow2 images


@pytest.mark.parametrize("compress", [None, gzip.compress])
def test_a_truncated_qcow2_image_is_rejected(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path, compress: Any
) -> None:
    """A conversion would read zeros in the place of what is missing."""
    path = qcow2(disk)
    content = path.read_bytes()[: -(256 << 10)]
    path.write_bytes(content)
    if compress is None:
        with pytest.raises(InvalidArgumentError, match=r"disk\.qcow2 is truncated or damaged; compare its checksum"):
            client.images.upload(path)
        assert [request.path for request in cloud.requests if request.method != "GET"] == []
    with pytest.raises(TransferError, match="the image is truncated or damaged; compare its checksum"):
        client.images.upload(io.BytesIO(compress(content) if compress else content))
    assert_nothing_is_left(cloud)
    assert client.images.get_all(type=["snapshot"]) == []


def test_a_qcow2_image_with_clusters_that_nothing_uses_is_accepted(
    client: Client, rescue: RescueServers, disk: Path
) -> None:
    path = qcow2(disk)
    image = bytearray(path.read_bytes() + bytes(64 << 10))
    table_at = int.from_bytes(image[48:56], "big")
    block_at = int.from_bytes(image[table_at : table_at + 8], "big")
    unused = (len(image) >> 16) - 1
    image[block_at + 2 * unused : block_at + 2 * unused + 2] = b"\0\1"
    path.write_bytes(image)
    check = subprocess.run(
        ["qemu-img", "check", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert check.returncode == 3, check.stdout
    for source in (path, io.BytesIO(image)):
        client.images.upload(source)
        assert list(rescue.disks.values())[-1].read_bytes() == filled(disk.read_bytes(), rescue)
