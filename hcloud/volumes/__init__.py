"""Volumes: disks that are attached to servers and outlive them."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
