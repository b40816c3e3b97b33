"""Load balancers: distribution of traffic over servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
