"""``python -m hcloud.images``: upload, download, copy and rotate images on the command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, get_args
from urllib.parse import urlsplit

import hcloud

from .._client import endpoints_from_env
from ..core.settings import token_from_env
from .disk_formats import DiskFormat
from .domain import Architecture
from .retention import Keep

if TYPE_CHECKING:
    from types import FrameType

    from .rotation import Rotation

__all__ = ["main"]

PROGRAM = "python -m hcloud.images"
FAILED, INVALID = 1, 2
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

_EPILOG = """\
environment:
  HCLOUD_TOKEN           API token of the project, or
  HCLOUD_TOKEN_FILE      path of a file with it
  HCLOUD_ENDPOINT        address of the API, if it is not the default
  HCLOUD_TARGET_TOKEN    for copy: API token of the project of the copy, or
  HCLOUD_TARGET_TOKEN_FILE

exit status:
  0    success
  1    failure; the message says what is left over, if anything is
  2    invalid arguments, or a file that can't be used; nothing was created
  130  Ctrl-C; 143 SIGTERM; 129 SIGHUP: all servers and keys were deleted before,
       except those that the message names after a second signal

examples:
  python -m hcloud.images upload debian.qcow2 --label os=debian
  python -m hcloud.images upload https://example.com/disk.raw.xz --architecture arm
  xz -dc disk.raw.xz | python -m hcloud.images upload -
  python -m hcloud.images download 12345 backup.raw.zst
  python -m hcloud.images copy 12345 --description "Debian, from the old project"
  python -m hcloud.images rotate web-1 web-2 --name nightly --daily 7 --weekly 4
"""


class Interrupted(KeyboardInterrupt):
    """A signal that ends the program, with the same cleanup as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        """
        :param number: Number of the signal
        """
        super().__init__()
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status.

    :param arguments: Arguments in place of those of the program
    """
    options = _parser().parse_args(arguments)
    progress = None if options.quiet else hcloud.progress()
    with _interruptible():
        try:
            return int(options.command(options, progress))
        except KeyboardInterrupt as interrupt:
            _report(interrupt, "interrupted")
            return 128 + _signal_of(interrupt)
        except hcloud.InvalidArgumentError as error:
            _report(error, str(error))
            return INVALID
        except (hcloud.HCloudException, OSError) as error:
            _report(error, str(error))
            return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Upload, download, copy and rotate images of the Hetzner Cloud.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_upload, _add_download, _add_copy, _add_rotate, _add_cleanup):
        add(commands)
    return parser


def _add_command(
    commands: Any, name: str, command: Callable[[argparse.Namespace, Any], int], description: str
) -> argparse.ArgumentParser:
    """Add a command without arguments of its own, and return its parser.

    :param command: Function of the arguments and of the progress that returns the exit status
    """
    summary = description.partition(".")[0]
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary[0].lower() + summary[1:], description=description
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(command=command)
    return parser


def _add_upload(commands: Any) -> None:
    parser = _add_command(
        commands,
        "upload",
        _upload,
        "Create snapshots from disk images, and print their IDs. The rescue system of a server writes them, "
        "which is created for that and deleted afterwards.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="raw or qcow2 image, which may be compressed by gzip, bzip2, xz or zstd: a path, a URL that begins with "
        "https://, or - for the standard input",
    )
    parser.add_argument("--description", metavar="TEXT", help="description of the snapshot (default: the file's name)")
    _add_label_option(parser, "")
    parser.add_argument("--architecture", choices=get_args(Architecture), help="CPU architecture (default: x86)")
    parser.add_argument(
        "--format",
        choices=get_args(DiskFormat),
        help="format of the file (default: found by its content); raw also accepts a disk without partitions",
    )
    parser.add_argument("--via", choices=["local"], help="fetch a URL by this machine, not by the server")
    _add_server_options(parser)


def _add_download(commands: Any) -> None:
    parser = _add_command(
        commands,
        "download",
        _download,
        "Write the disk of a snapshot to a file. The rescue system of a server reads it, which is "
        "created for that and deleted afterwards.",
    )
    parser.add_argument("image", metavar="IMAGE", help="ID of a snapshot or another image, or a unique name")
    parser.add_argument("file", metavar="FILE", help="new file: .raw or .img, or compressed: .zst or .gz")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    _add_server_options(parser)


def _add_copy(commands: Any) -> None:
    parser = _add_command(
        commands,
        "copy",
        _copy,
        "Copy a snapshot to another project, and print the ID of the copy. The rescue system of a server reads it, and "
        "that of another one writes it, which are created for that and deleted afterwards; the data passes through "
        "this machine, and is not stored here.",
    )
    parser.add_argument("image", metavar="IMAGE", help="ID of a snapshot or another image, or a unique name")
    parser.add_argument("--description", metavar="TEXT", help="description of the copy (default: that of the image)")
    _add_label_option(parser, " (default: those of the image)")
    _add_place_options(parser, "both servers")


def _add_rotate(commands: Any) -> None:
    parser = _add_command(
        commands,
        "rotate",
        _rotate,
        "Take a snapshot of each server, and delete the oldest ones. Only snapshots that a rotation of this name took "
        "of the same server are counted and deleted.",
    )
    parser.add_argument("servers", nargs="+", metavar="SERVER", help="ID or name of a server")
    parser.add_argument("--name", required=True, help="name of the rotation, such as nightly")
    parser.add_argument("--keep", type=int, default=0, metavar="N", help="number of snapshots of each server to keep")
    for period in ("hour", "day", "week", "month", "year"):
        rule = "daily" if period == "day" else f"{period}ly"
        parser.add_argument(
            f"--{rule}", type=int, default=0, metavar="N", help=f"number of {period}s of which to keep the newest one"
        )
    parser.add_argument("--dry-run", action="store_true", help="only print what would be deleted")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="maximum time to wait for the snapshots")
    parser.add_argument(
        "--provider",
        choices=["hetzner", "digitalocean"],
        default="hetzner",
        help="digitalocean for droplets; the token is in DIGITALOCEAN_TOKEN (default: hetzner)",
    )


def _add_cleanup(commands: Any) -> None:
    parser = _add_command(
        commands, "cleanup", _clean_up, "Delete what killed uploads, downloads and copies left over, and print it."
    )
    parser.add_argument(
        "--older-than", type=float, default=24.0, metavar="HOURS", help="minimum age in hours (default: 24)"
    )


def _add_label_option(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        type=_label,
        metavar="KEY=VALUE",
        help=f"label; can be repeated{default}",
    )


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--server-type", metavar="NAME", help="type of the server (default: the cheapest one that fits)"
    )
    _add_place_options(parser, "the server")


def _add_place_options(parser: argparse.ArgumentParser, servers: str) -> None:
    parser.add_argument("--location", metavar="NAME", help=f"location of {servers} (default: the cheapest one)")
    parser.add_argument("--ipv6-only", action="store_true", help=f"create {servers} without an IPv4 address")


def _label(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not in the form KEY=VALUE")
    return key, value


def _server_options(options: argparse.Namespace) -> dict[str, Any]:
    return {"server_type": options.server_type, **_place_options(options)}


def _place_options(options: argparse.Namespace) -> dict[str, Any]:
    public_net = None
    if options.ipv6_only:
        from ..servers import ServerCreatePublicNetwork

        public_net = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=True)
    return {"location": options.location, "public_net": public_net}


def _upload(options: argparse.Namespace, progress: Any) -> int:
    """Upload all files, also after a failure of one; return the exit status."""
    client = hcloud.Client.from_env()
    is_invalid = []
    for file in options.files:
        name = _description(file) or None
        if progress is not None and len(options.files) > 1:
            _write_message(f"{name or file.partition('://')[0]}:")
        try:
            image = client.images.upload(
                _source(file),
                description=options.description,
                labels=dict(options.label) or None,
                architecture=options.architecture,
                format=options.format,
                via=options.via,
                on_progress=progress,
                **_server_options(options),
            )
            _print(image.id)
        except (hcloud.HCloudException, OSError) as error:
            _print_complete(error)
            _report(error, str(error))
            is_invalid.append(isinstance(error, hcloud.InvalidArgumentError))
    if not is_invalid:
        return 0
    return INVALID if is_invalid.count(True) == len(options.files) else FAILED


def _print_complete(error: BaseException) -> None:
    """Print the ID of an image that is complete in spite of an error."""
    image = getattr(error, "image", None)
    if image is not None:
        _print(image.id)


def _source(file: str) -> str | BinaryIO:
    if file != "-":
        return file
    if sys.stdin is None or sys.stdin.isatty():
        raise hcloud.InvalidArgumentError("the standard input is closed or a terminal; redirect a disk image to it")
    return sys.stdin.buffer


def _description(file: str) -> str | None:
    """Return the last part of a path, or of the path in a URL, which may have secrets elsewhere."""
    path = file
    if "://" in file:
        try:
            path = urlsplit(file).path
        except ValueError:  # upload() rejects it
            return None
    return path.rstrip("/").rpartition("/")[2] if path != "-" else None


def _download(options: argparse.Namespace, progress: Any) -> int:
    image = hcloud.Client.from_env().images.get(options.image)
    path = image.download(options.file, overwrite=options.overwrite, on_progress=progress, **_server_options(options))
    _print(path)
    return 0


def _target() -> hcloud.Client:
    """Return a client of the project of a copy."""
    endpoints: dict[str, Any] = endpoints_from_env()
    return hcloud.Client(token_from_env("HCLOUD_TARGET_TOKEN"), **endpoints)


def _copy(options: argparse.Namespace, progress: Any) -> int:
    target = _target()
    image = hcloud.Client.from_env().images.get(options.image)
    try:
        copy = image.copy_to(
            target,
            description=options.description,
            labels=dict(options.label) or None,
            on_progress=progress,
            **_place_options(options),
        )
    except hcloud.TransferError as error:
        _print_complete(error)
        raise
    _print(copy.id)
    return 0


def _rotate(options: argparse.Namespace, progress: Any) -> int:
    if not any(getattr(options, rule) for rule in ("keep", "hourly", "daily", "weekly", "monthly", "yearly")):
        raise hcloud.InvalidArgumentError("say what to keep, such as --keep 7, or --daily 7 --weekly 4")
    keep = Keep(
        last=options.keep,
        hourly=options.hourly,
        daily=options.daily,
        weekly=options.weekly,
        monthly=options.monthly,
        yearly=options.yearly,
    )
    arguments: dict[str, Any] = {
        "keep": keep,
        "name": options.name,
        "dry_run": options.dry_run,
        "timeout": options.timeout,
        "on_progress": progress,
    }
    try:
        if options.provider == "digitalocean":
            from .. import digitalocean

            _print_rotation(digitalocean.Client.from_env().images.rotate(options.servers, **arguments))
        else:
            _print_rotation(hcloud.Client.from_env().images.rotate(options.servers, **arguments))
    except hcloud.HCloudExceptionGroup as group:
        _print_rotation(group.result)
        raise
    return 0


def _print_rotation(rotation: Rotation[Any]) -> None:
    deleted = "would delete" if rotation.dry_run else "deleted"
    for verb, images in (("created", rotation.created), (deleted, rotation.deleted), ("protected", rotation.protected)):
        for image in images:
            _print(verb, image.id, image.display_name, image.creation_time)


def _clean_up(options: argparse.Namespace, progress: Any) -> int:
    seconds = 3600 * options.older_than
    for model in hcloud.Client.from_env().images.cleanup_uploads(older_than=seconds):
        _print("deleted", model._key, model.id)
    return 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let signals that end the program raise an exception, so that it cleans up."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    previous = {}
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
                previous[number] = signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _signal_of(interrupt: BaseException) -> int:
    """Return the number of the signal that raised an exception, or raised one in its context."""
    current: BaseException | None = interrupt
    while current is not None:
        if isinstance(current, Interrupted):
            return current.number
        current = current.__context__
    return signal.SIGINT


def _print(*values: object) -> None:
    """Write a line of output.

    :raises TransferError: if that is impossible; its message has the line
    """
    line = " ".join(map(str, values))
    encoding = sys.stdout.encoding or "utf-8"
    line = line.encode(encoding, "backslashreplace").decode(encoding)  # such as the name of a file in another encoding
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        raise hcloud.TransferError(f"{line}: could not be written to the standard output: {error.strerror}") from error


def _report(error: BaseException, text: str) -> None:
    """Write a message with the notes of an exception."""
    notes = [] if isinstance(error, hcloud.HCloudExceptionGroup) else getattr(error, "__notes__", [])
    _write_message("\n".join([f"{PROGRAM}: {text}", *notes]))


def _write_message(text: str) -> None:
    """Write a line to the standard error; nothing if there is no terminal anymore."""
    file: TextIO | None = sys.stderr
    if file is not None:
        with suppress(OSError, ValueError):
            file.write(f"{text}\n")
            file.flush()


if __name__ == "__main__":
    sys.exit(main())
