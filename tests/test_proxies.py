"""Failures of proxies, for blocking and asynchronous clients."""

from __future__ import annotations

import asyncio
import copy
import pickle
import traceback
from collections.abc import Callable

import pytest
import requests

from hcloud import Client, HCloudException, NetworkError, aio

ENDPOINT = "https://api.example.com/v1"
UNESCAPED = (
    "http://user:the-password#x@127.0.0.1:9",
    "http://user:the-password/x@127.0.0.1:9",
    "http://user:the-password?x@127.0.0.1:9",
    "http://user:the-password\\x@127.0.0.1:9",
    "http://user:9#the-password@127.0.0.1:9",
    "http:/user:the-password@127.0.0.1:9",
    "user:the-password/x@127.0.0.1:9",
)
MALFORMED = {
    **dict.fromkeys(
        UNESCAPED, "is malformed; special characters in the user name and the password must be percent-encoded"
    ),
    "http://user:the-password@127.0.0.1:99999": "has an invalid port; a port is a number of at most 65535",
    "http://user:the-password@127.0.0.1:abc": "has an invalid port; a port is a number of at most 65535",
    "http://user:the-password@127.0.0.1:9\n": "has an invalid port; a port is a number of at most 65535",
    f"http://user:the-password@127.0.0.1:{'1' * 5000}": "has an invalid port; a port is a number of at most 65535",
    "http://user:the-password@": "has no host",
    "http://user:the-password@:9": "has no host",
    "http://user:the-password@[::1": "has an invalid host",
    "http://user:the-password@a b:9": "has an invalid host",
    "http://user:the-password@a..b:9": "has an invalid host",
    " http://user:the-password@127.0.0.1:9": "begins with a space",
    "user:the-password@127.0.0.1:9": "must start with http:// or https://",
    "gopher://user:the-password@127.0.0.1:9": "must start with http:// or https://",
    "http://user:the-password€@127.0.0.1:9": ("has a user name or a password with a character that is not in Latin-1"),
}


@pytest.fixture(autouse=True)
def without_proxies(no_proxies: None) -> None:
    """Environment without proxies."""


def blocking_error(retries: int = 0) -> HCloudException:
    with pytest.raises(HCloudException) as caught, Client("the-token", ENDPOINT, retries=retries) as client:
        client.servers.get_all()
    return caught.value


def asynchronous_error(retries: int = 0) -> HCloudException:
    async def main() -> None:
        async with aio.Client("the-token", ENDPOINT, retries=retries) as client:
            await client.servers.get_all()

    with pytest.raises(HCloudException) as caught:
        asyncio.run(main())
    return caught.value


def shown(error: BaseException | None) -> str:
    """Return all texts of an exception and of those that it stands for."""
    texts = []
    while error is not None:
        texts += [str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("get_error", [blocking_error, asynchronous_error])
@pytest.mark.parametrize(("url", "problem"), MALFORMED.items())
def test_a_malformed_url_of_a_proxy(
    url: str, problem: str, get_error: Callable[..., HCloudException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    error = get_error(retries=3)
    message = f"the proxy URL in HTTPS_PROXY {problem}"
    assert str(error) == message  # also without a number of attempts, since it is not retried
    assert {NetworkError, requests.exceptions.InvalidProxyURL} <= set(type(error).__mro__)
    for duplicate in (error, copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (str(duplicate), duplicate.args, type(duplicate)) == (message, (message,), type(error))
        assert "the-password" not in shown(duplicate)
    assert b"the-password" not in pickle.dumps(error)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_message_names_the_variable(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:99999")
    for error in (blocking_error(), asynchronous_error()):
        assert str(error).startswith(f"the proxy URL in {variable} has an invalid port")


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("url", ["http://user:the-password@127.0.0.1:99999", "http://user:the-password@"])
def test_a_malformed_url_of_a_proxy_of_the_session(is_own: bool, url: str) -> None:
    with Client("the-token", ENDPOINT) as client, requests.Session() as session:
        if not is_own:
            client._client._session = session
        client._client._session.proxies["https"] = url
        with pytest.raises(requests.exceptions.InvalidProxyURL) as caught:
            client.servers.get_all()
    assert NetworkError in type(caught.value).__mro__
    assert str(caught.value).startswith("the proxy URL in the session's proxies has ")
    assert "the-password" not in shown(caught.value)


def test_a_session_of_the_caller_with_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:the-password@127.0.0.1:abc")
    with Client("the-token", "https://127.0.0.1:1/v1", retries=0) as client, requests.Session() as session:
        client._client._session = session
        with pytest.raises(NetworkError, match=r"^the proxy URL in HTTPS_PROXY has an invalid port") as caught:
            client.servers.get_all()
        assert "the-password" not in shown(caught.value)
        session.trust_env = False
        with pytest.raises(NetworkError, match=r"^can't connect to 127\.0\.0\.1:1"):
            client.servers.get_all()


def test_a_malformed_url_of_a_proxy_of_the_request() -> None:
    proxies = {"https": "http://user:the-password@127.0.0.1:abc"}
    with Client("the-token", ENDPOINT) as client, pytest.raises(NetworkError) as caught:
        client.request("GET", "/servers", proxies=proxies)
    assert str(caught.value).startswith("the proxy URL in the settings of the request or the system has an invalid")
    assert "the-password" not in shown(caught.value)


def test_asynchronous_clients_cannot_use_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:the-password@127.0.0.1:9")
    error = asynchronous_error()
    assert str(error) == "the proxy URL in ALL_PROXY must start with http:// or https://"
    assert "the-password" not in shown(error)


@pytest.mark.parametrize(
    "location",
    ["127.0.0.1:1", "user:p%40%23w@127.0.0.1:1", "user:p@w@127.0.0.1:1", "user:é@127.0.0.1:1/", "[::1]:1", "u@[::1]:1"],
)
@pytest.mark.parametrize("get_error", [blocking_error, asynchronous_error])
def test_valid_urls_of_proxies(
    location: str, get_error: Callable[..., HCloudException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{location}")
    error = get_error()
    assert isinstance(error, NetworkError)
    assert "can't connect to the proxy" in str(error)
