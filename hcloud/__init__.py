"""Client library for the Hetzner Cloud API: plain records, and bound objects that fetch missing fields and act."""

from __future__ import annotations

from . import _exceptions
from ._exceptions import *
from ._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._client import Behaviour, Client, Options, Settings, constant_backoff_function, exponential_backoff_function

__all__ = [
    "Behaviour",
    "Client",
    "Options",
    "Settings",
    "__version__",
    "constant_backoff_function",
    "exponential_backoff_function",
]
__all__ += _exceptions.__all__


def __getattr__(name: str) -> Any:
    # The client imports all of core, so it is imported at its first use and not with the package.
    if name in __all__:
        from . import _client

        value = globals()[name] = getattr(_client, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
