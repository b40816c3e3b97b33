"""Server of prepared responses, to measure clients: ``python canned.py [CERTIFICATE KEY]``.

It listens on the loopback address, prints its ports as JSON, and stops when its standard input is closed. Below
``/DELAY/TOTAL/v1`` is an API with ``TOTAL`` servers that responds after ``DELAY`` milliseconds. With TLS, each response
closes the connection.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hcloud.images import Image
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.testing import FakeCloud

PER_PAGE = 50
HEAD = (
    "HTTP/1.1 200 OK\r\nDate: Thu, 15 Oct 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    "Content-Length: {}\r\nConnection: {}\r\nVary: Accept-Encoding\r\nX-Correlation-Id: 0123456789abcdef\r\n"
    "RateLimit-Limit: 3600\r\nRateLimit-Remaining: 3599\r\nRateLimit-Reset: 1792065600\r\n\r\n"
)


@cache
def patterns() -> list[dict[str, Any]]:
    """Return servers of several types and images in a network, as the fake cloud serializes them."""
    cloud = FakeCloud()
    client = cloud.client()
    network = client.networks.create(
        "net", "10.0.0.0/16", [NetworkSubnet(type="cloud", ip_range="10.0.0.0/17", network_zone="eu-central")]
    )
    for number, server_type in enumerate(("cx23", "cpx22", "cx33", "ccx13")):
        client.servers.create(
            f"pattern-{number}",
            ServerType(name=server_type),
            Image(name=("debian-13", "ubuntu-24.04")[number % 2]),
            labels={"environment": "production", "example.com/team": "web"},
            networks=[network],
        )
    cloud.finish_actions()
    servers: list[dict[str, Any]] = json.loads(json.dumps(list(cloud.servers)))
    return servers


def server(number: int) -> dict[str, Any]:
    """Return the server with this ID."""
    pattern = patterns()[number % len(patterns())]
    return {**pattern, "id": number, "name": f"server-{number:05}"}


@cache
def response(target: str, connection: str) -> bytes:
    """Return the bytes of the response to a GET request.

    :param target: Path and query
    :param connection: Value of the header ``Connection``
    """
    url = urlsplit(target)
    _, _, total, _, *path = url.path.split("/")
    body: dict[str, Any]
    if len(path) == 1:
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        last = -(-int(total) // PER_PAGE)
        numbers = range((page - 1) * PER_PAGE + 1, min(page * PER_PAGE, int(total)) + 1)
        meta = {"page": page, "per_page": PER_PAGE, "last_page": last, "total_entries": int(total)}
        meta["previous_page"] = page - 1 or None  # type: ignore[assignment]
        meta["next_page"] = page + 1 if page < last else None  # type: ignore[assignment]
        body = {"servers": list(map(server, numbers)), "meta": {"pagination": meta}}
    else:
        body = {"server": server(int(path[1]))}
    text = json.dumps(body, separators=(",", ":"))
    return (HEAD.format(len(text), connection) + text).encode()


class Connection(asyncio.Protocol):
    """Protocol that responds to GET requests, one after the other."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.read = transport, b""
        self.closes = transport.get_extra_info("ssl_object") is not None

    def data_received(self, data: bytes) -> None:
        """Respond to the requests that are complete."""
        self.read += data
        while b"\r\n\r\n" in self.read:
            head, self.read = self.read.split(b"\r\n\r\n", 1)
            target = head.split(b" ", 2)[1].decode()
            data = response(target, "close" if self.closes else "keep-alive")
            asyncio.get_running_loop().call_later(int(target.split("/", 2)[1]) / 1000, self.write, data)

    def write(self, data: bytes) -> None:
        """Send a response, unless the connection was closed meanwhile."""
        if not self.transport.is_closing():
            self.transport.write(data)
            if self.closes:
                self.transport.close()


async def main(certificate: list[str]) -> None:
    """Serve until standard input is closed."""
    loop = asyncio.get_running_loop()
    ports = {"http": await loop.create_server(Connection, "127.0.0.1", 0, backlog=500)}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        ports["https"] = await loop.create_server(Connection, "127.0.0.1", 0, ssl=context, backlog=500)
    patterns()
    print(json.dumps({scheme: port.sockets[0].getsockname()[1] for scheme, port in ports.items()}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
