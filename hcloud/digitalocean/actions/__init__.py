"""Actions: what the API does after it answered, and its outcome."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
