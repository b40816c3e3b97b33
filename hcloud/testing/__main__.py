"""``python -m hcloud.testing``: serve a fake cloud for clients in any language."""

from __future__ import annotations

import argparse
import os
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .clock import RealClock
from .cloud import FakeAPI, FakeCloud
from .digitalocean import FakeDigitalOcean
from .saved import dumps, loads

__all__ = ["main"]

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


_PROVIDERS: dict[str, type[FakeCloud | FakeDigitalOcean]] = {cls.provider: cls for cls in (FakeCloud, FakeDigitalOcean)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m hcloud.testing", description="Serve a fake Hetzner Cloud, or another.")
    parser.add_argument(
        "--provider", choices=sorted(_PROVIDERS), default=FakeCloud.provider, help="API to serve (default: hetzner)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="further name by which clients address the server, such as that of its container; can be repeated",
    )
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 for a free one (default: 8080)")
    parser.add_argument("--token", help="the only token that is accepted (default: every token is)")
    parser.add_argument(
        "--duration", type=float, metavar="SECONDS", help="duration of actions (default: like real ones)"
    )
    parser.add_argument(
        "--rate-limit", type=int, metavar="REQUESTS", help="requests per hour and project (default: as the API's)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="load the state of the cloud from a file, and save it at the end (also at SIGTERM and SIGHUP)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a cloud until the process receives SIGINT, SIGTERM or SIGHUP.

    The first line of output is the URL of the API.

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
    for signal_number in _SIGNALS:
        if signal.getsignal(signal_number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(signal_number, lambda *_: stopped.set())
    with ExitStack() as stack:
        try:
            served = serve(cloud, host=options.host, port=options.port, allowed_hosts=options.allow_host)
            url = stack.enter_context(served)
        except OSError as error:
            parser.exit(1, f"cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        except ValueError as error:
            parser.exit(1, f"{error}\n")
        _announce(cloud, url, options.token)
        stopped.wait()
    if options.state is not None:
        try:
            _save(cloud, options.state)
        except OSError as error:
            parser.exit(1, f"the state was not saved to {options.state}: {error.strerror}\n")
    return 0


def _announce(cloud: FakeAPI, url: str, token: str | None) -> None:
    accepted = "the given token" if token else "any token"
    page = f"{url.removesuffix(cloud.prefix)}/"
    try:
        sys.stdout.write(f"{url}\n{cloud.title}. Status page: {page}. Accepts {accepted}. Stop: Ctrl+C\n")
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads it, nor what would be flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _create_cloud(parser: argparse.ArgumentParser, options: argparse.Namespace) -> FakeAPI:
    """Create the cloud, with the saved state if there is one; exit if an option is invalid."""
    settings: dict[str, Any] = {} if options.rate_limit is None else {"rate_limit": options.rate_limit}
    try:
        cloud = _PROVIDERS[options.provider](
            clock=RealClock(),
            token=options.token,
            any_token=options.token is None,
            action_seconds=options.duration,
            **settings,
        )
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    if options.state is not None:
        try:
            if (text := _read(options.state)) is not None:
                loads(cloud, text)
        except (OSError, ValueError) as error:
            parser.exit(1, f"{options.state}: {getattr(error, 'strerror', None) or error}\n")
    return cloud


def _read(state: Path) -> bytes | None:
    """Return the content of a file; ``None`` if it does not exist.

    :raises ValueError: if it is something else than a file, such as a symbolic link, or its folder takes no files
    """
    if not state.parent.is_dir():
        raise ValueError("its folder does not exist")
    if not os.access(state.parent, os.W_OK | os.X_OK):
        raise ValueError("its folder is not writable")
    try:
        mode = state.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise ValueError("the state must be a file, not a link or a folder")
    with os.fdopen(os.open(state, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        return file.read()


def _save(cloud: FakeAPI, state: Path) -> None:
    """Save the state of a cloud in a file that only its owner can read; the former file stays until it is complete.

    A symbolic link in its place is replaced, not followed.
    """
    descriptor, new = tempfile.mkstemp(prefix=f".{state.name}.", dir=state.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(dumps(cloud))
            file.flush()
            os.fsync(descriptor)
        Path(new).replace(state)
    except BaseException:
        Path(new).unlink()
        raise


if __name__ == "__main__":
    sys.exit(main())
