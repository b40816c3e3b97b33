"""Hostile input: every operation of both fakes with values that programs should not send.

Run it with ``python -m benchmarks hostile``. The values are such that a quadratic algorithm would take minutes, and an
unchecked conversion would raise; the seed makes a run repeatable.
"""

from __future__ import annotations

import json
import random
import time
import types
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict
from urllib.parse import quote

from hcloud.testing import FakeCloud, FakeDigitalOcean, Request, Response
from hcloud.testing.http import MAX_BODY
from hcloud.testing.resource import Operation
from hcloud.testing.router import router
from hcloud.testing.schema import Ref

LIMIT = 0.1
"""Seconds that a request may take."""
LONG = 200_000
_TOKEN = "fake-token"

TEXTS: tuple[str, ...] = (
    "",
    "\0",
    "\ud800",
    "x\r\ny: z",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\u0661" * 30,
    "\u202e\u2028\ufeff",
    "0",
    "-1",
    "9" * 30,
    "9" * 5000,
    "1e400",
    "1" * LONG,
    "1" * 60_000 + "s",
    " " * LONG,
    "a" * LONG,
    "ä" * (LONG // 2),
    "a." * (LONG // 2) + "!",
    "a-" * (LONG // 2),
    "," * 100_000,
    "a=b," * (LONG // 4),
    "a in (" * (LONG // 6),
    "(" * LONG,
    "(" * (LONG // 2) + ")" * (LONG // 2),
    '"' * LONG,
    '"' + "\\" * LONG,
    "\\" * (LONG + 1),
    ";" * LONG,
    "@ " * (LONG // 2),
    "x " + "1" * 30,
    "x " + "1" * 30 + "!",
    "x 1h" * (LONG // 4),
    "$TTL " + "1" * LONG,
    "\n" * LONG,
    "x A (\n" + "\n" * LONG,
    "1 . alpn=" * (LONG // 9),
    "10 " * 20_000 + "mail",
    "1" * 5000 + " mail",
    f"a b {'1' * 60_000}s 1 1 1 1",
    ":" * LONG,
    "2001:db8:" * 20_000,
    "::/" + "1" * 5000,
    "10.0.0.0/" + "1" * 5000,
    "1-" * (LONG // 2),
    "-----BEGIN CERTIFICATE-----" * 1000,
    "-----BEGIN CERTIFICATE-----\n" + "A" * 29_000 + "\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n" + "A" * 4_900 + "\n-----END PRIVATE KEY-----\n",
    "ssh-rsa " + "A" * LONG,
    "*." * (LONG // 2),
    "http://[",
    "https://" + "a" * LONG,
    "9999-99-99T99:99:99Z",
    "0001-01-01T00:00:00Z",
)
NUMBERS: tuple[str, ...] = (
    *("-1", "0", "1", "true", "null", "2147483648", "9223372036854775808", "-9223372036854775809"),
    *("9" * 30, "9" * 4300, "9" * 5000, "1e308", "1e999", "-1e999", "1" * 400 + ".0", "NaN", "Infinity", "-0.0", "0.1"),
)
"""Numbers in JSON, or what looks like them."""
SHAPES: tuple[str, ...] = (
    "[]",
    "{}",
    "[null]",
    "[{}]",
    "[[" * 200 + "]]" * 200,
    "[" * 100_000,
    '{"a":' * 400 + "1" + "}" * 400,
    json.dumps(["x"] * 10_000),
    json.dumps([{}] * 10_000),
    json.dumps([1] * 50_000),
    json.dumps({f"key-{number}": "x" for number in range(10_000)}),
    json.dumps({"x" * LONG: "x" * LONG}),
    json.dumps([{"name": "x" * 1000}] * 100),
)
BODIES: tuple[bytes, ...] = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{}" + b" " * LONG,
    b"[" * LONG,
    b'{"a":' * 100_000,
    b"9" * 5000,
    b'{"\\ud800":"\\udfff"}',
    b"{" + b",".join(b'"x":1' for _ in range(50_000)) + b"}",
    b" " * (MAX_BODY + 1),
)
PATHS: tuple[str, ...] = ("0", "-1", "9" * 30, "9" * 5000, "%00", "%ff", "..", "%2e%2e%2f", "a" * LONG, "%", "1.0", "@")
QUERIES: tuple[str, ...] = (
    *(
        "page",
        "per_page",
        "sort",
        "label_selector",
        "name",
        "id",
        "type",
        "status",
        "start",
        "end",
        "step",
        "architecture",
    ),
    *("tag_name", "resource_type", "private", "include_deprecated"),
)

_SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk5xfmSXb0cOvAyl0Q1X8Hn5bNDY1Aw3qZ8CcJmLzqP"
_CREATED: dict[type[FakeCloud], dict[str, dict[str, Any]]] = {
    FakeCloud: {
        "firewalls": {"name": "x"},
        "floating_ips": {"name": "x", "type": "ipv4", "home_location": "fsn1"},
        "load_balancers": {"name": "x", "load_balancer_type": "lb11", "location": "fsn1"},
        "networks": {"name": "x", "ip_range": "10.0.0.0/16"},
        "placement_groups": {"name": "x", "type": "spread"},
        "primary_ips": {"name": "x", "type": "ipv4", "location": "fsn1"},
        "servers": {"name": "x", "server_type": "cx23", "image": "debian-12"},
        "certificates": {"name": "x", "type": "managed", "domain_names": ["example.com"]},
        "storage_boxes": {"name": "x", "storage_box_type": "bx11", "location": "fsn1", "password": "Correct-Horse-9"},
        "ssh_keys": {"name": "x", "public_key": _SSH_KEY},
        "volumes": {"name": "x", "size": 10, "location": "fsn1"},
        "zones": {"name": "example.com", "mode": "primary"},
    },
    FakeDigitalOcean: {
        "droplets": {"name": "x", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"},
        "images": {"name": "x", "url": "https://example.com/x", "region": "fra1"},
        "tags": {"name": "x"},
        "account/keys": {"name": "x", "public_key": _SSH_KEY},
    },
}
_REQUIRED: dict[str, Any] = {
    "name": "y",
    "ip_range": "10.0.1.0/24",
    "network_zone": "eu-central",
    "zonefile": "@ A 198.51.100.1",
    "private_key": "x",
    "certificate": "x",
    "password": "Correct-Horse-9",
    "value": "198.51.100.1",
}
"""Plausible values of fields whose type does not tell one."""


class _Raw(str):
    """Text of JSON, as it stands."""

    __slots__ = ()


def requests_to(cloud: FakeCloud, rounds: int, seed: int) -> Iterator[Request]:
    """Yield requests to all operations of a cloud.

    :param rounds: Number of requests for each field, path parameter and operation
    """
    generator = random.Random(seed)
    for operation in router(cloud.resource_classes).operations:
        for _ in range(rounds):
            for change in _changes(operation):
                yield _request(cloud, operation, generator, change)


def _changes(operation: Operation) -> list[str]:
    """Return what is hostile in turn: the path, the whole body, an unknown query parameter, or one of the fields."""
    parts = ["query", *(["path"] if "{" in operation.path else []), *(["body"] if operation.in_body else [])]
    return parts + [f".{name}" for name in operation.input.hints]


def _request(cloud: FakeCloud, operation: Operation, generator: random.Random, change: str) -> Request:
    path = cloud.prefix
    for segment in operation.path.split("/")[1:]:
        if not segment.startswith("{"):
            path += f"/{segment}"
        elif change == "path":
            path += f"/{generator.choice(PATHS)}"
        else:
            path += f"/{_identity(cloud, operation, segment)}"
    values = {
        name: _plausible(hint, name) for name, hint in operation.input.hints.items() if name in operation.input.required
    }
    if change.startswith("."):
        name = change[1:]
        hint = operation.input.hints[name]
        values[name] = _hostile(hint, name, generator)
    query = []
    if change == "query":
        # A surrogate can't be sent in a URL.
        texts = [generator.choice(TEXTS).encode(errors="replace").decode() for _ in range(3)]
        query = [(generator.choice(QUERIES), text) for text in texts]
    body = b""
    if operation.in_body:
        body = generator.choice(BODIES) if change == "body" else _json(values).encode(errors="surrogatepass")
    else:
        query += [(name, value if isinstance(value, str) else _json(value)) for name, value in values.items()]
    return Request(operation.method, path, query, {"Authorization": f"Bearer {_TOKEN}"}, body)


def _identity(cloud: FakeCloud, operation: Operation, segment: str) -> str:
    """Return a path parameter that exists, if there is one."""
    known = {"{rr_name}": "@", "{rr_type}": "NS"}
    if segment in known:
        return known[segment]
    records = (cloud.project[operation.collection] if segment == "{id}" else cloud.project.actions).records
    record = next(reversed(records.values()), {"id": 1})
    return quote(str(record["name"] if operation.collection == "tags" else record["id"]), safe="")


def _json(value: Any) -> str:
    if isinstance(value, _Raw):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value)


def _hostile(hint: Any, name: str, generator: random.Random) -> Any:
    """Return a hostile value, often one within a list or an object of the right shape."""
    inner = _plain(hint)
    if generator.random() < 0.2:
        return _Raw(generator.choice(NUMBERS + SHAPES))
    if get_origin(inner) is list:
        items = [_hostile(get_args(inner)[0], name, generator)]
        return items * 100 if len(_json(items[0])) < 1000 and generator.random() < 0.2 else items
    if is_typeddict(inner):
        hints = get_type_hints(inner, include_extras=True)
        values = {key: _plausible(hints[key], key) for key in inner.__required_keys__}
        key = generator.choice(sorted(hints))
        return {**values, key: _hostile(hints[key], key, generator)}
    if inner in (int, float, bool):
        return _Raw(generator.choice(NUMBERS))
    if get_origin(inner) is dict:
        return {generator.choice(TEXTS): generator.choice(TEXTS)}
    return generator.choice(TEXTS)


def _plausible(hint: Any, name: str) -> Any:
    """Return a value of a type, valid as far as the type tells."""
    if get_origin(hint) is Annotated:
        for marker in get_args(hint)[1:]:
            if isinstance(marker, Ref):
                return 1
    inner = _plain(hint)
    if get_origin(inner) is Literal:
        return get_args(inner)[0]
    if get_origin(inner) is list:
        return [_plausible(get_args(inner)[0], name)]
    if is_typeddict(inner):
        hints = get_type_hints(inner, include_extras=True)
        return {key: _plausible(hints[key], key) for key in inner.__required_keys__}
    if get_origin(inner) is dict:
        return {}
    return {int: 1, float: 1.0, bool: True}.get(inner, _REQUIRED.get(name, "x"))


def _plain(hint: Any) -> Any:
    """Return a type without ``Annotated`` and ``None``."""
    while get_origin(hint) in (Annotated, Union, types.UnionType):
        hint = next(member for member in get_args(hint) if member is not type(None))
    return hint


def populated(cloud_class: type[FakeCloud]) -> FakeCloud:
    """Return a cloud with a record of most collections."""
    cloud = cloud_class(any_token=True, action_seconds=0, rate_limit=10**9, keep_requests=10, **_SETTINGS[cloud_class])
    for collection, values in _CREATED[cloud_class].items():
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        cloud.handle(Request("POST", f"{cloud.prefix}/{collection}", (), headers, json.dumps(values).encode()))
    return cloud


_SETTINGS: Mapping[type[FakeCloud], dict[str, Any]] = {FakeCloud: {}, FakeDigitalOcean: {"burst_limit": 10**9}}


@dataclass
class Report:
    """Figures of a run."""

    name: str
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slow: list[str] = field(default_factory=list)
    """Requests over the limit."""
    failed: list[str] = field(default_factory=list)
    """Requests with a status of 500 or more, or that left the fake by an exception."""
    slowest: float = 0.0
    slowest_request: str = ""

    def __str__(self) -> str:
        counted = ", ".join(f"{count:,} x {status}" for status, count in sorted(self.statuses.items()))
        lines = [
            f"{self.name}: {self.requests:,} hostile requests: {counted}",
            f"slowest: {self.slowest * 1000:.0f} ms, {self.slowest_request}",
            f"over {LIMIT * 1000:.0f} ms: {len(self.slow)}; failed: {len(self.failed)}",
        ]
        return "\n".join(lines + self.slow[:10] + self.failed[:10])


def run(cloud_class: type[FakeCloud], rounds: int, seed: int, clock: Callable[[], float] = time.thread_time) -> Report:
    """Send hostile requests to a new cloud.

    :param rounds: Number of requests for each field, path parameter and operation
    :param clock: Clock of the durations; by default that of the processor, which other programs do not disturb
    """
    report = Report(cloud_class.__name__)
    cloud = populated(cloud_class)
    populated_state = cloud.snapshot()
    for request in requests_to(cloud, rounds, seed):
        start = clock()
        shown = f"{request.method} {request.path[:80]} {str(request.query)[:60]} {request.body[:80]!r}"
        try:
            response = cloud.handle(request)
        except Exception as error:  # noqa: BLE001  # what must not happen, and is counted
            report.failed.append(f"{shown}: {error!r:.200}")
            continue
        seconds = clock() - start
        report.requests += 1
        report.statuses[response.status] += 1
        if response.status >= 500 or not _is_json(response):
            report.failed.append(f"{shown}: {response.status}")
        if seconds > LIMIT:
            report.slow.append(f"{seconds * 1000:.0f} ms: {shown}")
        if seconds > report.slowest:
            report.slowest, report.slowest_request = seconds, shown
        if request.method == "DELETE" or report.requests % 200 == 0:
            cloud.restore(populated_state)
    return report


def _is_json(response: Response) -> bool:
    """Return True if a response is JSON without constants such as NaN."""

    def reject(constant: str) -> None:
        raise ValueError(constant)

    try:
        return not response.body or json.loads(response.body, parse_constant=reject) is not None
    except ValueError:
        return False
