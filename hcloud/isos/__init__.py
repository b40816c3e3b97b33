"""ISO images: what a server can boot from instead of its disk."""

from . import client, domain
from .client import *
from .domain import *

__all__: list[str] = []
__all__ += client.__all__
__all__ += domain.__all__
