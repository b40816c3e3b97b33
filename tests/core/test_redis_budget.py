from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hcloud import InvalidArgumentError, RateLimitExceededError
from hcloud.budgets import FileBudget, LimitScope, RedisBudget, Reservation
from hcloud.core import redis_budget
from hcloud.core.coroutines import run
from hcloud.testing import FakeCloud, FakeDigitalOcean, RealClock
from tests.core.test_file_budget import interrupt
from tests.core.test_rate_limit import state
from tests.redis_server import RedisServer, redis_server
from tests.stub import Stub

redis = pytest.importorskip("redis")

LOCATIONS = {"locations": [{"id": 1}]}
SCOPE = LimitScope("ab" * 16, None)
SLIDING = LimitScope("cd" * 16, 250)
KEY = f"hcloud:budget:{SCOPE.key}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    with redis.Redis(port=running.port) as client:
        client.flushall()
        client.script_flush()
    return running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Server of one test, which may kill it."""
    with redis_server(tmp_path) as server:
        yield server


def connect(server: RedisServer, **options: Any) -> RedisBudget:
    return RedisBudget(redis.Redis(port=server.port, **options))


def reserve(budget: RedisBudget, scope: LimitScope = SCOPE) -> Reservation:
    return run(budget.reserve(scope, 0.0))


def report(budget: RedisBudget, remaining: int) -> None:
    run(budget.observe(SCOPE, 0.0, reserve(budget), 3600, remaining, 3600.0))


@pytest.mark.parametrize("decode_responses", [False, True])
@pytest.mark.parametrize("protocol", [2, 3])
def test_processes_take_from_the_same_count(server: RedisServer, decode_responses: bool, protocol: int) -> None:
    first, second = (connect(server, decode_responses=decode_responses, protocol=protocol) for _ in range(2))
    report(first, 2)
    waits = [reserve(budget).wait for budget in (second, first, first, second, first)]
    assert waits == [pytest.approx(max(0, n - 1), abs=0.5) for n in range(5)]


def test_the_script_is_loaded_again(server: RedisServer) -> None:
    budget = connect(server)
    assert reserve(budget).completed == 0
    client = redis.Redis(port=server.port)
    assert client.script_exists(redis_budget._SHA) == [True]
    client.script_flush()
    assert reserve(budget).wait == 0
    assert client.script_exists(redis_budget._SHA) == [True]


def test_one_hash_that_expires_and_does_not_reveal_the_token(server: RedisServer) -> None:
    stub = Stub((200, LOCATIONS, state(5)))
    stub.client(budget=connect(server)).locations.get_list()
    client = redis.Redis(port=server.port, decode_responses=True)
    (key,) = client.keys()
    assert key.startswith("hcloud:budget:")
    assert "the-token" not in f"{key}{client.hgetall(key)}"
    assert client.type(key) == "hash"
    assert 3600 < client.ttl(key) <= 7200


def test_the_prefix_of_keys(server: RedisServer) -> None:
    reserve(RedisBudget(redis.Redis(port=server.port), prefix="mine:"))
    assert redis.Redis(port=server.port).keys() == [f"mine:{SCOPE.key}".encode()]


@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
@pytest.mark.parametrize("seed", range(5))
def test_the_script_does_what_the_classes_do(
    server: RedisServer, tmp_path: Path, scope: LimitScope, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random operations have the same results in a file, within the time that they take."""
    monkeypatch.setattr(redis_budget, "random", lambda: 0.5)
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)
    chance = random.Random(seed)
    script, file = connect(server), FileBudget(tmp_path / "budget")
    began = time.monotonic()
    open_reservations: list[tuple[Reservation, Reservation]] = []
    for _ in range(400):
        operation = chance.choice(["reserve"] * 5 + ["resume", "release", "observe", "observe", "block"])
        if operation == "reserve" or not open_reservations:
            pair = (run(script.reserve(scope, 0.0)), file.reserve(scope, time.monotonic()))
            open_reservations.append(pair)
        else:
            first, second = open_reservations.pop(chance.randrange(len(open_reservations)))
            arguments: list[Any] = []
            if operation == "observe":
                arguments = [chance.choice([0, 3600, 3600, 5000]), chance.randrange(300), 600.0]
            elif operation == "block":
                arguments = [chance.choice([0.5, 1.0, 30.0])]
            results = (
                run(getattr(script, operation)(scope, 0.0, first, *arguments)),
                getattr(file, operation)(scope, time.monotonic(), second, *arguments),
            )
            if operation == "resume":
                pair = results
                open_reservations.append(pair)
            elif operation == "block":
                assert results[0] == pytest.approx(results[1])
        first, second = pair
        tolerance = 1.5 * (time.monotonic() - began) + 0.1
        assert first.wait == pytest.approx(second.wait, abs=tolerance)
        assert first.completed == second.completed
        assert first.delay == pytest.approx(second.delay, abs=tolerance)


def test_places_are_in_order(server: RedisServer) -> None:
    budgets = [connect(server) for _ in range(3)]
    report(budgets[0], 0)
    dues = [reserve(budgets[number % 3]).due for number in range(300)]
    assert [later - earlier for earlier, later in itertools.pairwise(dues)] == pytest.approx([1.0] * 299)


def test_a_wait_beyond_retry_max_time_gives_its_place_back(server: RedisServer) -> None:
    stub = Stub((200, LOCATIONS, state(0, limit=10)))
    client, other = (stub.client(budget=connect(server)) for _ in range(2))
    client.locations.get_list()
    for _ in range(20):
        with pytest.raises(RateLimitExceededError, match=r"in 3[56]\d\.\d s"):
            other.locations.get_list()
    assert stub.clock.slept == []
    other.with_options(retry_max_time=360).locations.get_list()
    assert stub.clock.slept == [pytest.approx(360, abs=5)]


def test_an_interrupted_wait_gives_its_place_back(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub((200, LOCATIONS, state(0, limit=60)))
    client, other = (stub.client(budget=connect(server)) for _ in range(2))
    client.locations.get_list()
    with monkeypatch.context() as patch:
        patch.setattr(stub.clock, "sleep", interrupt)
        for _ in range(10):
            with pytest.raises(KeyboardInterrupt):
                client.locations.get_list()
    other.locations.get_list()
    assert stub.clock.slept == [pytest.approx(60, abs=5)]


def test_a_place_in_sliding_windows_is_given_back(server: RedisServer) -> None:
    budget = connect(server)
    reservations = [reserve(budget, SLIDING) for _ in range(253)]
    assert [reservation.wait for reservation in reservations[:250]] == [0] * 250
    assert reservations[250].wait == pytest.approx(60, abs=5)
    run(budget.release(SLIDING, 0.0, reservations[251]))
    run(budget.release(SLIDING, 0.0, reservations[252]))
    assert reserve(budget, SLIDING).due == pytest.approx(reservations[251].due, abs=1)
    client = redis.Redis(port=server.port)
    assert client.hlen(f"hcloud:budget:{SLIDING.key}") == 15 + 252


class SkippingClock(RealClock):
    """Clock that goes as that of the server does, except that it skips waits."""

    def sleep(self, seconds: float, /) -> None:
        self.advance(seconds)


def test_both_limits_of_digitalocean_are_shared(server: RedisServer) -> None:
    clock = SkippingClock()
    cloud = FakeDigitalOcean(clock=clock)
    clients = [cloud.client(budget=connect(server)) for _ in range(2)]
    for number in range(251):
        clients[number % 2].regions.get_list()
    rejected = sum(request.status == 429 for request in cloud.requests)
    assert rejected <= 1, "the first request may have taken longer than the last one"
    assert clock.time() - time.time() >= 55, "the burst limit"
    cloud.leave_requests(0)
    for _ in range(3):
        for client in clients:
            with pytest.raises(RateLimitExceededError):
                client.with_options(retry_max_time=100).regions.get_list()
    assert len(cloud.requests) <= 252 + rejected


@pytest.mark.parametrize("value", ["", "nan", "x", "inf", "-inf", "1e308", "9e15", "-5"])
@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
def test_foreign_values(server: RedisServer, value: str, scope: LimitScope) -> None:
    client = redis.Redis(port=server.port)
    budget = connect(server)
    key = f"hcloud:budget:{scope.key}"
    run(budget.observe(scope, 0.0, reserve(budget, scope), 3600, 50, 30.0))
    names = client.hkeys(key)
    assert len(names) >= 15
    for name in names:
        client.delete(key)
        for _ in range(3):
            run(budget.observe(scope, 0.0, reserve(budget, scope), 3600, 50, 30.0))
        client.hset(key, name, value)
        for _ in range(3):
            reservation = reserve(budget, scope)
            assert 0 <= reservation.wait <= 30, name
            run(budget.observe(scope, 0.0, reservation, 3600, 50, 30.0))


@pytest.mark.parametrize("scope", [SCOPE, SLIDING], ids=["bucket", "windows"])
def test_requests_of_killed_processes_are_forgotten(server: RedisServer, scope: LimitScope) -> None:
    client = redis.Redis(port=server.port)
    budget = connect(server)
    run(budget.observe(scope, 0.0, reserve(budget, scope), 3600, 3000, 60.0))
    reservations = [reserve(budget, scope) for _ in range(252)]
    waiting = sum(reservation.wait > 0 for reservation in reservations)
    key = f"hcloud:budget:{scope.key}"
    assert client.hmget(key, "in_flight", "waiting") == [b"%d" % (252 - waiting), b"%d" % waiting]
    earlier = time.time() - 700
    client.hset(key, mapping={"used_at": earlier, "refilled_at": earlier})
    wait = reserve(budget, scope).wait
    in_flight, still_waiting, completed = map(int, client.hmget(key, "in_flight", "waiting", "completed"))
    assert (in_flight, still_waiting, completed) == ((0, waiting + 1, 1) if wait else (1, waiting, 1))


def test_a_key_of_another_type(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub((200, LOCATIONS, state(0)))
    client = stub.client(budget=connect(server))
    client.locations.get_list()
    (key,) = redis.Redis(port=server.port).keys()
    redis.Redis(port=server.port).set(key, "text")
    client.locations.get_list()
    assert "WRONGTYPE" in caplog.text


# A server that is away


def test_a_server_that_is_killed_and_comes_back(own_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    cloud = FakeCloud()
    clients = [cloud.client(budget=connect(own_server)) for _ in range(2)]
    for number in range(20):
        clients[number % 2].locations.get_list()
    own_server.kill()
    for number in range(20):
        clients[number % 2].locations.get_list()
    assert [record.levelname for record in caplog.records if "alone" in record.message] == ["WARNING"] * 2
    own_server.start()
    cloud.clock.advance(60)
    for number in range(20):
        clients[number % 2].locations.get_list()
    assert {request.status for request in cloud.requests} == {200}
    budget = connect(own_server)
    (key,) = redis.Redis(port=own_server.port).keys()
    scope = LimitScope(key.decode().rpartition(":")[2], None)
    assert reserve(budget, scope).completed == 20, "they share again"


def test_a_server_that_is_killed_while_a_request_waits(own_server: RedisServer) -> None:
    stub = Stub((200, LOCATIONS, state(0)))
    client = stub.client(budget=connect(own_server))
    client.locations.get_list()
    sleep = stub.clock.sleep

    def kill(seconds: float) -> None:
        own_server.kill()
        sleep(seconds)

    stub.clock.sleep = kill  # type: ignore[method-assign]
    client.locations.get_list()
    assert len(stub.sent) == 2


def test_a_server_that_does_not_answer(own_server: RedisServer) -> None:
    stub = Stub((200, LOCATIONS, state(50)))
    budget = connect(own_server, socket_timeout=0.1)
    client = stub.client(budget=budget)
    client.locations.get_list()
    own_server.suspend()
    attempts = []
    evaluate = budget._evaluate

    def count(values: Any) -> Any:
        attempts.append(values)
        return evaluate(values)

    budget._evaluate = count  # type: ignore[method-assign]
    for _ in range(50):
        client.locations.get_list()
    assert len(attempts) == 1, "one call waited for it"
    own_server.resume()


def test_timeouts_and_retries_of_the_client_are_limited() -> None:
    budget = RedisBudget(redis.Redis(port=1, socket_timeout=None, health_check_interval=7, db=3))
    options = budget._client.connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (1, 1)
    assert options["retry"]._retries == 0
    assert (options["health_check_interval"], options["db"]) == (7, 3)
    assert (
        RedisBudget(redis.Redis(socket_timeout=0.2))._client.connection_pool.connection_kwargs["socket_timeout"] == 0.2
    )


def test_a_subclass_with_a_constructor_of_its_own(server: RedisServer) -> None:
    class OurRedis(redis.Redis):  # type: ignore[misc]
        def __init__(self, port: int) -> None:
            super().__init__(port=port, single_connection_client=True)

    with OurRedis(server.port) as client:
        budget = RedisBudget(client)
        assert reserve(budget).wait == 0
        assert client.ping()
        del budget
        assert client.ping()


def test_a_client_of_another_kind_is_used_as_it_is() -> None:
    client = mock.Mock(spec=["evalsha", "eval"])
    assert RedisBudget(client)._client is client


@pytest.mark.parametrize("client", [None, "redis://localhost", object(), redis.Redis])
def test_what_is_no_client_is_rejected(client: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"client must be a redis\.Redis or a redis\.asyncio\.Redis, not"):
        RedisBudget(client)


@pytest.mark.parametrize("prefix", [None, b"budget:", 5])
def test_a_prefix_that_is_no_text_is_rejected(prefix: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="prefix must be a text, not"):
        RedisBudget(redis.Redis(), prefix=prefix)


def test_a_pool_that_waits_for_a_free_connection(server: RedisServer) -> None:
    pool = redis.BlockingConnectionPool(port=server.port, max_connections=1, timeout=30)
    budget = RedisBudget(redis.Redis(connection_pool=pool))
    assert reserve(budget).wait == 0
    busy = budget._client.connection_pool.get_connection()
    began = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        reserve(budget)
    assert time.monotonic() - began < 10
    budget._client.connection_pool.release(busy)
    assert reserve(budget).wait == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # a thread of another test may still end
def test_a_fork(server: RedisServer) -> None:
    budget = connect(server)
    report(budget, 0)
    child = os.fork()
    if child == 0:
        try:
            os._exit(round(reserve(budget).wait))
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert reserve(budget).wait == pytest.approx(2, abs=0.5)


# Asynchronous clients


def test_an_asynchronous_client_of_redis(server: RedisServer) -> None:
    async def main() -> list[float]:
        async with redis.asyncio.Redis(port=server.port) as client:
            budget = RedisBudget(client)
            first = await budget.reserve(SCOPE, 0.0)
            await budget.observe(SCOPE, 0.0, first, 3600, 1, 3600.0)
            reservations = await asyncio.gather(*(budget.reserve(SCOPE, 0.0) for _ in range(3)))
            return sorted(reservation.wait for reservation in reservations)

    report(connect(server), 3)
    assert asyncio.run(main()) == [pytest.approx(0, abs=0.3), pytest.approx(1, abs=0.3), pytest.approx(2, abs=0.3)]


def test_an_asynchronous_client_in_a_blocking_one(server: RedisServer) -> None:
    from hcloud import Client

    with pytest.raises(InvalidArgumentError, match=r"redis\.Redis"):
        Client("t", budget=RedisBudget(redis.asyncio.Redis(port=server.port)))


def test_a_cancelled_task_gives_its_place_back(server: RedisServer) -> None:
    async def main() -> float:
        cloud = FakeCloud(clock=time)
        cloud.leave_requests(1)
        async with (
            redis.asyncio.Redis(port=server.port) as connection,
            cloud.async_client(budget=RedisBudget(connection)) as client,
        ):
            await client.locations.get_list()
            for _ in range(5):
                task = asyncio.create_task(client.locations.get_list())
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            (key,) = await connection.keys()
            return float(await connection.hget(key, "remaining"))

    assert asyncio.run(main()) > -1


@pytest.mark.parametrize("method", ["reserve", "resume", "observe"])
@pytest.mark.parametrize("is_run", [True, False])
def test_a_task_that_is_cancelled_while_the_server_counts(server: RedisServer, method: str, is_run: bool) -> None:
    """The count is that of a request that failed, whether the script has run or not."""

    async def main() -> tuple[float, ...]:
        async with redis.asyncio.Redis(port=server.port) as connection:
            evaluate, reached = connection.evalsha, asyncio.Event()

            async def delayed(*values: Any) -> Any:
                if values[3] != method:
                    return await evaluate(*values)
                if is_run:
                    result = await evaluate(*values)
                reached.set()
                await asyncio.sleep(0.01)
                return result if is_run else await evaluate(*values)

            cloud = FakeCloud(clock=time)
            cloud.leave_requests(1 if method == "resume" else 100)  # the second request has to wait for a second
            async with cloud.async_client(budget=RedisBudget(connection)) as client:
                await client.locations.get_list()  # the server knows the script then
                connection.evalsha = delayed
                task = asyncio.create_task(client.locations.get_list())
                await reached.wait()
                connection.evalsha = evaluate
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                (key,) = await connection.keys()
                assert asyncio.all_tasks() == {asyncio.current_task()}
                return tuple(map(float, await connection.hmget(key, "waiting", "in_flight")))

    assert asyncio.run(main()) == (0, 0)


def test_a_task_that_is_cancelled_again_leaves_no_task(server: RedisServer) -> None:
    """The first cancellation waits for the server, to give the place back; a timeout around it may cancel again."""

    async def main() -> tuple[float, ...]:
        async with redis.asyncio.Redis(port=server.port) as connection:
            evaluate, reached = connection.evalsha, asyncio.Event()

            async def delayed(*values: Any) -> Any:
                reached.set()
                await asyncio.sleep(0.05)
                return await evaluate(*values)

            cloud = FakeCloud(clock=time)
            async with cloud.async_client(budget=RedisBudget(connection)) as client:
                await client.locations.get_list()
                connection.evalsha = delayed
                task = asyncio.create_task(client.locations.get_list())
                await reached.wait()
                for _ in range(3):
                    task.cancel()
                    await asyncio.sleep(0.001)
                with pytest.raises(asyncio.CancelledError):
                    await task
                (key,) = await connection.keys()
                assert asyncio.all_tasks() == {asyncio.current_task()}
                return tuple(map(float, await connection.hmget(key, "waiting", "in_flight")))

    assert asyncio.run(main()) == (0, 0)


def test_an_asynchronous_client_of_a_server_that_does_not_answer(
    own_server: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hcloud.core.redis_budget._MAX_CALL_TIME", 0.05)

    async def main() -> None:
        async with redis.asyncio.Redis(port=own_server.port) as connection:
            client = FakeCloud(clock=time).async_client(budget=RedisBudget(connection))
            await client.locations.get_list()
            own_server.suspend()
            await client.locations.get_list()
            own_server.resume()

    asyncio.run(main())
    assert "counting requests alone for 0.5 s: TimeoutError: the server did not respond within 0.05 s" in caplog.text
