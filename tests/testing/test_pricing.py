"""Prices in the fake cloud."""

from __future__ import annotations

from hcloud.testing import FakeCloud
from tests.testing.api import API


def test_prices(cloud: FakeCloud, api: API) -> None:
    prices = api.get("/pricing")["pricing"]

    assert (prices["currency"], prices["vat_rate"]) == ("EUR", "19.000000")
    assert prices["volume"]["price_per_gb_month"] == {"net": "0.0440000000", "gross": "0.0523600000"}
    for kind in ("server_types", "load_balancer_types"):
        assert {each["name"]: each["prices"] for each in prices[kind]} == {
            each["name"]: each["prices"] for each in cloud.project[kind]
        }
    for kind in ("floating_ips", "primary_ips"):
        assert [each["type"] for each in prices[kind]] == ["ipv4", "ipv6"]
        assert {each["location"] for each in prices[kind][0]["prices"]} == {each["name"] for each in cloud.locations}
    assert api.get("/pricing/1").code == "not_found"
