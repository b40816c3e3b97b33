"""Progress of a transfer: of the upload, download or copy of an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Self

from .._progress import TransferProgress
from ..core.waiting import end_progress, validate_callback

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["OnProgress", "Phase", "Reporter"]

Phase = Literal["convert", "create server", "boot rescue system", "transfer", "verify", "create snapshot", "clean up"]
"""Part of a transfer; not every transfer has all."""
OnProgress: TypeAlias = "Callable[[TransferProgress], object]"
"""Function that is called with each progress, such as :func:`hcloud.progress` returns."""


class Reporter:
    """Reports of the progress of a transfer to the function of the caller, whose line ends with the block.

    :param on_progress: Function that is called with each progress, or None
    """

    def __init__(self, on_progress: OnProgress | None) -> None:
        validate_callback(on_progress)
        self._on_progress = on_progress

    def __call__(self, phase: Phase, done: int | None = None, total: int | None = None) -> None:
        """Report a phase, and its bytes if it transfers any."""
        if self._on_progress is not None:
            self._on_progress(TransferProgress(phase, done, total))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end_progress(self._on_progress)
