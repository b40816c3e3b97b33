"""A line that shows the progress of a wait or a transfer, for ``on_progress``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from io import BufferedIOBase, RawIOBase
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from ._exceptions import InvalidArgumentError

if TYPE_CHECKING:
    from .core import BaseDomain

__all__ = ["Progress", "TransferProgress", "progress"]

_UNKNOWN_WIDTH = 80
_BAR_WIDTH = 20
_MIN_WIDTH_WITH_BAR = 60
"""Columns below which the line has no bar."""
_BARS = ("━─…", "#-~")
"""Characters of the bar (done, left) and of a cut: the first set that the stream can encode is used."""
_REDRAW_SECONDS = 0.1
"""Seconds between two changes of the line of a transfer."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class TransferProgress(NamedTuple):
    """Progress of a transfer, such as the upload of an image: its current phase, and the bytes in it."""

    phase: str
    """Name of the phase, such as ``create server`` or ``write``."""
    done: int | None = None
    """Number of bytes so far; None in a phase that transfers none."""
    total: int | None = None
    """Number of bytes at the end of the phase; None if it is unknown."""


def progress(*, file: TextIO | None = None) -> Progress:
    """Return a function for ``on_progress`` that shows the progress of actions, imports of images, and transfers.

    On a terminal it draws one line again and again, for transfers one for each phase; elsewhere it writes a line for
    each change. The line ends when the wait does.

    :param file: Stream to write to; by default ``sys.stderr``, so that the output of a program stays its own
    """
    return Progress(file)


class Progress:
    """Function for ``on_progress`` that :func:`progress` returns; it can be used for several waits in turn.

    As a context manager it ends its line, for functions of your own that call it.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        """
        :param file: Stream to write to; by default ``sys.stderr``
        :raises InvalidArgumentError: if ``file`` is no stream of text
        """
        stream: object = file
        if file is not None and (not hasattr(stream, "write") or isinstance(stream, (RawIOBase, BufferedIOBase))):
            raise InvalidArgumentError(f"file must be a stream of text, such as sys.stdout, not {file!r}")
        self._file = file
        self._subject: object = None
        """IDs of the actions that are waited for."""
        self._started = 0.0
        self._drawn = 0
        """Length of the line that the cursor is in; 0 if it is at the beginning of an empty one."""
        self._last: object = None
        """State of the last line that was written where there is no terminal."""
        self._transfer: TransferProgress | None = None
        """State of the transfer whose phase is shown."""
        self._redrawn = 0.0

    def __call__(self, actions: Sequence[BaseDomain] | BaseDomain | TransferProgress) -> None:
        """Show the progress of actions, images or a transfer.

        Nothing is fetched, and nothing is raised if the stream is closed.
        """
        if isinstance(actions, TransferProgress):
            self._show_transfer(actions)
            return
        models = list(actions) if isinstance(actions, Iterable) else [actions]
        states = [_State(model) for model in models]
        if not states:
            return
        subject = [state.identity for state in states]
        if subject != self._subject:
            self.close()
            self._subject, self._started = subject, _now(models[0])
        self._show(states, int(_now(models[0]) - self._started))
        if all(state.is_finished for state in states):
            self.close()

    def _show(self, states: list[_State], seconds: int) -> None:
        done = sum(state.is_finished for state in states)
        failed = sum(state.has_failed for state in states)
        percent = sum(state.percent for state in states) // len(states)
        names = ", ".join(dict.fromkeys(state.name for state in states))
        count = f"{done}/{len(states)} done" + (f", {failed} failed" if failed else "")
        self._draw(percent, [count, f"{seconds // 60}:{seconds % 60:02}", names], (percent, count, names))

    def _show_transfer(self, transfer: TransferProgress) -> None:
        now = time.monotonic()
        if transfer.phase != self._subject:
            self.close()
            self._subject, self._started = transfer.phase, now
        elif now - self._redrawn < _REDRAW_SECONDS and transfer.done != transfer.total:
            self._transfer = transfer  # close() shows the last one
            return
        self._redrawn, self._transfer = now, transfer
        self._draw_transfer(transfer)

    def _draw_transfer(self, transfer: TransferProgress, *, is_last: bool = False) -> None:
        """Show a transfer.

        :param is_last: True at the end of the phase
        """
        seconds = time.monotonic() - self._started
        texts = [ascii(transfer.phase)[1:-1]]
        percent, step = None, None
        if transfer.done is not None:
            step = transfer.done if is_last else transfer.done >> 30
            texts.append(_in_units(transfer.done))
            if transfer.total is not None:
                percent = min(100, 100 * transfer.done // max(transfer.total, 1))
                step = percent // 10 if percent == 100 or not is_last else transfer.done
                texts[-1] += f" of {_in_units(transfer.total)}"
            texts.append(f"{_in_units(transfer.done / max(seconds, _REDRAW_SECONDS))}/s")
        texts.append(f"{int(seconds) // 60}:{int(seconds) % 60:02}")
        self._draw(percent, texts, (transfer.phase, step))

    def _draw(self, percent: int | None, texts: list[str], state: object) -> None:
        """Show a line; it gets shorter from the end where it is too long for the terminal.

        :param percent: Percentage that is done; None if that is unknown
        :param texts: Texts behind the percentage, the most important first
        :param state: Value that changes with the line, but not with the time
        """
        file = sys.stderr if self._file is None else self._file
        if file is None:  # a program without a console
            return
        full, empty, cut = tuple(_BARS[0] if _can_encode(file, _BARS[0]) else _BARS[1])
        line = "  ".join(texts if percent is None else [f"{percent:3d} %", *texts])
        try:
            if not _is_terminal(file):
                if state != self._last:
                    file.write(f"{line.strip()}\n")
                    file.flush()
                    self._last = state
                return
            # The last column stays empty: some terminals continue in the next line once it is written.
            width = max(1, _width(file) - 1)
            if width >= _MIN_WIDTH_WITH_BAR and percent is not None:
                filled = percent * _BAR_WIDTH // 100
                line = f"{full * filled}{empty * (_BAR_WIDTH - filled)} {line}"
            if len(line) > width:
                line = f"{line[: width - 1]}{cut}"
            file.write(f"\r{line}{' ' * (min(self._drawn, width) - len(line))}")
            file.flush()
            self._drawn = len(line)
        except (OSError, ValueError):  # the stream is closed, which must not end the wait
            self._drawn = 0

    def close(self) -> None:
        """End the line, so that what is written next begins in a new one; nothing if there is none."""
        if self._transfer is not None:
            self._draw_transfer(self._transfer, is_last=True)
        file = sys.stderr if self._file is None else self._file
        if self._drawn and file is not None:
            try:
                file.write("\n")
                file.flush()
            except (OSError, ValueError):
                pass
        self._drawn, self._subject, self._last, self._transfer = 0, None, None, None

    def _end_wait(self) -> None:
        """End the line when a wait has ended, also by an exception."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _State:
    """Known state of an action of either provider, or of an image; no request is sent to know more."""

    def __init__(self, model: Any) -> None:
        self.identity = _known(model, "id")
        status = _known(model, "status")
        self.has_failed = status in ("error", "errored", "deleted", "retired") or bool(_known(model, "error_message"))
        self.is_finished = self.has_failed or status in ("success", "completed", "available")
        reported = _known(model, "progress")
        self.percent: int = 100 if self.is_finished else max(0, min(reported, 99)) if type(reported) is int else 0
        name = next(filter(None, (_known(model, field) for field in ("command", "name", "type"))), None)
        # Other characters could move the cursor, or be as wide as two.
        self.name: str = ascii(name)[1:-1] if isinstance(name, str) else f"{model._key} {self.identity}"


def _in_units(count: float) -> str:
    """Return a number of bytes with the largest unit that it has at least one of."""
    unit = 0
    while count >= 1024 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.1f} {_UNITS[unit]}" if unit else f"{int(count)} B"


def _now(model: Any) -> float:
    """Return the time of the client's clock, which the fake API may set."""
    clock = getattr(getattr(model._client, "_client", None), "_clock", time)
    return float(clock.monotonic())


def _known(model: Any, name: str) -> Any:
    if name not in model._fields:
        return None
    return model.__dict__.get(name, model._raw.get(name))


def _can_encode(file: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(file, "encoding", None) or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True


def _is_terminal(file: TextIO) -> bool:
    isatty = getattr(file, "isatty", None)
    return isatty is not None and isatty() and os.environ.get("TERM") != "dumb"


def _width(file: TextIO) -> int:
    try:
        return os.get_terminal_size(file.fileno()).columns or _UNKNOWN_WIDTH
    except (OSError, ValueError, AttributeError):
        return _UNKNOWN_WIDTH
