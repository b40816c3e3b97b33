"""Helpers for the preparation of requests."""

from .._exports import export
from .labels import *

export(__name__)
