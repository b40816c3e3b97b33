"""Actions: operations of the API that continue after its response, and their outcome."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
