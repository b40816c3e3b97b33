"""The account that the token belongs to, with its limits."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
