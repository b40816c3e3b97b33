"""Building blocks of all resources."""

from .._exports import export
from .client import *
from .domain import *
from .fields import *
from .lookup import *
from .methods import *

export(__name__)
