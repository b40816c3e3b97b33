"""Placement groups: distribution of servers over hosts."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
