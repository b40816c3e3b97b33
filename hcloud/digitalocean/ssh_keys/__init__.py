"""SSH keys: public keys for the login to new droplets."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
