"""Client library for the Hetzner Cloud API: plain records, and bound objects that fetch missing fields and act."""

from __future__ import annotations

from . import _exceptions
from ._exceptions import *
from ._version import __version__

TYPE_CHECKING = bool()  # noqa: UP018  # jedi does not look into the branch of a literal False
if TYPE_CHECKING:
    from typing import Any

    from ._any_image import AnyImage
    from ._client import Behaviour, Client, Options, Settings, constant_backoff_function, exponential_backoff_function
    from ._progress import TransferProgress, progress
    from .images.retention import Keep

if TYPE_CHECKING or not __version__:
    # Never executed. Here type checkers find the folders, and so do programs such as PyInstaller and Nuitka, which pack
    # what a program imports. The condition is one that they can't evaluate.
    from . import (  # noqa: F401
        actions,
        aio,
        budgets,
        certificates,
        core,
        datacenters,
        deletion,
        deprecation,
        exp,
        firewalls,
        floating_ips,
        helpers,
        images,
        isos,
        load_balancer_types,
        load_balancers,
        locations,
        metadata,
        metrics,
        networks,
        placement_groups,
        pricing,
        primary_ips,
        rdns,
        server_types,
        servers,
        ssh_keys,
        storage_box_types,
        storage_boxes,
        volumes,
        zones,
    )

__all__ = [
    "AnyImage",
    "Behaviour",
    "Client",
    "Keep",
    "Options",
    "Settings",
    "TransferProgress",
    "__version__",
    "constant_backoff_function",
    "exponential_backoff_function",
    "progress",
]
__all__ += _exceptions.__all__


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        # The client imports all of core, so it is imported at its first use and not with the package.
        # The imports are statements, not a table of names, since Nuitka only packs modules that it sees imported.
        if name in ("TransferProgress", "progress"):
            from . import _progress

            return getattr(_progress, name)
        if name == "Keep":
            from .images.retention import Keep

            return Keep
        if name == "AnyImage":
            from ._any_image import AnyImage

            return AnyImage
        if name in __all__:
            from . import _client

            value = globals()[name] = getattr(_client, name)
            return value
        from ._exports import import_submodule

        return import_submodule(__name__, name)


def __dir__() -> list[str]:
    from pkgutil import iter_modules

    return sorted({*globals(), *__all__, *(module.name for module in iter_modules(__path__))})  # noqa: F405  # every package has it
