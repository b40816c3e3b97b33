"""Certificates: what load balancers prove with who they are."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
