"""The disk of a server that runs the rescue system: written, read and verified by shell commands there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from shlex import quote
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

from .._exceptions import SSHError, TransferError

if TYPE_CHECKING:
    from .._ssh import Process, Runner
    from .compression import Compression

__all__ = ["DAMAGED_MESSAGE", "STATUS_CORRUPT", "Disk", "Reading", "Written"]

OnBytes = Callable[[int], object]
"""Function of the number of bytes that are done so far."""

ALIGNMENT = 4 << 20
_STATUS_TOO_LARGE = 9
"""Exit status of the command that writes, if there is more to write than the disk holds."""
STATUS_CORRUPT, _STATUS_LEAKS, _STATUS_NOT_SUPPORTED = 2, 3, 63
"""Exit statuses of ``qemu-img check``; leaks are clusters that nothing uses."""
DAMAGED_MESSAGE = (
    "is truncated or damaged; compare its checksum with that of its source, or repair it: qemu-img check -r all"
)
_DECOMPRESS = {"gzip": "gzip -dc", "bzip2": "bzip2 -dc", "xz": "xz -dc -T0", "zstd": "zstd -dcq"}
_COMPRESS = {"gzip": "gzip -1c", "zstd": "zstd -1cq -T0"}
_COUNT = re.compile(r"(\d+) bytes? .*copied")
_RECORDS = re.compile(r"\d+\+\d+ records (?:in|out)")

# Written data must come from the disk when it is read again, and not from the cache of the kernel.
_FLUSH = 'sync "$disk"; blockdev --flushbufs "$disk" 2>/dev/null || true'
_MEASURE = 'if [ -b "$disk" ]; then blockdev --getsize64 "$disk"; echo block; else stat -Lc %s "$disk"; echo file; fi'
# The disk had a partition table before. If that reads as zeros now, discarded blocks read as zeros.
_DISCARD = f"""
blkdiscard -f "$disk" 2>/dev/null || blkdiscard "$disk" 2>/dev/null || exit 0
{_FLUSH}
if [ "$(head -c {ALIGNMENT} "$disk" | tr -d '\\0' | wc -c)" = 0 ]; then echo zeros; fi
"""
_WRITE = f"""
{{{{
  dd of="$disk" bs=4M iflag=fullblock,count_bytes oflag=seek_bytes seek={{offset}} count={{limit}} \\
    conv={{conversion}} status=progress
  if [ "$(head -c 1 | wc -c)" != 0 ]; then exit {_STATUS_TOO_LARGE}; fi
}}}}
"""
_HASH = """
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/copy"
sha256sum <"$folder/copy" >"$folder/sum" &
{input} | tee "$folder/copy" {output}
wait
"""
_READ = 'dd if="$disk" bs=4M iflag=fullblock,count_bytes,skip_bytes skip={offset} count={length} status=progress'
_CLEAR = f"""
blkdiscard -f -o {{offset}} -l {{length}} "$disk" 2>/dev/null || true
dd if=/dev/zero of="$disk" bs=4M iflag=fullblock,count_bytes oflag=seek_bytes seek={{offset}} count={{length}} \\
  conv=notrunc status=progress
{_FLUSH}
"""


class Written(NamedTuple):
    """Data that was written to a disk."""

    length: int
    """Number of bytes."""
    sha256: str
    """SHA-256 of the bytes that were to be written, in hexadecimal digits."""
    offset: int = 0
    """Position on the disk."""


class _Counter:
    """Counter of the bytes that ``dd`` reports.

    :param on_bytes: Function that is called with their number while it changes
    """

    def __init__(self, on_bytes: OnBytes | None) -> None:
        self.count: int = 0
        self._on_bytes = on_bytes
        self._reported = 0

    def take_line(self, line: str) -> bool:
        """Return True if a line is a report of ``dd``."""
        match = _COUNT.match(line)
        if match:
            self.count = int(match[1])
        return match is not None or _RECORDS.fullmatch(line) is not None

    def report(self) -> None:
        """Call the function if the number has changed."""
        if self._on_bytes is not None and self.count != self._reported:
            self._reported = self.count
            self._on_bytes(self.count)


class _Hasher:
    """SHA-256 of a source, computed while it is sent.

    :param source: Open file, which another process reads, or pieces of bytes
    """

    def __init__(self, source: Iterable[bytes] | IO[bytes]) -> None:
        self._hash = hashlib.sha256()
        self._is_ended = False
        self._thread: threading.Thread | None = None
        self.source = source
        """Source to send."""
        file: Any = source
        if hasattr(file, "fileno"):
            self._thread = threading.Thread(target=self._read, args=(file.fileno(), file.tell()), daemon=True)
            self._thread.start()
        else:
            self.source = self._hashed(source)

    def _hashed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._hash.update(piece)
            yield piece

    def _read(self, descriptor: int, position: int) -> None:
        # Reading at a position leaves the one of the other process alone.
        while not self._is_ended and (chunk := os.pread(descriptor, ALIGNMENT, position)):
            self._hash.update(chunk)
            position += len(chunk)

    def finish(self) -> str:
        """Return the SHA-256 of everything, in hexadecimal digits."""
        if self._thread is not None:
            self._thread.join()
        return self._hash.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_ended = True
        if self._thread is not None:
            self._thread.join()


class Reading:
    """A disk that is being read.

    :param process: Command that reads it
    """

    def __init__(self, process: Process, counter: _Counter) -> None:
        self._process = process
        self._counter = counter
        self.sha256: str = ""
        """SHA-256 of what was read from the disk; empty until the end of the data."""

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._process.read():
            yield chunk
            self._counter.report()
        self._process.finish(self._counter.report)
        self._counter.report()  # the last number, if it came between two calls


class Disk:
    """Disk of a server.

    :param runner: Runner of commands on the server
    :param device: Path of the disk there
    """

    def __init__(self, runner: Runner, device: str) -> None:
        self._runner = runner
        self._device = device
        self._has_zeros = False
        """True if everything that was not written since reads as zeros."""

    def _script(self, script: str) -> str:
        """Return the command for a script of bash, in which ``$disk`` is the path of the disk."""
        return f"bash -c {quote(f'set -euo pipefail; export LC_ALL=C; disk={quote(self._device)}; {script}')}"

    def _run(
        self, script: str, on_bytes: OnBytes | None = None, feed: Iterable[bytes] | IO[bytes] | None = None
    ) -> tuple[str, int]:
        """Run a script, and return its output and the last number of bytes that ``dd`` reported."""
        counter = _Counter(on_bytes)
        output = self._runner.run(
            self._script(script), feed=feed, take_line=counter.take_line, while_running=counter.report
        )
        counter.report()
        return output.strip(), counter.count

    @cached_property
    def _measures(self) -> tuple[int, bool]:
        """Size in bytes, and True for a block device."""
        size, device_type = self._run(_MEASURE)[0].split()
        return int(size), device_type == "block"

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self._measures[0]

    def discard(self) -> None:
        """Discard the contents where the disk supports that."""
        self._has_zeros = self._run(_DISCARD)[0] == "zeros"

    def write(
        self,
        source: Iterable[bytes] | IO[bytes] | str,
        compression: Compression | None = None,
        on_bytes: OnBytes | None = None,
        *,
        offset: int = 0,
    ) -> Written:
        """Write to the disk; the server decompresses the source.

        :param source: Open file, pieces of bytes, or a URL that the rescue system fetches itself
        :param compression: Compression of the source
        :param on_bytes: Function of the number of bytes that are written so far
        :param offset: Position on the disk
        :raises TransferError: if the source is larger than the disk
        """
        commands = []
        if isinstance(source, str):  # which may hold secrets, so it is no argument of a program on this machine
            commands.append('{ IFS= read -r url; curl -gfsSL --proto =https --proto-redir =https -- "$url"; }')
            source = [f"{source}\n".encode()]
        if compression is not None:
            commands.append(_DECOMPRESS[compression])
        script = _WRITE.format(
            offset=offset, limit=self.size - offset, conversion="notrunc,sparse" if self._has_zeros else "notrunc"
        )
        try:
            if commands:
                script = _HASH.format(input=" | ".join(commands), output=f"| {script.strip()}")
                sha256, length = self._run(f'{script}{_FLUSH}\ncut -c 1-64 "$folder/sum"', on_bytes, source)
            else:  # what arrives unchanged is hashed here, which leaves more time to the server
                with _Hasher(source) as hasher:
                    length = self._run(f"{script}{_FLUSH}", on_bytes, hasher.source)[1]
                    sha256 = hasher.finish()
        except SSHError as error:
            if error.exit_status == _STATUS_TOO_LARGE:
                raise TransferError(f"the image is larger than the disk of {self.size} bytes") from None
            raise
        return Written(length, sha256, offset)

    def verify(self, written: Written, on_bytes: OnBytes | None = None) -> None:
        """Read back from the disk what was written, and compare the SHA-256.

        :raises TransferError: if it is different
        """
        script = f"{_READ.format(offset=written.offset, length=written.length)} | sha256sum"
        sha256 = self._run(script, on_bytes)[0][:64]
        if sha256 != written.sha256:
            raise TransferError(
                f"the disk has another content than what was written: SHA-256 {sha256}, not {written.sha256}"
            )

    @contextmanager
    def read(self, compression: Compression | None, on_bytes: OnBytes | None = None) -> Iterator[Reading]:
        """Read the whole disk, compressed by the server.

        :param compression: Compression of the data, ``gzip`` or ``zstd``
        :param on_bytes: Function of the number of bytes that are read from the disk so far
        """
        counter = _Counter(on_bytes)
        reading: Reading

        def take_line(line: str) -> bool:
            label, _, value = line.partition(" ")
            if label == "sha256:":
                reading.sha256 = value
                return True
            return counter.take_line(line)

        script = _HASH.format(
            input=_READ.format(offset=0, length=self.size), output=f"| {_COMPRESS[compression]}" if compression else ""
        )
        script += 'echo "sha256: $(cut -c 1-64 "$folder/sum")" >&2'
        with self._runner.start(self._script(script), take_line=take_line) as process:
            reading = Reading(process, counter)
            yield reading

    # Images in the qcow2 format, which need random access: they are stored on the same disk, behind the converted one

    def convert(self, stored: Written, size: int) -> None:
        """Convert a qcow2 image that is stored on the disk, compare the result with it, and clear its place.

        :param stored: Place of the image on the disk
        :param size: Size of the converted image, at the beginning of the disk
        :raises TransferError: if the image is damaged, or the result differs
        """
        image = {"driver": "qcow2", "file": self._part(stored.offset, -(-stored.length // 512) * 512)}
        try:  # a conversion would read zeros in the place of what is missing
            self._run(f"qemu-img check -U -q {_json(image)} >&2")
        except SSHError as error:
            if error.exit_status == STATUS_CORRUPT:
                raise TransferError(f"the image {DAMAGED_MESSAGE}") from error
            if error.exit_status not in (_STATUS_LEAKS, _STATUS_NOT_SUPPORTED):
                raise
        arguments = f"-U -f qcow2 -O raw -n {'--target-is-zero ' if self._has_zeros else ''}{_json(image)}"
        self._run(f'qemu-img convert {arguments} "$disk" >&2\n{_FLUSH}')
        comparison = f"qemu-img compare -U {_json(self._part(0, size))} {_json(image)}"
        try:
            self._run(comparison)
        except SSHError as error:
            if error.exit_status == 1:
                raise TransferError("the disk has another content than the image that it was converted from") from error
            raise
        length = min(-(-stored.length // ALIGNMENT) * ALIGNMENT, self.size - stored.offset)
        self._run(_CLEAR.format(offset=stored.offset, length=length))

    def _part(self, offset: int, length: int) -> Mapping[str, object]:
        """Return a part of the disk as ``qemu-img`` takes it."""
        driver = "host_device" if self._measures[1] else "file"
        # Without locks, since the disk is open for writing, too.
        whole = {"driver": driver, "filename": self._device, "locking": "off"}
        return {"driver": "raw", "offset": offset, "size": length, "file": whole}


def _json(image: Mapping[str, object]) -> str:
    return quote(f"json:{json.dumps(image)}")
