"""Storage box types: limits and prices of storage boxes."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
