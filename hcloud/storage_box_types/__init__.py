"""Storage box types: how much a storage box holds, and what it costs."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
