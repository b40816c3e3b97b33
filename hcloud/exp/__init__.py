"""Experimental features, which may change from one version to the next."""

from .._exports import export
from .zone import *

export(__name__)
