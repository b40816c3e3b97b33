"""jedi, which IPython, Jupyter, Spyder and vim use, knows names, signatures and texts of the installed package."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import jedi
import pytest

from hcloud import Client
from hcloud.digitalocean.droplets import BoundDroplet
from hcloud.servers import BoundServer
from tests.editors.conftest import Environment

PROGRAM = """
from hcloud import Client
from hcloud.digitalocean import Client as OtherClient

client = Client("token")
server = client.servers.get_by_id(1)
droplet = OtherClient("token").droplets.get_by_id(1)
"""
CLIENT = Client("token")
SERVER = BoundServer(CLIENT.servers, {"id": 1})


def environment_of(installed: Environment) -> Any:
    """Return the environment as jedi sees it; the test is skipped if jedi does not know its Python."""
    environment = jedi.create_environment(installed.folder, safe=False)
    try:
        environment.get_grammar()
    except NotImplementedError as error:
        pytest.skip(f"jedi: {error}")
    return environment


@pytest.fixture(scope="session")
def complete(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], jedi.Script]:
    """Function that returns the script for a program that ends in a text."""
    environment, project = environment_of(installed), jedi.Project(tmp_path_factory.mktemp("project"))
    return lambda text: jedi.Script(PROGRAM + text, project=project, environment=environment)


@pytest.mark.parametrize(
    ("text", "value", "minimum"),
    [("client.", CLIENT, 26), ("client.servers.", CLIENT.servers, 38), ("server.", SERVER, 74)],
)
def test_names(complete: Callable[[str], jedi.Script], text: str, value: Any, minimum: int) -> None:
    names = {name.name for name in complete(text).complete() if not name.name.startswith("_")}
    public = {name for name in dir(value) if not name.startswith("_")}
    assert len(names) >= minimum
    assert sorted(public - names) == []


@pytest.mark.parametrize(
    ("call", "method"),
    [
        ("server.create_image(", BoundServer.create_image),
        ("server.get_actions(", BoundServer.get_actions),
        ("server.get_action(", BoundServer.get_action),
        ("client.servers.create_image(", type(CLIENT.servers).create_image),
        ("client.servers.create(", type(CLIENT.servers).create),
        ("client.servers.iter(", type(CLIENT.servers).iter),
        ("client.servers.get_by_id(", type(CLIENT.servers).get_by_id),
        ("client.images.get_all(", type(CLIENT.images).get_all),
        ("client.actions.wait_for(", type(CLIENT.actions).wait_for),
        ("server.wait_for(", BoundServer.wait_for),
        ("server.reload(", BoundServer.reload),
        ("droplet.snapshot(", BoundDroplet.snapshot),
    ],
)
def test_signature(complete: Callable[[str], jedi.Script], call: str, method: Any) -> None:
    (signature,) = complete(call).get_signatures()
    _, *names = inspect.signature(method).parameters
    assert [parameter.name for parameter in signature.params if parameter.name != "*"] == names
    text = signature.docstring(raw=True)
    assert text == inspect.getdoc(method)
    assert set(re.findall(r":param (\w+):", text)) == set(names)


def test_values_have_types(complete: Callable[[str], jedi.Script]) -> None:
    names = {name.name for name in complete("client.images.get_all()[0].").complete()}
    assert {"change_protection", "created_from", "update"} <= names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("server.wait_for(lambda server: True).", "create_image"),
        ("server.power_on().wait().", "progress"),
        ("server.create_image().wait().", "image"),
        ("client.servers.create('web', 'cx23', 'debian-13').wait().server.", "create_image"),
        ("client.with_options(timeout=5).", "servers"),
        ("with Client('token') as context:\n    context.", "servers"),
        ("droplet.wait_for(lambda droplet: True).", "snapshot"),
        ("with OtherClient('token') as context:\n    context.droplets.", "act_by_tag"),
    ],
)
def test_names_of_what_a_method_of_a_base_class_returns(
    complete: Callable[[str], jedi.Script], text: str, name: str
) -> None:
    assert name in {completion.name for completion in complete(text).complete()}
