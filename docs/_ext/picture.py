"""Picture of ``make demo``: what the program shows on a terminal, as an SVG.

``python -m docs._ext.picture`` draws it anew into ``docs/_static/demo.svg``.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from html import escape
from pathlib import Path

__all__ = ["TARGET", "draw", "screen"]

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs/_static/demo.svg"
_COLUMNS = 56
"""Columns of the terminal: as many as are legible on a phone."""
_LEFT_OUT = ("Read its properties", "Label and protect it", "Take a backup")
"""Steps that the picture leaves out; a line with dots shows where."""
_WIDTH, _HEIGHT, _MARGIN = 8, 19, 16
"""Size of a character, and the space around the text, in pixels."""
_COLOURS = {"$": "#8b949e", "*": "#79c0ff", "100": "#7ee787", "": "#e6edf3"}
"""Colours of lines by what they begin with."""


def screen() -> list[str]:
    """Run the demo on a terminal, and return the lines that stay on it."""
    terminal, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, _COLUMNS, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, ROOT / "examples/image_lifecycle.py"],
        stdout=child,
        stderr=child,
        env={**variables, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm"},
    )
    os.close(child)
    output = b""
    try:
        while chunk := os.read(terminal, 4096):
            output += chunk
    except OSError:  # how Linux reports the end
        pass
    os.close(terminal)
    if process.wait() != 0:
        raise RuntimeError(output.decode())
    lines = output.decode().replace("\r\n", "\n").split("\n")
    return [line.rpartition("\r")[2].rstrip() for line in lines]


def excerpt(lines: list[str]) -> list[str]:
    """Return the lines of the picture."""
    steps = "\n".join(lines).strip().split("\n\n")
    shown = ["$ make demo"]
    for step in steps:
        if not step.startswith(tuple(f"* {title}" for title in _LEFT_OUT)):
            shown += ["", *step.split("\n")]
        elif shown[-1] != "  …":
            shown += ["", "  …"]
    return shown


def draw(lines: list[str]) -> str:
    """Return the lines as an SVG that looks like a terminal, on light and on dark pages."""
    width = _COLUMNS * _WIDTH + 2 * _MARGIN
    height = len(lines) * _HEIGHT + 2 * _MARGIN
    texts = []
    for number, line in enumerate(lines):
        if line:
            colour = next(colour for start, colour in _COLOURS.items() if line.startswith(start))
            weight = ' font-weight="bold"' if line.startswith("*") else ""
            x = _MARGIN + _WIDTH * (len(line) - len(line.lstrip()))
            length = _WIDTH * len(line.strip())
            texts.append(
                f'<text x="{x}" y="{_MARGIN + _HEIGHT * number + 14}" textLength="{length}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{colour}"{weight}>{escape(line.strip(), quote=False)}</text>'
            )
    size = f'width="{width}" height="{height}"'
    font = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" xml:space="preserve"'
    panel = f'<rect {size} rx="8" fill="#0d1117" stroke="#30363d"/>'
    return "\n".join([f'{head} font-family="{font}" font-size="13">', panel, *texts, "</svg>\n"])


if __name__ == "__main__":
    TARGET.write_text(draw(excerpt(screen())), encoding="utf-8")
