"""Transfers that fail or are interrupted at each step: nothing is left over, or the exception names it."""

from __future__ import annotations

import gzip
import io
import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hcloud import (
    APIException,
    Client,
    HCloudException,
    HCloudExceptionGroup,
    InvalidArgumentError,
    LockedError,
    OutcomeUnknownError,
    RequestInfo,
    SSHError,
    TransferError,
    TransferProgress,
    WaitTimeoutError,
)
from hcloud._ssh import Host
from hcloud.actions import ActionException
from hcloud.images.rescue import RescueAddress
from hcloud.testing import FakeCloud

if TYPE_CHECKING:
    from tests.images.rescue_server import RescueServers

COLLECTIONS = ("servers", "ssh_keys", "images", "primary_ips")


def contents(cloud: FakeCloud) -> dict[str, list[int]]:
    """Return the IDs of everything that a transfer could leave over in a project, by collection."""
    return {
        f"{project.name} {collection}": sorted(record["id"] for record in project[collection])
        for project in cloud.projects.values()
        for collection in COLLECTIONS
    }


@pytest.fixture
def before(cloud: FakeCloud, client: Client, rescue: RescueServers) -> dict[str, list[int]]:
    """Contents of the project before the transfer, which are not those of a transfer."""
    client.servers.create("web", "cx23", "debian-13", labels={"env": "prod"}).wait()
    return contents(cloud)


class Cut(io.BytesIO):
    """Stream that can't be read to its end."""

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 3 << 20:
            raise OSError("input/output error")
        return super().read(size)


def fail(path: str, method: str = "POST", status: int = 403, code: str = "forbidden") -> Any:
    return lambda rescue: rescue.cloud.fail_next(1, method=method, path=path, status=status, code=code)


def break_connection(path: str, method: str = "POST") -> Any:
    return lambda rescue: rescue.cloud.break_next(1, when="after", method=method, path=path)


def fail_action(command: str) -> Any:
    return lambda rescue: rescue.cloud.fail_action(command)


def sell_out(rescue: RescueServers) -> None:
    rescue.cloud.fail_next(1000, method="POST", path="/servers", status=412, code="resource_unavailable")


def reject_the_key(rescue: RescueServers) -> None:
    rescue.rejects = True


def never_listen(rescue: RescueServers) -> None:
    rescue.address_of = lambda server: RescueAddress(Host("127.0.0.1", 9), "/dev/sda")  # type: ignore[method-assign]


def have_no_disk(rescue: RescueServers) -> None:
    address_of = rescue.address_of
    rescue.address_of = lambda server: RescueAddress(  # type: ignore[method-assign]
        address_of(server).host, "/dev/null/missing"
    )


def have_a_small_disk(rescue: RescueServers) -> None:
    rescue.size = 5 << 20


def corrupt_the_disk(rescue: RescueServers) -> None:
    rescue.install("blockdev", 'printf xyz | dd of="${@: -1}" bs=1 seek=100000 conv=notrunc status=none')


def break_ssh(rescue: RescueServers, word: str) -> None:
    def abort(command: str) -> None:
        if word in command:
            raise ConnectionError

    rescue.before_command = abort


def change_the_host_key(rescue: RescueServers) -> None:
    rescue.before_command = lambda command: rescue.change_host_key()


STEPS: dict[str, tuple[Callable[[RescueServers], object], type[Exception], str]] = {
    "SSH key rejected": (fail("/ssh_keys"), APIException, "forbidden"),
    "SSH key, response lost": (break_connection("/ssh_keys"), OutcomeUnknownError, "may have taken effect"),
    "sold out": (sell_out, TransferError, "no server could be created; none was available of cx23 in"),
    "server rejected": (fail("/servers"), APIException, "forbidden"),
    "server, response lost": (break_connection("/servers"), OutcomeUnknownError, "may have taken effect"),
    "server, action fails": (fail_action("create_server"), ActionException, "failed"),
    "rescue rejected": (fail("/servers/*/actions/enable_rescue"), APIException, "forbidden"),
    "rescue, action fails": (fail_action("enable_rescue"), ActionException, "failed"),
    "power on rejected": (fail("/servers/*/actions/poweron"), APIException, "forbidden"),
    "power on, action fails": (fail_action("start_server"), ActionException, "failed"),
    "SSH never comes": (never_listen, WaitTimeoutError, "no login by SSH to 127.0.0.1, port 9 within 10 s"),
    "SSH rejects the key": (reject_the_key, WaitTimeoutError, "Permission denied"),
    "no disk": (have_no_disk, SSHError, "/dev/null/missing"),
    "disk too small": (have_a_small_disk, TransferError, "needs a disk of 6291968 bytes, but the disk has 5242880"),
    "host key changes": (change_the_host_key, SSHError, "HOST IDENTIFICATION HAS CHANGED|Host key verification failed"),
    "connection lost, writing": (lambda rescue: break_ssh(rescue, "dd of="), SSHError, "the connection by SSH failed"),
    "connection lost, verifying": (
        lambda rescue: break_ssh(rescue, "| sha256sum"),
        SSHError,
        "the connection by SSH failed",
    ),
    "checksum wrong": (corrupt_the_disk, TransferError, "the disk has another content than what was written"),
    "power off rejected": (fail("/servers/*/actions/poweroff"), APIException, "forbidden"),
    "power off, action fails": (fail_action("stop_server"), ActionException, "failed"),
    "snapshot rejected": (fail("/servers/*/actions/create_image"), APIException, "forbidden"),
    "snapshot, response lost": (
        break_connection("/servers/*/actions/create_image"),
        OutcomeUnknownError,
        "may have taken effect",
    ),
    "snapshot, action fails": (fail_action("create_image"), ActionException, "failed"),
    "labels rejected": (fail("/images/*", "PUT"), APIException, "forbidden"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_upload_leaves_nothing_over(
    cloud: FakeCloud,
    client: Client,
    rescue: RescueServers,
    before: object,
    disk: Path,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inject, error_class, message = STEPS[step]
    inject(rescue)
    monkeypatch.setattr("hcloud.images.rescue.address_of", rescue.address_of)
    monkeypatch.setattr("hcloud.images.rescue.SSH_SECONDS", 10)
    with pytest.raises(error_class, match=message) as caught:
        client.images.upload(disk, labels={"os": "debian"})
    assert contents(cloud) == before
    assert "left over" not in " ".join(getattr(caught.value, "__notes__", []))


SOURCES: dict[str, tuple[Callable[[bytes], Any], type[Exception], str]] = {
    "stream cut": (Cut, OSError, "input/output error"),
    "data behind the end of gzip": (
        lambda content: io.BytesIO(gzip.compress(content) + b"other data"),
        SSHError,
        "trailing garbage",
    ),
    "compressed stream cut": (lambda content: io.BytesIO(gzip.compress(content)[:-9]), SSHError, "unexpected end"),
    "more than the disk": (
        lambda content: io.BytesIO(gzip.compress(content + bytes(20 << 20))),
        TransferError,
        "the image is larger than the disk of 16777216 bytes",
    ),
}


@pytest.mark.parametrize("case", SOURCES)
def test_a_source_that_ends_badly_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, before: object, disk: Path, case: str
) -> None:
    source, error_class, message = SOURCES[case]
    with pytest.raises(error_class, match=message):
        client.images.upload(source(disk.read_bytes()))
    assert contents(cloud) == before
    (path,) = rescue.disks.values()
    assert path.stat().st_size == rescue.size


def test_a_file_that_grows_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, before: object, disk: Path
) -> None:
    def grow(progress: TransferProgress) -> None:
        if progress.phase == "boot rescue system":
            with disk.open("ab") as file:
                file.write(b"more")

    with pytest.raises(TransferError, match=r"disk\.raw had 6291968 bytes first, but 6291972 were written"):
        client.images.upload(disk, on_progress=grow)
    assert contents(cloud) == before


def test_labels_that_the_api_rejects_are_reported_at_the_beginning(
    cloud: FakeCloud, client: Client, rescue: RescueServers, disk: Path
) -> None:
    cloud.requests.clear()
    with pytest.raises(InvalidArgumentError, match="label key not valid is not correctly formatted; nothing was sent"):
        client.images.upload(disk, labels={"not valid": "x"})
    assert cloud.requests == []
    assert rescue.commands == []


# Interruptions

PHASES = ("create server", "boot rescue system", "transfer", "verify", "create snapshot")


class Interrupt:
    """Function for ``on_progress`` that presses Ctrl-C in a phase."""

    def __init__(self, phase: str) -> None:
        self.phase = phase

    def __call__(self, progress: TransferProgress) -> None:
        if progress.phase == self.phase:
            raise KeyboardInterrupt


@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_in_each_phase_leaves_nothing_over(
    cloud: FakeCloud, client: Client, before: object, disk: Path, phase: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        client.images.upload(disk, on_progress=Interrupt(phase))
    assert contents(cloud) == before


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("word", ["dd of=", "| sha256sum"])
def test_sigint_during_a_command_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, before: object, disk: Path, word: str
) -> None:
    def interrupt(command: str) -> None:
        if word in command:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)

    rescue.before_command = interrupt
    with pytest.raises(KeyboardInterrupt):
        client.images.upload(disk)
    assert contents(cloud) == before


CHANGES = (
    "POST /ssh_keys",
    "POST /servers",
    "POST /servers/*/actions/enable_rescue",
    "POST /servers/*/actions/poweron",
    "POST /servers/*/actions/poweroff",
    "POST /servers/*/actions/create_image",
)


def interrupted_at(cloud: FakeCloud, changes: Mapping[str, int], moment: str = "on_response") -> Client:
    """Return a client that is interrupted by some requests.

    :param changes: Requests, and the number of times that each is interrupted
    :param moment: Hook that presses Ctrl-C, before a request or after its response
    """
    remaining = dict(changes)

    def hook(request: RequestInfo, *_: object) -> None:
        name = re.sub(r"/\d+", "/*", f"{request.method} {request.path}")
        if remaining.get(name, 0) > 0:
            remaining[name] -= 1
            raise KeyboardInterrupt

    options: Any = {moment: hook}
    return cloud.client(**options)


@pytest.mark.parametrize("change", CHANGES)
def test_ctrl_c_after_each_change_leaves_nothing_over(
    cloud: FakeCloud, before: object, disk: Path, change: str
) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted_at(cloud, {change: 1}).images.upload(disk)
    assert contents(cloud) == before
    assert "left over" not in " ".join(getattr(caught.value, "__notes__", []))


@pytest.mark.parametrize("moment", ["on_request", "on_response"])
@pytest.mark.parametrize("change", ["DELETE /servers/*", "DELETE /ssh_keys/*"])
def test_ctrl_c_while_deleting_after_success_finishes_and_names_the_image(
    cloud: FakeCloud, client: Client, before: dict[str, list[int]], disk: Path, change: str, moment: str
) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted_at(cloud, {change: 1}, moment).images.upload(disk, labels={"os": "debian"})
    (image,) = client.images.get_all(label_selector="os=debian")
    assert contents(cloud) == {**before, "default images": [*before["default images"], image.id]}
    assert caught.value.__notes__ == [f"image {image.id} is complete"]


def test_a_second_ctrl_c_stops_and_names_what_is_left_over(
    cloud: FakeCloud, client: Client, before: object, disk: Path
) -> None:
    interrupted = interrupted_at(cloud, {"POST /servers/*/actions/poweron": 1, "DELETE /servers/*": 1}, "on_request")
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted.images.upload(disk)
    (server,) = client.servers.get_all(label_selector="hcloud-image-transfer")
    (ssh_key,) = client.ssh_keys.get_all()
    assert caught.value.__notes__ == [
        f"server {server.id} is left over; delete it by client.servers.delete({server.id})",
        f"ssh key {ssh_key.id} is left over; delete it by client.ssh_keys.delete({ssh_key.id})",
    ]
    assert client.images.cleanup_uploads(older_than=0) == [server, ssh_key]
    assert contents(cloud) == before


def test_a_deletion_that_fails_is_named_with_the_image(
    cloud: FakeCloud, client: Client, before: object, disk: Path
) -> None:
    cloud.fail_next(1, method="DELETE", path="/servers", status=403, code="forbidden", message="no")
    with pytest.raises(
        TransferError, match=r"server (\d+) is left over \(no .*\); delete it by client\.servers\.delete"
    ):
        client.images.upload(disk, labels={"os": "debian"})
    assert len(client.servers.get_all()) == 2
    assert client.ssh_keys.get_all() == []
    assert len(client.images.get_all(label_selector="os=debian")) == 1


def test_a_failed_upload_whose_deletion_fails_names_what_is_left_over(
    cloud: FakeCloud, client: Client, before: object, disk: Path
) -> None:
    cloud.fail_action("start_server")
    cloud.fail_next(1, method="DELETE", path="/servers", status=403, code="forbidden", message="no")
    with pytest.raises(ActionException) as caught:
        client.images.upload(disk)
    (server,) = client.servers.get_all(label_selector="hcloud-image-transfer")
    (note,) = caught.value.__notes__
    assert note.startswith(f"server {server.id} is left over (no (forbidden, ")
    assert note.endswith(f"delete it by client.servers.delete({server.id})")


def test_a_locked_server_is_deleted_when_its_action_has_ended(cloud: FakeCloud, before: object, disk: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted_at(cloud, {"POST /servers/*/actions/create_image": 1}).images.upload(disk)
    assert any(request.status == 423 for request in cloud.requests if request.method == "DELETE")
    assert contents(cloud) == before


def test_a_server_that_stays_locked_is_waited_for_as_long_as_for_an_action(
    cloud: FakeCloud, before: object, disk: Path
) -> None:
    delays: list[float] = []
    client = cloud.client(poll_interval=60, on_retry=lambda request, error, attempt, delay: delays.append(delay))
    cloud.fail_next(31, method="POST", path="/servers/*/actions/create_image", status=423, code="locked")
    with pytest.raises(LockedError) as caught:
        client.images.upload(disk)
    assert delays == [60] * 30
    assert caught.value.__notes__[0].startswith("The resource was still being changed after 1800 s")
    assert contents(cloud) == before


def test_what_can_not_be_listed_is_deleted_if_it_is_known(
    cloud: FakeCloud, client: Client, before: object, disk: Path
) -> None:
    cloud.fail_action("start_server")

    def break_listings(progress: TransferProgress) -> None:
        if progress.phase == "clean up":
            cloud.fail_next(3, method="GET", path="/", status=403, code="forbidden")

    with pytest.raises(ActionException):
        client.images.upload(disk, on_progress=break_listings)
    assert contents(cloud) == before


@pytest.mark.parametrize("phase", ["create server", "transfer", "clean up"])
def test_an_exception_of_on_progress_leaves_nothing_over(
    cloud: FakeCloud, client: Client, before: dict[str, list[int]], disk: Path, phase: str
) -> None:
    def fail(progress: TransferProgress) -> None:
        if progress.phase == phase:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        client.images.upload(disk, on_progress=fail)
    without_images = {name: ids for name, ids in contents(cloud).items() if name != "default images"}
    assert without_images == {name: ids for name, ids in before.items() if name != "default images"}


# Downloads and copies


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Path of the file to download to."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder / "backup.raw.zst"


def send_malformed_data(rescue: RescueServers) -> None:
    rescue.install("zstd", 'if [ "$1" = -1cq ]; then exec cat; else exec /usr/bin/zstd "$@"; fi')


def change_while_reading(rescue: RescueServers) -> None:
    """Let the data that is sent be other than what the disk has."""
    rescue.install("zstd", 'if [ "$1" = -1cq ]; then tr a b | /usr/bin/zstd -1cq; else exec /usr/bin/zstd "$@"; fi')


READING: dict[str, tuple[Callable[[RescueServers], object], type[Exception], str]] = {
    "connection lost": (lambda rescue: break_ssh(rescue, "tee"), SSHError, "the connection by SSH failed"),
    "data malformed": (send_malformed_data, HCloudException, "can't be decompressed|zstd: .*unsupported format"),
    "checksum wrong": (change_while_reading, TransferError, "SHA-256"),
    "sold out": (sell_out, TransferError, "no server could be created"),
}


@pytest.mark.parametrize("step", READING)
def test_a_failed_download_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, path: Path, step: str
) -> None:
    image = snapshot(client)
    before = contents(cloud)
    inject, error_class, message = READING[step]
    inject(rescue)
    with pytest.raises(error_class, match=message):
        image.download(path)
    assert contents(cloud) == before
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["backup.raw", "backup.raw.zst"])
def test_a_download_to_a_full_disk_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may have 1 MiB stands for the disk."""
    import resource

    image = snapshot(client)
    rescue.default_content = os.urandom(4 << 20)
    before = contents(cloud)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(progress: TransferProgress) -> None:
        size = 1 << 20 if progress.phase == "transfer" else soft
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    try:
        with pytest.raises(OSError, match="File too large"):
            image.download(path.with_name(name), on_progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert contents(cloud) == before
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("phase", ["create server", "boot rescue system", "transfer"])
def test_ctrl_c_in_a_download_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, path: Path, phase: str
) -> None:
    image = snapshot(client)
    before = contents(cloud)
    with pytest.raises(KeyboardInterrupt):
        image.download(path, on_progress=Interrupt(phase))
    assert contents(cloud) == before
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("step", READING)
def test_a_failed_copy_leaves_nothing_over(cloud: FakeCloud, client: Client, rescue: RescueServers, step: str) -> None:
    image = snapshot(client)
    other = cloud.client(cloud.add_project("other").token)
    before = contents(cloud)
    inject, error_class, message = READING[step]
    inject(rescue)
    with pytest.raises(error_class, match=message):
        image.copy_to(other)
    assert contents(cloud) == before


@pytest.mark.parametrize("phase", ["transfer", "verify", "create snapshot"])
def test_ctrl_c_in_a_copy_leaves_nothing_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, phase: str
) -> None:
    image = snapshot(client)
    other = cloud.client(cloud.add_project("other").token)
    before = contents(cloud)
    with pytest.raises(KeyboardInterrupt):
        image.copy_to(other, on_progress=Interrupt(phase))
    assert contents(cloud) == before


def test_a_second_ctrl_c_in_a_copy_names_what_is_left_over_in_both_projects(
    cloud: FakeCloud, client: Client, rescue: RescueServers
) -> None:
    image = snapshot(client)
    token = cloud.add_project("other").token
    project = cloud.projects["other"]
    remaining = ["POST /servers/*/actions/poweroff", "DELETE /servers/*"]

    def hook(request: RequestInfo) -> None:
        name = re.sub(r"/\d+", "/*", f"{request.method} {request.path}")
        if remaining and name == remaining[0]:
            remaining.pop(0)
            raise KeyboardInterrupt

    other = cloud.client(token, on_request=hook)
    with pytest.raises(KeyboardInterrupt) as caught:
        image.copy_to(other)
    left = [record["id"] for records in (project["servers"], project["ssh_keys"]) for record in records]
    left += [record["id"] for records in (cloud.servers, cloud.ssh_keys) for record in records]
    assert len(left) == 4
    assert [int(re.findall(r"\d+", note)[0]) for note in caught.value.__notes__] == left


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_a_copy_that_is_complete_is_named_if_the_other_server_is_left_over(
    cloud: FakeCloud, client: Client, rescue: RescueServers, is_interrupted: bool
) -> None:
    identity = snapshot(client).id
    other = cloud.client(cloud.add_project("other").token)

    def fail(request: RequestInfo) -> None:
        if f"{request.method} {request.path}".startswith("DELETE /servers/"):
            if is_interrupted:
                raise KeyboardInterrupt
            raise APIException("service_error", "no deletion now", None)

    image = cloud.client(on_request=fail).images.get_by_id(identity)
    with pytest.raises(KeyboardInterrupt if is_interrupted else TransferError) as caught:
        image.copy_to(other)
    (copy,) = other.images.get_all(type=["snapshot"])
    assert (copy.status, copy.labels) == ("available", {})
    (server,) = client.servers.get_all()
    if isinstance(caught.value, TransferError):
        assert str(caught.value).startswith(f"server {server.id} is left over")
        assert caught.value.image.id == copy.id
    else:
        assert f"image {copy.id} is complete" in caught.value.__notes__


def test_an_image_that_is_complete_is_named_if_the_function_of_the_caller_fails(
    client: Client, rescue: RescueServers, disk: Path
) -> None:
    class OwnError(Exception):
        pass

    def fail(progress: TransferProgress) -> None:
        if progress.phase == "clean up":
            raise OwnError

    with pytest.raises(OwnError) as caught:
        client.images.upload(disk, on_progress=fail)
    (image,) = client.images.get_all(type=["snapshot"])
    assert caught.value.__notes__ == [f"image {image.id} is complete"]
    with pytest.raises(OwnError) as caught:
        image.copy_to(client, on_progress=fail)
    copy = max(client.images.get_all(type=["snapshot"]), key=lambda image: image.id)
    assert copy.id != image.id
    assert caught.value.__notes__ == [f"image {copy.id} is complete"]
    assert [*client.servers.get_all(), *client.ssh_keys.get_all()] == []


def snapshot(client: Client) -> Any:
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    image = server.create_image("golden").wait().image
    server.delete().wait()
    return image


# Cleanup


def test_cleanup_deletes_by_label_and_age(cloud: FakeCloud, client: Client) -> None:
    label = {"hcloud-image-transfer": "1"}
    old = client.servers.create("old", "cx23", "debian-13", labels=label).wait().server
    image = old.create_image("half", labels=label).wait().image
    mine = client.servers.create("mine", "cx23", "debian-13").wait().server
    cloud.advance(3600)
    young = client.servers.create("young", "cx23", "debian-13", labels=label).wait().server
    assert client.images.cleanup_uploads() == []
    assert client.images.cleanup_uploads(older_than=timedelta(minutes=30)) == [old, image]
    assert client.servers.get_all() == [mine, young]
    assert client.images.cleanup_uploads(older_than=0) == [young]


def test_cleanup_goes_on_after_a_failure(cloud: FakeCloud, client: Client) -> None:
    label = {"hcloud-image-transfer": "1"}
    servers = [client.servers.create(name, "cx23", "debian-13", labels=label).wait().server for name in ("one", "two")]
    cloud.fail_next(1, method="DELETE", path="/servers", status=403, code="forbidden")
    with pytest.raises(HCloudExceptionGroup) as caught:
        client.images.cleanup_uploads(older_than=0)
    assert caught.value.result == [servers[1]]
    assert [error.__notes__ for error in caught.value.exceptions] == [[f"server {servers[0].id}"]]
    assert client.servers.get_all() == [servers[0]]


@pytest.mark.parametrize(
    "older_than", [-1, timedelta(seconds=-1), timedelta.max, 1e12, float("nan"), float("inf"), True, None, "1 day"]
)
def test_cleanup_rejects_an_invalid_age(cloud: FakeCloud, client: Client, older_than: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="older_than must be"):
        client.images.cleanup_uploads(older_than=older_than)
    assert list(cloud.requests) == []
