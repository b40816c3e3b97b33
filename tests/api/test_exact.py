"""Comparison of the fields' types with the tables: what the API always sends is exact, everything else may be None.

    python -m tests.api.test_exact

prints how many fields of each API are exact, and all differences.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from hcloud.core import Always, BaseDomain, BoundModelBase, Link, Texts
from hcloud.digitalocean._resource import ResourceLink
from tests.api.declarations import (
    PROVIDERS,
    alternatives,
    field_type,
    item_of,
    may_be_none,
    members_of,
    records,
    routes,
    top_readings,
    value_of,
)
from tests.api.table import Fields, Operation, load, route_shape

APIS = sorted(PROVIDERS)

EXPLAINED = {
    # The table marks nothing as required in these responses.
    "hetzner firewalls.CreateFirewallResponse.firewall": "purpose of the request",
    "hetzner images.CreateImageResponse.*": "the same",
    "hetzner servers.EnableRescueResponse.*": "the same",
    "hetzner servers.RebuildResponse.action": "the same",
    "hetzner servers.ResetPasswordResponse.*": "the same",
    # Nor in these objects.
    "hetzner firewalls.FirewallResourceAppliedToResources.type": "says which other field is set",
    "hetzner *.PrivateNet.network": "subject of the object",
    "hetzner servers.PublicNetworkFirewall.firewall": "the same",
    # Facts that the table does not state
    "hetzner core.Meta.pagination": "responses that hold all entries have no pagination",
    "digitalocean actions.Action.id": "a response is rejected if a resource in it has no ID",
    "digitalocean images.Image.id": "the same",
    "digitalocean tags.Tag.name": "the same: the name identifies a tag",
    "digitalocean ssh_keys.SSHKey.id": "the same",
    "digitalocean snapshots.Snapshot.image": "the snapshot of a volume is not an image",
    "digitalocean snapshots.Snapshot.resource": "the snapshot of a volume has no droplet",
    "digitalocean droplets.CreateDropletResponse.*": "the argument `name` decides which fields there are",
}
"""Fields whose types differ from the table, and the reason of each; `*` stands for any text."""

NEVER_SENT = {
    "CreateNetworkResponse": "made by users of hcloud-python; networks.create() returns the network",
    "Datacenter": "deprecated; the API responds with 410",
    "DatacenterServerTypes": "the same",
    "LoadBalancerCreatePublicNetwork": "for requests",
    "ServerCreatePublicNetwork": "for requests",
    "TaggedResource": "for requests",
}
"""Records that no response contains, and the reason of each."""

Subject = tuple[Any, str]
"""Record or typed dictionary, and name of its field or key."""


class _Sent:
    """Facts about the fields of records and typed dictionaries, collected from all responses that contain them."""

    def __init__(self) -> None:
        self.always: dict[Subject, bool] = {}
        self._visited: set[tuple[Any, str, int]] = set()

    def visit(self, hint: Any, prefix: str, fields: Fields) -> None:
        """Collect the facts about a value of the type ``hint``, whose members stand below ``prefix``."""
        for alternative in alternatives(hint):
            if (item := item_of(alternative)) is not None:
                self.visit(item, f"{prefix}[]", fields)
            elif (value := value_of(alternative)) is not None:
                self.visit(value, f"{prefix}{{}}", fields)
            elif inspect.isclass(alternative) and issubclass(alternative, BaseDomain):
                self._visit_record(alternative, prefix, fields)
            elif typing.is_typeddict(alternative):
                for name, reading in members_of(alternative).items():
                    always = self._is_always(prefix, name, fields)
                    self.always[alternative, name] = self.always.get((alternative, name), True) and always
                    self.visit(reading.type, f"{prefix}.{name}", fields)

    def _visit_record(self, record: type[BaseDomain], prefix: str, fields: Fields) -> None:
        if (record, prefix, id(fields)) in self._visited or fields.members.get(prefix, {}).keys().isdisjoint(
            record._fields
        ):
            return
        self._visited.add((record, prefix, id(fields)))
        for name, field in record._fields.items():
            if not field.is_property:
                continue
            always = self._is_always(prefix, field.source or name, fields)
            self.always[record, name] = self.always.get((record, name), True) and always
            if field.source is None and (not isinstance(field, Link) or field.complete is True):
                self.visit(field_type(record, name), f"{prefix}.{name}".lstrip("."), fields)

    @staticmethod
    def _is_always(prefix: str, source: str | tuple[str, ...], fields: Fields) -> bool:
        """Return True if an object always has the value, or all values, at ``source``."""
        if isinstance(source, tuple):
            return all(_Sent._is_always(prefix, name, fields) for name in source)
        for step in source.split("."):
            member = fields.members.get(prefix, {}).get(step)
            if member is None or not member.required or member.nullable or member.deprecated:
                return False
            prefix = f"{prefix}.{step}".lstrip(".")
        return True


@cache
def always_sent(api: str) -> Mapping[Subject, bool]:
    """Return for each field of each record of an API if all responses with the record have a value for it."""
    sent = _Sent()
    operations = {_unversioned(operation): operation for operation in load(api).operations.values()}
    for route in routes(api):
        operation = operations.get(str(route))
        for fields in operation.responses.values() if operation else ():
            for name, reading in top_readings(route.returns).items():
                if reading.field is None:
                    sent.visit(reading.type, name, fields)
            if inspect.isclass(route.returns) and not getattr(route.returns, "_key", ""):
                sent.visit(route.returns, "", fields)
    return sent.always


def _unversioned(operation: Operation) -> str:
    """Return the operation as routes are called, whose base URL may contain the version."""
    return route_shape(re.sub(r" /v\d+/", " /", str(operation)))


def _is_exact(cls: Any, name: str) -> bool:
    if typing.is_typeddict(cls):
        return name in cls.__required_keys__ and not may_be_none(members_of(cls)[name].type)
    return not may_be_none(field_type(cls, name))


def _label(api: str, record: Any, name: str) -> str:
    return f"{api} {record.__module__.split('.')[-2]}.{record.__qualname__}.{name}"


@cache
def differences() -> Mapping[str, str]:
    """Return for each field whose type differs from the table what its type is, and what the table says."""
    return {
        _label(
            api, *subject
        ): f"is {'exact' if _is_exact(*subject) else 'nullable'}, but {'' if always else 'not '}sent always"
        for api in APIS
        for subject, always in always_sent(api).items()
        if _is_exact(*subject) != always
    }


def test_types_agree_with_the_table() -> None:
    unexplained = {
        field: problem
        for field, problem in differences().items()
        if not any(fnmatchcase(field, pattern) for pattern in EXPLAINED)
    }
    assert unexplained == {}, "correct the annotation, or add a pattern with its reason to EXPLAINED"


def test_explains_existing_differences_only() -> None:
    obsolete = [pattern for pattern in EXPLAINED if not any(fnmatchcase(field, pattern) for field in differences())]
    assert obsolete == [], "remove these from EXPLAINED"


def test_every_record_is_compared() -> None:
    compared = {record for api in APIS for record, _ in always_sent(api)}
    assert {record.__qualname__ for record in records() if record not in compared} == {*NEVER_SENT}
    assert all(sum(_is_exact(*subject) for subject in always_sent(api)) > 50 for api in APIS)


def test_what_identifies_a_bound_object_is_exact() -> None:
    """A response without it is rejected."""
    returned = [route.returns for api in APIS for route in routes(api) if inspect.isclass(route.returns)]
    models = {cls for cls in returned if issubclass(cls, BoundModelBase)}
    assert len(models) > 25
    for model in models:
        assert _is_exact(model._record_class, model._record_class._identified_by), model


def test_links_to_resources_of_some_types_only_may_be_none() -> None:
    links = [
        (record, name)
        for record in records()
        for name, field in record._fields.items()
        if isinstance(field, ResourceLink)
    ]
    assert len(links) > 1
    assert [link for link in links if _is_exact(*link)] == []


def test_reading_requires_what_the_types_promise() -> None:
    """A field raises an error for a missing value if and only if its type leaves out None."""
    for record in records():
        for name, field in record._fields.items():
            # A list of texts is empty if the API sent none, and a record for requests has defaults.
            if field.is_property and not isinstance(field, Texts) and field.default is None:
                assert field.always == _is_exact(record, name), (record, name)
            assert field.always or not isinstance(field, Always), (record, name)


if __name__ == "__main__":
    for api in APIS:
        sent = always_sent(api)
        exact = sum(_is_exact(*subject) for subject in sent)
        sys.stdout.write(f"{api}: {exact} of {len(sent)} fields are exact\n")
    sys.stdout.write("".join(f"{field} {problem}\n" for field, problem in differences().items()))
