"""What helps before a request is made."""

from .._exports import export
from .labels import *

export(__name__)
