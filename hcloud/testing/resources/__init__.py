"""The resources of the box, one file each.

How to add one
==============

1. Write ``resources/things.py`` with a class::

       class Things(FakeResource):
           \"\"\"One sentence.\"\"\"

           collection = "things"                 # GET /things, GET /things/{id} come with the frame
           singular = "thing"
           sortable = ("id", "name", "created")
           filters = (Filter("name"), Filter("status", ("ready", "busy"), many=True))
           labelled = True                       # label_selector; the record has "labels"
           acting = True                         # /things/actions, /things/{id}/actions, … come with the frame

           @operation("POST /")
           def create(self, *, name: Name, home: LocationRef, labels: Labels | None = None) -> Body:
               \"\"\"Make a thing.\"\"\"
               thing = self.add({"id": self.new_id(), "name": name, "location": home, "created": self.now,
                                 "labels": labels or {}, "protection": {"delete": False}})
               action = self.start_action(thing, "create_thing", self._ready, thing, seconds=2)
               return {"thing": thing, "action": action}

           @operation("PUT /{id}")
           def update(self, thing: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
               \"\"\"Rename or label it.\"\"\"
               return {"thing": self.change(thing, name=name, labels=labels)}

           @operation("DELETE /{id}")
           def delete(self, thing: Record) -> None:
               \"\"\"Delete it.\"\"\"
               self.remove(thing)

           @action()
           def change_protection(self, thing: Record, *, delete: bool) -> Body:
               \"\"\"Protect it, or no longer.\"\"\"
               ...

   with ``LocationRef = Annotated[Record, Ref("locations")]``. The signature is the input: types, ``Literal``,
   ``Annotated`` with the rules of :mod:`hcloud.testing.schema`, ``TypedDict`` for objects; references come as records.
   Methods know nothing of HTTP: they change records, start actions with ``self.start_action``, raise a
   :class:`~hcloud.testing.error_responses.ErrorResponse` (helpers in that module), and return the answer's body.
2. Name it in ``_HOME`` below.
3. To act on another resource's paths: ``@action(of="servers")``, ``@operation("GET /{id}/x", of="servers")``. To
   follow what happens elsewhere: ``@on_event("servers.removed")``. To use another resource:
   ``self.project.of(Servers)``.
4. Things that are there from the start: a ``seed`` classmethod, with the data in :mod:`hcloud.testing.catalogue`.

What an action changes is changed when it ends well: by ``self.put`` or a method given to ``self.start_action``. What
shows while it runs is set by ``self.set_with_undo``, so that it is undone if the action fails.

A record is the dict that the API answers with; nested resources are the very dicts of their collections, so that
they never go stale. What the API does not tell goes into ``self.private(record)``. Refuse before changing anything: an
operation is not rolled back.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from hcloud.testing.resource import FakeResource

__all__ = ["resources"]

_HOME = {
    "actions": "Actions",
    "certificates": "Certificates",
    "firewalls": "Firewalls",
    "floating_ips": "FloatingIPs",
    "images": "Images",
    "isos": "Isos",
    "load_balancer_types": "LoadBalancerTypes",
    "load_balancers": "LoadBalancers",
    "locations": "Locations",
    "networks": "Networks",
    "placement_groups": "PlacementGroups",
    "primary_ips": "PrimaryIPs",
    "pricing": "Prices",
    "server_types": "ServerTypes",
    "servers": "Servers",
    "ssh_keys": "SSHKeys",
    "storage_box_types": "StorageBoxTypes",
    "storage_boxes": "StorageBoxes",
    "volumes": "Volumes",
    "zones": "Zones",
}


@lru_cache(maxsize=1)
def resources() -> tuple[type[FakeResource], ...]:
    """The classes of all resources."""
    return tuple(getattr(import_module(f".{module}", __name__), name) for module, name in _HOME.items())
