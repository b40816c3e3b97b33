"""Load balancer types: limits and prices of load balancers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
