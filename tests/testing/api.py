"""Short-hand for requests to a fake cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hcloud.testing import FakeCloud, Request


@dataclass
class ParsedResponse:
    """A response with its parsed body."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Error code."""
        assert self.body is not None
        assert "error" in self.body, f"not an error: {self.status} {self.body}"
        return str(self.body["error"]["code"])

    @property
    def fields(self) -> list[str]:
        """Names of the invalid fields."""
        return [field["name"] for field in self.body["error"]["details"]["fields"]]

    def __getitem__(self, name: str) -> Any:
        assert self.status < 300, f"{self.status} {self.body}"
        return self.body[name]


class API:
    """Sends requests to a cloud."""

    def __init__(self, cloud: FakeCloud, token: str) -> None:
        self.cloud = cloud
        self.token = token

    def __call__(
        self, method: str, path: str, json_body: Any = None, /, *, raw: bytes = b"", **query: Any
    ) -> ParsedResponse:
        pairs = [
            (name, str(item))
            for name, value in query.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        body = json.dumps(json_body).encode() if json_body is not None else raw
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.cloud.handle(Request(method, f"/v1{path}", pairs, headers, body))
        return ParsedResponse(response.status, response.headers, json.loads(response.body) if response.body else None)

    def get(self, path: str, /, **query: Any) -> ParsedResponse:
        """Send a GET request."""
        return self("GET", path, **query)

    def post(self, path: str, **body: Any) -> ParsedResponse:
        """Send a POST request with fields in the body."""
        return self("POST", path, body)

    def put(self, path: str, **body: Any) -> ParsedResponse:
        """Send a PUT request with fields in the body."""
        return self("PUT", path, body)

    def delete(self, path: str) -> ParsedResponse:
        """Send a DELETE request."""
        return self("DELETE", path)

    def server(self, name: str = "web", **more: Any) -> Any:
        """Create a server and wait for its actions."""
        response = self.post("/servers", **{"name": name, "server_type": "cx23", "image": "debian-12", **more})
        server = response["server"]
        self.cloud.finish_actions()
        return self.get(f"/servers/{server['id']}")["server"]

    def done(self, response: ParsedResponse) -> Any:
        """Wait for the action of a response, and return it."""
        action = response["action"]
        self.cloud.finish_actions()
        return self.get(f"/actions/{action['id']}")["action"]
