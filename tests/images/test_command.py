"""The command line ``python -m hcloud.images``."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hcloud import Client, RequestInfo, TransferError, digitalocean
from hcloud.images import BoundImage, Image
from hcloud.images.__main__ import _target, main
from hcloud.testing import FakeCloud, serve
from hcloud.testing.digitalocean import FakeDigitalOcean

if TYPE_CHECKING:
    from tests.images.rescue_server import RescueServers

ROOT = Path(__file__).parents[2]
TOKEN = "secret-token-of-the-project"


@pytest.fixture(autouse=True)
def environment(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command use the fake cloud."""
    monkeypatch.setattr(Client, "from_env", cloud.client)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def leftovers(cloud: FakeCloud) -> list[Any]:
    client = cloud.client()
    return [*client.servers.get_all(), *client.ssh_keys.get_all()]


def test_uploads_files(
    cloud: FakeCloud, rescue: RescueServers, disk: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing.raw"
    status = run("upload", disk, missing, disk, "--label", "os=debian", "--label", "empty=", "--architecture", "arm")
    assert status == 1
    output = capsys.readouterr()
    images = [cloud.client().images.get_by_id(int(line)) for line in output.out.splitlines()]
    assert [(image.description, image.architecture, image.labels) for image in images] == [
        ("disk.raw", "arm", {"os": "debian", "empty": ""})
    ] * 2
    assert output.err.startswith("disk.raw:\ncreate server  0:00\nboot rescue system  0:00\n")
    assert "100 %  transfer  6.0 MiB of 6.0 MiB" in output.err
    assert f"python -m hcloud.images: {missing} can't be read: No such file or directory\n" in output.err
    assert leftovers(cloud) == []


def test_uploads_the_standard_input(
    cloud: FakeCloud,
    rescue: RescueServers,
    disk: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with disk.open("rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(file.raw)))  # type: ignore[attr-defined]
        assert run("upload", "-", "--quiet", "--description", "from a pipe") == 0
    output = capsys.readouterr()
    assert cloud.client().images.get_by_id(int(output.out)).description == "from a pipe"
    assert output.err == ""


def test_downloads_an_image(
    cloud: FakeCloud, rescue: RescueServers, disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("upload", disk)
    identity = int(capsys.readouterr().out)
    rescue.contents[identity] = disk.read_bytes()
    file = tmp_path / "back.raw"
    assert run("download", identity, file) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert file.read_bytes().startswith(disk.read_bytes())
    assert run("download", identity, file) == 2
    assert "exists" in capsys.readouterr().err
    cloud.requests.clear()
    assert run("download", identity, file, "--overwrite", "--quiet", "--ipv6-only", "--server-type", "cx33") == 0
    (request,) = [request for request in cloud.requests if (request.method, request.path) == ("POST", "/servers")]
    assert request.body["public_net"] == {"enable_ipv4": False, "enable_ipv6": True}
    assert request.body["server_type"] == cloud.client().server_types.get("cx33").id
    assert run("download", 5, tmp_path / "other.raw") == 1
    assert "no entry with the ID 5" in capsys.readouterr().err
    assert leftovers(cloud) == []


def test_a_file_whose_name_is_not_in_the_encoding_of_file_names(
    cloud: FakeCloud, rescue: RescueServers, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = disk.with_name(os.fsdecode(b"gr\xf6\xdf.raw"))
    try:
        disk.rename(path)
    except OSError:
        pytest.skip("the file system has no such names")
    assert run("upload", path, "--quiet") == 0
    image = cloud.client().images.get_by_id(int(capsys.readouterr().out))
    assert image.description == r"gr\udcf6\udcdf.raw"


@pytest.fixture
def target(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Client of the project that the command copies to."""
    client = cloud.client(cloud.add_project("other").token)
    monkeypatch.setattr("hcloud.images.__main__._target", lambda: client)
    return client


def test_copies_an_image(
    cloud: FakeCloud, rescue: RescueServers, disk: Path, target: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    run("upload", disk, "--label", "os=debian", "--quiet")
    identity = int(capsys.readouterr().out)
    assert run("copy", identity, "--location", "nbg1", "--ipv6-only") == 0
    output = capsys.readouterr()
    copy = target.images.get_by_id(int(output.out))
    assert (copy.description, copy.labels, copy.status) == ("disk.raw", {"os": "debian"}, "available")
    assert "verify" in output.err
    created = [request.body for request in cloud.requests if (request.method, request.path) == ("POST", "/servers")]
    assert [body["location"] for body in created[1:]] == ["nbg1", "nbg1"]
    assert [body["public_net"]["enable_ipv4"] for body in created[1:]] == [False, False]
    assert run("copy", identity, "--description", "new", "--label", "a=b", "--label", "c=", "--quiet") == 0
    output = capsys.readouterr()
    copy = target.images.get_by_id(int(output.out))
    assert (copy.description, copy.labels, output.err) == ("new", {"a": "b", "c": ""}, "")
    assert leftovers(cloud) == []
    assert [*target.servers.get_all(), *target.ssh_keys.get_all()] == []


@pytest.mark.usefixtures("target")
def test_a_copy_of_no_image(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("copy", 5) == 1
    assert "no entry with the ID 5" in capsys.readouterr().err


def test_the_token_of_the_project_of_the_copy(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HCLOUD_TARGET_TOKEN", raising=False)
    monkeypatch.delenv("HCLOUD_TARGET_TOKEN_FILE", raising=False)
    assert run("copy", 5) == 2
    assert "set HCLOUD_TARGET_TOKEN to the API token, or HCLOUD_TARGET_TOKEN_FILE" in capsys.readouterr().err
    assert cloud.requests == []
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    monkeypatch.setenv("HCLOUD_TARGET_TOKEN_FILE", str(file))
    monkeypatch.setenv("HCLOUD_ENDPOINT", "https://api.example.com/v1")
    client = _target()
    assert (client._client._token, repr(client)) == (TOKEN, "<Client of https://api.example.com/v1>")


@pytest.mark.usefixtures("target")
def test_a_copy_that_is_complete_in_spite_of_an_error(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_to(*_: Any, **__: Any) -> None:
        raise TransferError("server 5 is left over", image=Image(id=42))

    monkeypatch.setattr("hcloud.images.client.BoundImage.copy_to", copy_to)
    image = cloud.client().images.get_all()[0]
    assert run("copy", image.id) == 1
    assert capsys.readouterr() == ("42\n", "python -m hcloud.images: server 5 is left over\n")


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", ["true", "dd ", "sha256sum"])
def test_signals_clean_up(
    cloud: FakeCloud, rescue: RescueServers, disk: Path, capsys: pytest.CaptureFixture[str], number: int, step: str
) -> None:
    before = signal.getsignal(number)
    killed: list[str] = []

    def kill(command: str) -> None:
        if step in command and not killed:
            killed.append(command)
            os.kill(os.getpid(), number)

    rescue.before_command = kill
    assert run("upload", disk) == 128 + number
    assert killed
    assert leftovers(cloud) == []
    assert cloud.client().images.get_all(type=["snapshot"]) == []
    output = capsys.readouterr()
    assert (output.out, output.err.splitlines()[-1]) == ("", "python -m hcloud.images: interrupted")
    assert signal.getsignal(number) == before


@pytest.mark.usefixtures("signals")
def test_a_second_signal_names_what_is_left(
    cloud: FakeCloud,
    rescue: RescueServers,
    disk: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(request: RequestInfo) -> None:
        if request.method == "DELETE":
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Client, "from_env", lambda: cloud.client(on_request=interrupt))
    rescue.before_command = lambda command: os.kill(os.getpid(), signal.SIGTERM) if "dd " in command else None
    assert run("upload", disk) == 143
    error = capsys.readouterr().err
    server, key = leftovers(cloud)
    assert f"client.servers.delete({server.id})" in error
    assert f"client.ssh_keys.delete({key.id})" in error


def test_failures(cloud: FakeCloud, rescue: RescueServers, disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.fail_action("create_image")
    assert run("upload", disk, "--quiet") == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("python -m hcloud.images: The pending action failed")
    assert leftovers(cloud) == []


def test_goes_on_after_a_file_that_cannot_be_read(
    disk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(_: Any, source: Any, **__: Any) -> Image:
        if source == "damaged":
            raise OSError(5, "Input/output error")
        return Image(id=42)

    monkeypatch.setattr("hcloud.images.client.ImagesClient.upload", upload)
    assert run("upload", "damaged", disk, "--quiet") == 1
    assert capsys.readouterr() == ("42\n", "python -m hcloud.images: [Errno 5] Input/output error\n")


def test_characters_that_the_output_cannot_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.fsdecode(b"gr\xc3\xb6\xff.raw")  # not in the encoding of file names
    monkeypatch.setattr("hcloud.images.client.BoundImage.download", lambda *_, **__: path)
    monkeypatch.setattr("hcloud.images.client.ImagesClient.get", lambda *_: BoundImage(None, {"id": 42}))  # type: ignore[arg-type]
    for encoding, expected in (("ascii", b"gr\\xf6\\udcff.raw\n"), ("utf-8", b"gr\xc3\xb6\\udcff.raw\n")):
        buffer = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(buffer, encoding))
        assert run("download", 42, "x.raw") == 0
        assert buffer.getvalue() == expected


def test_an_image_that_is_complete_in_spite_of_an_error(
    cloud: FakeCloud, disk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(*_: Any, **__: Any) -> None:
        error = TransferError("server 5 is left over", image=Image(id=42))
        error.add_note("a note")
        raise error

    monkeypatch.setattr("hcloud.images.client.ImagesClient.upload", upload)
    assert run("upload", disk) == 1
    assert capsys.readouterr() == ("42\n", "python -m hcloud.images: server 5 is left over\na note\n")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("folder/disk.raw", "disk.raw"),
        ("https://user:secret@example.com/images/disk.raw?token=secret#secret", "disk.raw"),
        ("https://user:secret@example.com?secret", None),
        ("https://[secret/disk.raw", None),
        ("-", None),
    ],
)
def test_several_files_have_headings_without_secrets(
    file: str, name: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[dict[str, Any]] = []

    def upload(*_: Any, **keywords: Any) -> Image:
        arguments.append(keywords)
        return Image(id=42)

    monkeypatch.setattr("hcloud.images.client.ImagesClient.upload", upload)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert run("upload", file, file) == 0
    assert [keywords["description"] for keywords in arguments] == [None] * 2  # upload() takes the name
    output = capsys.readouterr()
    assert output.out == "42\n42\n"
    assert output.err == f"{name or file.partition(':')[0]}:\n" * 2
    assert run("upload", file, "--description", "") == 0
    assert arguments[-1]["description"] == ""


def test_cleans_up(cloud: FakeCloud, capsys: pytest.CaptureFixture[str]) -> None:
    client = cloud.client()
    labels = {"hcloud-image-transfer": "abc"}
    server = client.servers.create("x", "cx23", Image(name="debian-13"), labels=labels).wait().server
    client.servers.create("y", "cx23", Image(name="debian-13")).wait()
    assert run("cleanup") == 0
    assert capsys.readouterr().out == "", "it is too young"
    assert run("cleanup", "--older-than", "0") == 0
    assert capsys.readouterr().out == f"deleted server {server.id}\n"
    assert [server.name for server in client.servers.get_all()] == ["y"]
    for hours in ("-1", "nan", "inf", "1e12"):
        assert run("cleanup", "--older-than", hours) == 2


def test_rotates(cloud: FakeCloud, capsys: pytest.CaptureFixture[str]) -> None:
    client = cloud.client()
    server = client.servers.create("web-1", "cx23", Image(name="debian-13")).wait().server
    old = client.images.rotate([server], keep=1, name="nightly").created[0]
    old.change_protection(delete=True).wait()
    for _ in range(2):
        client.images.rotate([server], keep=5, name="nightly")
    newest = client.images.get_all(type=["snapshot"])[-1]
    cloud.requests.clear()
    assert run("rotate", "web-1", "--name", "nightly", "--keep", "1", "--dry-run") == 0
    assert {request.method for request in cloud.requests} == {"GET"}
    would = capsys.readouterr().out
    assert would.count("would delete ") == 2
    assert f"would delete {newest.id} web-1 (nightly) {newest.created}\n" in would
    assert f"protected {old.id} web-1 (nightly) " in would
    assert run("rotate", server.id, "missing", "--name", "nightly", "--keep", "1", "--daily", "1") == 1
    output = capsys.readouterr()
    new = client.images.get_all(type=["snapshot"])[-1]
    lines = output.out.splitlines()
    assert lines[0] == f"created {new.id} web-1 (nightly) {new.created}"
    assert [line.split()[0] for line in lines] == ["created", "deleted", "deleted", "protected"]
    assert "python -m hcloud.images: rotate() failed for 1 of 2 servers: missing: " in output.err
    assert "create_image" in output.err, "progress"


def test_rotates_droplets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeDigitalOcean().client()
    client.droplets.create("web-1", "s-1vcpu-1gb", "debian-13-x64", "fra1").wait()
    monkeypatch.setattr(digitalocean.Client, "from_env", lambda: client)
    for _ in range(2):
        arguments = ("--provider", "digitalocean", "--name", "nightly", "--hourly", "1", "--quiet")
        assert run("rotate", "web-1", *arguments) == 0
    output = capsys.readouterr()
    assert [line.split()[0] for line in output.out.splitlines()] == ["created", "created", "deleted"]
    assert output.err == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "required: COMMAND"),
        (["upload"], "required: FILE"),
        (["upload", "x", "--label", "os"], "'os' is not in the form KEY=VALUE"),
        (["upload", "x", "--format", "vmdk"], "invalid choice"),
        (["download", "5"], "required: FILE"),
        (["rotate", "x"], "required: --name"),
        (["rotate", "x", "--name", "y", "--keep", "many"], "invalid int"),
        (["unknown"], "invalid choice"),
    ],
)
def test_usage(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert text in capsys.readouterr().err


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["rotate", "x", "--name", "y"], "say what to keep, such as --keep 7"),
        (["rotate", "x", "--name", "y", "--keep", "-1"], "last must be a number of snapshots"),
        (["rotate", "x", "--name", "a b", "--keep", "1"], "name must have 1 to 63"),
        (["upload", "http://example.com/disk"], "must begin with https://"),
        (["upload", "/dev/null"], "/dev/null is empty"),
    ],
)
def test_invalid_arguments(
    cloud: FakeCloud, arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert text in capsys.readouterr().err
    assert list(cloud.requests) == []


# In a process of its own


def execute(
    *arguments: str, endpoint: str = "http://127.0.0.1:1/v1", **options: Any
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "error", "HCLOUD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    environment["HCLOUD_ENDPOINT"] = endpoint
    command = [sys.executable, "-m", "hcloud.images", *arguments]
    return subprocess.run(
        command, env=environment, text=True, check=False, stderr=subprocess.PIPE, timeout=60, **options
    )


@pytest.mark.parametrize("arguments", [["--help"], ["upload", "--help"], ["rotate", "--help"]], ids=" ".join)
def test_help(arguments: list[str]) -> None:
    process = execute(*arguments, stdout=subprocess.PIPE)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.startswith(f"usage: python -m hcloud.images {' '.join(arguments[:-1])}")


@pytest.mark.usefixtures("openssh")
def test_secrets_are_not_printed(disk: Path) -> None:
    process = execute("upload", "https://user:password@127.0.0.1:1/x?key=password", stdout=subprocess.PIPE)
    assert process.returncode == 2
    assert process.stderr == "python -m hcloud.images: https://127.0.0.1:1/x can't be fetched: Connection refused\n"


def test_a_token_that_the_api_rejects() -> None:
    with serve(FakeCloud(token="another-token")) as address:
        process = execute("cleanup", stdout=subprocess.PIPE, endpoint=address)
    assert process.returncode == 1
    assert process.stderr.startswith("python -m hcloud.images: ")
    assert "unauthorized" in process.stderr
    assert TOKEN not in process.stderr
    assert process.stderr.count("\n") == 1


SCRIPT = """
import hcloud
from hcloud.images.__main__ import main
from hcloud.images import Image
hcloud.Client.from_env = hcloud.testing.FakeCloud().client
hcloud.images.ImagesClient.upload = lambda *_, **__: Image(id=42)
import sys; sys.exit(main(["upload", "x"]))
"""


def test_an_output_that_nobody_reads() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "-c", f"import hcloud.testing\n{SCRIPT}"],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert process.returncode == 1
    assert process.stderr == ("python -m hcloud.images: 42: could not be written to the standard output: Broken pipe\n")
