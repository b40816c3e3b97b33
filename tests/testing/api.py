"""A short way to ask a cloud, and to read what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hcloud.testing import FakeCloud, Request


@dataclass
class Reply:
    """An answer, read."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The error's code."""
        assert self.body is not None
        assert "error" in self.body, f"not an error: {self.status} {self.body}"
        return str(self.body["error"]["code"])

    @property
    def fields(self) -> list[str]:
        """The names of the fields that an error is about."""
        return [field["name"] for field in self.body["error"]["details"]["fields"]]

    def __getitem__(self, name: str) -> Any:
        assert self.status < 300, f"{self.status} {self.body}"
        return self.body[name]


class API:
    """Asks a cloud."""

    def __init__(self, cloud: FakeCloud, token: str) -> None:
        self.cloud = cloud
        self.token = token

    def __call__(self, method: str, path: str, json_body: Any = None, /, *, raw: bytes = b"", **query: Any) -> Reply:
        pairs = [
            (name, str(each))
            for name, value in query.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        body = json.dumps(json_body).encode() if json_body is not None else raw
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.cloud.handle(Request(method, f"/v1{path}", pairs, headers, body))
        return Reply(answer.status, answer.headers, json.loads(answer.body) if answer.body else None)

    def get(self, path: str, /, **query: Any) -> Reply:
        """GET."""
        return self("GET", path, **query)

    def post(self, path: str, **body: Any) -> Reply:
        """POST with these fields."""
        return self("POST", path, body)

    def put(self, path: str, **body: Any) -> Reply:
        """PUT with these fields."""
        return self("PUT", path, body)

    def delete(self, path: str) -> Reply:
        """DELETE."""
        return self("DELETE", path)

    def server(self, name: str = "web", **more: Any) -> Any:
        """A server, running unless it is told not to start."""
        created = self.post("/servers", **{"name": name, "server_type": "cx23", "image": "debian-12", **more})
        server = created["server"]
        self.cloud.finish_actions()
        return self.get(f"/servers/{server['id']}")["server"]

    def done(self, reply: Reply) -> Any:
        """The action of a reply, when it is over."""
        action = reply["action"]
        self.cloud.finish_actions()
        return self.get(f"/actions/{action['id']}")["action"]
