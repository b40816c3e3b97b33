"""Images: disk images to create droplets from."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
