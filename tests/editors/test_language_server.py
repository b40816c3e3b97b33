"""Editors with pyright's language server: completion, hover, signature help, definitions."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import pytest

from hcloud import Client
from hcloud.core.provider import resource_clients
from hcloud.digitalocean import Client as OtherClient
from hcloud.images import ImageStatus
from hcloud.servers import BoundServer, ServersClient, ServerStatus
from tests.editors.conftest import Environment
from tests.editors.language_server import LanguageServer

pytestmark = pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed; make check installs it")

PROGRAM = """\
from hcloud import Client

client = Client("token")
server = client.servers.get_by_id(1)
server.status
client.images.get_all()[0].status
server.create_image()
server.get_actions()
server.wait_for()
client.servers.create_image()
client.servers.get_actions()
client.servers.iter()
client.servers.get_by_id()
client.images.get_all()
client.
client.servers.
server.
"""
CALLS = [line.removesuffix("()") for line in PROGRAM.splitlines() if line.endswith("()")]
METHODS = {2: "method", 3: "function"}


class Editor:
    """An editor that shows the program with one of the environments."""

    def __init__(self, server: LanguageServer, path: Path) -> None:
        self.server, self.path = server, path
        server.open(path, PROGRAM)

    def ask(self, method: str, text: str, *, after: str = "") -> Any:
        """Ask about the last character of a line that begins with ``text``."""
        (number,) = (number for number, line in enumerate(PROGRAM.splitlines()) if line in (text, f"{text}()"))
        return self.server.ask(method, self.path, number, len(text + after) - (not after))

    def completions(self, text: str) -> dict[str, Any]:
        """Return what the editor proposes after the line ``text``."""
        number = PROGRAM.splitlines().index(text)
        items = self.server.ask("completion", self.path, number, len(text))["items"]
        return {item["label"]: item for item in items if not item["label"].startswith("_")}


@pytest.fixture(scope="module")
def editors(
    installed: Environment, editable: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Editor]]:
    """Editors with the wheel and with the editable install; they share a server."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("wheel", "editable")}
    with LanguageServer({folders["wheel"]: installed.python, folders["editable"]: editable.python}) as server:
        yield {name: Editor(server, folder / "program.py") for name, folder in folders.items()}


@pytest.fixture
def editor(editors: dict[str, Editor]) -> Editor:
    """Editor with the wheel."""
    return editors["wheel"]


def public(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


@pytest.mark.parametrize("install", ["wheel", "editable"])
def test_completion(editors: dict[str, Editor], install: str) -> None:
    client = Client("token")
    for text, value, minimum in (
        ("client.", client, 26),
        ("client.servers.", client.servers, 38),
        ("server.", BoundServer(client.servers, {"id": 1}), 74),
    ):
        names = editors[install].completions(text).keys()
        assert sorted(public(value) - names) == []
        assert len(names) >= minimum


def test_completion_tells_methods_from_values(editor: Editor) -> None:
    for text, cls in (("client.servers.", ServersClient), ("server.", BoundServer)):
        items = editor.completions(text)
        functions = {name for name in public(cls) if inspect.isfunction(inspect.getattr_static(cls, name))}
        assert sorted(name for name in functions if items[name]["kind"] not in METHODS) == []
    item = editor.server.request("completionItem/resolve", **editor.completions("server.")["create_image"])
    assert ":param labels:" in item["documentation"]["value"]


def names_and_text(call: str) -> tuple[list[str], str]:
    """Return the parameters and the docstring of the method that a line of the program calls."""
    owner: Any = BoundServer
    if call.startswith("client."):
        owner = type(getattr(Client("token"), call.split(".")[1]))
    method = getattr(owner, call.rpartition(".")[2])
    _, *names = inspect.signature(method).parameters
    return names, inspect.getdoc(method) or ""


@pytest.mark.parametrize("call", CALLS)
def test_hover(editor: Editor, call: str) -> None:
    names, text = names_and_text(call)
    shown = editor.ask("hover", call)["contents"]["value"]
    assert shown.startswith("(method)")
    assert text.partition("\n")[0] in shown
    assert set(re.findall(r":param (\w+):", shown)) == set(names)


@pytest.mark.parametrize("call", CALLS)
def test_signature_help(editor: Editor, call: str) -> None:
    names, text = names_and_text(call)
    (signature,) = editor.ask("signatureHelp", call, after="(")["signatures"]
    labels = [parameter["label"] for parameter in signature["parameters"]]
    assert [label.partition(":")[0] for label in labels if label not in ("*", "/")] == names
    assert text.split(" ")[:3] == signature["documentation"]["value"].split(" ")[:3]
    assert [parameter for parameter in signature["parameters"][:1] if not parameter["documentation"]["value"]] == []


@pytest.mark.parametrize("call", CALLS)
def test_definition_is_a_function_with_a_text(editor: Editor, call: str) -> None:
    locations = editor.ask("definition", call)
    assert locations
    for location in locations:
        path = Path(unquote(urlsplit(location["uri"]).path))
        line = location["range"]["start"]["line"] + 1
        nodes = [node for node in ast.walk(ast.parse(path.read_text())) if getattr(node, "lineno", 0) == line]
        (function,) = (node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        assert function.name == call.rpartition(".")[2]
        assert ast.get_docstring(function)


@pytest.mark.parametrize(
    ("text", "meaning", "alias"),
    [("server.status", "Status: ", ServerStatus), ("client.images.get_all()[0].status", "", ImageStatus)],
)
def test_hover_on_a_field_shows_its_values(editor: Editor, text: str, meaning: str, alias: Any) -> None:
    shown = editor.ask("hover", text)["contents"]["value"]
    assert meaning in shown
    assert [value for value in get_args(alias) if value not in shown] == []


def test_hover_on_a_resource_of_a_client_shows_its_text(editor: Editor) -> None:
    clients = {"Client": Client, "OtherClient": OtherClient}
    places = [(name, resource) for name, cls in clients.items() for resource in resource_clients(cls)]
    program = [
        "from hcloud import Client",
        "from hcloud.digitalocean import Client as OtherClient",
        *(f"{name}('token').{resource}" for name, resource in places),
    ]
    path = editor.path.with_name("resources.py")
    editor.server.open(path, "\n".join(program))
    assert len(places) > 25
    for number, line in enumerate(program[2:], 2):
        heading, _, text = editor.server.ask("hover", path, number, len(line) - 1)["contents"]["value"].partition("\n")
        assert heading.endswith("Client")
        assert text.strip(), line
