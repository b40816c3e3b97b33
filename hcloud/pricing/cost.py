"""Costs of resources, computed from the prices of the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from .._exceptions import InvalidArgumentError
from ..core import BaseDomain, BoundModelBase
from ..core.coroutines import check_side, result_of
from ..core.loading import load

if TYPE_CHECKING:
    from .client import PricingClient
    from .domain import Pricing

__all__ = ["Amount", "Cost", "CostItem", "cost_of"]

_HOURS = Decimal(730)
"""Hours of a month, on average: the hourly share of what has a price per month only."""
_LISTINGS: dict[str, dict[str, Any]] = {
    "servers": {},
    "load_balancers": {},
    "volumes": {},
    "floating_ips": {},
    "primary_ips": {},
    "images": {"type": ["snapshot"]},
    "storage_boxes": {},
}
"""Collections that cost money, with filters of their listings."""


class Amount(NamedTuple):
    """An amount of money in the currency of the project."""

    net: Decimal
    """Amount without VAT."""
    gross: Decimal
    """Amount with VAT."""

    def times(self, factor: Decimal) -> Amount:
        """Return this amount multiplied by a factor."""
        return Amount(self.net * factor, self.gross * factor)

    def plus(self, other: Amount) -> Amount:
        """Return the sum of this amount and another one."""
        return Amount(self.net + other.net, self.gross + other.gross)


_NOTHING = Amount(Decimal(0), Decimal(0))


class CostItem(NamedTuple):
    """The cost of one resource, or of the backups of a server."""

    resource: BoundModelBase[Any]
    """Resource that costs this."""
    description: str
    """Name of what has the price, such as ``cx23 in fsn1`` or ``backups of cx23 in fsn1``."""
    hourly: Amount
    """Cost per hour; for a price per month, the 730th part of it."""
    monthly: Amount
    """Cost per month; for a price per hour, the most that is charged."""


class Cost:
    """Costs of resources: each one, and the sum."""

    def __init__(self, currency: str, items: list[CostItem], unpriced: list[tuple[BoundModelBase[Any], str]]) -> None:
        self.currency: str = currency
        """Currency of all amounts, as ISO 4217 code such as ``EUR``."""
        self.items: list[CostItem] = items
        """Costs of the resources, in the order in which these were passed or listed."""
        self.unpriced: list[tuple[BoundModelBase[Any], str]] = unpriced
        """Resources without a price, each with the reason."""

    @property
    def hourly(self) -> Amount:
        """Sum of the costs per hour."""
        return _sum(item.hourly for item in self.items)

    @property
    def monthly(self) -> Amount:
        """Sum of the costs per month."""
        return _sum(item.monthly for item in self.items)

    def __repr__(self) -> str:
        unpriced = f", {len(self.unpriced)} unpriced" if self.unpriced else ""
        return f"<Cost of {len(self.items)} items: {self.monthly.net:.2f} {self.currency} a month, net{unpriced}>"

    def __str__(self) -> str:
        """Return a table with a line for each item, and the sums."""
        rows = [(item.description, item.hourly, item.monthly) for item in self.items]
        rows.append(("sum", self.hourly, self.monthly))
        width = max(len(description) for description, _, _ in rows)
        lines = [
            f"{description:<{width}}  {hourly.net:>9.4f} /h  {monthly.net:>9.2f} {self.currency}/month net  "
            f"{monthly.gross:>9.2f} gross"
            for description, hourly, monthly in rows
        ]
        lines += [f"no price: {model._key} {model._identity()}: {reason}" for model, reason in self.unpriced]
        return "\n".join(lines)


def _sum(amounts: Iterable[Amount]) -> Amount:
    total = _NOTHING
    for amount in amounts:
        total = total.plus(amount)
    return total


async def cost_of(client: PricingClient, resources: object, label_selector: object) -> Cost:
    """Return the costs of resources; see :meth:`PricingClient.cost`."""
    if resources is not None and label_selector is not None:
        raise InvalidArgumentError("pass either resources or label_selector, not both; nothing was sent")
    if label_selector is not None and not (isinstance(label_selector, str) and label_selector.strip()):
        raise InvalidArgumentError(
            f"label_selector must be a non-empty text, or None for all resources, not {label_selector!r}; "
            "nothing was sent"
        )
    if resources is None:
        selector = {} if label_selector is None else {"label_selector": label_selector}
        models = []
        for name, filters in _LISTINGS.items():
            models += await result_of(getattr(client._parent, name).get_all(**selector, **filters))
    else:
        models = _checked(resources)
        check_side("cost", client, models)
        await load(client._parent, models, ())
    return _Calculator(await result_of(client.get())).cost(models)


def _checked(resources: Any) -> list[Any]:
    from .._client import ClientBase

    if isinstance(resources, (BaseDomain, str, bytes, Mapping)) or not isinstance(resources, Iterable):
        resources = [resources]
    models: list[Any] = list(resources)
    for model in models:
        if not (isinstance(model, BoundModelBase) and isinstance(getattr(model._client, "_client", None), ClientBase)):
            raise InvalidArgumentError(
                f"resources must be bound objects, such as servers, not {model!r}; nothing was sent"
            )
    return models


class _UnpricedError(Exception):
    """There is no price for a resource; the message is the reason."""


class _Calculator:
    """Prices of the API, and the costs that follow from them."""

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing
        self._types = {
            collection: {entry.name: entry.prices for entry in getattr(pricing, collection)}
            for collection in ("server_types", "load_balancer_types")
        }
        self._ips = {
            collection: {entry.type: entry.prices for entry in getattr(pricing, collection)}
            for collection in ("floating_ips", "primary_ips")
        }
        self._backups = Decimal(pricing.server_backup.percentage) / 100

    def cost(self, models: list[Any]) -> Cost:
        """Return the costs of resources; a resource that is passed several times counts once."""
        items: list[CostItem] = []
        unpriced: list[tuple[BoundModelBase[Any], str]] = []
        seen = {(model._collection, model._identity()) for model in models}
        done: set[tuple[str, Any]] = set()
        for model in models:
            key = (model._collection, model._identity())
            if key in done:
                continue
            done.add(key)
            try:
                for item in self._items(model):
                    other = (item.resource._collection, item.resource._identity())
                    if other == key or other not in seen:  # the IPs of a server may be listed themselves
                        items.append(item)
            except _UnpricedError as error:
                unpriced.append((model, str(error)))
        return Cost(self._pricing.currency, items, unpriced)

    def _items(self, model: Any) -> Iterator[CostItem]:
        method = getattr(self, f"_{model._key}", None)
        if method is None or model._collection not in _LISTINGS:
            raise _UnpricedError(f"the API has no price of {model._collection.replace('_', ' ')}")
        yield from method(model)

    def _server(self, server: Any) -> Iterator[CostItem]:
        location, server_type = server.location.name, server.server_type
        prices = self._types["server_types"].get(server_type.name) or server_type.prices  # retired types are not listed
        item = _item(server, server_type.name, location, prices)
        yield item
        if server.backup_window is not None:
            yield CostItem(
                server,
                f"backups of {item.description}",
                item.hourly.times(self._backups),
                item.monthly.times(self._backups),
            )
        for version in ("ipv4", "ipv6"):
            if getattr(server.public_net, version) is not None:
                primary_ip = getattr(server.public_net, f"primary_{version}")
                if primary_ip is not None:
                    yield self._ip(primary_ip, "primary_ips", version, location)

    def _load_balancer(self, load_balancer: Any) -> Iterator[CostItem]:
        balancer_type = load_balancer.load_balancer_type
        prices = self._types["load_balancer_types"].get(balancer_type.name) or balancer_type.prices
        yield _item(load_balancer, balancer_type.name, load_balancer.location.name, prices)

    def _storage_box(self, box: Any) -> Iterator[CostItem]:
        yield _item(box, box.storage_box_type.name, box.location.name, box.storage_box_type.prices)

    def _primary_ip(self, primary_ip: Any) -> Iterator[CostItem]:
        yield self._ip(primary_ip, "primary_ips", primary_ip.type, primary_ip.location.name)

    def _floating_ip(self, floating_ip: Any) -> Iterator[CostItem]:
        yield self._ip(floating_ip, "floating_ips", floating_ip.type, floating_ip.home_location.name)

    def _ip(self, model: BoundModelBase[Any], collection: str, version: str, location: str) -> CostItem:
        name = f"{'primary' if collection == 'primary_ips' else 'floating'} {version.replace('ip', 'IP')}"
        return _item(model, name, location, self._ips[collection].get(version, []))

    def _volume(self, volume: Any) -> Iterator[CostItem]:
        yield _item_by_size(volume, "volume", volume.size, self._pricing.volume.price_per_gb_month)

    def _image(self, image: Any) -> Iterator[CostItem]:
        if image.type != "snapshot":
            owner = "it is part of the price of the backups" if image.type == "backup" else "it is free"
            raise _UnpricedError(f"a {image.type} image has no price of its own: {owner}")
        if image.image_size is None:
            raise _UnpricedError("its size is not known yet")
        yield _item_by_size(image, "snapshot", image.image_size, self._pricing.image.price_per_gb_month)


def _item(model: BoundModelBase[Any], name: str, location: str, prices: Iterable[Mapping[str, Any]]) -> CostItem:
    """Return the cost of a resource that has a price in each location.

    :raises _UnpricedError: if there is none in this location
    """
    price = next((price for price in prices if price["location"] == location), None)
    if price is None:
        raise _UnpricedError(f"the API has no price of {name} in {location}")
    monthly = _amount(price["price_monthly"])
    hourly = (
        _amount(price["price_hourly"])
        if price.get("price_hourly")
        else Amount(monthly.net / _HOURS, monthly.gross / _HOURS)
    )
    return CostItem(model, f"{name} in {location}", hourly, monthly)


def _item_by_size(model: BoundModelBase[Any], name: str, gigabytes: float, price: Mapping[str, Any]) -> CostItem:
    monthly = _amount(price).times(Decimal(str(gigabytes)))
    return CostItem(model, f"{name} of {gigabytes:g} GB", Amount(monthly.net / _HOURS, monthly.gross / _HOURS), monthly)


def _amount(price: Mapping[str, Any]) -> Amount:
    return Amount(Decimal(price["net"]), Decimal(price["gross"]))
