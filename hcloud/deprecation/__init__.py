"""What the API tells of its offers that it is about to retire."""

from .._exports import export
from .domain import *

export(__name__)
