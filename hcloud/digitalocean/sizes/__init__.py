"""Sizes: what a droplet can be made of."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
