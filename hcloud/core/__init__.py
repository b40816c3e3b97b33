"""What all resources are made of."""

from .._exports import export
from .client import *
from .derived import *
from .domain import *
from .fields import *
from .lookup import *
from .methods import *

export(__name__)
