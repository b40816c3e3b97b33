"""``python -m hcloud.testing``: a fake Hetzner Cloud that any client in any language can talk to."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .clock import RealClock
from .cloud import DEFAULT_TOKEN, FakeCloud
from .saved import dumps, loads

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m hcloud.testing", description="Serve a fake Hetzner Cloud.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 for a free one (default: 8080)")
    parser.add_argument("--token", help="the only token it takes (default: it takes every token)")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="how long actions take that take time")
    parser.add_argument(
        "--rate-limit", type=int, default=3600, metavar="REQUESTS", help="requests an hour and project (default: 3600)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="load what exists from a file, and save it at the end"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a cloud until the process is told to stop; the first line of output is the API's address.

    :returns: the exit status.
    """
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not 0 <= asked.port <= 65535:
        parser.exit(1, f"{asked.port} is no port: they end at 65535\n")
    if asked.token == "":
        parser.exit(1, "--token names no token; leave it out to take every token\n")
    try:
        from .server import serve
    except ImportError as error:
        parser.exit(1, f"{error}\n")
    try:
        cloud = FakeCloud(
            clock=RealClock(),
            token=asked.token or DEFAULT_TOKEN,
            any_token=asked.token is None,
            action_seconds=asked.duration,
            rate_limit=asked.rate_limit,
        )
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    state: Path | None = asked.state
    if state is not None and state.exists():
        try:
            loads(cloud, state.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.exit(1, f"{state}: {error}\n")
    elif state is not None and not state.parent.is_dir():
        parser.exit(1, f"{state}: there is no such folder to save to\n")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with serve(cloud, host=asked.host, port=asked.port) as address:
            token = "that token" if asked.token else "any token"
            sys.stdout.write(
                f"{address}\n{address.removesuffix('v1')} shows what is in it. It takes {token}. Stop: Ctrl+C\n"
            )
            sys.stdout.flush()
            stopped.wait()
    except OSError as error:
        parser.exit(1, f"cannot listen on {asked.host}:{asked.port}: {error.strerror}\n")
    if state is not None:
        _save(cloud, state)
    return 0


def _save(cloud: FakeCloud, state: Path) -> None:
    # Beside it first, so that a full disk does not cost the state of before.
    beside = state.with_name(f"{state.name}.new")
    beside.write_text(dumps(cloud), encoding="utf-8")
    beside.replace(state)


if __name__ == "__main__":
    sys.exit(main())
