"""The line that shows the progress of actions."""

from __future__ import annotations

import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import hcloud
from hcloud import InvalidArgumentError, TransferProgress, progress
from hcloud._progress import Progress
from hcloud.actions import ActionFailedException, ActionsException, BoundAction
from hcloud.digitalocean.actions import BoundAction as DigitalOceanAction
from hcloud.digitalocean.images import ImageUnavailableError
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.testing import FakeCloud
from hcloud.testing.digitalocean import FakeDigitalOcean
from tests.stub import Stub

ROOT = Path(__file__).parents[1]


class Terminal(io.TextIOWrapper):
    """Terminal without a size, or with the encoding that is given."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="", write_through=True)

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        """Lines that were drawn, one over another."""
        content: Any = self.buffer
        return content.getvalue().decode(self.encoding).split("\r")[1:]


@pytest.fixture(autouse=True)
def term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def stub() -> Stub:
    return Stub()


def action(stub: Stub, status: str = "running", **values: Any) -> BoundAction:
    raw = {"id": 1, "command": "create_server", "status": status, "progress": 0, **values}
    return BoundAction(stub.client().actions, raw)


def test_one_line_on_a_terminal(stub: Stub) -> None:
    terminal = Terminal()
    show = progress(file=terminal)
    show([action(stub, progress=40), action(stub, id=2, command="start_server")])
    stub.clock.sleep(75)
    show([action(stub, "success", progress=100), action(stub, id=2, command="start_server", progress=50)])
    show([action(stub, "success"), action(stub, "success", id=2)])
    assert terminal.lines == [
        "━━━━────────────────  20 %  0/2 done  0:00  create_server, start_server",
        "━━━━━━━━━━━━━━━─────  75 %  1/2 done  1:15  create_server, start_server",
        f"━━━━━━━━━━━━━━━━━━━━ 100 %  2/2 done  1:15  create_server{' ' * 14}\n",
    ]
    assert stub.sent == []


def test_characters_that_the_terminal_can_encode(stub: Stub) -> None:
    for encoding, bar in (("ascii", "##------------------"), ("cp1252", "##------------------"), ("cp437", None)):
        terminal = Terminal(encoding)
        progress(file=terminal)([action(stub, progress=10, command="\x1b[2J日本\n")])
        line = terminal.lines[0]
        assert bar is None or line.startswith(bar)
        assert line.endswith(r" 10 %  0/1 done  0:00  \x1b[2J\u65e5\u672c\n")


def test_lines_where_there_is_no_terminal(stub: Stub) -> None:
    file = io.StringIO()
    show = progress(file=file)
    for percent in (10, 10, 10, 60, 60):
        show([action(stub, progress=percent)])
        stub.clock.sleep(1)
    show([action(stub, "success", progress=100)])
    assert file.getvalue().splitlines() == [
        "10 %  0/1 done  0:00  create_server",
        "60 %  0/1 done  0:03  create_server",
        "100 %  1/1 done  0:05  create_server",
    ]
    show([action(stub, id=2)])
    assert file.getvalue().splitlines()[3:] == ["0 %  0/1 done  0:00  create_server"], "the next wait begins anew"


def test_a_dumb_terminal_gets_lines(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    progress(file=terminal)([action(stub)])
    assert terminal.lines == []


def test_failed_and_unknown_actions(stub: Stub) -> None:
    file = io.StringIO()
    unknown = BoundAction(stub.client().actions, {"id": 7}, complete=False)
    progress(file=file)([action(stub, "error", progress=30), unknown])
    assert file.getvalue() == "50 %  1/2 done, 1 failed  0:00  create_server, action 7\n"
    assert stub.sent == []
    progress(file=file)([])
    for value in (-5, 500, "9", None, True):
        file.seek(0)
        progress(file=file)([action(stub, progress=value)])
        assert file.getvalue()[:2] in ("0 ", "99")
    assert progress(file=file)([pickle.loads(pickle.dumps(unknown))]) is None


def test_a_new_wait_begins_a_new_line(stub: Stub) -> None:
    terminal = Terminal()
    show = progress(file=terminal)
    show([action(stub)])
    show([action(stub, id=2)])
    assert [line[-1] for line in terminal.lines] == ["\n", "r"]
    show.close()
    show.close()
    assert [line[-1] for line in terminal.lines] == ["\n", "\n"]


def test_a_context_ends_its_line(stub: Stub) -> None:
    terminal = Terminal()
    with progress(file=terminal) as show:
        show([action(stub)])
    assert terminal.lines[-1].endswith("create_server\n")
    with pytest.raises(KeyboardInterrupt):
        interrupted_wait(stub, terminal)
    assert terminal.lines[-1].endswith("create_server\n")
    assert terminal.lines[-1].endswith("create_server\n")


def interrupted_wait(stub: Stub, terminal: Terminal) -> None:
    with progress(file=terminal) as show:
        show([action(stub)])
        raise KeyboardInterrupt


@pytest.mark.parametrize("file", ["progress.log", 5, io.BytesIO(), Path("progress.log")], ids=repr)
def test_a_file_that_is_no_stream_of_text(file: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"file must be a stream of text, such as sys.stdout, not "):
        progress(file=file)


class Interrupted(Progress):
    """Progress whose second line is interrupted."""

    lines = 0

    def __call__(self, actions: Any) -> None:
        super().__call__(actions)
        self.lines += 1
        if self.lines == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("cls", "failure"), [(Interrupted, KeyboardInterrupt), (Progress, ActionsException)])
def test_the_line_ends_with_the_wait(cls: type[Progress], failure: type[BaseException]) -> None:
    """Otherwise a traceback, or the prompt of a shell, would follow in the same line."""
    terminal = Terminal()
    show = cls(terminal)
    response = FakeCloud().client().servers.create("web", ServerType(name="cx23"), Image(name="debian-13"))
    with pytest.raises(failure):
        response.wait(timeout=2, on_progress=show)
    assert [line.count("\n") for line in terminal.lines] == [0, 1]
    with pytest.raises(ActionsException):
        response.wait(timeout=2, on_progress=show)
    assert "0/2 done  0:00  " in terminal.lines[2], "a second wait for the same actions begins anew"


def test_imports_of_images() -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()

    def create(name: str) -> Any:
        return client.images.create(name, "https://example.com/disk.img", "fra1")

    terminal = Terminal()
    client.images.wait_until_available([create("one"), create("two")], on_progress=progress(file=terminal))
    assert "0 %  0/2 done  0:00  one, two" in terminal.lines[0]
    assert "100 %  2/2 done  " in terminal.lines[-1]
    assert terminal.lines[-1].endswith("one, two\n")
    terminal = Terminal()
    create("three").wait_until_available(on_progress=progress(file=terminal))
    assert "0 %  0/1 done  0:00  three" in terminal.lines[0]
    assert terminal.lines[-1].endswith("three\n")
    terminal = Terminal()
    cloud.fail_import("not a disk image")
    with pytest.raises(ImageUnavailableError):
        client.images.wait_until_available([create("four")], on_progress=progress(file=terminal))
    assert "1/1 done, 1 failed" in terminal.lines[-1]


class Broken(io.StringIO):
    """Stream whose reader is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_a_closed_stream_does_not_fail_the_wait(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Terminal()
    show = progress(file=closed)
    show([action(stub)])
    closed.close()
    show([action(stub, progress=5)])
    show([action(stub, "success")])
    with progress(file=Broken()) as show:
        show([action(stub)])
    monkeypatch.setattr(sys, "stderr", None)
    with progress() as show:
        show([action(stub, "success")])


def test_it_writes_to_stderr(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    progress()([action(stub)])
    assert capsys.readouterr() == ("", "0 %  0/1 done  0:00  create_server\n")


def test_waits_of_both_providers(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeCloud().client()
    client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).wait(on_progress=hcloud.progress())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("%  0/2 done  0:00  create_server, start_server")
    assert lines[-1].startswith("100 %  2/2 done  0:")
    assert len(lines) == len({line.partition(" done")[0] for line in lines})
    other = FakeDigitalOcean().client()
    other.droplets.create("web", "s-1vcpu-1gb", "debian-12-x64", "fra1").wait(on_progress=hcloud.progress())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0 %  0/1 done  0:00  create"
    assert lines[1].startswith("100 %  1/1 done  0:")
    errored = DigitalOceanAction(other.actions, {"id": 1, "type": "resize", "status": "errored"})
    hcloud.progress()([errored])
    assert capsys.readouterr().err == "100 %  1/1 done, 1 failed  0:00  resize\n"


def test_imports(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = FakeDigitalOcean()
    client = cloud.client()
    url = "https://example.com/disk.qcow2"
    images = [client.images.create(name, url, "nyc3") for name in ("first", "second")]
    client.images.wait_until_available(images, on_progress=hcloud.progress())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0 %  0/2 done  0:00  first, second"
    assert lines[-1].startswith("100 %  2/2 done  ")
    cloud.fail_import("not a disk image")
    with pytest.raises(ImageUnavailableError):
        client.images.wait_until_available([client.images.create("third", url, "nyc3")], on_progress=hcloud.progress())
    assert capsys.readouterr().err.splitlines()[-1].startswith("100 %  1/1 done, 1 failed  ")
    client.images.create("fourth", url, "nyc3").wait_until_available(on_progress=hcloud.progress())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0 %  0/1 done  0:00  fourth"
    assert lines[-1].startswith("100 %  1/1 done  ")


def test_a_wait_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = FakeCloud()
    client = cloud.client()
    cloud.fail_action("create_server")
    with pytest.raises((ActionsException, ActionFailedException)):
        client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).wait(
            on_progress=hcloud.progress()
        )
    assert "2/2 done, 2 failed" in capsys.readouterr().err.splitlines()[-1]


def test_it_is_imported_at_its_first_use() -> None:
    program = "import sys, hcloud; assert 'hcloud._progress' not in sys.modules; assert callable(hcloud.progress())"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    assert "progress" in hcloud.__all__


def run_demo(columns: int, encoding: str) -> str:
    """Run the program of ``make demo`` in a terminal; return what it wrote."""
    import fcntl  # Windows has none of them
    import pty
    import termios

    try:
        parent, child = pty.openpty()
    except OSError as error:  # such as in a chroot without /dev/pts
        pytest.skip(f"no terminal can be opened: {error}")
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    chunks: list[bytes] = []

    def read() -> None:
        while True:
            try:
                chunk = os.read(parent, 4096)
            except OSError:  # Linux reports the end like this
                chunk = b""
            if not chunk:
                return
            chunks.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "TERM": "xterm"}
    environment["PATH"] = ""  # without ssh, it uploads nothing
    demo = [sys.executable, str(ROOT / "examples" / "image_lifecycle.py")]
    process = subprocess.run(demo, stdout=child, stderr=child, env=environment, check=False)
    os.close(child)
    reader.join(10)
    os.close(parent)
    output = b"".join(chunks).decode(encoding)
    assert process.returncode == 0, output
    return output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("columns", "encoding"), [(100, "utf-8"), (100, "ascii"), (30, "utf-8"), (9, "ascii")])
def test_the_demo_on_terminals(columns: int, encoding: str) -> None:
    output = run_demo(columns, encoding)
    drawn = [line for text in output.split("\n") for line in text.split("\r") if " %" in line]
    assert len(drawn) > 10
    assert max(map(len, drawn)) < columns
    assert ("━" in output) is (columns >= 61 and encoding == "utf-8")
    finished = [line for line in output.replace("\r\n", "\n").split("\n") if "100 %" in line]
    assert len(finished) == 4, "each wait ends its line"
    lines = output.replace("\r\n", "\n").split("\n")
    assert max(len(line) for line in lines if "\r" not in line) < max(columns, 32), "words are longer than 9 columns"
    end = " ".join(output[output.index("* Done") :].split())
    assert re.fullmatch(
        r"\* Done \d+:\d\d minutes of the cloud's time \d+ changes, waited for with \d+ polls "
        r"\d+ requests; a project may send 3600 in an hour [\d.]+ EUR a month is saved by "
        r"the deletion 0 resources are left",
        end,
    ), end


# Transfers


class Seconds:
    """Clock that tests set, in place of the module ``time``."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """Clock of transfers."""
    clock = Seconds()
    monkeypatch.setattr("hcloud._progress.time", clock)
    return clock


def test_a_line_for_each_phase_of_a_transfer_on_a_terminal(seconds: Seconds) -> None:
    terminal = Terminal()
    show = progress(file=terminal)
    show(TransferProgress("create server"))
    seconds.now += 62
    show(TransferProgress("transfer", 0, 10 << 20))
    for done in range(1, 11):
        seconds.now += 0.5
        show(TransferProgress("transfer", done << 20, 10 << 20))
    show._end_wait()
    lines = terminal.lines
    assert lines[:2] == ["create server  0:00", "create server  1:02\n"]
    assert lines[2].rstrip() == "────────────────────   0 %  transfer  0 B of 10.0 MiB  0 B/s  0:00"
    assert lines[7].rstrip() == "━━━━━━━━━━──────────  50 %  transfer  5.0 MiB of 10.0 MiB  2.0 MiB/s  0:02"
    assert lines[-1] == f"{'━' * 20} 100 %  transfer  10.0 MiB of 10.0 MiB  2.0 MiB/s  0:05\n"


def test_transfers_are_drawn_ten_times_a_second_and_at_the_end(seconds: Seconds) -> None:
    terminal = Terminal("ascii")
    show = progress(file=terminal)
    for done in range(1000):
        seconds.now += 0.001
        show(TransferProgress("read", done))
    assert 9 <= len(terminal.lines) <= 11
    show(TransferProgress("clean up"))
    assert terminal.lines[-2].rstrip() == "read  999 B  999 B/s  0:00"
    assert terminal.lines[-1] == "clean up  0:00"


def test_lines_of_a_transfer_where_there_is_no_terminal(seconds: Seconds) -> None:
    file = io.StringIO()
    show = progress(file=file)
    show(TransferProgress("create server"))
    seconds.now += 5
    for done in range(0, 101, 2):
        show(TransferProgress("transfer", done << 30, 100 << 30))
        seconds.now += 1
    show(TransferProgress("read", 5))
    seconds.now += 1
    show(TransferProgress("read", 7))
    show(TransferProgress("clean up"))
    show._end_wait()
    lines = file.getvalue().splitlines()
    assert lines[0] == "create server  0:00"
    assert [line.split(" %")[0] for line in lines[1:12]] == [*map(str, range(0, 101, 10))]
    assert lines[6] == "50 %  transfer  50.0 GiB of 100.0 GiB  2.0 GiB/s  0:25"
    assert lines[12:] == ["read  5 B  50 B/s  0:00", "read  7 B  7 B/s  0:01", "clean up  0:00"]


@pytest.mark.parametrize(
    ("transfer", "text"),
    [
        (TransferProgress("transfer", 30, 20), "100 %  transfer  30 B of 20 B"),
        (TransferProgress("transfer", 0, 0), "0 %  transfer  0 B of 0 B"),
        (TransferProgress("transfer", 5 << 50), "transfer  5120.0 TiB"),
        (TransferProgress("\x1b[2J\n日本"), r"\x1b[2J\n\u65e5\u672c  0:00"),
    ],
)
def test_unusual_transfers(seconds: Seconds, transfer: TransferProgress, text: str) -> None:
    file = io.StringIO()
    progress(file=file)(transfer)
    assert file.getvalue().startswith(text)
    assert len(file.getvalue().splitlines()) == 1


def test_actions_and_transfers_in_turn(stub: Stub, seconds: Seconds) -> None:
    file = io.StringIO()
    show = progress(file=file)
    show(TransferProgress("create server"))
    show([action(stub, progress=40)])
    show(TransferProgress("create server"))
    assert file.getvalue().splitlines() == [
        "create server  0:00",
        "40 %  0/1 done  0:00  create_server",
        "create server  0:00",
    ]
    closed = Terminal()
    closed.close()
    progress(file=closed)(TransferProgress("transfer", 5, 10))


def test_the_progress_of_a_transfer_is_public() -> None:
    assert hcloud.TransferProgress is TransferProgress
    assert TransferProgress("read") == ("read", None, None)
