"""Tests of the client of the metadata service, and of its fake."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from hcloud import APIException, Client, InvalidArgumentError, InvalidResponseError, NetworkError, NotFoundError
from hcloud.metadata import MetadataClient, MetadataNetwork
from hcloud.networks import NetworkSubnet
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.testing import FakeCloud, FakeMetadataService

NETWORKS = """\
- ip: 10.0.0.2
  alias_ips: [10.0.0.3, 10.0.0.4]
  interface_num: 1
  mac_address: 86:00:00:2a:7d:e0
  network_id: 1234
  network_name: nw-test1
  network: 10.0.0.0/8
  subnet: 10.0.0.0/24
  gateway: 10.0.0.1
- ip: 192.168.0.2
  alias_ips: []
  interface_num: 2
  mac_address: '86:00:00:2a:7d:e1'
  network_id: 4321
  network_name: nw-test2
  network: 192.168.0.0/16
  subnet: 192.168.0.0/24
  gateway: 192.168.0.1
"""
FIRST = MetadataNetwork(
    *(1234, "nw-test1", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.1", "10.0.0.2", ["10.0.0.3", "10.0.0.4"]),
    *(1, "86:00:00:2a:7d:e0"),
)


class Service:
    """A metadata service on this machine."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str]] = {}
        self.paths: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.paths.append(self.path)
                status, text = service.pages.get(self.path.removeprefix("/hetzner/v1/"), (404, "not found"))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Write no log."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def client(self) -> MetadataClient:
        return MetadataClient(f"http://127.0.0.1:{self.server.server_port}/hetzner/v1/")


@pytest.fixture
def service() -> Iterator[Service]:
    """A metadata service on this machine."""
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    service.server.server_close()


def test_reads_the_facts(service: Service) -> None:
    service.pages = {
        "metadata/instance-id": (200, "42\n"),
        "metadata/hostname": (200, "web"),
        "metadata/region": (200, "eu-central"),
        "metadata/availability-zone": (200, "fsn1-dc14"),
        "metadata/public-ipv4": (200, "198.51.100.1"),
        "metadata/private-networks": (200, NETWORKS),
        "userdata": (200, "#cloud-config\n"),
        "vendordata": (200, "#!/bin/sh\n"),
    }
    client = service.client
    assert client.is_hetzner_server()
    assert client.instance_id() == 42
    assert client.hostname() == "web"
    assert client.region() == "eu-central"
    assert client.availability_zone() == "fsn1-dc14"
    assert client.public_ipv4() == "198.51.100.1"
    assert client.private_networks()[0] == FIRST
    assert [network.mac_address for network in client.private_networks()] == [FIRST.mac_address, "86:00:00:2a:7d:e1"]
    assert client.private_networks()[1].alias_ips == []
    assert (client.user_data(), client.vendor_data()) == ("#cloud-config\n", "#!/bin/sh\n")
    assert client.get("metadata/hostname") == client.get("/metadata/hostname") == "web"
    assert service.paths[0] == "/hetzner/v1/metadata/instance-id"


def test_uses_no_proxy(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    service.pages = {"metadata/hostname": (200, "web")}
    assert service.client.hostname() == "web"


def test_missing_facts(service: Service) -> None:
    client = service.client
    assert client.public_ipv4() is None
    assert client.user_data() == client.vendor_data() == ""
    with pytest.raises(NotFoundError, match="has no metadata/hostname"):
        client.hostname()
    assert not client.is_hetzner_server()
    service.pages = {"metadata/public-ipv4": (200, "\n"), "metadata/hostname": (503, "later")}
    assert client.public_ipv4() is None
    with pytest.raises(APIException, match="status 503 to metadata/hostname"):
        client.hostname()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("[]", []),
        (NETWORKS.partition("- ip: 192")[0], [FIRST]),
        (NETWORKS.partition("- ip: 192")[0].replace("[10.0.0.3, 10.0.0.4]", "\n  - 10.0.0.3\n  - 10.0.0.4"), [FIRST]),
        (
            NETWORKS.partition("- ip: 192")[0].replace("[10.0.0.3, 10.0.0.4]", "\n    - 10.0.0.3\n    - 10.0.0.4"),
            [FIRST],
        ),
        (NETWORKS.partition("- ip: 192")[0] + "  something_new: x\n", [FIRST]),
    ],
    ids=range(6),
)
def test_forms_of_private_networks(service: Service, text: str, expected: list[MetadataNetwork]) -> None:
    service.pages = {"metadata/private-networks": (200, text)}
    assert service.client.private_networks() == expected


@pytest.mark.parametrize(
    "text",
    ["<html>", "- ip", "ip: 10.0.0.2", "- ip: 10.0.0.2", NETWORKS.replace("1234", "x"), "{}", "9" * 5000, "0"],
    ids=range(8),
)
def test_malformed_facts(service: Service, text: str) -> None:
    service.pages = {"metadata/private-networks": (200, text), "metadata/instance-id": (200, text)}
    with pytest.raises(InvalidResponseError, match="unexpected private-networks"):
        service.client.private_networks()
    with pytest.raises(InvalidResponseError, match="unexpected instance-id"):
        service.client.instance_id()
    assert not service.client.is_hetzner_server()


def test_no_service() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = MetadataClient(f"http://127.0.0.1:{unused.getsockname()[1]}/hetzner/v1")
        with pytest.raises(NetworkError, match="does not respond"):
            client.hostname()
        assert not client.is_hetzner_server()


def test_a_service_that_is_silent() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = MetadataClient(f"http://127.0.0.1:{silent.getsockname()[1]}/hetzner/v1", timeout=0.01)
        with pytest.raises(NetworkError, match="timed out"):
            client.hostname()


def test_default_endpoint() -> None:
    assert repr(MetadataClient()) == "<MetadataClient of http://169.254.169.254/hetzner/v1>"


# The fake


def test_the_fake(cloud: FakeCloud, client: Client) -> None:
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")
    network = client.networks.create("net", "10.0.0.0/16", subnets=[subnet])
    server = (
        client.servers.create(
            "web", "cx23", "debian-13", location="fsn1", networks=[network], user_data="#cloud-config"
        )
        .wait()
        .server
    )
    client.actions.wait_for([server.change_alias_ips(network, ["10.0.1.9"])])
    with FakeMetadataService(cloud, "web") as service:
        metadata = MetadataClient()
        assert metadata.is_hetzner_server()
        assert client.servers.get_by_id(metadata.instance_id()) == server
        assert (metadata.hostname(), metadata.region()) == ("web", "eu-central")
        assert metadata.availability_zone().startswith("fsn1-")
        assert server.public_net.ipv4 is not None
        assert metadata.public_ipv4() == server.public_net.ipv4.ip
        assert metadata.user_data() == "#cloud-config"
        assert metadata.vendor_data() == ""
        [attached] = metadata.private_networks()
        assert (attached.network_id, attached.network_name, attached.subnet) == (network.id, "net", "10.0.1.0/24")
        assert attached.alias_ips == ["10.0.1.9"]
        assert attached.ip == server.private_net[0].ip
        assert service.requests[:2] == ["metadata/instance-id", "metadata/instance-id"]


def test_the_fake_of_a_server_without_anything(cloud: FakeCloud, client: Client) -> None:
    public_net = ServerCreatePublicNetwork(enable_ipv4=False)
    server = client.servers.create("web", "cx23", "debian-13", public_net=public_net).wait().server
    with FakeMetadataService(cloud, server.id):
        assert MetadataClient().public_ipv4() is None
        assert MetadataClient().private_networks() == []
        assert MetadataClient().user_data() == ""


def test_the_fake_of_another_machine() -> None:
    with FakeMetadataService(), pytest.raises(NetworkError, match="timed out"):
        MetadataClient().hostname()
    with FakeMetadataService():
        assert not MetadataClient().is_hetzner_server()


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        5,
        "",
        "169.254.169.254",
        "https://a",
        "http://",
        "http://a:port",
        "http://a:0",
        "http://[::1",
        "http://a b",
        "http://a?b",
        "http://a#b",
    ],
)
def test_rejects_other_endpoints(endpoint: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="endpoint must be an address that begins with http://"):
        MetadataClient(endpoint)


def test_rejects_credentials_without_showing_them() -> None:
    with pytest.raises(InvalidArgumentError, match=r"^endpoint must not have a user name or password") as raised:
        MetadataClient("http://user:secret@127.0.0.1")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("timeout", [0, -1, None, "2", True, float("nan"), float("inf"), 1e20])
def test_rejects_other_timeouts(timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout must be"):
        MetadataClient(timeout=timeout)


def test_any_path(service: Service) -> None:
    with pytest.raises(NotFoundError):
        service.client.get("a b/ü")
    assert service.paths == ["/hetzner/v1/a%20b/%C3%BC"]


@pytest.mark.parametrize("path", [None, "", b"metadata", 7, True, [], "a?b", "a#b", "a\r\nX: b", "a\0", "\ud800"])
def test_rejects_other_paths(service: Service, path: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="path must be a text such as 'metadata/hostname'"):
        service.client.get(path)
    assert service.paths == []


START = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize(
    ("beginning", "rest"),
    [
        (START + b"\r\n42", "trickles"),
        (START + b"\r\n42", "is cut off"),
        (START + b"X: ", "trickles"),
        (b"HTTP/1.1 20", "trickles"),
        (START + b"X: ", "waits"),
    ],
)
def test_a_response_that_does_not_end(beginning: bytes, rest: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(beginning)
                if rest == "waits":
                    connection.recv(4096)  # until the client ends the connection
                while rest == "trickles":
                    try:
                        connection.sendall(b"0")
                    except OSError:
                        return
                    stopped.wait(0.1)

        stopped = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = MetadataClient(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.5)
        start = time.monotonic()
        with pytest.raises(
            NetworkError, match="IncompleteRead" if rest == "is cut off" else r"does not respond: timed out$"
        ):
            client.instance_id()
        assert time.monotonic() - start < 3
        thread.join()
