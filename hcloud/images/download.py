"""Download of a snapshot, and its copy to another project: the disk of a server that is created from it is read."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import IO, TYPE_CHECKING, Any

from .._arguments import path_of, validate_booleans, validate_texts
from .._exceptions import InvalidArgumentError, TransferError
from .._ssh import require_programs
from .leftovers import LABEL, check_labels
from .offers import Requirements, base_image, check_place, find_offers
from .rescue import check_public_net, rescue_system
from .transfers import Reporter
from .upload import take_snapshot

if TYPE_CHECKING:
    from .. import Client
    from ..locations import Location
    from ..server_types import ServerType
    from ..servers import ServerCreatePublicNetwork
    from .client import BoundImage
    from .compression import Compression
    from .disks import Disk
    from .transfers import OnProgress

__all__ = ["copy_to", "download"]

CHUNK = 1 << 20
BLOCK = 64 << 10
"""Size of the blocks of zeros that a raw file has holes for."""
_SUFFIXES: dict[str, Compression | None] = {".raw": None, ".img": None, ".zst": "zstd", ".gz": "gzip"}


def download(
    image: BoundImage,
    path: str | os.PathLike[str],
    *,
    overwrite: bool,
    server_type: ServerType | str | int | None,
    location: Location | str | int | None,
    public_net: ServerCreatePublicNetwork | None,
    on_progress: OnProgress | None,
) -> Path:
    """Write the disk of an image to a file; see :meth:`BoundImage.download`."""
    target = path_of("path", path)
    validate_booleans(overwrite=overwrite)
    compression = _compression_of(target)
    _check_target(target, overwrite)
    server_type, location = check_place(server_type, location)
    check_public_net(public_net)
    require_programs()
    with ExitStack() as stack:
        report = stack.enter_context(Reporter(on_progress))
        offers = _offers(image, server_type, location)
        with (
            _renamed_at_end(target, overwrite) as file,
            rescue_system(_client_of(image), offers, image, report, public_net=public_net) as rescue,
        ):
            size = rescue.disk.size
            report("transfer", 0, size)
            # The data of a raw file is compressed in transit if this machine can decompress it.
            in_transit = compression or _local_compression()
            with rescue.disk.read(in_transit, lambda done: report("transfer", done, size)) as reading:
                sha256 = _save(reading, file, compression, in_transit)
            if sha256 not in (None, reading.sha256):
                raise TransferError(f"the file has SHA-256 {sha256}, but the disk of the image {reading.sha256}")
    return target


def _client_of(image: BoundImage) -> Client:
    client: Client = image._client._parent
    return client


def _offers(image: BoundImage, server_type: Any, location: Any) -> Any:
    """Return the offers for a server that is created from an image; the disk is no larger than it has to be.

    :raises InvalidArgumentError: if the image can't be read that way
    """
    image.reload()
    if image.status != "available":
        raise InvalidArgumentError(f"image {image.id} is not available, but {image.status}")
    size = int(image.disk_size * 10**9)
    requirements = Requirements(image.architecture, size, server_type, location, smallest_first=True)
    return find_offers(_client_of(image), requirements)


def _compression_of(path: Path) -> Compression | None:
    """Return the compression of a file, by its suffix.

    :raises InvalidArgumentError: if the suffix is unknown
    """
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        known = ", ".join(_SUFFIXES)
        raise InvalidArgumentError(f"path must end in one of {known}, not {path.suffix!r}: {path}") from None


def _check_target(path: Path, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise InvalidArgumentError(f"there is no folder {path.parent}")
    if path.is_dir():
        raise InvalidArgumentError(f"{path} is a folder; pass the path of a file")
    if path.exists() and not overwrite:
        raise InvalidArgumentError(f"{path} exists; pass overwrite=True to replace it")


@contextmanager
def _renamed_at_end(path: Path, overwrite: bool) -> Iterator[IO[bytes]]:
    """Open a file under a temporary name in the same folder, which gets its name if the block succeeds.

    A file that is replaced keeps its permissions, and a symbolic link stays one.

    :raises InvalidArgumentError: if it can't be created
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        opened = temporary.open("xb")
    except OSError as error:
        raise InvalidArgumentError(f"{path} can't be written: {error.strerror}") from error
    with opened as file:
        try:
            if path.exists():
                temporary.chmod(S_IMODE(path.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
            _check_target(path, overwrite)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _local_compression() -> Compression | None:
    """Return the best compression that this machine has a program for, which has the same name."""
    return next((compression for compression in ("zstd", "gzip") if shutil.which(compression)), None)


def _save(
    chunks: Iterable[bytes], file: IO[bytes], compression: Compression | None, in_transit: Compression | None
) -> str | None:
    """Save the data of a disk, and return the SHA-256 of the decompressed content of the file.

    It is None if this machine can't decompress the file.

    :param compression: Compression of the file
    :param in_transit: Compression of the chunks
    """
    program = shutil.which(in_transit) if in_transit else None
    sparse = _SparseWriter(file) if compression is None else None
    if program is None:
        for chunk in chunks:
            (sparse or file).write(chunk)
        return sparse.end() if sparse else None
    hashed = sparse or _SparseWriter(None)
    with _Decompressor(program, hashed) as decompressor:
        for chunk in chunks:
            if sparse is None:
                file.write(chunk)
            decompressor.write(chunk)
    return hashed.end()


class _SparseWriter:
    """Writer of a raw disk that leaves holes for blocks of zeros, and computes the SHA-256 of everything.

    :param file: File to write to; if it is None, only the SHA-256 is computed
    """

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._zeros = bytes(BLOCK)

    def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._hash.update(chunk)
        if self._file is None:
            return
        view = memoryview(chunk)
        start = 0  # of the data that is not written yet
        for position in range(0, len(chunk), BLOCK):
            block = chunk[position : position + BLOCK]
            if block == self._zeros[: len(block)]:
                self._file.write(view[start:position])
                self._file.seek(len(block), os.SEEK_CUR)
                start = position + len(block)
        self._file.write(view[start:])

    def end(self) -> str:
        """Give the file its full length, and return the SHA-256 in hexadecimal digits."""
        if self._file is not None:
            self._file.truncate()
        return self._hash.hexdigest()


class _Decompressor:
    """Local program that decompresses data for a writer.

    :param program: Path of the program
    :param target: Writer that gets the decompressed data
    """

    def __init__(self, program: str, target: _SparseWriter) -> None:
        self._process = subprocess.Popen(
            [program, "-dcq"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._target = target
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._process.stdout is not None
        try:
            while chunk := _read_full(self._process.stdout, CHUNK):
                self._target.write(chunk)
        except OSError as error:  # such as a full disk: the caller's thread raises it
            self._failure = error
            self._process.kill()

    def write(self, chunk: bytes) -> None:
        """Decompress the next bytes."""
        view = memoryview(chunk)
        assert self._process.stdin is not None
        try:
            while view:
                view = view[self._process.stdin.write(view) :]
        except BrokenPipeError:
            self._end()

    def _end(self) -> None:
        """Wait until everything is written.

        :raises TransferError: if the data is malformed
        """
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        errors = self._process.stderr.read().decode(errors="replace").strip()
        if self._process.wait():
            raise TransferError(f"the data of the disk can't be decompressed: {errors}")

    def __enter__(self) -> _Decompressor:
        return self

    def __exit__(self, exception: object, *_: object) -> None:
        try:
            if exception is None:
                self._end()
        finally:
            self._process.kill()
            self._process.wait()
            self._thread.join()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()


def _read_full(stream: IO[bytes], size: int) -> bytes:
    """Return ``size`` bytes, or as many as there are until the end."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def copy_to(
    image: BoundImage,
    client: Client,
    *,
    description: str | None,
    labels: dict[str, str] | None,
    location: Location | str | int | None,
    public_net: ServerCreatePublicNetwork | None,
    on_progress: OnProgress | None,
) -> BoundImage:
    """Create a copy of an image in another project; see :meth:`BoundImage.copy_to`."""
    _check_client(client)
    validate_texts(description=description)
    check_labels(labels)
    _, location = check_place(None, location)
    check_public_net(public_net)
    require_programs()
    with Reporter(on_progress) as report:
        offers = _offers(image, None, location)
        with rescue_system(_client_of(image), offers, image, report, public_net=public_net) as source:
            size = source.disk.size  # fails before another server is created
            architecture = image.architecture
            disk = int(source.server.primary_disk_size * 10**9)
            requirements = Requirements(architecture, disk, None, location, smallest_first=True)
            offers = find_offers(client, requirements)
            base = base_image(client, architecture)
            if labels is None:  # without that of a transfer, which would let the copy be deleted
                labels = {key: value for key, value in image.labels.items() if key != LABEL}
            with rescue_system(client, offers, base, report, labels=labels, public_net=public_net) as target:
                _copy_disk(source.disk, target.disk, size, report)
                if description is None:
                    description = image.description
                copy = take_snapshot(client, target, report, description, labels)
                source.leftovers.image = copy  # for the exception if the other server can't be deleted
                return copy


def _copy_disk(source: Disk, target: Disk, size: int, report: Reporter) -> None:
    """Copy a disk of ``size`` bytes to another one through this machine, and verify the copy.

    :raises TransferError: if it does not fit, or the copy differs
    """
    if size > target.size:
        raise TransferError(f"the image has {size} bytes, but the new disk only {target.size}")
    target.discard()
    report("transfer", 0, size)
    with source.read("zstd", lambda done: report("transfer", done, size)) as reading:
        written = target.write(reading, "zstd")
    if written.sha256 != reading.sha256 or written.length != size:
        raise TransferError(
            f"{written.length} bytes with SHA-256 {written.sha256} arrived, but {size} with {reading.sha256} were sent"
        )
    report("verify", 0, size)
    target.verify(written, lambda done: report("verify", done, size))


def _check_client(client: object) -> None:
    """Check the argument of a copy.

    :raises InvalidArgumentError: if it is no client of the Hetzner Cloud API
    """
    from .. import Client

    if not isinstance(client, Client):
        from ..core.provider import Provider

        hint = ""
        if isinstance(client, Provider):
            hint = (
                "; other providers import images from a URL only: download the image, put it on a web server, and pass "
                'its URL to images.create() there (see "To another provider" in the guide to images)'
            )
        raise InvalidArgumentError(f"the target must be a hcloud.Client, not {type(client).__name__}{hint}")
