from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import pickle
import random
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hcloud import Client, HCloudException, InvalidArgumentError, RateLimitExceededError
from hcloud.budgets import FileBudget, LimitScope, Reservation
from hcloud.core import file_budget
from hcloud.core.buckets import create_bucket
from hcloud.core.file_budget import HostBudget
from hcloud.core.sharing import StoreBusyError
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock
from tests.core.test_rate_limit import NOON, FleetClock, state
from tests.stub import Stub, error

LOCATIONS = {"locations": [{"id": 1}]}
SCOPE = LimitScope("ab" * 16, None)
SLIDING = LimitScope("cd" * 16, 250)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "budget"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


def waits(budget: FileBudget, count: int, now: float = 100.0, scope: LimitScope = SCOPE) -> list[float]:
    return [round(budget.reserve(scope, now).wait, 3) for _ in range(count)]


def report(budget: FileBudget, remaining: int, now: float = 100.0, limit: int = 3600) -> None:
    budget.observe(SCOPE, now, budget.reserve(SCOPE, now), limit, remaining, 3600.0)


# Sharing


def test_processes_take_from_the_same_count(path: Path) -> None:
    first, second = FileBudget(path), FileBudget(path)
    report(first, 2)
    assert waits(second, 1) + waits(first, 2) + waits(second, 2) == [0, 0, 1, 2, 3]


def test_a_later_process_knows_the_limit(path: Path) -> None:
    report(FileBudget(path), 0)
    assert waits(FileBudget(path), 1) == [1]


def test_clients_share_a_file(path: Path) -> None:
    cloud = FakeCloud()
    clients = [cloud.client(budget=FileBudget(path)) for _ in range(4)]
    clients[0].locations.get_list()
    cloud.leave_requests(3)
    clients[0].locations.get_list()
    began = cloud.clock.time()
    for client in clients * 5:
        client.locations.get_list()
    assert {request.status for request in cloud.requests} == {200}
    assert cloud.clock.time() - began == pytest.approx(18, abs=1)


def test_none_counts_alone(path: Path) -> None:
    client = FakeCloud().client(budget=None)
    assert client._client._shared.budget.sharing is None


def run_fleet(processes: int, seconds: float, budgets: Callable[[], Any]) -> tuple[list[int], Counter[int], float]:
    """Let clients with budgets of their own send what they can; return their calls, the statuses, the longest call."""
    clock = FleetClock(processes)
    cloud = FakeCloud(clock=clock, keep_requests=100_000)
    cloud.leave_requests(5)
    cloud.slow_down(0.05)
    end = clock.time() + seconds
    calls, durations = [0] * processes, [0.0] * processes

    def work(number: int, client: Client) -> None:
        try:
            while clock.time() < end:
                began = clock.time()
                client.locations.get_list()
                calls[number] += 1
                durations[number] = max(durations[number], clock.time() - began)
        finally:
            clock.leave()

    threads = [threading.Thread(target=work, args=(n, cloud.client(budget=budgets()))) for n in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return calls, Counter(request.status for request in cloud.requests), max(durations)


@pytest.mark.parametrize("processes", [1, 4, 16])
def test_a_fleet_uses_the_whole_limit_in_turns(path: Path, processes: int) -> None:
    calls, statuses, longest = run_fleet(processes, 600, lambda: FileBudget(path))
    assert sum(calls) >= 590
    assert statuses[429] <= processes, "those that were sent before the limit was known"
    assert max(calls) - min(calls) <= 2, "first come, first served"
    assert longest <= 3 * processes + 5


def test_a_wait_beyond_retry_max_time_gives_its_place_back(path: Path) -> None:
    stub = Stub((200, LOCATIONS, state(0, limit=10)))
    client, other = (stub.client(budget=FileBudget(path)) for _ in range(2))
    client.locations.get_list()
    for _ in range(50):
        with pytest.raises(RateLimitExceededError, match=r"in 360\.0 s"):
            other.locations.get_list()
    assert stub.clock.slept == []
    other.with_options(retry_max_time=360).locations.get_list()
    assert stub.clock.slept == [360]


def test_an_interrupted_wait_gives_its_place_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub((200, LOCATIONS, state(0)))
    client, other = (stub.client(budget=FileBudget(path)) for _ in range(2))
    client.locations.get_list()
    with monkeypatch.context() as patch:
        patch.setattr(stub.clock, "sleep", interrupt)
        for _ in range(20):
            with pytest.raises(KeyboardInterrupt):
                client.locations.get_list()
    other.locations.get_list()
    assert stub.clock.slept == [pytest.approx(1)]


def interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_rejection_delays_the_waiting_requests_of_all_processes(path: Path) -> None:
    first, second = FileBudget(path), FileBudget(path)
    report(first, 0)
    waiting = second.reserve(SCOPE, 100.0)
    rejected = first.reserve(SCOPE, 100.0)
    assert waiting.wait == pytest.approx(1)
    assert first.block(SCOPE, 100.0, rejected, 30.0) == 30
    waiting = second.resume(SCOPE, 101.0, waiting)
    assert waiting.wait == pytest.approx(30)
    assert second.reserve(SCOPE, 101.0).wait >= 29
    assert second.resume(SCOPE, 131.0, waiting).wait == 0


def test_what_another_program_spends_is_noticed(path: Path) -> None:
    cloud = FakeCloud()
    client, other = (cloud.client(budget=FileBudget(path)) for _ in range(2))
    client.locations.get_list()
    cloud.leave_requests(10)  # a program in another language was fast
    client.locations.get_list()
    began = cloud.clock.time()
    for _ in range(9):
        other.locations.get_list()
    assert cloud.clock.time() == began
    other.locations.get_list()
    assert cloud.clock.time() - began == pytest.approx(1, abs=0.1)


def test_what_the_api_gives_back_is_noticed(path: Path) -> None:
    cloud = FakeCloud()
    client = cloud.client(budget=FileBudget(path))
    cloud.leave_requests(1)
    client.locations.get_list()
    cloud.leave_requests(1000)
    client.locations.get_list()
    began = cloud.clock.time()
    for _ in range(900):
        client.locations.get_list()
    assert cloud.clock.time() == began


def test_tokens_and_hosts_have_counts_of_their_own(path: Path) -> None:
    empty = state(0)
    stub = Stub((200, {**LOCATIONS, "storage_boxes": []}, empty))
    budget = FileBudget(path)
    client = stub.client(budget=budget)
    client.locations.get_list()
    client._client_hetzner.request(method="GET", url="/storage_boxes")
    Client("another-token", adapter=stub, clock=stub.clock, budget=budget).locations.get_list()
    assert stub.clock.slept == []
    client.locations.get_list()
    assert stub.clock.slept == [pytest.approx(1)]


def test_killed_processes_delay_nobody_for_long(path: Path) -> None:
    report(FileBudget(path), 0)
    for _ in range(100):
        FileBudget(path).reserve(SCOPE, 100.0)  # and never again
    budget = FileBudget(path)
    assert waits(budget, 1, 250.0) == [0]
    reservation = budget.reserve(SCOPE, 250.0)
    budget.block(SCOPE, 250.0, reservation, 1.0)
    assert budget.reserve(SCOPE, 250.0).wait <= 5, "their requests do not wait any more"


@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
def test_requests_of_killed_processes_are_forgotten_although_others_go_on(path: Path, scope: LimitScope) -> None:
    budget = FileBudget(path)
    now = 1000.0
    left = 50 if scope is SCOPE else 500
    budget.observe(scope, now, budget.reserve(scope, now), 3600, left, 600.0)
    for _ in range(300):  # killed while they are in flight, or while they wait
        budget.reserve(scope, now)
    for now in range(1301, 2300, 10):  # never a pause
        reservation = budget.reserve(scope, now)
        assert reservation.wait == 0
        budget.observe(scope, now, reservation, 3600, left, 600.0)
    assert waits(budget, 60, now, scope)[: left - 1] == [0] * min(60, left - 1), "they hold no place any more"
    if scope is SLIDING:
        assert waits(budget, 400, now + 120, scope)[:240] == [0] * 240


def test_requests_that_wait_are_not_forgotten(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0, 1000.0, limit=36)
    assert waits(budget, 10, 1000.0) == [100 * number for number in range(1, 11)]
    reservation = budget.reserve(SCOPE, 1301.0)
    budget.observe(SCOPE, 1301.0, reservation, 36, 3, 0.0)
    assert budget.reserve(SCOPE, 1301.0).wait == pytest.approx(600, abs=1), "three are left, and eight wait"


@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, -5.0, -1e308])
def test_numbers_that_no_count_has(path: Path, scope: LimitScope, value: float) -> None:
    budget = FileBudget(path)
    budget.observe(scope, 100.0, budget.reserve(scope, 100.0), 3600, 50, 60.0)
    content = path.read_bytes()
    for number in range(13):
        damaged = bytearray(content)
        struct.pack_into("<d", damaged, 32 + 8 * number, value)
        damaged[216:220] = zlib.crc32(damaged[:216]).to_bytes(4, "little")
        path.write_bytes(damaged)
        for _ in range(3):
            reservation = FileBudget(path).reserve(scope, 100.0)
            assert 0 <= reservation.wait <= 60
            assert reservation.completed < 100
            budget.observe(scope, 100.0, reservation, 3600, 50, 60.0)


# DigitalOcean


def test_both_limits_of_digitalocean_are_shared(path: Path) -> None:
    cloud = FakeDigitalOcean(keep_requests=10_000)
    clients = [cloud.client(budget=FileBudget(path)) for _ in range(3)]
    began = cloud.clock.time()
    for number in range(600):
        clients[number % 3].regions.get_list()
    assert {request.status for request in cloud.requests} == {200}
    assert cloud.clock.time() - began == pytest.approx(120, abs=1)
    cloud.leave_requests(0)
    with pytest.raises(RateLimitExceededError):
        clients[0].regions.get_list()
    for client in clients:
        with pytest.raises(RateLimitExceededError):
            client.regions.get_list()
    assert len(cloud.requests) == 601, "the first one told it to all"


def test_a_place_in_sliding_windows_is_given_back(path: Path) -> None:
    budget = FileBudget(path)
    assert waits(budget, 250, scope=SLIDING) == [0] * 250
    reservation = budget.reserve(SLIDING, 100.0)
    assert reservation.wait == 60
    budget.release(SLIDING, 100.0, reservation)
    assert budget.reserve(SLIDING, 100.0).wait == 60
    assert waits(budget, 1, 100.0 + 3700, SLIDING) == [0]


@pytest.mark.parametrize("seed", range(6))
def test_processes_read_only_the_times_that_are_new(path: Path, seed: int) -> None:
    """Each process has the same times as one that reads them all, and as a count in memory."""
    chance = random.Random(seed)
    burst = 10
    scope, memory = LimitScope("ef" * 16, burst), create_bucket(burst)
    budgets = [FileBudget(path) for _ in range(3)]
    waiting: list[Reservation] = []
    now = 100.0
    for _ in range(600):
        now += chance.choice([0, 0, 0.5, 20, 20, 500])
        budget = chance.choice([*budgets, FileBudget(path)])
        assert memory.resume_shared(now)
        if waiting and chance.random() < 0.3:
            reservation = waiting.pop(chance.randrange(len(waiting)))
            budget.release(scope, now, reservation)
            memory.release(reservation)
        else:
            expected = memory.reserve(now)
            reservation = budget.reserve(scope, now)
            assert reservation == expected
            if reservation.wait > 0:
                waiting.append(reservation)
            if chance.random() < 0.2:
                budget.observe(scope, now, reservation, 50, 20, 1000.0)
                memory.observe(now, reservation.completed, 50, 20, 1000.0)


@pytest.mark.parametrize("fails_at", [1, 2])
def test_times_that_could_not_be_written_are_forgotten(
    path: Path, fails_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = FileBudget(path)
    waits(budget, 7, scope=SLIDING)
    writes: list[int] = []
    pwrite = os.pwrite

    def write(file: int, data: bytes, offset: int) -> int:
        writes.append(len(data))
        if len(writes) == fails_at:
            raise OSError(28, "No space left on device")
        return pwrite(file, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", write)
        with pytest.raises(OSError, match="space"):
            budget.reserve(SLIDING, 100.0)  # the eighth time: it goes to the ring, and then the header is written
    assert waits(budget, 2, scope=SLIDING) == waits(FileBudget(path), 2, scope=SLIDING) == [0, 0]
    assert waits(budget, 240, scope=SLIDING)[-2:] == [0, 60]


def test_a_take_reads_and_writes_little(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    pread, pwrite = os.pread, os.pwrite

    def read(file: int, size: int, offset: int) -> bytes:
        sizes.append(size)
        return pread(file, size, offset)

    def write(file: int, data: bytes, offset: int) -> int:
        sizes.append(len(data))
        return pwrite(file, data, offset)

    monkeypatch.setattr(os, "pread", read)
    monkeypatch.setattr(os, "pwrite", write)
    budgets = [FileBudget(path), FileBudget(path)]
    waits(budgets[0], 5000, scope=SLIDING)
    waits(budgets[1], 1, scope=SLIDING)
    sizes.clear()
    for number in range(100):
        waits(budgets[number % 2], 1, scope=SLIDING)
    assert sum(sizes) < 100 * 600
    assert len(sizes) < 100 * 2.5


def test_more_requests_than_the_file_holds(path: Path) -> None:
    budget = FileBudget(path)
    scope = LimitScope("ef" * 16, 10**6)
    budget.reserve(scope, 100.0)
    for _ in range(8200):
        assert budget.reserve(scope, 100.0).wait == 0
    assert path.stat().st_size <= 70_000


def test_counts_of_different_kinds_share_a_file(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0)
    assert waits(budget, 251, scope=SLIDING)[-1] == 60
    other = LimitScope("01" * 16, None)
    budget.observe(other, 100.0, budget.reserve(other, 100.0), 3600, 5, 0.0)
    assert waits(FileBudget(path), 1, scope=SLIDING) == [60]
    assert waits(FileBudget(path), 1) == [1]
    assert waits(FileBudget(path), 6, scope=other)[-1] == 1


def test_a_file_of_too_many_scopes(path: Path) -> None:
    budget = FileBudget(path)
    for number in range(100):
        waits(budget, 1, scope=LimitScope(f"{number:032x}", None))
    assert path.stat().st_size <= 64 * 256
    # A new scope takes the place of the one that was unused for longest.
    first, second = (LimitScope(f"{number:x}" * 32, None) for number in (10, 11))
    for scope in (first, second):
        budget.observe(scope, 200.0, budget.reserve(scope, 200.0), 3600, 0, 3600.0)
    assert waits(FileBudget(path), 1, 200.0, first) + waits(FileBudget(path), 1, 200.0, second) == [1, 1]


# Files


def test_the_file_is_private_and_does_not_reveal_the_token(path: Path) -> None:
    old = os.umask(0)
    try:
        stub = Stub((200, LOCATIONS, state(5)))
        stub.client(budget=FileBudget(path)).locations.get_list()
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"the-token" not in path.read_bytes()


def test_a_file_that_others_can_read_becomes_private(path: Path) -> None:
    path.touch(0o666)
    report(FileBudget(path), 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"\0" * 5000, b"\xff" * 5000, b"hcloudB1" * 100, b"hcloudS1" * 100, os.urandom(5000)],
    ids=["empty", "zero", "zeros", "ones", "buckets", "windows", "random"],
)
@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
def test_damaged_content_of_the_default_file(runtime: Path, content: bytes, scope: LimitScope) -> None:
    path = runtime / "hcloud" / f"{scope.key}.budget"
    path.parent.mkdir(0o700)
    path.write_bytes(content)
    budget = HostBudget(scope.key)
    assert waits(budget, 3, scope=scope) == [0, 0, 0]
    assert budget.reserve(scope, 100.0).completed == 0
    budget.observe(scope, 100.0, budget.reserve(scope, 100.0), 3600, 0, 3600.0)
    assert HostBudget(scope.key).reserve(scope, 100.0).wait > 0


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"hcloudB1" * 100], ids=["empty", "zeros", "damaged"])
def test_a_file_without_counts_is_used(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    report(FileBudget(path), 0)
    assert waits(FileBudget(path), 1) == [1]


def test_a_file_that_holds_something_else_stays_as_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text("token: important")
    path.chmod(0o644)
    stub = Stub((200, LOCATIONS, state(5)))
    stub.client(budget=FileBudget(path)).locations.get_list()
    assert path.read_text() == "token: important"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert "the file holds something else; delete it, or name another one" in caplog.text


@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
def test_damaged_and_truncated_content(path: Path, scope: LimitScope) -> None:
    budget = FileBudget(path)
    waits(budget, 30, scope=scope)
    budget.observe(scope, 100.0, budget.reserve(scope, 100.0), 3600, 0, 3600.0)
    content = path.read_bytes()
    expected = FileBudget(path).reserve(scope, 100.0).wait
    assert expected > 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        # A time that is off and still in order is taken for one.
        allowed = {0.0} if position < 220 else {0.0, expected}
        if position < 8:  # the kind
            with pytest.raises(FileExistsError):
                FileBudget(path).reserve(scope, 100.0)
            path.write_bytes(content[:position])
        assert FileBudget(path).reserve(scope, 100.0).wait in allowed, position
        path.write_bytes(content[:position])
        assert FileBudget(path).reserve(scope, 100.0).wait == 0, position
        path.write_bytes(content[:position])
        assert budget.reserve(scope, 100.0).wait in allowed, position


def test_a_count_from_before_the_host_started(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report(FileBudget(path), 0)
    monkeypatch.setattr(file_budget, "_boot", lambda: b"rebooted")
    assert waits(FileBudget(path), 1) == [0]


def test_a_clock_that_is_set_back(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0, now=1e9)
    assert waits(budget, 3) == [0, 0, 0]


def test_a_process_that_looked_at_the_clock_earlier(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0, now=200.0)
    assert waits(budget, 2, now=199.0) == [1, 2]


def test_a_deleted_file_is_made_again(path: Path) -> None:
    first, second = FileBudget(path), FileBudget(path)
    report(first, 0)
    assert waits(second, 1) == [1]
    path.unlink()
    report(first, 3)
    assert waits(second, 4) == [0, 0, 0, 1]
    assert path.exists()


def test_a_replaced_file(path: Path, tmp_path: Path) -> None:
    first, second = FileBudget(path), FileBudget(path)
    report(first, 0)
    (tmp_path / "new").write_bytes(b"")
    (tmp_path / "new").rename(path)
    report(first, 0)
    assert waits(second, 1) == [1]


def test_a_renamed_file_is_not_used_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = FileBudget(path), FileBudget(path)
    report(first, 0)
    path.rename(path.with_name("old"))
    report(second, 0)
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert waits(first, 1) + waits(second, 1) == [1, 2]


def test_a_deleted_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    stub = Stub((200, LOCATIONS, state(0)))
    client = stub.client(budget=FileBudget(folder / "budget"))
    client.locations.get_list()
    (folder / "budget").unlink()
    folder.rmdir()
    client.locations.get_list()
    assert stub.clock.slept == [pytest.approx(1)], "it counts alone, and has counted before"


def link(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(b"important")
    path.symlink_to(target)


def hard_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(b"important")
    path.hardlink_to(target)


@pytest.mark.parametrize(
    "create",
    [link, hard_link, Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")],
    ids=["link", "hard link", "folder", "named pipe", "device"],
)
def test_what_is_not_a_file_of_the_user(
    path: Path, create: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    create(path)
    stub = Stub((200, LOCATIONS, state(0)))
    client = stub.client(budget=FileBudget(path))
    client.locations.get_list()
    client.locations.get_list()
    assert stub.clock.slept == [pytest.approx(1)], "it counts alone"
    assert [record.levelname for record in caplog.records if "alone" in record.message] == ["WARNING"]
    target = path.with_name("target")
    assert not target.exists() or target.read_bytes() == b"important"


def test_a_file_of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    with pytest.raises(PermissionError):
        FileBudget(path).reserve(SCOPE, 100.0)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("name", ["open", "pread", "pwrite", "fstat"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")])
def test_no_call_fails_for_the_file(
    path: Path, name: str, failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stub = Stub((200, LOCATIONS, state(5)))
    client = stub.client(budget=FileBudget(path))
    client._client._session  # noqa: B018  # opens it, which imports modules
    monkeypatch.setattr(os, name, raising(failure))
    for _ in range(20):
        client.locations.get_list()
    assert sum("alone" in message for message in caplog.messages) == 1, "tried again later only"
    monkeypatch.undo()
    stub.clock.advance(60)
    client.locations.get_list()
    assert path.stat().st_size > 0, "it shares again"


def test_a_disk_that_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda *args: 10)
    with pytest.raises(OSError, match="full"):
        FileBudget(path).reserve(SCOPE, 100.0)


def test_pauses_while_the_file_is_away_grow_to_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = FileBudget(tmp_path / "missing" / "budget")
    attempts: list[float] = []
    stub = Stub((200, LOCATIONS))
    reserve = budget.reserve

    def count(scope: LimitScope, now: float) -> Reservation:
        attempts.append(now - NOON)
        return reserve(scope, now)

    monkeypatch.setattr(budget, "reserve", count)
    client = stub.client(budget=budget)
    for _ in range(600):
        client.locations.get_list()
        stub.clock.advance(0.5)
    assert attempts[:5] == [0, 0.5, 1.5, 3.5, 7.5]
    assert max(later - earlier for earlier, later in itertools.pairwise(attempts)) == 60


# Locks


@pytest.fixture
def holder(path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a process that locks the file, and executes a statement then."""
    processes = []

    def start(statement: str) -> subprocess.Popen[str]:
        script = (
            "import fcntl, os, signal, sys, time; file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600); "
            f"fcntl.flock(file, fcntl.LOCK_EX); print('locked', flush=True); {statement}"
        )
        arguments = [sys.executable, "-c", script, str(path)]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_stopped_holder_of_the_lock_stops_nobody(
    path: Path, holder: Callable[[str], subprocess.Popen[str]], caplog: pytest.LogCaptureFixture
) -> None:
    report(FileBudget(path), 5)
    process = holder("time.sleep(600)")
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        FileBudget(path).reserve(SCOPE, 100.0)
    stub = Stub((200, LOCATIONS, state(5)))
    client = stub.client(budget=FileBudget(path))
    client.locations.get_list()
    assert caplog.messages == [], "it may be in the middle of an operation"
    for _ in range(8):
        stub.clock.advance(1)
        client.locations.get_list()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "counting requests alone for 0.5 s: StoreBusyError: another process keeps the lock" in caplog.text
    process.kill()
    process.wait()
    stub.clock.advance(10)
    assert client._client._shared.budget.sharing is not None
    assert client._client._shared.budget.sharing.is_available()
    client.locations.get_list()
    assert waits(FileBudget(path), 1) == [0]


def test_a_lock_that_is_held_for_a_moment_is_tried_again_soon(
    path: Path, holder: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = holder("time.sleep(600)")
    stub = Stub((200, LOCATIONS, state(5)))
    client = stub.client(budget=FileBudget(path))
    client.locations.get_list()
    process.kill()
    process.wait()
    stub.clock.advance(0.02)
    client.locations.get_list()
    assert path.stat().st_size > 0


def test_threads_wait_for_each_other_while_others_compute(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 100)
    lock = threading.Event()
    holding = threading.Event()

    def hold() -> None:
        with budget._lock:
            holding.set()
            lock.wait(0.05)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    assert waits(budget, 1) == [0]
    thread.join()


def test_threads_with_clients_of_their_own_wait_for_each_other(path: Path) -> None:
    budget, other = FileBudget(path), FileBudget(path)
    report(budget, 100)
    assert waits(other, 1) == [0]
    holding, end = threading.Event(), threading.Event()

    def hold() -> None:
        with budget._lock:
            fcntl.flock(budget._file, fcntl.LOCK_EX)
            holding.set()
            end.wait(0.05)  # longer than the lock of another process is waited for
            fcntl.flock(budget._file, fcntl.LOCK_UN)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    assert waits(other, 1) == [0]
    thread.join()


class InterruptedLock:
    """Lock that is taken, and then Ctrl-C raises, before the statement after it runs."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.release = lock.release

    def acquire(self, *arguments: Any) -> bool:
        assert self.lock.acquire(*arguments)
        raise KeyboardInterrupt


def is_free(lock: Any) -> bool:
    """Return True if another thread can take a lock."""
    results: list[bool] = []

    def work() -> None:
        results.append(lock.acquire(False))
        if results[0]:
            lock.release()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return results[0]


def test_an_interrupt_leaves_no_lock_of_threads(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 100)
    lock = budget._lock
    budget._lock = InterruptedLock(lock)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        budget.reserve(SCOPE, 100.0)
    assert is_free(lock)
    budget._lock = lock
    assert waits(budget, 1) == [0]


def test_an_interrupt_leaves_no_lock_of_the_file(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 100)

    def interrupted(file: int, operation: int) -> None:
        fcntl.flock(file, operation)
        if operation != fcntl.LOCK_UN:
            raise KeyboardInterrupt

    budget._flock = interrupted
    with pytest.raises(KeyboardInterrupt):
        budget.reserve(SCOPE, 100.0)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert is_free(budget._lock)


def test_a_thread_that_does_not_get_the_lock_leaves_it_to_its_holder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hcloud.core.file_budget._THREAD_TIME", 0.01)
    budget = FileBudget(path)
    report(budget, 100)
    holding, end = threading.Event(), threading.Event()

    def hold() -> None:
        with budget._lock:
            holding.set()
            end.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    with pytest.raises(StoreBusyError, match="another thread"):
        budget.reserve(SCOPE, 100.0)
    assert not is_free(budget._lock)
    end.set()
    thread.join()


def test_the_lock_of_a_killed_holder_is_free(path: Path, holder: Callable[[str], subprocess.Popen[str]]) -> None:
    process = holder("time.sleep(600)")
    process.kill()
    process.wait()
    assert waits(FileBudget(path), 1) == [0]


def test_a_forked_child_opens_the_file_anew(path: Path) -> None:
    """A lock on an inherited descriptor would be granted to the child while the parent holds it."""
    budget = FileBudget(path)
    report(budget, 0)
    fcntl.flock(budget._file, fcntl.LOCK_EX)
    child = os.fork()
    if child == 0:
        try:
            budget.reserve(SCOPE, 100.0)
        except TimeoutError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    fcntl.flock(budget._file, fcntl.LOCK_UN)


def test_a_budget_can_be_passed_to_another_process(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0)
    copy = pickle.loads(pickle.dumps(budget))
    assert waits(copy, 1) + waits(budget, 1) == [1, 2]


class NamedBudget(FileBudget):
    """Budget of a program with a class of its own."""


def test_a_copy_of_a_budget_has_its_class(path: Path) -> None:
    assert type(pickle.loads(pickle.dumps(NamedBudget(path)))) is NamedBudget


def test_a_fork_while_another_thread_holds_the_lock(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0)
    with budget._lock:
        child = os.fork()
        if child == 0:
            try:
                os._exit(budget.reserve(SCOPE, 100.0).wait == 1)
            finally:
                os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert waits(budget, 1) == [2], "the child has taken the place before"


def test_a_program_that_closes_all_descriptors(path: Path, tmp_path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0)
    os.close(budget._file)  # as a daemon does that closes all descriptors
    other = os.open(tmp_path / "database", os.O_RDWR | os.O_CREAT)
    try:
        assert other == budget._file
        assert waits(budget, 1) == [1]
        del budget
        assert os.fstat(other).st_size == 0, "nothing was written to the other file"
    finally:
        os.close(other)


def test_descriptors_are_closed(path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("this system has no /proc")
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        waits(FileBudget(path), 1)
    assert len(list(descriptors.iterdir())) <= before  # fewer, if garbage of another test was collected


def test_threads_of_a_process(path: Path) -> None:
    budget = FileBudget(path)
    report(budget, 0)
    dues: list[float] = []

    def work() -> None:
        for _ in range(50):
            try:
                dues.append(round(budget.reserve(SCOPE, 100.0).wait))
            except TimeoutError:
                time.sleep(0.01)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(dues) == len(set(dues)) > 300


# The default


def real_client(stub: Stub, client_class: type[Any] = Client, **options: Any) -> Any:
    """Return a client without settings, as programs have it, whose adapters send to a stub."""
    client = client_class("the-token", **options)
    for name in client._connections:
        client.__dict__[name]._shared.get()
        for adapter in client.__dict__[name]._session.adapters.values():
            adapter.send = stub.send
    return client


@pytest.mark.parametrize("client_class", [Client, DigitalOceanClient], ids=["hetzner", "digitalocean"])
def test_by_default_the_file_is_in_the_runtime_folder(runtime: Path, client_class: type[Any]) -> None:
    stub = Stub((200, {"locations": [], "regions": []}, state(0)))
    resource = "locations" if client_class is Client else "regions"
    getattr(real_client(stub, client_class), resource).get_list()
    (path,) = (runtime / "hcloud").iterdir()
    assert stat.S_IMODE((runtime / "hcloud").stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "the-token" not in path.name
    assert b"the-token" not in path.read_bytes()


def test_by_default_clients_of_a_token_share(runtime: Path) -> None:
    stub = Stub((200, LOCATIONS, state(2000)))
    for _ in range(3):
        real_client(stub).locations.get_list()
    sharing = real_client(stub)._client._shared.budget.sharing
    assert sharing.is_available()
    assert sharing._store.reserve(sharing._scope, time.monotonic()).completed == 3
    Client("another-token")
    assert len(list((runtime / "hcloud").iterdir())) == 1


def test_endpoints_of_one_host_share(runtime: Path) -> None:
    stub = Stub((200, LOCATIONS, state(2000)))
    for endpoint in ("https://api.hetzner.cloud/v1", "https://API.hetzner.cloud:443/v2", "https://api.hetzner.cloud"):
        real_client(stub, api_endpoint=endpoint).locations.get_list()
    assert len(list((runtime / "hcloud").iterdir())) == 1
    real_client(stub, api_endpoint="https://api.hetzner.cloud:8443/v1").locations.get_list()
    assert len(list((runtime / "hcloud").iterdir())) == 2


OFFLINE: dict[str, Callable[[], object]] = {
    "fake": FakeCloud().client().locations.get_list,
    "fake of DigitalOcean": FakeDigitalOcean().client().regions.get_list,
    "fake with the clock of the system": FakeCloud(clock=time).client().locations.get_list,
    "adapter": Client("t", adapter=Stub((200, LOCATIONS))).locations.get_list,
    "clock": real_client(Stub((200, LOCATIONS)), clock=ManualClock()).locations.get_list,
    "http": real_client(Stub((200, LOCATIONS)), api_endpoint="http://x.test", allow_http=True).locations.get_list,
    "loopback": real_client(Stub((200, LOCATIONS)), api_endpoint="https://127.0.0.1:1/v1").locations.get_list,
    "localhost": real_client(Stub((200, LOCATIONS)), api_endpoint="https://localhost/v1").locations.get_list,
    "no budget": real_client(Stub((200, LOCATIONS)), budget=None).locations.get_list,
    "no limit": real_client(Stub((200, LOCATIONS)), limit_rate=False).locations.get_list,
    "no request": lambda: Client("t"),
}


@pytest.mark.parametrize("use", OFFLINE.values(), ids=OFFLINE)
def test_others_never_touch_the_disk(runtime: Path, use: Callable[[], object]) -> None:
    use()
    assert list(runtime.iterdir()) == []


def test_a_mock_never_touches_the_disk(runtime: Path) -> None:
    from hcloud.testing import hcloud_mock

    client = Client("the-token")
    for cloud in (None, FakeCloud(clock=time, any_token=True)):
        with hcloud_mock(cloud):
            client.locations.get_list()
            Client("the-token").locations.get_list()
            Client("the-token", clock=time).locations.get_list()
    assert list(runtime.iterdir()) == []


def test_a_mock_of_the_transport_never_touches_the_disk(runtime: Path) -> None:
    import responses

    with responses.RequestsMock() as transport:
        transport.get("https://api.hetzner.cloud/v1/locations", json=LOCATIONS)
        Client("the-token").locations.get_list()
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("name", ["request", "send"])
def test_a_patched_session_never_touches_the_disk(runtime: Path, name: str) -> None:
    import requests

    response = requests.Response()
    response.status_code, response._content = 200, b'{"locations": []}'
    with mock.patch.object(requests.Session, name, return_value=response) as method:
        Client("the-token").locations.get_list()
    assert method.called
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize(
    "part",
    [
        "urllib3.connectionpool.HTTPConnectionPool.urlopen",
        "urllib3.connectionpool.HTTPSConnectionPool.ConnectionCls",
        "requests.adapters.HTTPAdapter.send",
    ],
)
def test_a_patched_library_never_touches_the_disk(runtime: Path, part: str) -> None:
    with mock.patch(part, side_effect=OSError), suppress(HCloudException):
        Client("the-token", retries=0).locations.get_list()
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("name", ["request", "send", "get_adapter"])
def test_a_patched_method_of_the_own_session_never_touches_the_disk(runtime: Path, name: str) -> None:
    client = Client("the-token", retries=0)
    with mock.patch.object(client._client._session, name, side_effect=OSError), suppress(OSError):
        client.locations.get_list()
    assert list(runtime.iterdir()) == []


def test_a_mounted_adapter_never_touches_the_disk(runtime: Path) -> None:
    client = Client("the-token")
    client._client._session.mount("https://api.hetzner.cloud/", Stub((200, LOCATIONS)))
    client.locations.get_list()
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("part", ["aiohttp.ClientSession._request", "hcloud.aio.AiohttpTransport.send"])
def test_a_patched_aiohttp_never_touches_the_disk(runtime: Path, part: str) -> None:
    pytest.importorskip("aiohttp")
    from hcloud.aio import Client as AsyncClient

    async def main() -> None:
        async with AsyncClient("the-token", retries=0) as client:
            with suppress(HCloudException):
                await client.locations.get_list()

    with mock.patch(part, side_effect=OSError):
        asyncio.run(main())
    assert list(runtime.iterdir()) == []


def test_a_session_of_the_program_never_touches_the_disk(runtime: Path) -> None:
    import requests

    client = Client("the-token")
    client._client._session = session = requests.Session()
    session.mount("https://", Stub((200, LOCATIONS)))
    client.locations.get_list()
    assert list(runtime.iterdir()) == []


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder for temporary files of a user without a runtime folder."""
    import tempfile

    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    open_folder = file_budget._open_folder
    monkeypatch.setattr(
        file_budget,
        "_open_folder",
        lambda path, parent=None: open_folder("/missing" if path.startswith("/run/user/") else path, parent),
    )
    return folder


def test_without_a_runtime_folder_the_file_is_below_the_temporary_one(temporary: Path) -> None:
    budget = HostBudget(SCOPE.key)
    report(budget, 0)
    (folder,) = temporary.iterdir()
    assert folder.name == f"hcloud-{os.geteuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [f"{SCOPE.key}.budget"]


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777])
def test_a_runtime_folder_that_others_can_enter_is_not_used(runtime: Path, temporary: Path, mode: int) -> None:
    runtime.chmod(mode)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        report(HostBudget(SCOPE.key), 0)
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
    assert list(runtime.iterdir()) == []
    assert len(list(temporary.iterdir())) == 1


def test_a_prepared_folder_is_not_used(temporary: Path, tmp_path: Path) -> None:
    folder = temporary / f"hcloud-{os.geteuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError):
        HostBudget(SCOPE.key).reserve(SCOPE, 100.0)
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"Not a directory|symbolic"):
        HostBudget(SCOPE.key).reserve(SCOPE, 100.0)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_prepared_link_is_not_followed(runtime: Path, tmp_path: Path) -> None:
    (runtime / "hcloud").mkdir(0o700)
    target = tmp_path / "target"
    target.write_bytes(b"important")
    (runtime / "hcloud" / f"{SCOPE.key}.budget").symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        HostBudget(SCOPE.key).reserve(SCOPE, 100.0)
    assert target.read_bytes() == b"important"


def test_a_working_folder_that_was_deleted(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = real_client(Stub((200, LOCATIONS, state(5))))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    client.locations.get_list()
    assert len(list((runtime / "hcloud").iterdir())) == 1


def test_a_store_that_can_not_be_made_fails_quietly(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_budget, "HostBudget", raising(RuntimeError("broken")))
    caplog.set_level("DEBUG", "hcloud")
    client = real_client(Stub((200, LOCATIONS)))
    for _ in range(3):
        client.locations.get_list()
    assert [record.levelname for record in caplog.records if "broken" in record.message] == ["DEBUG"]


def test_the_default_fails_quietly(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_budget, "_open_private_folder", raising(PermissionError(13, "Permission denied")))
    caplog.set_level("DEBUG", "hcloud")
    real_client(Stub((200, LOCATIONS))).locations.get_list()
    assert [record.levelname for record in caplog.records if "alone" in record.message] == ["DEBUG"]


def test_old_files_are_removed(runtime: Path) -> None:
    report(HostBudget(SCOPE.key), 0)
    folder = runtime / "hcloud"
    old, recent, other = folder / f"{'0' * 32}.budget", folder / f"{'1' * 32}.budget", folder / "my.budget"
    for path in (old, recent, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 3 * 86400,) * 2)
    waits(HostBudget("2" * 32), 1)
    assert sorted(folder.iterdir()) == sorted(
        [folder / f"{SCOPE.key}.budget", recent, other, folder / f"{'2' * 32}.budget"]
    )


WITHOUT_FCNTL = """
import sys
sys.modules["fcntl"] = None
from hcloud.budgets import FileBudget
from hcloud.testing import FakeCloud
FakeCloud().client(budget=FileBudget(sys.argv[1])).locations.get_list()
"""


def test_without_fcntl_a_process_counts_alone(path: Path) -> None:
    result = subprocess.run([sys.executable, "-c", WITHOUT_FCNTL, path], capture_output=True, text=True, check=True)
    assert "fcntl" in result.stderr
    assert not path.exists()


def test_a_client_imports_no_store() -> None:
    script = (
        "import sys; before = {*sys.modules}; import hcloud; hcloud.Client('t'); print(*sys.modules.keys() - before)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"fcntl", "array", "hashlib", "tempfile", "redis", "hcloud.core.file_budget"}.isdisjoint(loaded)


# Stores of the user


@pytest.mark.parametrize(
    ("budget", "value"),
    [
        ("redis://:password@host", "an object of type str without reserve()"),
        (5, "an object of type int without reserve()"),
        (FileBudget, "the class FileBudget"),
        (mock.Mock(spec=["reserve", "resume", "observe", "block"]), "an object of type Mock without release()"),
    ],
    ids=["text", "number", "class", "object"],
)
def test_what_is_no_budget_is_rejected(budget: Any, value: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"budget must be a FileBudget, a RedisBudget, .* None") as caught:
        Client("t", budget=budget)
    assert str(caught.value).endswith(f", not {value}")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("path", [None, 5, "", b"path"])
def test_what_is_no_path_is_rejected(path: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="path must be the path of a file"):
        FileBudget(path)


class Failing:
    """Store whose methods fail after some calls."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def _count(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise ZeroDivisionError("broken")

    def reserve(self, scope: LimitScope, now: float) -> Reservation:
        self._count()
        return Reservation(1.0)

    def resume(self, scope: LimitScope, now: float, reservation: Reservation) -> Reservation:
        self._count()
        return Reservation(0.0)

    def release(self, scope: LimitScope, now: float, reservation: Reservation) -> None:
        self._count()

    def observe(self, *arguments: Any) -> None:
        self._count()

    def block(self, scope: LimitScope, now: float, reservation: Reservation, retry_after: float) -> float:
        self._count()
        return retry_after


@pytest.mark.parametrize("calls", range(8))
def test_no_call_fails_for_a_store_of_the_user(calls: int) -> None:
    stub = Stub((429, error("rate_limit_exceeded"), state(0)), (200, LOCATIONS, state(5)))
    client = stub.client(budget=Failing(calls))
    client.locations.get_list()
    client.locations.get_list()
    assert len(stub.sent) == 3
    assert sum(stub.clock.slept) <= 5


@pytest.mark.parametrize("value", [None, "x", (1.0, 2.0), Reservation(float("nan")), Reservation(float("inf"))])
@pytest.mark.parametrize("name", ["reserve", "resume", "block"])
def test_results_that_are_none(name: str, value: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = Failing(100)
    setattr(store, name, lambda *arguments: value)
    stub = Stub((429, error("rate_limit_exceeded"), state(0)), (200, LOCATIONS, state(5)))
    stub.client(budget=store).locations.get_list()
    assert len(stub.sent) == 2
    assert f"{name}() must return a" in caplog.text


class Suspended:
    """An awaitable that suspends, as those of an event loop do."""

    def __await__(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize("name", ["reserve", "resume", "observe", "block"])
def test_a_store_of_a_blocking_client_that_needs_an_event_loop(name: str, caplog: pytest.LogCaptureFixture) -> None:
    store = Failing(100)
    setattr(store, name, lambda *arguments: Suspended())
    stub = Stub((429, error("rate_limit_exceeded"), state(0)), (200, LOCATIONS, state(5)))
    stub.client(budget=store).locations.get_list()
    assert len(stub.sent) == 2
    assert "only an event loop" in caplog.text
