"""What may still change from one version to the next."""

from __future__ import annotations

from .zone import *
from .zone import __all__ as __all__
