"""The resources of the fake cloud, one class each.

Adding a resource
=================

1. Write ``resources/things.py`` with a class::

       class Things(FakeResource):
           \"\"\"One sentence.\"\"\"

           collection = "things"                 # GET /things and GET /things/{id} are inherited
           singular = "thing"
           sortable = ("id", "name", "created")
           filters = (Filter("name"), Filter("status", ("ready", "busy"), many=True))
           labelled = True                       # label_selector; the record has "labels"
           acting = True                         # /things/actions, /things/{id}/actions, … are inherited

           @operation("POST /")
           def create(self, *, name: Name, home: LocationRef, labels: Labels | None = None) -> Body:
               \"\"\"Create a thing.\"\"\"
               thing = self.add({"id": self.new_id(), "name": name, "location": home, "created": self.now,
                                 "labels": labels or {}, "protection": {"delete": False}})
               create_action = self.start_action(thing, "create_thing", self._activate, thing, seconds=2)
               return {"thing": thing, "action": create_action}

           @operation("PUT /{id}")
           def update(self, thing: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
               \"\"\"Change the name or labels.\"\"\"
               return {"thing": self.change(thing, name=name, labels=labels)}

           @operation("DELETE /{id}")
           def delete(self, thing: Record) -> None:
               \"\"\"Delete a thing.\"\"\"
               self.remove(thing)

           @action()
           def change_protection(self, thing: Record, *, delete: bool) -> Body:
               \"\"\"Change the protection.\"\"\"
               return {"action": self.protect(thing, delete)}

   with ``LocationRef = Annotated[Record, Ref("locations")]``. The signature declares the input: types, ``Literal``,
   ``Annotated`` with the validators of :mod:`hcloud.testing.schema`, ``TypedDict`` for objects. References arrive as
   records. Methods do not deal with HTTP: they change records, start actions with ``self.start_action``, raise an
   :class:`~hcloud.testing.error_responses.ErrorResponse` (that module has helpers), and return the response body.
2. Add the class to :func:`resources` below. Modules that are not listed there are helpers.
3. Operations below the paths of another resource: ``@action(of="servers")`` or
   ``@operation("GET /{id}/x", of="servers")``. Events of another resource: ``@on_event("servers.removed")``. Another
   resource: ``self.project.of(Servers)``.
4. Records that exist from the start: a ``seed`` classmethod, with the data in :mod:`hcloud.testing.catalogue`.
5. A large resource is split into parts, in modules of their own: subclasses of ``FakeResource`` without ``collection``,
   from which the class of the resource inherits. See ``load_balancers.py``.

An action changes records when it succeeds: by ``self.put``, or by another method passed to ``self.start_action``.
Changes that are visible while it runs are made by ``self.set_with_undo``, so that they are undone if the action fails.

A record is the dict that responses contain. Nested resources are the dicts of their collections, so that they are
always current. State that the API does not show belongs in ``self.private(record)``. Raise errors before changing
anything: operations are not rolled back.
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
