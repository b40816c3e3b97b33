"""Upload of an image: it is written to the disk of a server in the rescue system, and a snapshot of that is taken."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, BinaryIO, Literal, cast, get_args

from .._arguments import validate_texts
from .._exceptions import InvalidArgumentError, TransferError
from .._ssh import require_programs
from .disks import ALIGNMENT, DAMAGED_MESSAGE, STATUS_CORRUPT, Disk
from .domain import Architecture
from .leftovers import check_labels
from .offers import Requirements, base_image, check_place, find_offers, is_named
from .rescue import RescueSystem, check_public_net, rescue_system
from .source import Source
from .transfers import Reporter

if TYPE_CHECKING:
    from .. import Client
    from ..locations import Location
    from ..server_types import ServerType
    from ..servers import ServerCreatePublicNetwork
    from .client import BoundImage
    from .compression import Compression
    from .disk_formats import DiskFormat
    from .transfers import OnProgress

__all__ = ["take_snapshot", "upload"]


def upload(
    client: Client,
    source: str | os.PathLike[str] | BinaryIO,
    *,
    description: str | None,
    labels: dict[str, str] | None,
    architecture: Architecture | None,
    format: DiskFormat | None,
    via: Literal["local"] | None,
    server_type: ServerType | str | int | None,
    location: Location | str | int | None,
    public_net: ServerCreatePublicNetwork | None,
    on_progress: OnProgress | None,
) -> BoundImage:
    """Create an image from a file or a URL; see :meth:`ImagesClient.upload`."""
    if via not in (None, "local"):
        raise InvalidArgumentError(f"via must be 'local' or None, not {via!r}")
    if architecture is not None and architecture not in get_args(Architecture):
        raise InvalidArgumentError(
            f"architecture must be one of {', '.join(get_args(Architecture))}, or None, not {architecture!r}"
        )
    validate_texts(description=description)
    check_labels(labels)
    server_type, location = check_place(server_type, location)
    check_public_net(public_net)
    require_programs()
    with ExitStack() as stack:
        report = stack.enter_context(Reporter(on_progress))
        image = stack.enter_context(Source.open(source, format))
        if description is None and (image.path or image.url):
            description = image.name.rpartition("/")[2] or None
        if architecture is None and server_type is not None:
            architecture = _architecture_of(client, server_type)
        requirements = Requirements(architecture or "x86", image.size or 0, server_type, location)
        offers = find_offers(client, requirements)  # before a conversion, which takes long
        payload = stack.enter_context(_payload(image, via == "local", report))
        if payload.disk > requirements.disk:
            offers = find_offers(client, requirements._replace(disk=payload.disk))
        base = base_image(client, requirements.architecture)
        with rescue_system(client, offers, base, report, labels=labels, public_net=public_net) as rescue:
            payload.write_to(rescue.disk, report)
            return take_snapshot(client, rescue, report, description, labels)


def take_snapshot(
    client: Client, rescue: RescueSystem, report: Reporter, description: str | None, labels: dict[str, str] | None
) -> BoundImage:
    """Return a snapshot of a server whose disk is written.

    It has the label of the transfer until it is complete, so that it is deleted if this fails.

    :param client: Client that the snapshot is bound to
    """
    server, leftovers = rescue.server, rescue.leftovers
    report("create snapshot")
    server.power_off().wait()
    leftovers.is_creating = True
    response = server.create_image(description, labels={**(labels or {}), **leftovers.labels})
    leftovers.add("images", response.image)
    response.wait()
    image = response.image.update(labels=labels or {})
    image._client = client.images  # the caller's client decides if it waits for locks
    leftovers.complete(image)
    return image


def _architecture_of(client: Client, server_type: ServerType | str | int) -> Architecture | None:
    types = client.server_types.get_all()
    return next((candidate.architecture for candidate in types if is_named(candidate, server_type)), None)


class _Payload:
    """Data to write to a disk, and the way to write it.

    :param image: Source of the data
    :param data: Open file, pieces of bytes, or a URL that the rescue system fetches
    :param compression: Compression of the data
    :param size: Size of the disk that the source states
    :param length: Number of bytes of the data
    :param is_qcow2: If true, the rescue system converts the data
    """

    def __init__(
        self,
        image: Source,
        data: Iterable[bytes] | IO[bytes] | str,
        compression: Compression | None,
        size: int | None,
        length: int | None,
        *,
        is_qcow2: bool = False,
    ) -> None:
        self._name = image.name
        self._data = data
        self._compression: Compression | None = compression
        self._size = size
        self._length = length
        self._is_qcow2 = is_qcow2

    @property
    def disk(self) -> int:
        """Minimum size of the disk, as far as it is known."""
        if self._is_qcow2:
            return self._place + (self._length or 0)
        return self._size or 0

    @property
    def _place(self) -> int:
        """Position of a qcow2 image on the disk, behind what it is converted to."""
        return -(-(self._size or 0) // ALIGNMENT) * ALIGNMENT

    def write_to(self, disk: Disk, report: Reporter) -> None:
        """Write the data to a disk, and verify it.

        :raises TransferError: if it does not fit, or the disk has another content afterwards
        """
        if self.disk > disk.size:
            raise TransferError(f"{self._name} needs a disk of {self.disk} bytes, but the disk has {disk.size}")
        disk.discard()
        total = None if self._is_qcow2 and self._compression else self._length if self._is_qcow2 else self._size
        report("transfer", 0, total)
        offset = self._place if self._is_qcow2 else 0
        written = disk.write(self._data, self._compression, lambda done: report("transfer", done, total), offset=offset)
        if not written.length:
            raise TransferError(f"{self._name} ended before its first byte")
        if self._compression is None and self._length not in (None, written.length):
            raise TransferError(f"{self._name} had {self._length} bytes first, but {written.length} were written")
        report("verify", 0, written.length)
        disk.verify(written, lambda done: report("verify", done, written.length))
        if self._is_qcow2:
            report("convert")
            disk.convert(written, self._size or 0)


@contextmanager
def _payload(image: Source, is_local: bool, report: Reporter) -> Iterator[_Payload]:
    """Prepare the data of a source; nothing is created in the cloud.

    :param is_local: If true, a URL is fetched by this machine
    """
    is_qcow2 = image.format == "qcow2"
    if image.url is not None and not is_local:
        image.close()
        yield _Payload(image, image.url, image.compression, image.size, image.length, is_qcow2=is_qcow2)
        return
    if is_qcow2 and image.path is not None and image.compression is None and shutil.which("qemu-img"):
        report("convert")
        with TemporaryDirectory(prefix="hcloud-") as folder:
            converted = _convert(image, Path(folder) / "disk.raw")
            if converted is not None:
                with _compressed(converted) as (data, compression):
                    yield _Payload(image, data, compression, image.size, None)
                return
    if image.path is not None:
        with image.path.open("rb") as file:  # the program ssh reads it, which takes less time than Python
            yield _Payload(image, file, image.compression, image.size, image.length, is_qcow2=is_qcow2)
        return
    yield _Payload(image, image, image.compression, image.size, image.length, is_qcow2=is_qcow2)


def _convert(image: Source, target: Path) -> Path | None:
    """Convert a local qcow2 image, and return the path of the result; None if there is no room for it.

    :raises InvalidArgumentError: if it can't be converted
    """
    path = str(Path(cast("Path", image.path)).absolute())
    status, _ = _run_qemu_img("check", "-q", "-f", "qcow2", path)
    if status == STATUS_CORRUPT:  # a conversion would read zeros in the place of what is missing
        raise InvalidArgumentError(f"{image.name} {DAMAGED_MESSAGE}")
    status, errors = _run_qemu_img("convert", "-f", "qcow2", "-O", "raw", path, str(target))
    if status and "No space left" in errors:
        target.unlink(missing_ok=True)
        return None
    if status:
        raise InvalidArgumentError(f"{image.name} can't be converted: {errors}")
    return target


def _run_qemu_img(*arguments: str) -> tuple[int, str]:
    """Run ``qemu-img`` on this machine, and return its exit status and its error output."""
    with subprocess.Popen(
        ["qemu-img", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            errors = process.communicate()[1].decode(errors="replace").strip()
        except BaseException:
            process.kill()
            raise
    return process.returncode, errors


@contextmanager
def _compressed(path: Path) -> Iterator[tuple[IO[bytes], Compression | None]]:
    """Open a file, compressed on the way if there is a program for it: most of a converted image is zeros."""
    program = shutil.which("zstd")
    if program is None:
        with path.open("rb") as file:
            yield file, None
        return
    command = [program, "-1", "-T0", "--quiet", "--stdout", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        compression: Compression = "zstd"
        try:
            yield process.stdout, compression
        finally:
            process.kill()
