"""Images: disk images that servers are created from."""

from .._exports import export
from .client import *
from .domain import *
from .retention import *

export(__name__)
