"""Storage boxes: network storage, with folders, snapshots and subaccounts."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
