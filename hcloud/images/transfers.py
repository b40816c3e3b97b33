"""Progress of a transfer: of the upload, download or copy of an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["OnProgress", "Phase", "TransferProgress"]

Phase = Literal["create server", "boot rescue system", "convert", "transfer", "verify", "create snapshot", "clean up"]
"""Part of a transfer, in this order; not every transfer has all."""


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """Argument of ``on_progress``: the phase of a transfer, and the bytes that are done in it."""

    phase: Phase
    """Phase that the transfer is in."""
    done: int = 0
    """Bytes that are transferred or verified; 0 in other phases."""
    total: int | None = None
    """Bytes of the phase; None if they are not known, or the phase has none."""
    finished: bool = False
    """True for the last progress of a transfer, which succeeded."""


OnProgress = Callable[[TransferProgress], object]
"""Function that is called with each progress, such as :func:`hcloud.progress` returns."""
