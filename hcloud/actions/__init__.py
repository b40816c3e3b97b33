"""Actions: asynchronous operations of the API, with their progress and outcome."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
