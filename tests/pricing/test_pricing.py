"""Pricing: all prices of one response."""

from __future__ import annotations

from tests.stub import Stub

PRICE = {"net": "1.0000", "gross": "1.1900"}


def test_reads_all_prices(stub: Stub) -> None:
    by_location = {"location": "fsn1", "price_hourly": PRICE, "price_monthly": PRICE}
    of_type = {
        "id": 1,
        "name": "cx23",
        "prices": [{**by_location, "included_traffic": 1, "price_per_tb_traffic": PRICE}],
    }
    sent = {
        "currency": "EUR",
        "vat_rate": "19.00",
        "server_types": [of_type],
        "load_balancer_types": [{**of_type, "name": "lb11"}],
        "server_backup": {"percentage": "20.00"},
        "volume": {"price_per_gb_month": PRICE},
        "image": {"price_per_gb_month": PRICE},
        "primary_ips": [{"type": "ipv4", "prices": [by_location]}],
        "floating_ips": [{"type": "ipv6", "prices": [{"location": "fsn1", "price_monthly": PRICE}]}],
        "floating_ip": {"price_monthly": PRICE},
    }
    stub.responses = [(200, {"pricing": sent})]
    pricing = stub.client().pricing.get()

    assert pricing.server_types[0].prices[0]["price_per_tb_traffic"]["net"] == "1.0000"
    assert pricing.load_balancer_types[0].name == "lb11"
    assert pricing.server_backup.percentage == "20.00"
    assert pricing.volume == pricing.image
    assert pricing.primary_ips[0].prices[0]["price_hourly"] == PRICE
    assert pricing.floating_ips[0].type == "ipv6"
    assert set(pricing.__api_properties__) == set(sent)
    assert pricing.to_dict() == sent
