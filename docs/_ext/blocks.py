"""The code blocks of a document: found, and run against a fake cloud.

The Python blocks of a document share one namespace. At first it holds a ``client`` and its ``cloud``: those of
DigitalOcean if the document's path has its name, those of Hetzner otherwise. A block that is followed by an ``output``
block must print that. A block may use ``await`` outside of functions, as ``python -m asyncio`` allows it: all blocks of
a document run in one event loop. A comment in front of a block marks an exception:

``<!-- not run: REASON -->``
    The block is not run.
``<!-- pytest -->``
    The block is a file of tests, which must pass.
``<!-- setup -->``
    Python code inside the comment: run like the others, but not shown.

A line in front of a block, which readers see, makes it a step of the recipe for contributors. Only
``tests/test_contributing.py`` carries it out.

```PATH`:``
    The block is the content of a file.
```PATH`, below `LINE`:``
    The block is inserted below the line of the file that begins with LINE.

The commands of a ``console`` block are run in a shell, at the root of the project. What they print is compared with the
output in the block, if there is any.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from typing import Any
from unittest import mock

from hcloud._client import ClientBase
from hcloud.core.coroutines import is_async
from hcloud.images import Image
from hcloud.server_types import ServerType
from hcloud.testing import FakeAdapter, FakeAPI, FakeCloud, FakeDigitalOcean
from hcloud.testing.aio import FakeTransport

__all__ = ["RUN", "Block", "Step", "blocks", "demo_account", "demo_cloud", "environment", "modules", "run"]

ROOT = Path(__file__).parents[2]
RUN = ("python", "console")
"""Languages whose blocks are run."""
_FUTURE = "from __future__ import annotations"
_BLOCK = re.compile(
    r"""^<!--\ setup\n(?P<setup>.*?)^-->$
    | ^(?: <!--\ (?P<mark>[^\n]*)\ -->\n+ | `(?P<path>[^`\n]+)`(?:,\ below\ `(?P<below>[^`\n]+)`)?:\n+ )?
      ```(?P<language>[a-z]+)\n(?P<code>.*?)^```$""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Step:
    """Place of a block in the repository, if it is a step of the recipe for contributors."""

    path: str
    below: str | None
    """Beginning of the line to insert it below; None if it is the whole file."""


@dataclass(frozen=True)
class Block:
    """A block of code with the comment in front of it."""

    line: int
    language: str
    code: str
    mark: str
    step: Step | None = None

    @property
    def reason(self) -> str:
        """Reason why the block is not run; empty if it is."""
        if self.step:
            return "it is a step of a recipe"
        return self.mark.removeprefix("not run: ") if self.mark.startswith("not run: ") else ""


def blocks(document: Path) -> list[Block]:
    """Return the blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [_block(match, text) for match in _BLOCK.finditer(text)]


def _block(match: re.Match[str], text: str) -> Block:
    part = "setup" if match["setup"] else "code"
    line = text.count("\n", 0, match.start(part)) + 1
    if match["setup"]:
        return Block(line, "python", match["setup"], "setup")
    step = Step(match["path"], match["below"]) if match["path"] else None
    return Block(line, match["language"], match["code"], match["mark"] or "", step)


def modules(document: Path) -> list[str]:
    """Return the Python code of a document as the sources of modules for type checkers.

    The first one has all blocks that share a namespace, each in its own lines, and in the first line the names that
    they find there. The files of tests follow. Blocks that show an error on purpose say so by ``type: ignore``.
    """
    parsed = [block for block in blocks(document) if block.language == "python" and not block.step]
    shared = [block for block in parsed if block.mark != "pytest"]
    text = "".join(block.code for block in shared)
    provider = "hcloud.digitalocean" if "digitalocean" in str(document) else "hcloud"
    fake = "FakeDigitalOcean" if "digitalocean" in str(document) else "FakeCloud"
    first = f"import {provider}, hcloud.testing; cloud = hcloud.testing.{fake}(); client = {provider}.Client('')"
    if _FUTURE in text:  # allowed at the beginning of a file only
        first = f"{_FUTURE}; {first}"
    lines, indentation = [first], ""
    if any(_awaits(_compiled(block)) for block in shared):  # only a coroutine may await
        lines, indentation = [first, "async def document() -> None:"], " " * 4
    for block in shared:
        lines += [""] * (block.line - 1 - len(lines))
        lines += [indentation + line for line in block.code.replace(_FUTURE, "").splitlines()]
    return ["\n".join([*lines, ""]), *(block.code for block in parsed if block.mark == "pytest")]


def demo_cloud() -> FakeCloud:
    """Return a fake cloud with the project that the documents use: two servers, one of them with a snapshot."""
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
    """Return a fake DigitalOcean with the account that the documents use: one droplet."""
    cloud = FakeDigitalOcean(any_token=True)
    cloud.client().droplets.create("web", "s-1vcpu-1gb", "debian-13-x64", "nyc3")
    cloud.finish_actions()
    cloud.requests.clear()
    return cloud


@contextlib.contextmanager
def environment(clouds: dict[str, FakeAPI]) -> Iterator[None]:
    """Direct new clients to fake clouds, and set tokens in the environment.

    :param clouds: Fake clouds by a part of the address they replace
    """
    original_init = ClientBase.__init__

    def init(self: ClientBase, token: str, *, endpoint: str, **settings: Any) -> None:
        for domain, cloud in clouds.items():
            if domain in endpoint and not settings.keys() & {"adapter", "transport"}:
                substitute = {"transport": FakeTransport(cloud)} if is_async(self) else {"adapter": FakeAdapter(cloud)}
                settings.update(**substitute, clock=cloud.clock)
        original_init(self, token, endpoint=endpoint, **settings)

    tokens = {"HCLOUD_TOKEN": "a-token", "DIGITALOCEAN_TOKEN": "a-token"}
    with mock.patch.object(ClientBase, "__init__", init), mock.patch.dict(os.environ, tokens):
        yield


def run(document: Path, *, programs: bool = True) -> int:
    """Run the blocks of a document, and return their number.

    :param programs: Also run blocks that start a process: tests and commands
    :raises AssertionError: if the output of a block differs from the document
    """
    hetzner, digitalocean = demo_cloud(), demo_account()
    cloud = digitalocean if "digitalocean" in str(document) else hetzner
    namespace: dict[str, Any] = {"__name__": "__main__", "cloud": cloud, "client": cloud.client()}
    printed, count = "", 0
    clouds = {"hetzner": hetzner, "digitalocean": digitalocean}
    with environment(clouds), warnings.catch_warnings(), asyncio.Runner() as loop:
        for block in blocks(document):
            if block.language == "output":
                assert printed == block.code, f"{document}:{block.line}: the output was\n{printed}"
            if block.language not in RUN or block.reason:
                continue
            runner = _RUNNERS[block.mark or block.language]
            if runner is not _run_python and not programs:
                continue
            printed = runner(block, document, namespace, loop)
            count += 1
    return count


def _compiled(block: Block, document: str = "", flags: int = 0) -> CodeType:
    source, flags = "\n" * (block.line - 1) + block.code, flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(source, document, "exec", flags, dont_inherit=True)
    return code


def _awaits(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_COROUTINE)


def _run_python(block: Block, document: Path, namespace: dict[str, Any], loop: asyncio.Runner) -> str:
    # All blocks are one file to the reader: an import from __future__ holds for the blocks below it, too.
    flags = namespace["annotations"].compiler_flag if "annotations" in namespace else 0
    code = _compiled(block, str(document), flags)
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        result = eval(code, namespace)
        if _awaits(code):
            loop.run(result)
    return printed.getvalue()


def _run_pytest(block: Block, document: Path, *_: object) -> str:
    with TemporaryDirectory() as folder:
        Path(folder, "test_example.py").write_text(block.code, encoding="utf-8")
        options = ["-q", "-p", "no:cacheprovider", "-p", "hcloud.testing.pytest_plugin", "--rootdir", folder]
        if "pytest.mark.asyncio" in block.code:
            options += ["-p", "pytest_asyncio.plugin"]
        return _run(
            [sys.executable, "-m", "pytest", *options, folder], block, document, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"
        )


def _run_console(block: Block, document: Path, *_: object) -> str:
    commands = re.findall(r"^\$ (.*)$", block.code, re.MULTILINE)
    printed = "".join(_run(["bash", "-c", command], block, document) for command in commands)
    shown = "".join(line for line in block.code.splitlines(keepends=True) if not line.startswith("$ "))
    assert not shown or printed == shown, f"{document}:{block.line}: the output was\n{printed}"
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


_RUNNERS: dict[str, Callable[..., str]] = {
    "python": _run_python,
    "setup": _run_python,
    "pytest": _run_pytest,
    "console": _run_console,
}
