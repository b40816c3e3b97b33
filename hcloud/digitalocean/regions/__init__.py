"""Regions: the places that resources can be in."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
