"""The resources of the fake cloud, one class each.

The recipe in ``docs/contributing.md`` adds a resource. Beyond it:

- The signature of an operation declares its input: types, ``Literal``, ``Annotated`` with the validators of
  :mod:`hcloud.testing.schema`, ``TypedDict`` for objects. A reference, such as ``LocationRef = Annotated[Record,
  Ref("locations")]``, arrives as its record.
- Methods do not deal with HTTP: they change records, start actions with ``self.start_action``, raise an
  :class:`~hcloud.testing.error_responses.ErrorResponse` (that module has helpers), and return the response body. They
  raise errors before they change anything: operations are not rolled back.
- A record is the dict that responses contain. Nested resources are the dicts of their collections, so that they are
  always current. State that the API does not show belongs in ``self.private(record)``.
- An action changes records when it succeeds: by ``self.put``, or by another method passed to ``self.start_action``.
  Changes that are visible while it runs are made by ``self.set_with_undo``, so that they are undone if it fails. A
  protection is changed by ``self.protect``.
- ``acting = True`` adds the listings of actions, ``/things/actions`` and ``/things/{id}/actions``.
- Operations below the paths of another resource: ``@action(of="servers")`` or
  ``@operation("GET /{id}/x", of="servers")``. Events of another resource: ``@on_event("servers.removed")``. Another
  resource: ``self.project.of(Servers)``.
- Records that exist from the start: a ``seed`` classmethod, with the data in :mod:`hcloud.testing.catalogue`.
- A large resource is split into parts, in modules of their own: subclasses of ``FakeResource`` without ``collection``,
  from which the class of the resource inherits. See ``load_balancers.py``.
- Modules that :func:`resources` below does not import are helpers.
"""

from __future__ import annotations

from functools import lru_cache

from ..resource import FakeResource

__all__ = ["resources"]


@lru_cache(maxsize=1)
def resources() -> tuple[type[FakeResource], ...]:
    """Return the classes of all resources."""
    from .actions import Actions
    from .certificates import Certificates
    from .firewalls import Firewalls
    from .floating_ips import FloatingIPs
    from .images import Images
    from .isos import Isos
    from .load_balancer_types import LoadBalancerTypes
    from .load_balancers import LoadBalancers
    from .locations import Locations
    from .networks import Networks
    from .placement_groups import PlacementGroups
    from .pricing import Prices
    from .primary_ips import PrimaryIPs
    from .server_types import ServerTypes
    from .servers import Servers
    from .ssh_keys import SSHKeys
    from .storage_box_types import StorageBoxTypes
    from .storage_boxes import StorageBoxes
    from .volumes import Volumes
    from .zones import Zones

    return (
        Actions,
        Certificates,
        Firewalls,
        FloatingIPs,
        Images,
        Isos,
        LoadBalancerTypes,
        LoadBalancers,
        Locations,
        Networks,
        PlacementGroups,
        PrimaryIPs,
        Prices,
        ServerTypes,
        Servers,
        SSHKeys,
        StorageBoxTypes,
        StorageBoxes,
        Volumes,
        Zones,
    )
