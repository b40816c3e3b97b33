"""Tests of ``Client.from_context``."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError

TOKEN = "A" * 32 + "b" * 32
OTHER = "C" * 32 + "d" * 32
CONFIG = f"""
active_context = "shop"

[preferences]
poll_interval = "1s"

[[contexts]]
name = "shop"
token = "{TOKEN}"

[[contexts]]
name = "wiki"
token = "{OTHER}"

[contexts.preferences]
endpoint = "https://api.example.com/v1"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Home directory without a configuration, and an environment without variables of hcloud."""
    for name in (
        "HCLOUD_CONFIG",
        "HCLOUD_CONTEXT",
        "HCLOUD_TOKEN",
        "HCLOUD_TOKEN_FILE",
        "HCLOUD_ENDPOINT",
        "XDG_CONFIG_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(path: Path, content: str | bytes = CONFIG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def config(home: Path) -> Path:
    """Configuration file with two contexts."""
    return write(home / ".config" / "hcloud" / "cli.toml")


def token_of(client: Client) -> str:
    return client._client._token


@pytest.mark.usefixtures("config")
def test_the_active_context() -> None:
    client = Client.from_context(application_name="shop")
    assert token_of(client) == TOKEN
    assert client._client._endpoint == "https://api.hetzner.cloud/v1"
    assert client._client._user_agent.startswith("shop ")


@pytest.mark.usefixtures("config")
def test_a_context_by_its_name() -> None:
    client = Client.from_context("wiki", retries=0)
    assert token_of(client) == OTHER
    assert client._client._endpoint == "https://api.example.com/v1"
    assert client._client_hetzner._endpoint == "https://api.example.com/v1"  # the token reaches no other host


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("name", ["", 5, b"shop"])
def test_rejects_other_names(name: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="name must be a non-empty text, or None for the active context"):
        Client.from_context(name)


@pytest.mark.usefixtures("config")
def test_a_context_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCLOUD_CONTEXT", "wiki")
    assert token_of(Client.from_context()) == OTHER
    assert token_of(Client.from_context("shop")) == TOKEN


def test_other_places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "xdg" / "hcloud" / "cli.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    assert token_of(Client.from_context()) == TOKEN
    write(home / "mine.toml", CONFIG.replace('active_context = "shop"', 'active_context = "wiki"'))
    monkeypatch.setenv("HCLOUD_CONFIG", str(home / "mine.toml"))
    assert token_of(Client.from_context()) == OTHER


def test_a_byte_order_mark(home: Path) -> None:
    write(home / ".config" / "hcloud" / "cli.toml", b"\xef\xbb\xbf" + CONFIG.encode())
    assert token_of(Client.from_context()) == TOKEN


def test_a_global_endpoint(config: Path) -> None:
    write(config, CONFIG.replace("[preferences]", '[preferences]\nendpoint = "https://global.example.com/v1"'))
    assert Client.from_context("shop")._client._endpoint == "https://global.example.com/v1"
    assert Client.from_context("wiki")._client._endpoint == "https://api.example.com/v1"


@pytest.mark.usefixtures("config")
def test_from_env_never_falls_back_to_it() -> None:
    with pytest.raises(InvalidArgumentError, match="set HCLOUD_TOKEN"):
        Client.from_env()


@pytest.mark.usefixtures("config")
def test_the_token_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCLOUD_TOKEN", "E" * 64)
    assert token_of(Client.from_context()) == TOKEN


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (None, None, "does not exist; run: hcloud context create NAME"),
        (CONFIG, "blog", "has no context 'blog'; it has 'shop', 'wiki'"),
        (CONFIG.replace("active_context", "x"), None, "has no active context"),
        (CONFIG.replace(f'"{TOKEN}"', '""'), None, "the context 'shop' in .* has no token"),
        (CONFIG.replace(f'"{TOKEN}"', f'["{TOKEN}"]'), None, "has no token"),
        (CONFIG.replace(f'"{TOKEN}"', f'"{TOKEN}'), None, "is not valid TOML"),
        (CONFIG.replace(f'"{TOKEN}"', TOKEN), None, "is not valid TOML"),
        (b"\xff\xfe" + CONFIG.encode(), None, "is not valid TOML"),
        ('active_context = "shop"', None, "has no context 'shop'; it has none"),
        ('active_context = "shop"\ncontexts = 7', None, "has no context 'shop'"),
        ("active_context = 7", None, "has no active context"),
        ("", None, "has no active context"),
        (f"a = {'[' * 5000}", None, "is not valid TOML"),
    ],
    ids=range(13),
)
def test_errors_name_the_file_but_not_the_token(home: Path, content: Any, name: str | None, problem: str) -> None:
    path = home / ".config" / "hcloud" / "cli.toml"
    if content is not None:
        write(path, content)
    with pytest.raises(InvalidArgumentError, match=problem) as raised:
        Client.from_context(name)
    assert str(path) in str(raised.value)
    assert raised.value.__traceback__ is not None
    raised.value.__traceback__ = raised.value.__traceback__.tb_next  # without the frame of this test
    text = "".join(traceback.TracebackException.from_exception(raised.value, capture_locals=True).format(chain=True))
    assert TOKEN not in str(raised.value)
    assert raised.value.__context__ is None
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (CONFIG, TOKEN, r"has no context '\*\*\*'; it has 'shop', 'wiki'"),
        (CONFIG.replace('"shop"', f'"{TOKEN}"', 1), None, r"has no context '\*\*\*'; it has 'shop', 'wiki'"),
        (CONFIG.replace('name = "shop"', f'name = "{TOKEN}"'), None, r"has no context 'shop'; it has '\*\*\*', 'wiki'"),
        (CONFIG.replace('"shop"', f'"{TOKEN}"').replace(f'token = "{TOKEN}"', ""), None, r"the context '\*\*\*' in"),
    ],
    ids=range(4),
)
def test_a_token_in_the_place_of_a_name_is_not_shown(home: Path, content: str, name: str | None, problem: str) -> None:
    write(home / ".config" / "hcloud" / "cli.toml", content)
    with pytest.raises(InvalidArgumentError, match=problem) as raised:
        Client.from_context(name)
    assert TOKEN not in str(raised.value)


def test_the_home_of_a_user_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCLOUD_CONFIG", "~nobody-of-this-name/cli.toml")
    with pytest.raises(InvalidArgumentError, match=r"^~nobody-of-this-name/cli\.toml, .* does not exist"):
        Client.from_context()


def test_a_file_that_can_not_be_read(home: Path) -> None:
    (home / ".config" / "hcloud" / "cli.toml").mkdir(parents=True)
    with pytest.raises(InvalidArgumentError, match="can't be read: Is a directory"):
        Client.from_context()
