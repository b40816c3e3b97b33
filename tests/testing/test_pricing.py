"""Prices in the fake cloud."""

from __future__ import annotations

from hcloud.testing import FakeCloud
from tests.testing.api import API


def test_prices(cloud: FakeCloud, api: API) -> None:
    prices = api.get("/pricing")["pricing"]

    assert (prices["currency"], prices["vat_rate"]) == ("EUR", "19.000000")
    assert prices["volume"]["price_per_gb_month"] == {"net": "0.0440000000", "gross": "0.0523600000"}
    for field in ("server_types", "load_balancer_types"):
        assert {record["name"]: record["prices"] for record in prices[field]} == {
            record["name"]: record["prices"] for record in cloud.project[field]
        }
    for field in ("floating_ips", "primary_ips"):
        assert [record["type"] for record in prices[field]] == ["ipv4", "ipv6"]
        assert {price["location"] for price in prices[field][0]["prices"]} == {
            location["name"] for location in cloud.locations
        }
    assert api.get("/pricing/1").code == "not_found"
