"""The metadata service: what a server of the Hetzner Cloud can learn about itself, without a token."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from ._exceptions import APIException, InvalidArgumentError, InvalidResponseError, NetworkError, NotFoundError
from .core.settings import validate_seconds

__all__ = ["MetadataClient", "MetadataNetwork"]

DEFAULT_ENDPOINT = "http://169.254.169.254/hetzner/v1"
_MAX_SIZE = 2**20
_is_path = re.compile(r"[^?#\x00-\x1f\x7f\ud800-\udfff]+").fullmatch
_field = re.compile(r"(?P<key>[a-z_]+):(?: (?P<value>.*))?").fullmatch


class MetadataNetwork(NamedTuple):
    """Attachment of this server to a private network."""

    network_id: int
    """ID of the network."""
    network_name: str
    """Name of the network."""
    network: str
    """IP range of the network, in CIDR notation."""
    subnet: str
    """IP range of the subnet, in CIDR notation."""
    gateway: str
    """IP address of the gateway."""
    ip: str
    """IP address of this server."""
    alias_ips: list[str]
    """Additional IP addresses of this server."""
    interface_num: int
    """Number of the network interface, from 1."""
    mac_address: str
    """MAC address of the network interface."""


class MetadataClient:
    """Client of the metadata service, which only servers of the Hetzner Cloud can reach.

    It asks the service directly: proxies are not used, and nothing is repeated. Each method sends one request.
    """

    def __init__(self, endpoint: str = DEFAULT_ENDPOINT, *, timeout: float = 2.0) -> None:
        """
        :param endpoint: Address of the service
        :param timeout: Seconds to wait for the service
        :raises InvalidArgumentError: if the endpoint is no address, or the timeout not positive
        """
        _check_endpoint(endpoint)
        validate_seconds(timeout=timeout)
        if not (timeout and 0 < timeout <= threading.TIMEOUT_MAX):
            raise InvalidArgumentError(f"timeout must be a positive number of seconds, not {timeout!r}")
        self._endpoint = endpoint.rstrip("/")
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<MetadataClient of {self._endpoint}>"

    def get(self, path: str) -> str:
        """Return the text at a path of the service.

        :param path: Path below the endpoint, such as ``metadata/hostname`` or ``userdata``
        :raises InvalidArgumentError: if the path is invalid; nothing is sent then
        :raises NotFoundError: if the service does not have it
        :raises APIException: if the service responds with another error
        :raises NetworkError: if the service does not respond, as on every other machine
        """
        _check_path(path)
        status, content = _fetch(f"{self._endpoint}/{path.lstrip('/')}", self._timeout)
        if status == 404:
            raise NotFoundError("not_found", f"the metadata service has no {path}", None, http_status=status)
        if status != 200:
            message = f"the metadata service responded with status {status} to {path}"
            raise APIException(status, message, None, http_status=status)
        return content.decode(errors="replace")

    def is_hetzner_server(self) -> bool:
        """Return True if this machine is a server of the Hetzner Cloud: the service responds, with an ID."""
        try:
            self.instance_id()
        except (NetworkError, APIException):
            return False
        return True

    def instance_id(self) -> int:
        """Return the ID of this server: ``client.servers.get_by_id`` gets the server."""
        text = self._fact("instance-id")
        if not re.fullmatch(r"[1-9][0-9]{0,18}", text):
            raise _malformed("instance-id", text)
        return int(text)

    def hostname(self) -> str:
        """Return the name of this server."""
        return self._fact("hostname")

    def region(self) -> str:
        """Return the network zone of this server, such as ``eu-central``."""
        return self._fact("region")

    def availability_zone(self) -> str:
        """Return the data center of this server, such as ``fsn1-dc14``; its location is the part before the hyphen."""
        return self._fact("availability-zone")

    def public_ipv4(self) -> str | None:
        """Return the public IPv4 address of this server; None if it has none."""
        try:
            return self._fact("public-ipv4") or None
        except NotFoundError:
            return None

    def private_networks(self) -> list[MetadataNetwork]:
        """Return the attachments of this server to private networks.

        :raises InvalidResponseError: if the service has them in another form than documented
        """
        text = self._fact("private-networks")
        try:
            return [_network(fields) for fields in _parse_list(text)]
        except (KeyError, ValueError):
            raise _malformed("private-networks", text) from None

    def user_data(self) -> str:
        """Return the user data that this server was created with; empty if there is none."""
        return self._optional("userdata")

    def vendor_data(self) -> str:
        """Return the configuration that Hetzner adds for cloud-init; empty if there is none."""
        return self._optional("vendordata")

    def _fact(self, name: str) -> str:
        return self.get(f"metadata/{name}").strip()

    def _optional(self, path: str) -> str:
        try:
            return self.get(path)
        except NotFoundError:
            return ""


def _check_endpoint(endpoint: object) -> None:
    if "@" in str(endpoint):
        raise InvalidArgumentError("endpoint must not have a user name or password; the service needs none")
    if not _is_address(endpoint):
        raise InvalidArgumentError(f"endpoint must be an address that begins with http://, not {endpoint!r}")


def _check_path(path: object) -> None:
    if not isinstance(path, str) or not _is_path(path):
        raise InvalidArgumentError(f"path must be a text such as 'metadata/hostname', not {path!r}")


def _is_address(endpoint: object) -> bool:
    """Return True for an address of HTTP."""
    try:
        parts = urlsplit(endpoint if isinstance(endpoint, str) else "")
        is_host = re.fullmatch(r"[^\s]+", parts.hostname or "") is not None and parts.port != 0
        return parts.scheme == "http" and is_host and not (parts.query or parts.fragment)
    except ValueError:  # the port is no number, or the brackets of an IPv6 address do not match
        return False


def _fetch(url: str, timeout: float) -> tuple[int, bytes]:
    """Return status and content of a page, without a proxy.

    :param timeout: Seconds until the response must be complete
    """
    parts = urlsplit(url)
    deadline = time.monotonic() + timeout
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    # The timeout of a socket restarts with each byte, so it does not limit the whole response.
    timer = threading.Timer(timeout, _shut_down, (connection,))
    timer.daemon = True
    timer.start()
    try:
        connection.request("GET", quote(parts.path, safe="/%"))
        response = connection.getresponse()
        content = b""
        while len(content) < _MAX_SIZE and (chunk := response.read1(_MAX_SIZE - len(content))):
            content += chunk
        if time.monotonic() >= deadline:
            raise TimeoutError("timed out")
        if response.length and len(content) < _MAX_SIZE:
            raise IncompleteRead(content, response.length)
        return response.status, content
    except (OSError, HTTPException) as error:
        reason = "timed out" if time.monotonic() >= deadline else error
        raise NetworkError(f"the metadata service at {parts.netloc} does not respond: {reason}") from error
    finally:
        timer.cancel()
        connection.close()


def _shut_down(connection: HTTPConnection) -> None:
    """End the reads of a connection, which is closed afterwards."""
    connected: socket.socket | None = connection.sock
    if connected is not None:
        with suppress(OSError):  # it was closed meanwhile
            connected.shutdown(socket.SHUT_RDWR)


def _parse_list(text: str) -> list[dict[str, str]]:
    """Return the entries of a list of flat mappings in YAML.

    :raises ValueError: if it is anything else
    """
    entries: list[dict[str, str]] = []
    if text in ("", "[]"):
        return entries
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    key = ""
    for line in lines:
        if line.startswith("- "):
            entries.append({})
        elif not line.startswith("  ") or not entries:
            raise ValueError(line)
        content = line[2:].strip()
        if content.startswith("- ") or line.lstrip() == "-":  # an item of a list with a line for each item
            entries[-1][key] = f"{entries[-1][key]},{content[2:].strip()}".lstrip(",")
        elif match := _field(content):
            key = match["key"]
            entries[-1][key] = (match["value"] or "").strip().strip("'\"")
        else:
            raise ValueError(line)
    return entries


def _network(fields: dict[str, str]) -> MetadataNetwork:
    names = ("network_name", "network", "subnet", "gateway", "ip", "mac_address")
    aliases = fields.get("alias_ips", "").strip("[]").split(",")
    return MetadataNetwork(
        network_id=int(fields["network_id"]),
        interface_num=int(fields["interface_num"]),
        alias_ips=[alias.strip(" '\"") for alias in aliases if alias.strip()],
        **{name: fields[name] for name in names},
    )


def _malformed(name: str, text: str) -> InvalidResponseError:
    return InvalidResponseError(
        "invalid_response", f"the metadata service has an unexpected {name}: {text!r:.200}", None
    )
