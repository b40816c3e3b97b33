"""Exports of a package that consists of several modules, and names that modules of hcloud-python have by import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOT = __name__.rpartition(".")[0]

_NAMES_BY_SOURCE = {
    "actions.client": "ActionsClient BoundAction ResourceActionsClient ResourceClientBaseActionsMixin",
    "certificates": "BoundCertificate CertificatesClient",
    "core": "BaseDomain BoundModelBase DomainIdentityMixin ResourceClientBase",
    "datacenters": "DatacentersClient",
    "firewalls": "BoundFirewall FirewallsClient",
    "floating_ips": "BoundFloatingIP FloatingIPsClient",
    "images": "BoundImage ImagesClient",
    "isos": "BoundIso IsosClient",
    "load_balancer_types": "BoundLoadBalancerType LoadBalancerTypesClient",
    "load_balancers": "LoadBalancersClient",
    "locations": "BoundLocation Location LocationsClient",
    "metrics": "Metrics",
    "networks": "BoundNetwork NetworksClient",
    "placement_groups": "BoundPlacementGroup PlacementGroupsClient",
    "primary_ips": "BoundPrimaryIP PrimaryIPsClient",
    "server_types": "BoundServerType ServerTypesClient",
    "servers": "BoundServer ServersClient",
    "ssh_keys": "BoundSSHKey SSHKey SSHKeysClient",
    "storage_box_types": "BoundStorageBoxType StorageBoxType StorageBoxTypesClient",
    "storage_boxes": "StorageBoxesClient",
    "volumes": "BoundVolume VolumesClient",
    "zones": "ZonesClient",
}
"""Names that modules of hcloud-python import from other folders, by the folder or module that has them here."""

_SOURCES = {name: source for source, names in _NAMES_BY_SOURCE.items() for name in names.split()}
_MODULES = frozenset({"requests", "time"})
"""Modules that tests of other programs patch in those of hcloud-python."""


def export(package: str) -> None:
    """Set the ``__all__`` of ``package`` to the public names that it imported from its modules.

    Type checkers follow the star imports instead. An ``__all__`` that the package itself computed would hide all of
    its names from mypy wherever it is imported by ``*``.
    """
    names = vars(sys.modules[package])
    names["__all__"] = [
        name
        for name, value in names.items()
        if not (name.startswith("_") or isinstance(value, ModuleType) or value is export)
    ]
    if package.rpartition(".")[0] == _ROOT:
        for name in ("client", "domain"):
            module = names.get(name)
            if isinstance(module, ModuleType):
                vars(module)["__getattr__"] = imported_names(module.__name__)


def import_submodule(package: str, name: str) -> ModuleType:
    """Return the module ``name`` of ``package``, so that importing the package is enough to use its modules.

    :raises AttributeError: if there is no such module
    """
    module = f"{package}.{name}"
    if not name.startswith("__"):
        try:
            return import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def imported_names(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for ``module``: it finds what the module has by import in hcloud-python.

    That is what the ``domain`` module of the same folder has, and classes of other folders, which are imported when
    they are first used. Type checkers only find a name in the folder that defines it.
    """
    domain = f"{module.rpartition('.')[0]}.domain"

    def get(name: str) -> Any:
        own = vars(sys.modules[domain]) if domain in sys.modules else {}
        if name in own and not name.startswith("_"):
            return own[name]
        if name in _MODULES:
            return import_module(name)
        if name in _SOURCES:
            return getattr(import_module(f"{_ROOT}.{_SOURCES[name]}"), name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get
