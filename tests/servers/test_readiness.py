"""Tests of ``wait_until_ready``: against SSH servers in this process, and on the fake."""

from __future__ import annotations

import logging
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hcloud import Client, InvalidArgumentError, SSHError, TransferProgress, WaitTimeoutError
from hcloud._ssh import Host, create_key
from hcloud.networks import NetworkSubnet
from hcloud.servers import BoundServer, ServerCreatePublicNetwork, readiness
from hcloud.testing import FakeCloud, FakeSSHServers, RealClock

if TYPE_CHECKING:
    from tests.images.rescue_server import RescueServers


# The login by the program ssh


@pytest.fixture
def machines(cloud: FakeCloud, tmp_path: Path) -> Iterator[RescueServers]:
    """SSH servers of the servers of the fake cloud."""
    for program in ("ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not on the PATH")
    from tests.images.rescue_server import RescueServers

    folder = tmp_path / "machines"
    folder.mkdir()
    with RescueServers(cloud, folder) as servers:
        servers.install("cloud-init", '[ "$2" = --wait ] && printf "....\\nstatus: done\\n"')
        yield servers


@pytest.fixture
def login(client: Client, machines: RescueServers, tmp_path: Path) -> dict[str, Any]:
    """Arguments of the wait for the server ``web``."""
    folder = tmp_path / "100 %h keys"
    folder.mkdir()
    key = client.ssh_keys.create("key", create_key(folder))
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    server.enable_rescue("linux64", [key]).wait()
    server.reboot().wait()
    port = machines.address_of(server).host.port
    return {"address": "127.0.0.1", "port": port, "identity_file": folder / "key"}


@pytest.fixture
def server(client: Client, login: dict[str, Any]) -> BoundServer:
    """Server ``web``, whose SSH server takes the key of ``login``."""
    return client.servers.get("web")


def test_waits_for_cloud_init(server: BoundServer, login: dict[str, Any], machines: RescueServers) -> None:
    steps: list[TransferProgress] = []
    assert server.wait_until_ready(**login, on_progress=steps.append) is server
    assert list(dict.fromkeys(step.phase for step in steps)) == ["running", "ssh", "cloud-init"]
    assert ["cloud-init status --wait" in command for command in machines.commands] == [True]


def test_the_form_of_the_client(client: Client, server: BoundServer, login: dict[str, Any]) -> None:
    assert client.servers.wait_until_ready(server.id, **login) == server
    assert client.servers.wait_until_ready(server.data_model, **login) == server


def test_says_why_cloud_init_failed(server: BoundServer, login: dict[str, Any], machines: RescueServers) -> None:
    words = "status: error\nerrors:\n\t- ('scripts_user', RuntimeError('Runparts: 1 failures'))"
    machines.install("cloud-init", f'[ "$2" = --long ] && cat <<"END"\n{words}\nEND\nexit 1')
    with pytest.raises(SSHError, match=r"^cloud-init failed on .*'web'.*: status: error\nerrors:") as caught:
        server.wait_until_ready(**login)
    assert (caught.value.exit_status, caught.value.output) == (1, words)


def test_recoverable_errors_are_logged(
    server: BoundServer, login: dict[str, Any], machines: RescueServers, caplog: pytest.LogCaptureFixture
) -> None:
    machines.install("cloud-init", '[ "$2" = --long ] && echo "extended_status: degraded done"\nexit 2')
    with caplog.at_level(logging.WARNING, "hcloud"):
        assert server.wait_until_ready(**login) is server
    assert [record.getMessage() for record in caplog.records] == [
        f"cloud-init finished with recoverable errors on {server!r}: extended_status: degraded done"
    ]


def test_without_cloud_init(server: BoundServer, login: dict[str, Any], machines: RescueServers) -> None:
    shutil.rmtree(machines.folder / "bin")
    with pytest.raises(SSHError, match=r"^there is no cloud-init on .*: pass cloud_init=False$"):
        server.wait_until_ready(**login)
    assert server.wait_until_ready(**login, cloud_init=False) is server


def test_a_lost_connection_is_opened_again(server: BoundServer, login: dict[str, Any], machines: RescueServers) -> None:
    def reboot_once(command: str) -> None:
        if len(machines.commands) == 1:
            machines.change_host_key()
            raise ConnectionError

    machines.before_command = reboot_once
    assert server.wait_until_ready(**login) is server
    assert len(machines.commands) == 2


def test_a_denied_login_is_tried_for_a_minute(
    client: Client, cloud: FakeCloud, server: BoundServer, login: dict[str, Any], machines: RescueServers
) -> None:
    machines.rejects = True
    start = cloud.clock.monotonic()
    with pytest.raises(SSHError, match=r"^'root' can't log in to .*; pass user and identity_file: .*Permission denied"):
        server.wait_until_ready(**login)
    assert cloud.clock.monotonic() - start == 60
    with pytest.raises(WaitTimeoutError, match=r"did not finish cloud-init within 40 s; .*Permission denied"):
        server.wait_until_ready(**login, timeout=40)


def test_only_known_host_keys(
    server: BoundServer, login: dict[str, Any], machines: RescueServers, tmp_path: Path
) -> None:
    known_hosts = tmp_path / "known %h hosts"
    key = machines._host_key.export_public_key().decode()
    known_hosts.write_text(f"[127.0.0.1]:{login['port']} {key}")
    assert server.wait_until_ready(**login, known_hosts=known_hosts) is server
    machines.change_host_key()
    with pytest.raises(SSHError, match="Host key verification failed"):
        server.wait_until_ready(**login, known_hosts=known_hosts)
    assert known_hosts.read_text() == f"[127.0.0.1]:{login['port']} {key}"
    assert server.wait_until_ready(**login) is server


def test_cloud_init_has_the_rest_of_the_time(client: Client, login: dict[str, Any], machines: RescueServers) -> None:
    machines.install("cloud-init", "sleep 100")
    cloud = FakeCloud(clock=RealClock(), action_seconds=0)
    server = cloud.client().servers.create("web", "cx23", "debian-13").wait().server
    start = time.monotonic()
    with pytest.raises(WaitTimeoutError, match="did not finish cloud-init within 1 s"):
        server.wait_until_ready(**login, timeout=1)
    assert 1 <= time.monotonic() - start < 10


def test_without_the_program_ssh(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SSHError, match="the program ssh is not on the PATH"):
        client.servers.wait_until_ready(1)


# The connection


def test_waits_for_an_ssh_server(client: Client, cloud: FakeCloud) -> None:
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    with socket.create_server(("127.0.0.1", 0)) as listener:
        banners = [b"", b"220 mail\r\n", b"SSH-2.0-test\r\n"]

        def serve() -> None:
            for banner in banners:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(banner)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        start = cloud.clock.monotonic()
        port = listener.getsockname()[1]
        assert server.wait_until_ready(cloud_init=False, address="127.0.0.1", port=port) is server
        thread.join()
    assert cloud.clock.monotonic() - start == 4
    with pytest.raises(WaitTimeoutError, match=r"did not accept SSH within 7 s; .*pass a longer timeout; .*refused"):
        server.wait_until_ready(cloud_init=False, address="127.0.0.1", port=port, timeout=7)
    assert cloud.clock.monotonic() - start == 11


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ssh": False}, "pass cloud_init=False with ssh=False"),
        ({"port": 0}, "port must be a number from 1 to 65535, not 0"),
        ({"port": "22"}, "port must be a number"),
        ({"user": ""}, "user must be a non-empty text"),
        ({"address": ""}, "address must be a non-empty text"),
        ({"identity_file": "/nonexistent"}, "identity_file must be the path of a file, not '/nonexistent'"),
        ({"known_hosts": "/"}, "known_hosts must be the path of a file"),
        ({"timeout": "1"}, "timeout must be a number of seconds"),
        ({"on_progress": 1}, "on_progress must be a function"),
    ],
)
def test_rejects_arguments(client: Client, cloud: FakeCloud, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        client.servers.wait_until_ready(1, **arguments)
    assert cloud.requests == []


def test_uses_the_keys_of_the_user_by_default(tmp_path: Path) -> None:
    login = readiness.Login(None, 22, "root", None, None).validate()
    assert login.arguments() == ["-o", "UserKnownHostsFile=/dev/null"]
    login.link_files(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_paths_may_be_relative_or_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("key")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in ("key", "~/key"):
        login = readiness.Login(None, 22, "root", path, None).validate()
        assert login.identity_file == tmp_path / "key"


# The status, on the fake


def test_waits_on_the_fake(client: Client, cloud: FakeCloud) -> None:
    with FakeSSHServers(cloud, failures={"bad": "status: error"}) as ssh_servers:
        server = client.servers.create("web", "cx23", "debian-13").server
        assert {server.status} == {"initializing"}
        server.wait_until_ready()
        assert {server.status} == {"running"}
        assert ssh_servers.logins == [f"root@{server.address}"]
        bad = client.servers.create("bad", "cx23", "debian-13").server
        with pytest.raises(SSHError, match=r"cloud-init failed on .*'bad'.*: status: error"):
            bad.wait_until_ready(user="admin")
        bad.wait_until_ready(cloud_init=False)
        with pytest.raises(WaitTimeoutError, match="did not finish cloud-init within 5 s"):
            server.wait_until_ready(timeout=5)
        with pytest.raises(WaitTimeoutError, match="no running server of the fake cloud has the address 203"):
            server.wait_until_ready(address="203.0.113.1", timeout=5)
    assert readiness.run.__module__ == "hcloud.servers.readiness"


def test_another_project_of_the_fake(cloud: FakeCloud) -> None:
    other = cloud.client(cloud.add_project("other").token)
    with FakeSSHServers(cloud):
        assert other.servers.create("web", "cx23", "debian-13").server.wait_until_ready(timeout=None).name == "web"


def test_only_the_status(client: Client, cloud: FakeCloud) -> None:
    server = client.servers.create("web", "cx23", "debian-13").server
    assert server.wait_until_ready(ssh=False, cloud_init=False).status == "running"
    server.power_off().wait()
    with pytest.raises(WaitTimeoutError, match=r"did not run within 30 s; .*; its status is 'off'$"):
        server.wait_until_ready(ssh=False, cloud_init=False, timeout=30)


@pytest.mark.parametrize("private", [False, True])
def test_servers_without_ipv4(client: Client, cloud: FakeCloud, private: bool) -> None:
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.0.0/24")
    network = client.networks.create("net", "10.0.0.0/16", subnets=[subnet])
    public_net = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=not private)
    server = client.servers.create("web", "cx23", "debian-13", networks=[network], public_net=public_net).server
    with FakeSSHServers(cloud) as ssh_servers:
        server.wait_until_ready()
    address = "10.0.0.2" if private else f"{server.public_net.ipv6.network}1"  # type: ignore[union-attr]
    assert ssh_servers.logins == [f"root@{address}"]


@pytest.mark.usefixtures("openssh")
def test_a_server_without_an_address(client: Client) -> None:
    public_net = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False)
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.0.0/24")
    network = client.networks.create("net", "10.0.0.0/16", subnets=[subnet])
    response = client.servers.create("web", "cx23", "debian-13", networks=[network], public_net=public_net)
    server = response.wait().server
    server.detach_from_network(network).wait()
    with pytest.raises(WaitTimeoutError, match=r"did not run within 60 s; .*; it has no address$"):
        server.wait_until_ready(timeout=60)


def test_the_line_of_the_progress_ends(client: Client, cloud: FakeCloud) -> None:
    class Line:
        ended = 0

        def __call__(self, progress: TransferProgress) -> None: ...

        def _end_wait(self) -> None:
            self.ended += 1

    line = Line()
    server = client.servers.create("web", "cx23", "debian-13").server
    with FakeSSHServers(cloud), pytest.raises(WaitTimeoutError):
        server.wait_until_ready(timeout=10, on_progress=line)
    assert line.ended


def test_the_connection_is_to_the_port(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    hosts: list[Host] = []
    monkeypatch.setattr(readiness, "check_banner", hosts.append)
    server = client.servers.create("web", "cx23", "debian-13").wait().server
    server.wait_until_ready(cloud_init=False, port=2222)
    assert hosts == [Host(str(server.address), 2222)]


def test_asynchronous_clients_do_not_have_it(cloud: FakeCloud) -> None:
    from hcloud.aio.resources import BoundServer as AsyncServer

    with pytest.raises(AttributeError, match=r"BoundServer\.wait_until_ready\(\) exists for blocking clients only"):
        AsyncServer.wait_until_ready  # noqa: B018
    with pytest.raises(AttributeError, match="exists for blocking clients only"):
        cloud.async_client().servers.wait_until_ready  # noqa: B018
