"""Input that programs should not send: it is rejected, quickly, and leaves the fake as it was.

Most tests measure no time. With a quadratic algorithm, or one that backtracks, they would take minutes or hours.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from benchmarks import hostile
from hcloud.testing import FakeCloud, FakeDigitalOcean, Request
from hcloud.testing.router import router
from tests.testing.api import API


@pytest.mark.parametrize(("cloud_class", "least"), [(FakeCloud, 1500), (FakeDigitalOcean, 250)])
def test_every_operation(cloud_class: type[FakeCloud], least: int) -> None:
    report = hostile.run(cloud_class, rounds=2, seed=7)
    assert report.failed == []
    assert report.requests >= least
    assert {200, 201, 204, 400, 404, 422} <= set(report.statuses), "some of it is valid"


@pytest.mark.parametrize("cloud_class", [FakeCloud, FakeDigitalOcean])
def test_the_run_reaches_every_operation_and_field(cloud_class: type[FakeCloud]) -> None:
    operations = router(cloud_class.resource_classes).operations
    fields = sum(len(operation.input.hints) for operation in operations)
    requests = list(hostile.requests_to(hostile.populated(cloud_class), rounds=1, seed=1))
    assert len(requests) > len(operations) + fields


def test_the_run_finds_a_failure_and_a_slow_request(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(10**6))

    def failing(cloud: FakeDigitalOcean, rounds: int, seed: int) -> Any:
        yield Request("GET", "/v2/regions", (), {"Authorization": "Bearer x"})
        yield Request("GET", "/v2/regions", None, {})  # type: ignore[arg-type]
        cloud.fail_next()
        yield Request("GET", "/v2/regions", (), {"Authorization": "Bearer x"})

    monkeypatch.setattr(hostile, "requests_to", failing)
    report = hostile.run(FakeDigitalOcean, rounds=1, seed=1, clock=lambda: next(times))
    assert (report.requests, len(report.failed), len(report.slow)) == (2, 2, 2)
    assert "TypeError" in report.failed[0]
    assert "502" in report.failed[1]
    assert "over 100 ms: 2; failed: 2" in str(report)


@pytest.mark.parametrize(
    "number",
    [
        str(2**63),
        str(-(2**63) - 1),
        "9" * 20,
        "-" + "9" * 20,
        "9" * 4300,
        "9" * 5000,
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "1" * 400 + ".0",
    ],
)
def test_numbers_of_json_without_bounds(api: API, number: str) -> None:
    for body in (f'{{"size":{number}}}', f'{{"name":"x","labels":{{"a":[{number}]}}}}'):
        assert api("POST", "/volumes", raw=body.encode()).code == "json_error"


def test_numbers_of_64_bits_are_json(api: API) -> None:
    for number in (2**63 - 1, -(2**63)):
        assert api("POST", "/volumes", raw=json.dumps({"name": "x", "size": number}).encode()).fields == ["size"]


@pytest.mark.parametrize("text", ["9" * 19, "9" * 5000, "\u0661", "-1", "1e3", "0x1", " 1", "1_0"])
def test_numbers_of_queries_and_paths(api: API, text: str) -> None:
    assert api.get("/servers", page=text).fields == ["page"]
    assert api.get("/servers", per_page=text).fields == ["per_page"]
    assert api.get("/actions", id=text).fields == ["id"]
    assert api.get(f"/servers/{text}").code == "not_found"
    assert api.get(f"/servers/1/actions/{text}").code == "not_found"


def test_ports_have_ascii_digits(api: API) -> None:
    rule = {"direction": "in", "protocol": "tcp", "source_ips": ["0.0.0.0/0"], "port": "\u0668\u0660"}
    assert api.post("/firewalls", name="x", rules=[rule]).fields == ["rules.port"]


def test_numbers_of_tagged_resources() -> None:
    cloud = FakeDigitalOcean(any_token=True)
    for identity in ("9" * 5000, "\u0661"):
        body: dict[str, Any] = {"name": "x"}
        for path in ("/v2/tags", "/v2/tags/x/resources"):
            response = cloud.handle(Request("POST", path, (), {"Authorization": "Bearer x"}, json.dumps(body).encode()))
            body = {"resources": [{"resource_id": identity, "resource_type": "droplet"}]}
        assert response.status == 404


def test_repeated_faults_of_a_list_are_reported_once(api: API) -> None:
    response = api.get("/servers/1/metrics", type=",".join(["x"] * 50_000), start="x", end="x")
    (field,) = (field for field in response.body["error"]["details"]["fields"] if field["name"] == "type")
    assert len(field["messages"]) == 1


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_nested_bodies(api: API, depth: int) -> None:
    for start, end in (("[", "]"), ('{"a":', "}")):
        for field in ("labels", "name", "size", "unknown"):
            body = f'{{"{field}":{start * depth}1{end * depth}}}'
            assert api("POST", "/volumes", raw=body.encode()).status in (400, 422)


def test_load_balancers_with_more_items_than_their_type_allows_are_rejected_first(api: API) -> None:
    body = {"name": "x", "load_balancer_type": "lb11", "location": "fsn1"}
    targets = [{"type": "ip", "ip": {"ip": "me"}}] * 26
    assert api.post("/load_balancers", **body, targets=targets).code == "invalid_load_balancer_type"
    services = [{"protocol": "tcp", "listen_port": 1, "destination_port": 1}] * 6
    assert api.post("/load_balancers", **body, services=services).code == "invalid_load_balancer_type"


def test_long_lists_of_distinct_values_take_linear_time(api: API) -> None:
    selectors = [{"type": "label_selector", "label_selector": {"selector": f"a={number}"}} for number in range(10_000)]
    start = time.process_time()
    assert api.post("/firewalls", name="x", apply_to=selectors).status == 201
    assert time.process_time() - start < 15

    cloud = FakeDigitalOcean(any_token=True)
    body: dict[str, Any] = {"name": "x", "url": "https://example.com/x", "region": "nyc3"}
    start = time.process_time()
    for letter in "ab":
        body["tags"] = [f"{letter}{number}" for number in range(10_000)]
        request = Request("POST", "/v2/images", (), {"Authorization": "Bearer x"}, json.dumps(body).encode())
        assert cloud.handle(request).status == 202
    assert time.process_time() - start < 15
