"""A session with the language server of pyright, as an editor has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

__all__ = ["LanguageServer"]

MARKDOWN = {"documentationFormat": ["markdown", "plaintext"]}
CAPABILITIES = {
    "workspace": {"configuration": True, "workspaceFolders": True},
    "textDocument": {
        "hover": {"contentFormat": ["plaintext"]},
        "completion": {"completionItem": MARKDOWN},
        "signatureHelp": {"signatureInformation": MARKDOWN},
    },
}


class LanguageServer:
    """The server, for programs in several folders.

    :param folders: Folders, with the Python whose packages the programs in it import
    """

    def __init__(self, folders: Mapping[Path, Path]) -> None:
        self._pythons = {folder.as_uri(): str(python) for folder, python in folders.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )
        self._count = 0
        workspace = [{"uri": uri, "name": uri} for uri in self._pythons]
        self.request(
            "initialize", processId=os.getpid(), rootUri=None, capabilities=CAPABILITIES, workspaceFolders=workspace
        )
        self._send({"method": "initialized", "params": {}})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def open(self, path: Path, text: str) -> None:
        """Show a program."""
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def ask(self, method: str, path: Path, line: int, column: int) -> Any:
        """Return the response of the server about a place in a program.

        :param line: Number of the line, from 0
        """
        place = {"line": line, "character": column}
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, position=place)

    def request(self, method: str, **params: Any) -> Any:
        """Send a request and return the result."""
        self._count += 1
        self._send({"id": self._count, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message:
                if message["id"] == self._count:
                    assert "error" not in message, message
                    return message["result"]
            elif "id" in message:
                result = None
                if message["method"] == "workspace/configuration":
                    result = [self._settings(item) for item in message["params"]["items"]]
                self._send({"id": message["id"], "result": result})

    def _settings(self, item: Mapping[str, Any]) -> Any:
        scope = str(item.get("scopeUri", ""))
        python = next((python for uri, python in self._pythons.items() if scope.startswith(uri)), None)
        return {"pythonPath": python} if item.get("section") == "python" and python else {}

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Any:
        output, length = self._process.stdout, 0
        assert output is not None
        while header := output.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server ended"
        return json.loads(output.read(length))
