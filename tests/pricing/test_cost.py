"""Tests of the costs of resources."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hcloud import Client, InvalidArgumentError
from hcloud.pricing.cost import Amount
from hcloud.servers import BoundServer, Server, ServerCreatePublicNetwork
from hcloud.testing import FakeCloud
from tests.everything import create_everything


def type_price(client: Client, name: str, location: str = "fsn1") -> dict[str, Any]:
    prices = next(entry.prices for entry in client.pricing.get().server_types if entry.name == name)
    return dict(next(price for price in prices if price["location"] == location))


def amount(price: Any) -> Amount:
    return Amount(Decimal(price["net"]), Decimal(price["gross"]))


@pytest.fixture
def server(client: Client) -> BoundServer:
    """Server with an IPv4 and an IPv6 address."""
    return client.servers.create("web", "cx23", "ubuntu-24.04", location="fsn1").wait().server


def test_a_server_with_its_ips(client: Client, server: BoundServer) -> None:
    cost = server.cost()
    price, ip_price = type_price(client, "cx23"), client.pricing.get().primary_ips
    ipv4 = next(p for entry in ip_price if entry.type == "ipv4" for p in entry.prices if p["location"] == "fsn1")
    assert [item.description for item in cost.items] == ["cx23 in fsn1", "primary IPv4 in fsn1", "primary IPv6 in fsn1"]
    assert cost.items[0].resource is server
    assert cost.items[1].resource.id == server.public_net.primary_ipv4.id  # type: ignore[union-attr]
    assert cost.items[0].monthly == amount(price["price_monthly"])
    assert cost.items[0].hourly == amount(price["price_hourly"])
    assert cost.monthly == amount(price["price_monthly"]).plus(amount(ipv4["price_monthly"]))
    assert cost.hourly.net == Decimal(price["price_hourly"]["net"]) + Decimal(ipv4["price_hourly"]["net"])
    assert (cost.currency, cost.unpriced) == ("EUR", [])
    assert all(isinstance(value, Decimal) for item in cost.items for value in (*item.hourly, *item.monthly))


def test_backups_cost_a_fifth(client: Client, server: BoundServer) -> None:
    server.enable_backup().wait()
    base, backups, *_ = server.cost().items
    assert backups.description == "backups of cx23 in fsn1"
    assert backups.monthly.net * 5 == base.monthly.net
    assert backups.hourly.gross * 5 == base.hourly.gross


def test_prices_depend_on_the_location(client: Client) -> None:
    costs = {}
    for location in ("fsn1", "sin"):
        response = client.servers.create(location, "cpx12", "ubuntu-24.04", location=location)
        costs[location] = response.wait().server.cost().items[0].monthly
    assert costs["sin"] == amount(type_price(client, "cpx12", "sin")["price_monthly"])
    assert costs["sin"].net > costs["fsn1"].net


def test_everything_of_a_project(cloud: FakeCloud, client: Client) -> None:
    created = create_everything(client)
    pricing = client.pricing.get()
    cost = client.pricing.cost()
    assert [item.description for item in cost.items] == [
        "cx23 in fsn1",
        "lb11 in fsn1",
        "volume of 10 GB",
        "floating IPv4 in fsn1",
        "primary IPv4 in fsn1",
        "primary IPv6 in fsn1",
        f"snapshot of {created['image'].image_size:g} GB",
        "bx11 in fsn1",
        "bx11 in fsn1",
    ]
    volume, snapshot = cost.items[2], cost.items[6]
    assert volume.monthly == amount(pricing.volume.price_per_gb_month).times(Decimal(10))
    assert volume.hourly.net == volume.monthly.net / 730
    gigabytes = Decimal(str(created["image"].image_size))
    assert snapshot.monthly == amount(pricing.image.price_per_gb_month).times(gigabytes)
    assert cost.monthly.net == sum(item.monthly.net for item in cost.items)
    assert cost.monthly.gross == sum(item.monthly.gross for item in cost.items)
    assert "sum" in str(cost).splitlines()[-1]
    assert repr(cost) == f"<Cost of 9 items: {cost.monthly.net:.2f} EUR a month, net>"


def test_a_label_selector_selects(cloud: FakeCloud, client: Client) -> None:
    create_everything(client)
    client.servers.create("other", "cx33", "ubuntu-24.04").wait()
    cost = client.pricing.cost(label_selector="env=ci")
    descriptions = [item.description for item in cost.items]
    assert "cx33 in fsn1" not in descriptions
    assert descriptions.count("primary IPv4 in fsn1") == 1  # it is listed, and part of the server
    assert descriptions.count("primary IPv6 in fsn1") == 1  # it has no label, but belongs to the server
    assert client.pricing.cost(label_selector="env=none").monthly == Amount(Decimal(0), Decimal(0))


def test_nothing_counts_twice(client: Client, server: BoundServer) -> None:
    primary_ip = client.primary_ips.get_all()[0]
    cost = client.pricing.cost([server, primary_ip, server, primary_ip])
    assert cost.monthly == server.cost().monthly


@pytest.mark.parametrize("count", [1, 100])
def test_requests(cloud: FakeCloud, client: Client, count: int) -> None:
    net = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=True)
    for number in range(count):
        client.servers.create(f"web{number}", "cx23", "ubuntu-24.04", public_net=net)
    servers = client.servers.get_all()
    cloud.requests.clear()
    assert len(client.pricing.cost(servers).items) == 2 * count
    assert [request.path for request in cloud.requests] == ["/pricing"]
    cloud.requests.clear()
    client.pricing.cost()
    pages = 2 if count == 100 else 1
    assert len(cloud.requests) == 6 + 2 * pages  # servers and primary IPs have more than one page


def test_what_has_no_price_is_said(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    network = client.networks.create("net", "10.0.0.0/16")
    server.enable_backup().wait()
    backup = server.create_image(type="backup").wait().image
    creating = server.create_image().image
    system = client.images.get_all(type=["system"])[0]
    cost = client.pricing.cost([network, backup, creating, system])
    assert cost.items == []
    assert [(model, reason.partition(":")[0]) for model, reason in cost.unpriced] == [
        (network, "the API has no price of networks"),
        (backup, "a backup image has no price of its own"),
        (creating, "its size is not known yet"),
        (system, "a system image has no price of its own"),
    ]
    assert str(cost).splitlines()[1] == f"no price: network {network.id}: the API has no price of networks"
    assert "4 unpriced" in repr(cost)


def test_a_type_that_is_not_listed_any_more(cloud: FakeCloud, client: Client, server: BoundServer) -> None:
    cost = server.cost().items[0].monthly
    cloud.project.resources["pricing"]._prices_of = lambda collection: []  # type: ignore[attr-defined]
    assert server.cost().items[0].monthly == cost


@pytest.mark.parametrize("resources", ["web", 1, [1], [None], Server(id=1), [Server(id=1)]], ids=repr)
def test_rejects_what_is_no_bound_object(cloud: FakeCloud, client: Client, resources: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="resources must be bound objects"):
        client.pricing.cost(resources)
    with pytest.raises(InvalidArgumentError, match="not both"):
        client.pricing.cost([], label_selector="env=ci")
    assert cloud.requests == []
