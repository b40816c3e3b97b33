"""What all resources are made of."""

from __future__ import annotations

from .client import BoundModelBase, ClientEntityBase, ResourceClientBase
from .domain import BaseDomain, DomainIdentityMixin, Meta, Pagination, encode, record
from .fields import Field, Link, Links, Nested, NestedList, Renamed, Retired, Secret, Timestamp
from .lookup import HasNames
from .methods import bound, endpoint, every_entry, every_item, every_page, instead, retired

__all__ = [
    "BaseDomain",
    "BoundModelBase",
    "ClientEntityBase",
    "DomainIdentityMixin",
    "Field",
    "HasNames",
    "Link",
    "Links",
    "Meta",
    "Nested",
    "NestedList",
    "Pagination",
    "Renamed",
    "ResourceClientBase",
    "Retired",
    "Secret",
    "Timestamp",
    "bound",
    "encode",
    "endpoint",
    "every_entry",
    "every_item",
    "every_page",
    "instead",
    "record",
    "retired",
]
