"""Libraries that only parts of a fake need: the extra ``hcloud[testing]``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["MissingLibraryError", "needed_for"]


class MissingLibraryError(ImportError):
    """A library of the extra ``hcloud[testing]`` is not installed."""


@contextmanager
def needed_for(purpose: str, library: str) -> Iterator[None]:
    """Say which extra installs the library that is imported in a block.

    :param purpose: Part of the fake that needs it, for the message
    :param library: Name of the library in the extra
    :raises MissingLibraryError: if it is not installed
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingLibraryError(f"{purpose} needs {library}: pip install 'hcloud[testing]'") from error
