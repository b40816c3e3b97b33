"""What may still change from one version to the next."""

from .zone import *
from .zone import __all__ as __all__
