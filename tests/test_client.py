from __future__ import annotations

import copy
import inspect
import subprocess
import sys
import traceback
import warnings
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import requests

import hcloud
from hcloud import Client, HCloudException, __version__, digitalocean
from hcloud._client import ClientBase, _build_user_agent
from hcloud._exceptions import InvalidArgumentError, InvalidResponseError
from hcloud.actions import BoundAction
from hcloud.images import BoundImage, Image, ImagesClient
from hcloud.server_types import ServerType
from hcloud.servers import ServersClient
from hcloud.testing import FakeCloud
from tests.library import RESOURCES
from tests.stub import Stub, error

EMPTY = (200, {"images": [], "servers": []})

# Construction


def test_positional_parameters_are_those_of_hcloud_python() -> None:
    parameters = inspect.signature(Client).parameters.values()
    positional = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert positional == [
        *("token", "api_endpoint", "application_name", "application_version"),
        *("poll_interval", "poll_max_retries", "timeout"),
    ]


@pytest.mark.parametrize(
    "token", [b"token", 5, False, ("t", "o"), "to ken", "token\n", "\ttoken", "tok\u00e9n", "token\r\nX-Other: 1"]
)
def test_an_invalid_token_is_rejected(token: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="token") as caught:
        Client(token)
    text = str(caught.value) + repr(caught.value)
    assert "tok\u00e9n" not in text
    assert "X-Other" not in text
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("cls", [Client, digitalocean.Client], ids=["hetzner", "digitalocean"])
@pytest.mark.parametrize("token", [None, ""])
def test_a_client_without_token_can_be_created_but_not_used(cls: Any, token: Any, stub: Stub) -> None:
    client = cls(token=token, adapter=stub)
    for call in (client.images.get_list, lambda: client.with_options(retries=1).request("POST", "/images", json={})):
        with pytest.raises(InvalidArgumentError, match=r"without an API token; nothing was sent"):
            call()
    assert stub.sent == []


def test_an_invalid_token_is_not_shown_in_the_traceback() -> None:
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
def test_unencrypted_endpoints_require_allow_http(endpoint: str) -> None:
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
def test_unencrypted_loopback_endpoints_are_accepted(endpoint: str) -> None:
    assert Client("token", api_endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "api.hetzner.cloud/v1", "ftp://host/v1", "https://", "https:///v1", None, 5),
        *("https://[::1", "https://host/v1?x=1", "https://host/v1#x", "https://host:99999/v1", "https://host:x"),
    ],
)
def test_an_invalid_endpoint_is_rejected(endpoint: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"https://api\.hetzner\.cloud/v1"):
        Client("token", api_endpoint=endpoint)


@pytest.mark.parametrize("endpoint", ["https://user:hunter2@example.com/v1", "ftp://:hunter2@example.com"])
def test_an_endpoint_with_a_password_is_rejected_without_showing_it(endpoint: str) -> None:
    with pytest.raises(InvalidArgumentError, match="must not contain a user name or password") as caught:
        Client("token", api_endpoint=endpoint)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["https://example.com/v1", "https://example.com/v1/", "https://example.com/v1//"])
def test_trailing_slashes_of_an_endpoint_are_ignored(endpoint: str, stub: Stub) -> None:
    stub.responses = [EMPTY]
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
    stub.responses = [EMPTY]
    stub.client(application_name=name, application_version=version).images.get_list()
    assert stub.sent[0].headers["User-Agent"] == agent


@pytest.mark.parametrize("name", ["my\napp", "app\r\nX-Evil: 1", "приложение", "app\0"])
def test_an_application_name_that_is_not_a_valid_header_is_rejected(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="application's name"):
        Client("token", application_name=name)
    with pytest.raises(InvalidArgumentError, match="application's name"):
        Client("token", application_name="app", application_version=name)


def test_default_headers_and_timeout(stub: Stub) -> None:
    stub.responses = [EMPTY, (200, {"storage_box_types": []}), (201, {})]
    client = stub.client()
    client.images.get_list()
    client.request("POST", "/servers", json={"name": "web"})
    assert [sent.headers["Authorization"] for sent in stub.sent] == ["Bearer the-token"] * 2
    assert [sent.headers["Accept"] for sent in stub.sent] == ["application/json"] * 2
    assert stub.sent[1].headers["Content-Type"] == "application/json"
    assert stub.timeouts == [(10.0, 60.0)] * 2


@pytest.mark.parametrize("timeout", [None, 3, 2.5, (1, 2)])
def test_timeout_of_client_and_of_options(timeout: Any, stub: Stub) -> None:
    stub.responses = [EMPTY]
    client = stub.client(timeout=timeout)
    client.images.get_list()
    client.with_options(timeout=7).images.get_list()
    client.with_options(timeout=None).images.get_list()
    client.with_options(retries=1).images.get_list()
    assert stub.timeouts == [timeout, 7, None, timeout]


def test_the_token_is_not_shown_by_repr() -> None:
    client = Client("t0k3n")
    assert repr(client) == "<Client of https://api.hetzner.cloud/v1>"
    assert repr(client._client) == "<ClientBase of https://api.hetzner.cloud/v1>"
    for value in (client, client._client, client._client_hetzner, client.images, client._client._shared):
        assert "t0k3n" not in repr(value)
        assert "t0k3n" not in str(value)


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


def test_from_env_reads_the_token_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("t0k3n\r\n")
    environment.setenv("HCLOUD_TOKEN_FILE", str(path))
    assert Client.from_env()._client._headers["Authorization"] == "Bearer t0k3n"
    environment.setenv("HCLOUD_TOKEN", "other")
    assert Client.from_env()._client._headers["Authorization"] == "Bearer other"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["t0k3n", "t0k3n\n", "t0k3n\r\n", "\r\n \r\nt0k3n\r\n\r\n", "\n\tt0k3n\n\n"])
def test_from_env_reads_token_files_of_all_encodings(
    text: str, encoding: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_bytes(text.encode(encoding))
    environment.setenv("HCLOUD_TOKEN_FILE", str(path))
    assert Client.from_env()._client._token == "t0k3n"


@pytest.mark.parametrize(
    "content",
    [None, "", "\n", b"\xff\xfe", b"t0k3n\xff", "t0k3n\nt0k3n"],
    ids=["missing", "empty", "newline", "only a BOM", "binary", "two lines"],
)
def test_from_env_rejects_an_invalid_token_file(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    environment.setenv("HCLOUD_TOKEN_FILE", str(path))
    with pytest.raises(InvalidArgumentError, match=r"HCLOUD_TOKEN_FILE|the token contains") as caught:
        Client.from_env()
    assert_hides(caught.value, "t0k3n")


@pytest.mark.parametrize(("variable", "cls"), [("HCLOUD", Client), ("DIGITALOCEAN", digitalocean.Client)], ids=str)
@pytest.mark.parametrize("token", ["s3cr3t" * 10, "s3cr3t/+=" * 7, "s3cr3t" * 60, " s3cr3t"])
def test_from_env_does_not_show_a_token_in_place_of_the_path(
    token: str, variable: str, cls: Any, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv(f"{variable}_TOKEN", raising=False)
    environment.setenv(f"{variable}_TOKEN_FILE", token)
    with pytest.raises(
        InvalidArgumentError, match=f"{variable}_TOKEN_FILE names a file, which can't be read"
    ) as caught:
        cls.from_env()
    assert_hides(caught.value, "s3cr3t")


def assert_hides(error: BaseException, secret: str) -> None:
    """Check that neither an exception nor the variables of the library in its traceback show a text."""
    assert secret not in "".join(traceback.format_exception(error))
    assert (error.__cause__, error.__context__) == (None, None)
    for frame, _ in list(traceback.walk_tb(error.__traceback__))[1:]:
        assert secret not in repr([value for value in frame.f_locals.values() if isinstance(value, (str, bytes, dict))])


def test_from_env_shows_the_path_of_a_missing_file(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HCLOUD_TOKEN_FILE", "/no/such/file")
    with pytest.raises(InvalidArgumentError, match=r"names /no/such/file, which can't be read: No such file"):
        Client.from_env()


def test_from_env_requires_a_token(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgumentError, match=r"HCLOUD_TOKEN .* HCLOUD_TOKEN_FILE"):
        Client.from_env()


DEFAULTS = ("https://api.hetzner.cloud/v1", "https://api.hetzner.com/v1")
LOOPBACK, OTHER = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, None, DEFAULTS),
        (LOOPBACK, None, (LOOPBACK, LOOPBACK)),
        (LOOPBACK, OTHER, (LOOPBACK, OTHER)),
        (LOOPBACK, DEFAULTS[1], (LOOPBACK, DEFAULTS[1])),
        (None, OTHER, (DEFAULTS[0], OTHER)),
        (DEFAULTS[0], None, DEFAULTS),
        ("HTTPS://api.Hetzner.cloud/v1/", None, ("HTTPS://api.Hetzner.cloud/v1", DEFAULTS[1])),
        ("https://api.hetzner.cloud/v2", None, ("https://api.hetzner.cloud/v2", DEFAULTS[1])),
        ("https://api.hetzner.cloud.example/v1", None, ("https://api.hetzner.cloud.example/v1",) * 2),
    ],
)
def test_a_custom_endpoint_is_the_default_of_the_second_endpoint(
    first: str | None, second: str | None, expected: tuple[str, str], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HCLOUD_TOKEN", "t0k3n")
    arguments: dict[str, Any] = {}
    for variable, name, value in (
        ("HCLOUD_ENDPOINT", "api_endpoint", first),
        ("HCLOUD_ENDPOINT_HETZNER", "api_endpoint_hetzner", second),
    ):
        if value:
            environment.setenv(variable, value)
            arguments[name] = value
    assert endpoints(Client("t0k3n", **arguments)) == expected
    assert endpoints(Client.from_env()) == expected


def test_from_env_and_with_options_keep_the_subclass(environment: pytest.MonkeyPatch) -> None:
    class CustomClient(Client):
        pass

    environment.setenv("HCLOUD_TOKEN", "t0k3n")
    assert type(CustomClient.from_env()) is CustomClient
    assert type(CustomClient("token").with_options(retries=1)) is CustomClient
    assert isinstance(CustomClient("token").images, ImagesClient)


# Resources


def test_resources_are_imported_on_first_use() -> None:
    script = (
        "import sys, hcloud; client = hcloud.Client('token')\n"
        "def loaded(): return {m.split('.')[1] for m in sys.modules if m.startswith('hcloud.')}\n"
        "before = loaded(); client.locations; print(*sorted(loaded() - before)); print('requests' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert process.stdout.split("\n")[:2] == ["locations", "False"]


@pytest.mark.parametrize("name", RESOURCES)
def test_resource_clients_are_cached_and_bound_to_the_client(name: str) -> None:
    client = Client("token")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        resource = getattr(client, name)
    assert type(resource).__name__ == Client.__annotations__[name]
    assert getattr(client, name) is resource
    assert resource._parent is client
    assert name in dir(client)
    assert "token" not in repr(resource)


def test_unknown_attributes_raise() -> None:
    client: Any = Client("token")
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'imagse'"):
        client.imagse  # noqa: B018
    assert not hasattr(client, "_no_such_thing")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hcloud.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert set(hcloud.__all__) <= set(dir(hcloud))


def test_annotations_of_a_subclass_do_not_change_its_resources() -> None:
    class CustomClient(Client):
        pass

    CustomClient.__annotations__ = {"region": str, "storage": "S3Client", "servers": int}
    client: Any = CustomClient("token")
    client.storage = "kept"
    assert isinstance(client.servers, ServersClient)
    assert client.with_options(retries=1).storage == "kept"
    with pytest.raises(AttributeError, match="'CustomClient' object has no attribute 'region'"):
        client.region  # noqa: B018


# Options


def test_with_options_changes_only_the_returned_client() -> None:
    client = Client("token", poll_interval=2, timeout=9)
    derived = client.with_options(
        retries=0,
        retry_max_time=5,
        retry_unsafe=True,
        lazy=False,
        warn_on_fetch=True,
        parallel_pages=2,
        poll_interval=7,
        poll_max_retries=3,
    )
    for connection in (derived._client, derived._client_hetzner):
        assert (connection._retry_max_retries, connection._retry_max_time, connection._retry_unsafe) == (0, 5, True)
        assert (connection._poll_interval_func(1), connection._poll_max_retries, connection._timeout) == (7, 3, 9)
    for connection in (client._client, client._client_hetzner):
        assert (connection._retry_max_retries, connection._retry_unsafe) == (5, False)
        assert (connection._poll_interval_func(1), connection._poll_max_retries) == (2, 120)
    assert (derived._lazy, client._lazy) == (False, True)


def test_with_options_shares_the_session_and_the_rate_limit(stub: Stub) -> None:
    headers = {"RateLimit-Limit": "3600", "RateLimit-Remaining": "3000", "RateLimit-Reset": "1792066200"}
    stub.responses = [(200, {"images": []}, headers)]
    client = stub.client()
    images = client.images
    derived = client.with_options(retries=0)
    derived.images.get_list()
    assert client.rate_limit == derived.rate_limit
    assert client.rate_limit is not None
    assert client.rate_limit[:2] == (3600, 3000)
    assert client._client._session is derived._client._session
    assert derived.images is not images
    assert client.images is images
    assert derived.images._parent is derived


def test_with_options_keeps_earlier_options(stub: Stub) -> None:
    stub.responses = [EMPTY]
    stub.client().with_options(timeout=1).with_options(retries=0).images.get_list()
    assert stub.timeouts == [1]


def test_unknown_options_raise_type_error() -> None:
    client: Any = Client("token")
    with pytest.raises(TypeError, match="retires"):
        client.with_options(retires=0)
    client_class: Any = Client
    with pytest.raises(TypeError, match="lazzy"):
        client_class("token", lazzy=True)


# Close


def test_close_closes_the_session(stub: Stub) -> None:
    stub.responses = [EMPTY]
    client = stub.client()
    client.close()
    assert stub.close_count == 0, "no session was open"
    with client as entered:
        assert entered is client
        client.images.get_list()
        first = client._client._session
    assert stub.close_count > 0
    client.close()
    assert client.images.get_list().images == []
    assert client._client._session is first


def test_settings_of_the_session_survive_closing(stub: Stub) -> None:
    stub.responses = [EMPTY]
    client = stub.client()
    client._client._session.headers["X-Team"] = "before"
    client.close()
    client.images.get_list()
    client.close()
    client._client._session.headers["X-Team"] = "after"
    client.with_options(retries=0).images.get_list()
    assert [sent.headers["X-Team"] for sent in stub.sent] == ["before", "after"]


def test_session_of_the_user_survives_closing(stub: Stub) -> None:
    stub.responses = [EMPTY]
    client = Client("the-token")
    session = client._client._session = requests.Session()
    session.mount("https://", stub)
    client.images.get_list()
    client.close()
    assert stub.close_count > 0
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


def test_the_context_manager_closes_after_an_error(stub: Stub) -> None:
    stub.responses = [(404, error("not_found"))]
    client = stub.client()
    with pytest.raises(HCloudException), client:
        client.images.get_by_id(1)
    assert stub.close_count > 0


def test_closing_a_derived_client_closes_the_shared_session(stub: Stub) -> None:
    stub.responses = [EMPTY]
    client = stub.client()
    client.images.get_list()
    client.with_options(retries=0).close()
    assert stub.close_count > 0
    client.images.get_list()


def test_a_custom_session_is_used(stub: Stub) -> None:
    class CustomSession:
        def request(self, **arguments: Any) -> Any:
            self.arguments = arguments
            return CustomResponse()

        def close(self) -> None: ...

    class CustomResponse:
        status_code, content, headers, reason = 200, b'{"images": []}', {}, "OK"

    client = stub.client()
    session = client._client._session = CustomSession()
    client.with_options(retries=0).images.get_list(name="a")
    assert session.arguments["method"] == "GET"
    assert session.arguments["url"] == "https://api.hetzner.cloud/v1/images"
    assert session.arguments["params"] == {"name": "a"}
    assert session.arguments["timeout"] == (10.0, 60.0)
    assert session.arguments["headers"]["Authorization"] == "Bearer the-token"
    assert stub.sent == []


# Client.request


def test_request_encodes_the_query_and_returns_the_body(stub: Stub) -> None:
    stub.responses = [(200, {"a": 1}), 204]
    client = stub.client()
    assert client.request("GET", "/new", params={"all": True, "none": False, "ids": [1, 2]}) == {"a": 1}
    assert stub.sent[0].query == {"all": ["true"], "none": ["false"], "ids": ["1", "2"]}
    assert client.request("DELETE", "/new/1", timeout=3) == {}
    assert stub.timeouts[-1] == 3


def test_request_accepts_a_lower_case_method_and_omits_none(stub: Stub) -> None:
    stub.responses = [503, (200, {})]
    stub.client().request("get", "/new", params={"left_out": None, "a": ""})
    assert [(sent.method, sent.query) for sent in stub.sent] == [("GET", {"a": [""]})] * 2


def test_an_empty_response_raises_with_its_status(stub: Stub) -> None:
    stub.responses = [200]
    with pytest.raises(InvalidResponseError, match=r"GET /images/\{id\} .* no 'image'") as caught:
        stub.client().images.get_by_id(1)
    assert caught.value.http_status == 200


# Copies


def test_a_deep_copied_model_keeps_its_client(stub: Stub) -> None:
    stub.responses = [(200, {"image": {"id": 1}})]
    client = stub.client()
    image = client.images.get_by_id(1)
    duplicate = copy.deepcopy({"image": image})["image"]
    assert duplicate._client is image._client
    assert isinstance(client.servers, ServersClient)


def test_a_deep_copied_client_shares_its_session(stub: Stub) -> None:
    stub.responses = [(200, {"images": []})]
    client = stub.client(on_request=print)
    duplicate, images = copy.deepcopy((client, client.images))
    assert duplicate is not client
    assert images is duplicate.images
    assert images._client is duplicate._client
    assert duplicate._client._shared is client._client._shared
    assert (duplicate._client._clock, duplicate._client._hooks) == (client._client._clock, client._client._hooks)
    assert images.get_list().images == []
    assert repr(duplicate) == repr(client)


def test_a_client_can_be_deep_copied_after_it_was_used() -> None:
    client = FakeCloud().client()
    server = client.servers.create("web", "cx23", "debian-12").wait().server
    assert server.public_net.primary_ipv4 is not None
    assert server.public_net.primary_ipv4.name
    assert {"_recent_batches", "_stale_batch"} <= vars(client).keys()
    duplicate = copy.deepcopy(client)
    assert [copied.name for copied in duplicate.servers.get_all()] == ["web"]
    server.power_off().wait()
    assert (server.status, duplicate.servers.get("web").status) == ("off", "off")


def test_defaults_of_a_connection() -> None:
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
def test_an_invalid_number_is_rejected(name: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name} must be an? "):
        Client("token", **{name: value})
    with pytest.raises(InvalidArgumentError, match=f"{name} must be an? "):
        Client("token").with_options(**{name: value})


@pytest.mark.parametrize(
    "timeout",
    [
        *("3", -1, 0, (1, -1), (1, 2, 3), (), [1, 2], True, float("nan"), float("inf"), 1e300),
        *(timedelta(seconds=3), (1, timedelta(seconds=3)), Decimal(3), Fraction(3), b"3", {}),
    ],
    ids=repr,
)
def test_an_invalid_timeout_is_rejected(timeout: Any, stub: Stub) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout must be a positive number of seconds"):
        Client("x", timeout=timeout)
    with pytest.raises(InvalidArgumentError, match="timeout must be a positive number of seconds"):
        Client("x").with_options(timeout=timeout)
    with pytest.raises(InvalidArgumentError, match="timeout must be a positive number of seconds"):
        stub.client().request("GET", "/images", timeout=timeout)
    assert stub.sent == []


@pytest.mark.parametrize("seconds", [timedelta(seconds=3), Decimal(3), "3", True, float("nan")], ids=repr)
def test_an_invalid_duration_of_a_wait_is_rejected(seconds: Any, stub: Stub) -> None:
    client = stub.client()
    action = BoundAction(client.actions, {"id": 1, "status": "running"})
    image = BoundImage(client.images, {"id": 1, "status": "creating"})
    with pytest.raises(InvalidArgumentError, match=r"timeout must be a number of seconds or None, not "):
        client.actions.wait_for([action], timeout=seconds)
    with pytest.raises(InvalidArgumentError, match=r"timeout must be a number of seconds or None, not "):
        image.wait_for(lambda image: image.status == "available", timeout=seconds)
    with pytest.raises(InvalidArgumentError, match=r"interval must be a number of seconds or None, not "):
        image.wait_for(lambda image: image.status == "available", interval=seconds)
    assert stub.sent == []
