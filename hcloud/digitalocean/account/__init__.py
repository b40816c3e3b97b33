"""Account: the owner of the token, with its limits and its team."""

from ..._exports import export
from .client import *
from .domain import *

export(__name__)
