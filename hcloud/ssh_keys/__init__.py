"""SSH keys: who may log in to new servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
