"""ISO images: disc images that servers can boot from."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
