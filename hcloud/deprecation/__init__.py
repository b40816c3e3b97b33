"""Deprecation: dates on which the API retires an image, ISO or type."""

from .._exports import export
from .domain import *

export(__name__)
