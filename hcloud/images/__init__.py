"""Images: disk images that servers are created from."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
