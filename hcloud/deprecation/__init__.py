"""What the API tells of its offers that it is about to retire."""

from .domain import *
from .domain import __all__ as __all__
