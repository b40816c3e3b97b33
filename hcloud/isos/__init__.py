"""ISO images: what a server can boot from instead of its disk."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
