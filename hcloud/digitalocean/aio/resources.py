"""Resource clients, bound objects and records of the asynchronous client of DigitalOcean.

They have the names of the blocking ones, which they are derived from. Records that never wait are the same classes.
"""

from __future__ import annotations

from ...aio._twins import resources_of
from ._client import Client

_PACKAGE = __name__.rpartition(".aio.")[0]

__getattr__ = resources_of(_PACKAGE, Client)


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
