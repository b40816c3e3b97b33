"""What all resources are made of."""

from . import client, domain, fields, lookup, methods
from .client import *
from .domain import *
from .fields import *
from .lookup import *
from .methods import *

__all__: list[str] = []
__all__ += client.__all__
__all__ += domain.__all__
__all__ += fields.__all__
__all__ += lookup.__all__
__all__ += methods.__all__
