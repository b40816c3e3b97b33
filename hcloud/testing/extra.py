"""Libraries that only parts of a fake need: the extra ``hcloud[testing]``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["MissingLibraryError", "needed_for"]


class MissingLibraryError(ImportError):
    """A library of the extra ``hcloud[testing]`` is not installed."""


@contextmanager
def needed_for(purpose: str) -> Iterator[None]:
    """Say which extra installs the libraries that are imported in a block.

    :param purpose: Part of the fake that needs them, for the message
    :raises MissingLibraryError: if a library is not installed
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "a library").partition(".")[0]
        raise MissingLibraryError(f"{purpose} needs {library}: pip install 'hcloud[testing]'", name=library) from error
