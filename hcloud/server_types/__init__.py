"""Server types: hardware and prices of servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
