"""What helps before a request is made."""

from .labels import *
from .labels import __all__ as __all__
