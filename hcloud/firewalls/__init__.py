"""Firewalls: what traffic may reach and leave servers."""

from .._exports import export
from .client import *
from .domain import *

export(__name__)
