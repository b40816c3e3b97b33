"""Cancellation: a thread that works for a call sends no request after the call has ended."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .clock import is_real, sleep

if TYPE_CHECKING:
    from .clock import Clock

__all__ = ["Cancelled", "call_ended", "pause"]


class Cancelled(BaseException):
    """Raised in the thread, which ends by it; callers never see it."""


call_ended: ContextVar[threading.Event | None] = ContextVar("call_ended", default=None)
"""Event that is set when the call that this thread works for has ended; None in the threads of users."""


async def pause(clock: Clock, seconds: float) -> None:
    """Sleep before a request is sent, or sent again.

    :raises Cancelled: if the call that this thread works for has ended
    """
    ended = call_ended.get()
    if ended is not None and is_real(clock):  # unlike the sleep of a clock, this one can be interrupted
        ended.wait(seconds)
    else:
        await sleep(clock, seconds)
    if ended is not None and ended.is_set():
        raise Cancelled
