"""Firewalls: rules for the traffic to and from servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
