"""Certificates: what load balancers prove with who they are."""

from . import client, domain
from .client import *
from .domain import *

__all__: list[str] = []
__all__ += client.__all__
__all__ += domain.__all__
