"""The core: what the resources of all providers are built from."""

from .._exports import export
from .client import *
from .deprecated_fields import *
from .derived import *
from .domain import *
from .fields import *
from .lookup import *
from .methods import *
from .references import *

export(__name__)
