"""Snapshots of droplets and volumes."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
