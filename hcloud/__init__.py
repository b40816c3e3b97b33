"""The Hetzner Cloud API in Python: plain records, wrapped by bound objects that fetch what they lack and act."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._client import Client, constant_backoff_function, exponential_backoff_function
    from ._exceptions import APIException, HCloudException
    from ._version import __version__

__all__ = [
    "APIException",
    "Client",
    "HCloudException",
    "__version__",
    "constant_backoff_function",
    "exponential_backoff_function",
]


def __getattr__(name: str) -> Any:
    # Imported when it is first asked for, so that `import hcloud` costs next to nothing.
    from importlib import import_module

    for module in ("_version", "_exceptions", "_client"):
        found = import_module(f".{module}", __name__)
        if name in found.__all__:
            value = globals()[name] = getattr(found, name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
