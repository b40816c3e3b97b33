"""Type of the arguments of asynchronous methods that are records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

__all__ = ["NotBlocking"]

Record_co = TypeVar("Record_co", covariant=True)


class NotBlocking(Protocol[Record_co]):
    """Record of this class, or an object of an asynchronous client that has one.

    Objects of a blocking client are records as well. Type checkers reject them here: they would block the event loop.
    """

    if TYPE_CHECKING:

        def _not_blocking(self) -> Record_co: ...
