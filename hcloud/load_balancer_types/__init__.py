"""Load balancer types: how much a load balancer can carry, and what it costs."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
