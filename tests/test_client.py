from __future__ import annotations

import copy
import inspect
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests

import hcloud
from hcloud import Client, HCloudException, __version__
from hcloud._client import ClientBase, _build_user_agent
from hcloud._exceptions import InvalidArgumentError, InvalidResponseError
from hcloud.images import Image, ImagesClient
from hcloud.server_types import ServerType
from hcloud.servers import ServersClient
from hcloud.testing import FakeCloud
from tests.library import RESOURCES
from tests.stub import Stub, error

NOTHING = (200, {"images": [], "servers": []})

# Construction


def test_signature_starts_with_that_of_hcloud_python() -> None:
    parameters = inspect.signature(Client).parameters.values()
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert positional == [
        *("token", "api_endpoint", "application_name", "application_version"),
        *("poll_interval", "poll_max_retries", "timeout"),
    ]


@pytest.mark.parametrize(
    "token", [None, "", b"token", 5, "to ken", "token\n", "\ttoken", "tok\u00e9n", "token\r\nX-Other: 1"]
)
def test_a_token_that_cannot_be_right(token: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="token") as caught:
        Client(token)
    shown = str(caught.value) + repr(caught.value)
    assert (
        not token or str(token).split()[0] not in shown.replace("token", "") or str(token).split()[0] in ("to", "token")
    )
    assert "tok\u00e9n" not in shown
    assert "X-Other" not in shown
    assert isinstance(caught.value, ValueError)


def test_a_bad_token_is_not_shown_in_the_traceback() -> None:
    secret = "s3cr3t" * 8
    with pytest.raises(InvalidArgumentError) as caught:
        Client(f"{secret}\n")
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.example.com/v1",
        "http://128.0.0.1",
        "http://127.example.com",
        "http://10.0.0.1:8080",
        "http://[::2]/v1",
    ],
)
def test_the_token_is_not_sent_in_clear(endpoint: str) -> None:
    for options in ({"api_endpoint": endpoint}, {"api_endpoint_hetzner": endpoint}):
        with pytest.raises(InvalidArgumentError, match=r"allow_http=True"):
            Client("token", **options)  # type: ignore[arg-type]
    assert Client("token", api_endpoint=endpoint, allow_http=True)._client._endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8080/v1",
        "http://127.9.9.9",
        "http://localhost:1/v1",
        "http://[::1]:80/v1",
        "HTTP://LOCALHOST/v1",
    ],
)
def test_this_machine_may_be_reached_in_clear(endpoint: str) -> None:
    assert Client("token", api_endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "api.hetzner.cloud/v1", "ftp://host/v1", "https://", "https:///v1", None, 5),
        *("https://[::1", "https://host/v1?x=1", "https://host/v1#x"),
    ],
)
def test_an_endpoint_that_cannot_be_right(endpoint: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"https://api\.hetzner\.cloud/v1"):
        Client("token", api_endpoint=endpoint)


@pytest.mark.parametrize("endpoint", ["https://me:hunter2@example.com/v1", "ftp://:hunter2@example.com"])
def test_an_endpoint_takes_no_password_and_shows_none(endpoint: str) -> None:
    with pytest.raises(InvalidArgumentError, match="must not contain a user name or password") as caught:
        Client("token", api_endpoint=endpoint)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["https://example.com/v1", "https://example.com/v1/", "https://example.com/v1//"])
def test_a_trailing_slash_does_not_matter(endpoint: str, stub: Stub) -> None:
    stub.answers = [NOTHING]
    stub.client(api_endpoint=endpoint).images.get_list()
    assert stub.sent[0].url == "https://example.com/v1/images"


@pytest.mark.parametrize(
    ("name", "version", "agent"),
    [
        (None, None, f"hcloud-python/{__version__}"),
        ("app", None, f"app hcloud-python/{__version__}"),
        ("app", "1.2", f"app/1.2 hcloud-python/{__version__}"),
        (None, "1.2", f"hcloud-python/{__version__}"),
    ],
)
def test_user_agent(name: str | None, version: str | None, agent: str, stub: Stub) -> None:
    assert _build_user_agent(name, version) == agent
    stub.answers = [NOTHING]
    stub.client(application_name=name, application_version=version).images.get_list()
    assert stub.sent[0].headers["User-Agent"] == agent


@pytest.mark.parametrize("name", ["my\napp", "app\r\nX-Evil: 1", "приложение", "app\0"])
def test_a_name_that_no_header_can_hold(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="application's name"):
        Client("token", application_name=name)
    with pytest.raises(InvalidArgumentError, match="application's name"):
        Client("token", application_name="app", application_version=name)


def test_what_every_request_says(stub: Stub) -> None:
    stub.answers = [NOTHING, (200, {"storage_box_types": []}), (201, {})]
    client = stub.client()
    client.images.get_list()
    client.request("POST", "/servers", json={"name": "web"})
    assert [sent.headers["Authorization"] for sent in stub.sent] == ["Bearer the-token"] * 2
    assert [sent.headers["Accept"] for sent in stub.sent] == ["application/json"] * 2
    assert stub.sent[1].headers["Content-Type"] == "application/json"
    assert stub.timeouts == [(10.0, 60.0)] * 2


@pytest.mark.parametrize("timeout", [None, 3, 2.5, (1, 2)])
def test_timeout(timeout: Any, stub: Stub) -> None:
    stub.answers = [NOTHING]
    client = stub.client(timeout=timeout)
    client.images.get_list()
    client.with_options(timeout=7).images.get_list()
    client.with_options(timeout=None).images.get_list()
    client.with_options(retries=1).images.get_list()
    assert stub.timeouts == [timeout, 7, None, timeout]


def test_nothing_is_shown_of_the_token() -> None:
    client = Client("t0k3n")
    assert repr(client) == "<Client of https://api.hetzner.cloud/v1>"
    assert repr(client._client) == "<ClientBase of https://api.hetzner.cloud/v1>"
    for shown in (client, client._client, client._client_hetzner, client.images, client._client._shared):
        assert "t0k3n" not in repr(shown)
        assert "t0k3n" not in str(shown)


# The environment


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HCLOUD_TOKEN", "HCLOUD_TOKEN_FILE", "HCLOUD_ENDPOINT", "HCLOUD_ENDPOINT_HETZNER"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def endpoints(client: Client) -> tuple[str, str]:
    return client._client._endpoint, client._client_hetzner._endpoint


def test_from_env(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HCLOUD_TOKEN", "t0k3n\n")
    client = Client.from_env(timeout=5)
    assert client._client._headers["Authorization"] == "Bearer t0k3n"
    assert client._client._timeout == 5
    assert endpoints(client) == ("https://api.hetzner.cloud/v1", "https://api.hetzner.com/v1")


def test_token_of_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("t0k3n\r\n")
    environment.setenv("HCLOUD_TOKEN_FILE", str(path))
    assert Client.from_env()._client._headers["Authorization"] == "Bearer t0k3n"
    environment.setenv("HCLOUD_TOKEN", "other")
    assert Client.from_env()._client._headers["Authorization"] == "Bearer other"


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe"], ids=["missing", "empty", "newline", "binary"])
def test_a_file_without_token(environment: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    environment.setenv("HCLOUD_TOKEN_FILE", str(path))
    with pytest.raises(InvalidArgumentError, match="HCLOUD_TOKEN_FILE"):
        Client.from_env()


def test_no_token(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgumentError, match=r"HCLOUD_TOKEN .* HCLOUD_TOKEN_FILE"):
        Client.from_env()


def test_the_second_endpoint_follows_the_first(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HCLOUD_TOKEN", "t0k3n")
    environment.setenv("HCLOUD_ENDPOINT", "http://127.0.0.1:1/v1")
    assert endpoints(Client.from_env()) == ("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    environment.setenv("HCLOUD_ENDPOINT_HETZNER", "http://127.0.0.1:2/v1")
    assert endpoints(Client.from_env()) == ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    environment.delenv("HCLOUD_ENDPOINT")
    assert endpoints(Client.from_env()) == ("https://api.hetzner.cloud/v1", "http://127.0.0.1:2/v1")


def test_the_default_endpoint_is_not_followed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HCLOUD_TOKEN", "t0k3n")
    environment.setenv("HCLOUD_ENDPOINT", "https://api.hetzner.cloud/v1")
    assert endpoints(Client.from_env())[1] == "https://api.hetzner.com/v1"


def test_a_subclass_comes_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    class Own(Client):
        pass

    environment.setenv("HCLOUD_TOKEN", "t0k3n")
    assert type(Own.from_env()) is Own
    assert type(Own("token").with_options(retries=1)) is Own
    assert isinstance(Own("token").images, ImagesClient)


# Resources


def test_resources_are_imported_when_they_are_used() -> None:
    script = (
        "import sys, hcloud; client = hcloud.Client('token')\n"
        "def loaded(): return {m.split('.')[1] for m in sys.modules if m.startswith('hcloud.')}\n"
        "before = loaded(); client.locations; print(*sorted(loaded() - before)); print('requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["locations", "False"]


@pytest.mark.parametrize("name", RESOURCES)
def test_each_resource(name: str) -> None:
    client = Client("token")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        resource = getattr(client, name)
    assert type(resource).__name__ == Client.__annotations__[name]
    assert getattr(client, name) is resource
    assert resource._parent is client
    assert name in dir(client)
    assert "token" not in repr(resource)


def test_what_there_is_not() -> None:
    client: Any = Client("token")
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'imagse'"):
        client.imagse  # noqa: B018
    assert not hasattr(client, "_no_such_thing")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hcloud.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert set(hcloud.__all__) <= set(dir(hcloud))


def test_a_class_of_a_users_own() -> None:
    class Own(Client):
        pass

    Own.__annotations__ = {"region": str, "storage": "S3Client", "servers": int}
    client: Any = Own("token")
    client.storage = "kept"
    assert isinstance(client.servers, ServersClient)
    assert client.with_options(retries=1).storage == "kept"
    with pytest.raises(AttributeError, match="'Own' object has no attribute 'region'"):
        client.region  # noqa: B018


# Options


def test_options_of_a_part() -> None:
    client = Client("token", poll_interval=2, timeout=9)
    part = client.with_options(
        retries=0,
        retry_max_time=5,
        retry_unsafe=True,
        lazy=False,
        warn_on_fetch=True,
        parallel_pages=2,
        poll_interval=7,
        poll_max_retries=3,
    )
    for connection in (part._client, part._client_hetzner):
        assert (connection._retry_max_retries, connection._retry_max_time, connection._retry_unsafe) == (0, 5, True)
        assert (connection._poll_interval_func(1), connection._poll_max_retries, connection._timeout) == (7, 3, 9)
    for connection in (client._client, client._client_hetzner):
        assert (connection._retry_max_retries, connection._retry_unsafe) == (5, False)
        assert (connection._poll_interval_func(1), connection._poll_max_retries) == (2, 120)
    assert (part._lazy, client._lazy) == (False, True)


def test_options_share_connections_and_budget(stub: Stub) -> None:
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "3000", "RateLimit-Reset": "1792066200"}
    stub.answers = [(200, {"images": []}, headers)]
    client = stub.client()
    images = client.images
    part = client.with_options(retries=0)
    part.images.get_list()
    assert client.rate_limit == part.rate_limit
    assert client.rate_limit is not None
    assert client.rate_limit[:2] == (3600, 3000)
    assert client._client._session is part._client._session
    assert part.images is not images
    assert client.images is images
    assert part.images._parent is part


def test_options_of_options(stub: Stub) -> None:
    stub.answers = [NOTHING]
    stub.client().with_options(timeout=1).with_options(retries=0).images.get_list()
    assert stub.timeouts == [1]


def test_what_is_no_option() -> None:
    client: Any = Client("token")
    with pytest.raises(TypeError, match="retires"):
        client.with_options(retires=0)
    anything: Any = Client
    with pytest.raises(TypeError, match="lazzy"):
        anything("token", lazzy=True)


# Closing


def test_closing(stub: Stub) -> None:
    stub.answers = [NOTHING]
    client = stub.client()
    client.close()
    assert stub.closed == 0, "nothing was open"
    with client as same:
        assert same is client
        client.images.get_list()
        first = client._client._session
    assert stub.closed > 0
    client.close()
    assert client.images.get_list().images == []
    assert client._client._session is first


def test_settings_of_the_session_survive_closing(stub: Stub) -> None:
    stub.answers = [NOTHING]
    client = stub.client()
    client._client._session.headers["X-Team"] = "before"
    client.close()
    client.images.get_list()
    client.close()
    client._client._session.headers["X-Team"] = "after"
    client.with_options(retries=0).images.get_list()
    assert [sent.headers["X-Team"] for sent in stub.sent] == ["before", "after"]


def test_session_of_the_user_survives_closing(stub: Stub) -> None:
    stub.answers = [NOTHING]
    client = Client("the-token")
    session = client._client._session = requests.Session()
    session.mount("https://", stub)
    client.images.get_list()
    client.close()
    assert stub.closed > 0
    client.images.get_list()
    assert client._client._session is session
    assert len(stub.sent) == 2


def test_calls_after_closing(cloud: FakeCloud) -> None:
    with cloud.client() as client:
        servers = client.servers.iter(per_page=1)
        for name in ("web-1", "web-2", "web-3"):
            client.servers.create(name, ServerType(name="cx23"), Image(name="debian-12"))
        assert next(servers).name == "web-1"
    assert [server.name for server in servers] == ["web-2", "web-3"]
    response = client.servers.create("web-4", ServerType(name="cx23"), Image(name="debian-12"))
    client.close()
    assert response.wait(timeout=60).server.image is not None
    client.close()
    assert response.server.wait_for(lambda server: server.status == "running").delete().wait_until_finished() is None
    assert client.storage_boxes.get_all() == []
    assert client.rate_limit is not None


def test_closes_after_an_error(stub: Stub) -> None:
    stub.answers = [(404, error("not_found"))]
    client = stub.client()
    with pytest.raises(HCloudException), client:
        client.images.get_by_id(1)
    assert stub.closed > 0


def test_closing_a_part_closes_the_whole(stub: Stub) -> None:
    stub.answers = [NOTHING]
    client = stub.client()
    client.images.get_list()
    client.with_options(retries=0).close()
    assert stub.closed > 0
    client.images.get_list()


def test_a_session_may_be_swapped(stub: Stub) -> None:
    class Cached:
        def request(self, **given: Any) -> Any:
            self.given = given
            return Answer()

        def close(self) -> None: ...

    class Answer:
        status_code, content, headers, reason = 200, b'{"images": []}', {}, "OK"

    client = stub.client()
    session = client._client._session = Cached()
    client.with_options(retries=0).images.get_list(name="a")
    assert session.given["method"] == "GET"
    assert session.given["url"] == "https://api.hetzner.cloud/v1/images"
    assert session.given["params"] == {"name": "a"}
    assert session.given["timeout"] == (10.0, 60.0)
    assert session.given["headers"]["Authorization"] == "Bearer the-token"
    assert stub.sent == []


# Requests of a user's own


def test_request(stub: Stub) -> None:
    stub.answers = [(200, {"a": 1}), 204]
    client = stub.client()
    assert client.request("GET", "/new", params={"all": True, "none": False, "ids": [1, 2]}) == {"a": 1}
    assert stub.sent[0].query == {"all": ["true"], "none": ["false"], "ids": ["1", "2"]}
    assert client.request("DELETE", "/new/1", timeout=3) == {}
    assert stub.timeouts[-1] == 3


def test_a_request_as_requests_takes_it(stub: Stub) -> None:
    stub.answers = [503, (200, {})]
    stub.client().request("get", "/new", params={"left_out": None, "a": ""})
    assert [(sent.method, sent.query) for sent in stub.sent] == [("GET", {"a": [""]})] * 2


def test_an_answer_without_content_tells_its_status(stub: Stub) -> None:
    stub.answers = [200]
    with pytest.raises(InvalidResponseError, match=r"GET /images/\{id\} .* no 'image'") as caught:
        stub.client().images.get_by_id(1)
    assert caught.value.http_status == 200


# Copies


def test_what_was_fetched_is_copied_with_the_same_client(stub: Stub) -> None:
    stub.answers = [(200, {"image": {"id": 1}})]
    client = stub.client()
    image = client.images.get_by_id(1)
    twin = copy.deepcopy({"image": image})["image"]
    assert twin._client is image._client
    assert isinstance(client.servers, ServersClient)


def test_a_client_can_be_deep_copied_with_what_holds_it(stub: Stub) -> None:
    stub.answers = [(200, {"images": []})]
    client = stub.client(on_request=print)
    twin, images = copy.deepcopy((client, client.images))
    assert twin is not client
    assert images is twin.images
    assert images._client is twin._client
    assert twin._client._shared is client._client._shared
    assert (twin._client._clock, twin._client._hooks) == (client._client._clock, client._client._hooks)
    assert images.get_list().images == []
    assert repr(twin) == repr(client)


def test_connection_of_hcloud_python() -> None:
    connection = ClientBase("token", endpoint="https://example.com/v1")
    assert (connection._retry_max_retries, connection._poll_max_retries) == (5, 120)
    assert 0.5 <= connection._retry_interval_func(0) <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("retries", value) for value in (None, "5", -1, 2.5, len)),
        *(("retry_max_time", value) for value in (None, -1, float("nan"))),
        *(("parallel_pages", value) for value in (0, 2.5, "8")),
        *(("poll_interval", value) for value in (None, -1, "1", float("nan"))),
        *(("poll_max_retries", value) for value in (None, -1, "1")),
    ],
)
def test_a_number_that_can_t_be_right(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name} must be an? "):
        Client("token", **{name: value})
    with pytest.raises(InvalidArgumentError, match=f"{name} must be an? "):
        Client("token").with_options(**{name: value})


@pytest.mark.parametrize(
    "timeout", ["3", -1, 0, (1, -1), (1, 2, 3), (), [1, 2], True, float("nan"), float("inf"), 1e300], ids=str
)
def test_a_timeout_that_can_t_be_right(timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout must be a positive number of seconds"):
        Client("x", timeout=timeout)
    with pytest.raises(InvalidArgumentError, match="timeout must be a positive number of seconds"):
        Client("x").with_options(timeout=timeout)
