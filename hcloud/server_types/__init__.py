"""Server types: how many cores, how much memory and disk a server has, and what it costs."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
