"""``python -m hcloud.testing``: serve a fake Hetzner Cloud for clients in any language."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .clock import RealClock
from .cloud import DEFAULT_TOKEN, FakeAPI, FakeCloud
from .saved import dumps, loads

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m hcloud.testing", description="Serve a fake Hetzner Cloud.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 for a free one (default: 8080)")
    parser.add_argument("--token", help="the only token that is accepted (default: every token is)")
    parser.add_argument(
        "--duration", type=float, metavar="SECONDS", help="duration of actions (default: like real ones)"
    )
    parser.add_argument(
        "--rate-limit", type=int, default=3600, metavar="REQUESTS", help="requests per hour and project (default: 3600)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="load the state of the cloud from a file, and save it at the end"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a cloud until the process receives SIGINT or SIGTERM. The first line of output is the URL of the API.

    :returns: Exit status.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.exit(1, f"--port must be from 0 to 65535, not {options.port}\n")
    if options.token == "":
        parser.exit(1, "--token must not be empty; omit it to accept every token\n")
    try:
        from .server import serve
    except ImportError as error:
        parser.exit(1, f"{error}\n")
    cloud = _create_cloud(parser, options)
    stopped = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stopped.set())
    try:
        with serve(cloud, host=options.host, port=options.port) as url:
            _announce(url, options.token)
            stopped.wait()
    except OSError as error:
        parser.exit(1, f"cannot listen on {options.host}:{options.port}: {error.strerror}\n")
    if options.state is not None:
        _save(cloud, options.state)
    return 0


def _announce(url: str, token: str | None) -> None:
    accepted = "the given token" if token else "any token"
    sys.stdout.write(f"{url}\nStatus page: {url.removesuffix('v1')}. Accepts {accepted}. Stop: Ctrl+C\n")
    sys.stdout.flush()


def _create_cloud(parser: argparse.ArgumentParser, options: argparse.Namespace) -> FakeAPI:
    """Create the cloud, with the saved state if there is one; exit if an option is invalid."""
    try:
        cloud = FakeCloud(
            clock=RealClock(),
            token=options.token or DEFAULT_TOKEN,
            any_token=options.token is None,
            action_seconds=options.duration,
            rate_limit=options.rate_limit,
        )
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    state: Path | None = options.state
    if state is not None and state.exists():
        try:
            loads(cloud, state.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.exit(1, f"{state}: {error}\n")
    elif state is not None and not state.parent.is_dir():
        parser.exit(1, f"the folder of {state} does not exist\n")
    return cloud


def _save(cloud: FakeAPI, state: Path) -> None:
    # Write to another file first, so that a full disk does not destroy the former state.
    new = state.with_name(f"{state.name}.new")
    new.write_text(dumps(cloud), encoding="utf-8")
    new.replace(state)


if __name__ == "__main__":
    sys.exit(main())
