"""The mock that brings the requests of unchanged programs to a fake cloud."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
import requests
import responses
from aiohttp import ClientSession
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from hcloud import Client, NetworkError, OutcomeUnknownError, UnauthorizedError
from hcloud.actions import ActionsException
from hcloud.aio import AiohttpTransport
from hcloud.aio import Client as AsyncClient
from hcloud.digitalocean import Client as DigitalOceanClient
from hcloud.digitalocean.aio import Client as AsyncDigitalOceanClient
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.testing import FakeCloud, FakeDigitalOcean, ManualClock, hcloud_mock

URL = "https://api.hetzner.cloud/v1/servers"
STORAGE_BOXES_URL = "https://api.hetzner.com/v1/storage_boxes"
DIGITALOCEAN_URL = "https://api.digitalocean.com/v2/droplets"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQtTWVTzd2t27+t0DEHBPW7iOD23TUiYLio"
ANY_TOKEN = {"Authorization": "Bearer any"}


def create_server(client: Client, name: str = "web") -> None:
    client.servers.create(name, ServerType(name="cx23"), Image(name="debian-13")).wait()


def pass_on_to(original: Any) -> Any:
    """Return what another library may put in place of the method ``original`` of a session."""

    def get_adapter(self: requests.Session, url: str) -> Any:
        return original(self, url)

    return get_adapter


def test_client_of_the_program_reaches_the_fake() -> None:
    with hcloud_mock() as cloud:
        create_server(Client("token"))
        assert cloud.servers["web"]["status"] == "running"


def test_client_from_the_environment_reaches_the_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCLOUD_TOKEN", "of production")
    monkeypatch.setenv("HCLOUD_ENDPOINT", "http://127.0.0.1:1/v1")
    monkeypatch.delenv("DIGITALOCEAN_TOKEN", raising=False)
    with hcloud_mock() as cloud:
        assert os.environ["HCLOUD_TOKEN"] == cloud.project.token
        create_server(Client.from_env())
        assert [image.slug for image in DigitalOceanClient.from_env().images.get_all(type="distribution")]
    assert os.environ["HCLOUD_TOKEN"] == "of production"
    assert os.environ["HCLOUD_ENDPOINT"] == "http://127.0.0.1:1/v1"
    assert "DIGITALOCEAN_TOKEN" not in os.environ


def test_client_that_was_made_before_reaches_the_fake() -> None:
    client = Client("token")
    assert client.locations._client._shared.get()  # its session is open
    with hcloud_mock() as cloud:
        create_server(client)
        assert [server["name"] for server in cloud.servers] == ["web"]


def test_any_session_of_requests_reaches_the_fake() -> None:
    session = requests.Session()
    with hcloud_mock(digitalocean=(digitalocean := FakeDigitalOcean(any_token=True))) as cloud:
        assert session.get(URL, headers=ANY_TOKEN).json()["servers"] == []
        assert requests.get(STORAGE_BOXES_URL, headers=ANY_TOKEN, timeout=1).json()["storage_boxes"] == []
        assert session.get(DIGITALOCEAN_URL, headers=ANY_TOKEN).json()["droplets"] == []
    assert [request.path for request in cloud.requests] == ["/servers", "/storage_boxes"]
    assert [request.path for request in digitalocean.requests] == ["/droplets"]


def test_other_hosts_are_not_touched() -> None:
    with responses.RequestsMock() as elsewhere, hcloud_mock():
        elsewhere.get("https://example.com/", body="hello")
        assert requests.get("https://example.com/", timeout=1).text == "hello"


def test_client_of_another_fake_stays_connected_to_it() -> None:
    other = FakeCloud()
    with hcloud_mock() as cloud:
        create_server(other.client())
        assert not list(cloud.servers)
        assert other.servers["web"]


def test_waits_cost_no_time_and_end() -> None:
    start = time.monotonic()
    client = Client("token")
    with hcloud_mock() as cloud:
        began = cloud.clock.time()
        create_server(client)
        with pytest.raises(ActionsException, match="still running"):
            client.servers.create("db", ServerType(name="cx23"), Image(name="debian-13")).wait(timeout=1)
        assert cloud.clock.time() - began > 5
        client.servers.get_by_id(cloud.servers["db"]["id"]).wait_for(lambda server: server.status == "running")
    assert time.monotonic() - start < 5


def test_sleep_of_the_program_moves_the_clock() -> None:
    program = ModuleType("program")
    exec("from time import sleep", program.__dict__)
    sys.modules["program"] = program
    original = time.sleep
    try:
        with hcloud_mock() as cloud:
            began = cloud.clock.time()
            Client("token").servers.get_all()
            time.sleep(3600)
            program.sleep(1800)
            assert cloud.clock.time() == began + 5400
            with pytest.raises(ValueError, match="non-negative"):
                time.sleep(-1)
        assert time.sleep is program.sleep is original
    finally:
        del sys.modules["program"]


def test_sleep_of_threads_that_have_nothing_to_do_with_the_fake_is_real() -> None:
    with hcloud_mock() as cloud:
        began = cloud.clock.time()
        Client("token").servers.get_all()
        thread = threading.Thread(target=time.sleep, args=(0.01,))
        thread.start()
        thread.join()
        assert cloud.clock.time() == began


def test_time_of_the_fake_goes_on_where_the_program_waits_by_other_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hcloud.testing.mock._MAX_LAG", 0.02)
    client = Client("token")
    with hcloud_mock(FakeCloud(any_token=True, action_seconds=0.05)):
        server = client.servers.create("web", ServerType(name="cx23"), Image(name="debian-13")).server
        for _ in range(1000):
            threading.Event().wait(0.01)
            server.reload()
            if server.status == "running":
                break
        assert server.status == "running"


def test_clock_of_clients_never_goes_back() -> None:
    clock = Client("token")._client._clock
    times = [clock.monotonic()]
    with hcloud_mock() as cloud:
        times.append(clock.monotonic())
        cloud.advance(100)
        times.append(clock.monotonic())
        with hcloud_mock():
            times.append(clock.monotonic())
        times.append(clock.monotonic())
    times.append(clock.monotonic())
    assert times == sorted(times)
    assert 100 <= times[-1] - times[0] < 110


def test_innermost_mock_gets_the_requests() -> None:
    client = Client("token")
    with hcloud_mock() as outer:
        with hcloud_mock() as inner:
            create_server(client)
        assert client.servers.get_all() == []
        assert os.environ["HCLOUD_TOKEN"] == outer.project.token
    assert [server["name"] for server in inner.servers] == ["web"]


def test_all_threads_reach_the_fake() -> None:
    with hcloud_mock() as cloud, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: create_server(Client("token"), f"web-{number}"), range(8)))
        assert len(list(cloud.servers)) == 8


def test_everything_is_restored_after_a_failure() -> None:
    before = requests.Session.get_adapter, time.sleep, dict(os.environ)
    with pytest.raises(ZeroDivisionError), hcloud_mock():
        raise ZeroDivisionError
    assert (requests.Session.get_adapter, time.sleep, dict(os.environ)) == before


def test_mocks_may_end_in_any_order() -> None:
    before = requests.Session.get_adapter, time.sleep, dict(os.environ)
    first, second = hcloud_mock(), hcloud_mock()
    first.__enter__()
    cloud = second.__enter__()
    first.__exit__(None, None, None)
    create_server(Client("token"))
    assert cloud.servers["web"]
    second.__exit__(None, None, None)
    assert (requests.Session.get_adapter, time.sleep, dict(os.environ)) == before


def test_mock_within_a_patch_that_ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    original = requests.Session.get_adapter
    with hcloud_mock():
        with monkeypatch.context() as patch:
            patch.setattr(requests.Session, "get_adapter", pass_on_to(original))
            mock = hcloud_mock()
            mock.__enter__()
        create_server(Client("token"))
        mock.__exit__(None, None, None)
    assert requests.Session.get_adapter is original


def test_patch_that_outlives_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    original = requests.Session.get_adapter
    mock = hcloud_mock()
    mock.__enter__()
    monkeypatch.setattr(requests.Session, "get_adapter", pass_on_to(requests.Session.get_adapter))
    mock.__exit__(None, None, None)
    monkeypatch.undo()  # restores what was there: the function of the mock that has ended
    with hcloud_mock():
        create_server(Client("token"))
    assert requests.Session.get_adapter is original


def test_decorated_function_gets_a_new_fake_for_each_call() -> None:
    @hcloud_mock()
    def count() -> int:
        client = Client.from_env()
        create_server(client)
        return len(client.servers.get_all())

    assert (count(), count()) == (1, 1)


def test_fakes_of_the_caller_keep_their_settings() -> None:
    cloud, digitalocean = FakeCloud(token="right"), FakeDigitalOcean(token="other")
    start = cloud.clock.time()
    with hcloud_mock(cloud, digitalocean=digitalocean) as mocked:
        assert mocked is cloud
        with pytest.raises(UnauthorizedError):
            Client("wrong").servers.get_all()
        assert Client.from_env().servers.get_all() == []
        assert DigitalOceanClient.from_env().droplets.get_all() == []
        time.sleep(7)
    assert (cloud.clock.time(), digitalocean.clock.time()) == (start + 7, start + 7)


def test_clock_that_is_not_manual_is_left_alone() -> None:
    with hcloud_mock(FakeCloud(clock=time, any_token=True)) as cloud:
        assert Client("token").servers.get_all() == []
        start = time.monotonic()
        time.sleep(0.01)
        assert time.monotonic() - start >= 0.01
        assert cloud.clock is time


def test_time_of_a_new_fake_starts_now() -> None:
    with hcloud_mock() as cloud:
        assert isinstance(cloud.clock, ManualClock)
        assert abs(cloud.clock.time() - time.time()) < 60


def test_decorated_coroutine_runs_within_the_mock() -> None:
    @hcloud_mock()
    async def count() -> int:
        return len(Client.from_env().servers.get_all())

    @hcloud_mock()
    async def items() -> AsyncIterator[int]:
        yield len(Client.from_env().servers.get_all())

    async def main() -> list[int]:
        return [await count(), *[item async for item in items()]]

    assert asyncio.run(main()) == [0, 0]


async def create_server_asynchronously(client: AsyncClient) -> None:
    response = await client.servers.create("web", "cx23", "debian-13")
    await response.wait()


def test_asynchronous_clients_reach_the_fake() -> None:
    """Whatever transport they have, also if they were used before."""

    async def main() -> None:
        refused = AsyncClient("token", api_endpoint="http://127.0.0.1:9/v1", allow_http=True, retries=0)
        other = FakeCloud()
        client, connected = AsyncClient("token"), other.async_client()
        with hcloud_mock() as cloud:
            await create_server_asynchronously(client)
            assert cloud.servers["web"]["status"] == "running"
            assert len(await AsyncClient.from_env().servers.get_all()) == 1
            assert [image.slug for image in await AsyncDigitalOceanClient.from_env().images.get_all()]
            own = AsyncClient("token", transport=AiohttpTransport(mock.MagicMock(spec=ClientSession)))
            assert len(await own.locations.get_all()) == 6
            async with refused:
                with pytest.raises(NetworkError):
                    await refused.locations.get_all()
            await create_server_asynchronously(connected)
            assert len(cloud.servers) == len(other.servers) == 1
            with hcloud_mock() as inner:
                await create_server_asynchronously(client)
            assert len(inner.servers) == 1
            await client.aclose()
        hook = mock.Mock(side_effect=InterruptedError)
        with pytest.raises(InterruptedError):  # raised by the transport of its own
            await AsyncClient(
                "token", transport=mock.Mock(send=hook, failure_of=lambda error: None)
            ).locations.get_all()
        assert hook.call_args.args[:2] == ("GET", "https://api.hetzner.cloud/v1/locations?page=1&per_page=50")

    asyncio.run(main())


def test_waits_and_faults_of_asynchronous_clients() -> None:
    async def main() -> None:
        with hcloud_mock() as cloud:
            client = AsyncClient("token")
            cloud.break_next(2, path="/locations")
            cloud.fail_next(status=503, path="/locations")
            started = time.monotonic()
            assert len(await client.locations.get_all()) == 6
            cloud.break_next(path="/ssh_keys")
            with pytest.raises(OutcomeUnknownError):
                await client.ssh_keys.create("key", PUBLIC_KEY)
            assert time.monotonic() - started < 0.5, "no wait took real time"

    asyncio.run(main())


def test_decorated_generator_runs_within_the_mock() -> None:
    @hcloud_mock()
    def clients() -> Iterator[Client]:
        yield Client.from_env()
        ended.append(len(Client.from_env().servers.get_all()))

    ended: list[int] = []
    for client in clients():
        create_server(client)
    assert ended == [1]
    assert "HCLOUD_TOKEN" not in os.environ or os.environ["HCLOUD_TOKEN"] != FakeCloud().project.token


def test_wrong_arguments_of_the_decorator() -> None:
    with pytest.raises(TypeError, match=r"decorate it with @hcloud_mock\(\)"):
        hcloud_mock(create_server)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="digitalocean must be a fake cloud, not 'fake'"):
        hcloud_mock(digitalocean="fake")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a class cannot be decorated: decorate its methods"):
        hcloud_mock()(type("TestServers", (), {}))


@pytest.mark.parametrize("host", ["API.Hetzner.Cloud", "api.hetzner.cloud.", "api.hetzner.cloud:443"])
def test_spellings_of_a_host(host: str) -> None:
    with hcloud_mock():
        assert requests.get(URL.replace("api.hetzner.cloud", host), headers=ANY_TOKEN, timeout=1).status_code == 200


def test_session_with_its_own_choice_of_adapters_reaches_the_fake() -> None:
    class Session(requests.Session):
        def get_adapter(self, url: str | bytes) -> HTTPAdapter:
            return HTTPAdapter()

    send = HTTPAdapter.send
    with responses.RequestsMock() as elsewhere, hcloud_mock():
        elsewhere.get("https://example.com/", body="hello")
        assert Session().get(URL, headers=ANY_TOKEN).json()["servers"] == []
        assert Session().get("https://example.com/").text == "hello"
    assert HTTPAdapter.send is send


def retrying_session(**settings: Any) -> requests.Session:
    session = requests.Session()
    session.headers.update(ANY_TOKEN)
    session.mount("https://", HTTPAdapter(max_retries=Retry(2, backoff_factor=60, status_forcelist=[502], **settings)))
    return session


def test_retries_of_adapters() -> None:
    session, start = retrying_session(), time.monotonic()
    with hcloud_mock() as cloud:
        cloud.fail_next(2)
        assert session.get(URL).status_code == 200
        cloud.break_next(2)
        assert session.get(URL).status_code == 200
        cloud.break_next(2, kind="connect")
        assert session.post(URL, json={}, timeout=1).status_code == 422
        assert [request.status for request in cloud.requests] == [502, 502, 200, None, None, 200, None, None, 422]
    assert time.monotonic() - start < 5


def test_retries_of_adapters_end() -> None:
    with hcloud_mock() as cloud:
        cloud.break_next(2, kind="timeout")
        for _ in range(2):  # the server may have processed a POST request
            with pytest.raises(requests.ReadTimeout):
                retrying_session().post(URL, json={}, timeout=1)
        cloud.fail_next(6)
        with pytest.raises(requests.exceptions.RetryError, match="too many 502"):
            retrying_session().get(URL)
        assert retrying_session(raise_on_status=False).get(URL).status_code == 502
        cloud.break_next(1)
        with pytest.raises(requests.ConnectionError):
            requests.get(URL, headers=ANY_TOKEN, timeout=1)


class PatientAdapter(HTTPAdapter):
    """An adapter with a timeout by default and a token."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or 3
        return super().send(request, *args, **kwargs)

    def add_headers(self, request: requests.PreparedRequest, **kwargs: Any) -> None:
        request.headers.update(ANY_TOKEN)


def test_methods_of_adapters() -> None:
    session = requests.Session()
    session.mount("https://", PatientAdapter())
    with hcloud_mock() as cloud:
        assert session.get(URL).status_code == 200
        cloud.slow_down(5)
        with pytest.raises(requests.ReadTimeout):
            session.get(URL)
        assert session.get(URL, timeout=10).status_code == 200
        with responses.RequestsMock():  # in place of the send of all adapters
            assert session.get(URL).status_code == 200


def test_everything_is_restored_after_a_failure_to_enter() -> None:
    before = requests.Session.get_adapter, time.sleep, dict(os.environ)
    with pytest.raises(ValueError, match="null"), hcloud_mock(FakeCloud(token="a\0b")):
        pass
    assert (requests.Session.get_adapter, time.sleep, dict(os.environ)) == before


def test_patch_that_outlives_the_mock_and_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with hcloud_mock():
        monkeypatch.setattr(requests.Session, "get_adapter", pass_on_to(requests.Session.get_adapter))
    with responses.RequestsMock() as elsewhere, hcloud_mock():
        elsewhere.get("https://example.com/", body="hello")
        create_server(Client("token"))
        assert requests.get("https://example.com/", timeout=1).text == "hello"


def test_sleep_without_an_end_is_rejected() -> None:
    with hcloud_mock() as cloud:
        start = len(Client("token").servers.get_all()) + cloud.clock.time()
        with pytest.raises(OverflowError):
            time.sleep(float("inf"))
        assert cloud.clock.time() == start
