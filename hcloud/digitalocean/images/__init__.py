"""Images: the disks that droplets are made from."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
