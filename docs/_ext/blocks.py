"""The code in a document: found, and run against a fake cloud.

The Python blocks of a document share one namespace, which begins with a ``client`` and its ``cloud``, those of
DigitalOcean where the document's path says so. A block that is followed by one of ``output`` must print that. A comment
in front of a block says what is special about it:

``<!-- not run: REASON -->``
    It is not run.
``<!-- pytest -->``
    It is a file of tests, and they pass.
``<!-- setup -->``
    Not a block to be read: the Python below, within the comment, is run with the others.

A ``console`` block's commands are run in a shell, from the root of the project; if output is shown, it must be theirs.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from hcloud._client import ClientBase
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.testing import FakeAdapter, FakeCloud, FakeDigitalOcean

__all__ = ["RUN", "Block", "blocks", "demo_account", "demo_cloud", "environment", "run"]

ROOT = Path(__file__).parents[2]
RUN = ("python", "console")
"""The languages whose blocks are run."""
_BLOCK = re.compile(
    r"^<!-- setup\n(?P<setup>.*?)^-->$|^(?:<!-- (?P<mark>[^\n]*) -->\n+)?```(?P<language>[a-z]+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of code, and what is said about it."""

    line: int
    language: str
    code: str
    mark: str

    @property
    def reason(self) -> str:
        """Why it is not run; empty if it is."""
        return self.mark.removeprefix("not run: ") if self.mark.startswith("not run: ") else ""


def blocks(document: Path) -> list[Block]:
    """The blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [_block(found, text) for found in _BLOCK.finditer(text)]


def _block(found: re.Match[str], text: str) -> Block:
    part = "setup" if found["setup"] else "code"
    line = text.count("\n", 0, found.start(part)) + 1
    if found["setup"]:
        return Block(line, "python", found["setup"], "setup")
    return Block(line, found["language"], found["code"], found["mark"] or "")


def demo_cloud() -> FakeCloud:
    """A cloud with a project as the documents expect it: two servers, one of them with a snapshot."""
    cloud = FakeCloud(any_token=True)
    client = cloud.client()
    for name in ("web", "db"):
        client.servers.create(name, ServerType(name="cx23"), Image(name="debian-13"), labels={"role": name})
    cloud.finish_actions()
    client.servers.get_all(name="web")[0].create_image("before upgrade", labels={"keep": "yes"})
    cloud.finish_actions()
    cloud.requests.clear()
    return cloud


def demo_account() -> FakeDigitalOcean:
    """The same at DigitalOcean: an account with one droplet."""
    cloud = FakeDigitalOcean(any_token=True)
    cloud.client().droplets.create("web", "s-1vcpu-1gb", "debian-13-x64", "nyc3")
    cloud.finish_actions()
    cloud.requests.clear()
    return cloud


@contextlib.contextmanager
def environment(clouds: dict[str, FakeCloud]) -> Iterator[None]:
    """Let each of ``clouds`` stand behind its real address meanwhile, with a token in the environment.

    :param clouds: by the domain of the provider
    """
    made = ClientBase.__init__

    def make(self: ClientBase, token: str, *, endpoint: str, **settings: Any) -> None:
        for domain, cloud in clouds.items():
            if domain in endpoint and "adapter" not in settings:
                settings.update(adapter=FakeAdapter(cloud), clock=cloud.clock)
        made(self, token, endpoint=endpoint, **settings)

    tokens = {"HCLOUD_TOKEN": "a-token", "DIGITALOCEAN_TOKEN": "a-token"}
    with mock.patch.object(ClientBase, "__init__", make), mock.patch.dict(os.environ, tokens):
        yield


def run(document: Path, *, programs: bool = True) -> int:
    """Run the blocks of a document, and return how many.

    :param programs: whether also those that are programs of their own: tests, and commands
    :raises AssertionError: if one printed something else than the document says
    """
    hetzner, digitalocean = demo_cloud(), demo_account()
    cloud = digitalocean if "digitalocean" in str(document) else hetzner
    namespace: dict[str, Any] = {"__name__": "__main__", "cloud": cloud, "client": cloud.client()}
    printed, count = "", 0
    with environment({"hetzner": hetzner, "digitalocean": digitalocean}), warnings.catch_warnings():
        for block in blocks(document):
            if block.language == "output":
                assert printed == block.code, f"{document}:{block.line}: printed was\n{printed}"
            if block.language not in RUN or block.reason:
                continue
            runner = _RUNNERS[block.mark or block.language]
            if runner is not _run_python and not programs:
                continue
            printed = runner(block, document, namespace)
            count += 1
    return count


def _run_python(block: Block, document: Path, namespace: dict[str, Any]) -> str:
    # As if all blocks stood in one file: what one imports from the future holds for the others.
    flags = namespace["annotations"].compiler_flag if "annotations" in namespace else 0
    code = compile("\n" * (block.line - 1) + block.code, str(document), "exec", flags, dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, namespace)
    return printed.getvalue()


def _run_pytest(block: Block, document: Path, namespace: dict[str, Any]) -> str:
    with TemporaryDirectory() as folder:
        Path(folder, "test_example.py").write_text(block.code, encoding="utf-8")
        options = ["-q", "-p", "no:cacheprovider", "-p", "hcloud.testing.pytest_plugin", "--rootdir", folder]
        return _run(
            [sys.executable, "-m", "pytest", *options, folder], block, document, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"
        )


def _run_console(block: Block, document: Path, namespace: dict[str, Any]) -> str:
    commands = re.findall(r"^\$ (.*)$", block.code, re.MULTILINE)
    printed = "".join(_run(["bash", "-c", command], block, document) for command in commands)
    shown = "".join(line for line in block.code.splitlines(keepends=True) if not line.startswith("$ "))
    assert not shown or printed == shown, f"{document}:{block.line}: printed was\n{printed}"
    return printed


def _run(command: list[str], block: Block, document: Path, **variables: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{document}:{block.line}: {command[-1]} failed:\n{done.stdout}"
    return done.stdout


_RUNNERS = {"python": _run_python, "setup": _run_python, "pytest": _run_pytest, "console": _run_console}
