"""Volumes: disks that can be attached to servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
