"""Compressed disk images: recognition, the decompressed beginning, and the size that the compressed data states."""

from __future__ import annotations

import bz2
import lzma
import subprocess
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from shutil import which
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal

__all__ = ["Compression", "decompress_head", "detect_compression", "stated_size"]

Compression = Literal["gzip", "bzip2", "xz", "zstd"]

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
"""Beginnings of the first block, and of the end if there is no block."""
_MAX_MEMORY = 256 << 20
_MAX_ZSTD_WINDOW = 128 << 20
"""Largest window that the ``zstd`` program accepts unless it is told otherwise."""
_MAX_XZ_INDEX = 8 << 20
"""Size in bytes of the longest index that is read: that of more than a million blocks."""
_MAX_PARTS = 1000
"""Number of members or streams that are decompressed for the beginning, as there may be many empty ones."""
_MAX_STEPS = 1 << 20
"""Number of frames, blocks or streams after which the size counts as unknown."""


def detect_compression(head: bytes) -> Compression | None:
    """Return the compression of data with this beginning, None if it is none of the supported ones."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[3:4] in b"123456789" and head[4:10] in _BZIP2_BLOCKS:
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    return "zstd" if head[_skippable(head) :].startswith(_ZSTD_MAGIC) else None


def decompress_head(compression: Compression, head: bytes, size: int) -> bytes | None:
    """Return up to ``size`` bytes of the decompressed beginning.

    It is None for zstd on a machine that can't decompress it: before Python 3.14, without a ``zstd`` program.

    :param head: Beginning of the compressed data
    :raises ValueError: if it can't be decompressed
    """
    if compression == "zstd":
        head = head[_skippable(head) :]
        _ZstdFrame(head)  # raises for a window that is too large
        if sys.version_info < (3, 14):
            return _run_zstd(head, size)
    create, error_class = _decompressor(compression)
    result = b""
    for _ in range(_MAX_PARTS):
        if not head or len(result) >= size:
            break
        decompressor = create()
        try:
            result += decompressor.decompress(head, size - len(result))
        except error_class as error:
            if not result:
                raise ValueError(str(error)) from None
            break  # not the beginning
        head = decompressor.unused_data.lstrip(b"\0") if decompressor.eof else b""  # of the next member or stream
    return result


def _decompressor(compression: Compression) -> tuple[Callable[[], Any], type[Exception]]:
    """Return a function that creates a decompressor, and the class of its errors."""
    if compression == "gzip":
        return lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), zlib.error
    if compression == "bzip2":
        return bz2.BZ2Decompressor, OSError
    if compression == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MAX_MEMORY), lzma.LZMAError
    zstd = import_module("compression.zstd")  # since Python 3.14
    return zstd.ZstdDecompressor, zstd.ZstdError


def _run_zstd(head: bytes, size: int) -> bytes | None:
    program = which("zstd")
    if program is None:
        return None
    with TemporaryFile() as source:
        source.write(head)
        source.seek(0)
        command = [program, "--decompress", "--stdout", "--quiet"]
        with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            result = process.stdout.read(size)
            process.kill()  # it may have more to write, or miss the rest of the data
    if not result:
        raise ValueError("invalid data")
    return result


def _skippable(head: bytes) -> int:
    """Return the length of the frames without data that data compressed by zstd may begin with."""
    position = 0
    while _is_skippable(head[position : position + 4]):
        position += 8 + int.from_bytes(head[position + 4 : position + 8], "little")
    return position


def _is_skippable(magic: bytes) -> bool:
    return len(magic) == 4 and 0x50 <= magic[0] <= 0x5F and magic[1:] == b"\x2a\x4d\x18"


class _ZstdFrame:
    """Header of a zstd frame."""

    def __init__(self, header: bytes) -> None:
        """
        :param header: Beginning of the frame, at least 18 bytes if it has as many
        :raises ValueError: if the frame is invalid, or can't be decompressed without further arguments
        """
        if not header.startswith(_ZSTD_MAGIC) or len(header) < 6:
            raise ValueError("invalid data, or data behind the end")
        descriptor = header[4]
        is_single_segment = bool(descriptor & 0x20)
        window_at = 5
        dictionary_at = window_at + (not is_single_segment)
        size_at = dictionary_at + (0, 1, 2, 4)[descriptor & 3]
        size_length = (1 if is_single_segment else 0, 2, 4, 8)[descriptor >> 6]
        self.length = size_at + size_length
        """Length of the header in bytes."""
        self.has_checksum = bool(descriptor & 4)
        self.content_size: int | None = None
        """Number of decompressed bytes; None if the header does not state it."""
        if descriptor & 8 or len(header) < self.length:
            raise ValueError("invalid data")
        if any(header[dictionary_at:size_at]):
            raise ValueError("a dictionary is needed, which is not supported")
        if size_length:
            stated = int.from_bytes(header[size_at : self.length], "little")
            self.content_size = stated + 256 if size_length == 2 else stated
        base = 1 << (10 + (header[window_at] >> 3))
        window = (self.content_size or 0) if is_single_segment else base + base // 8 * (header[window_at] & 7)
        if window > _MAX_ZSTD_WINDOW:
            raise ValueError(f"it needs {window >> 20} MiB of memory; compress it without --long or --ultra")


def stated_size(compression: Compression, head: bytes, file: BinaryIO | None, start: int) -> int | None:
    """Return the decompressed size in bytes that the compressed data states, None if it states none.

    For gzip it is None, as that only has the size modulo 4 GiB, and of the last member; for bzip2, as that has none.
    Neither is checked, since only decompressing everything finds the end.

    :param head: Beginning of the data
    :param file: The complete data if it is seekable; without it, zstd states the size of its first frame, xz none
    :param start: Position of the beginning in the file
    :raises ValueError: if data of zstd or xz is truncated, or has something else behind its end
    """
    if compression == "zstd":
        return _zstd_size(file, start) if file else _ZstdFrame(head[_skippable(head) :][:18]).content_size
    return _xz_size(file, start) if compression == "xz" and file else None


def _zstd_size(file: BinaryIO, start: int) -> int | None:
    """Return the sum of the sizes in all frames, which are followed from block to block."""
    end = file.seek(0, 2)
    position, total, steps = start, 0, 0
    is_known = True
    while position < end:
        header = _read_at(file, position, 18)
        if _is_skippable(header[:4]):
            position += 8 + int.from_bytes(header[4:8], "little")
            steps += 1
            continue
        frame = _ZstdFrame(header)
        is_known = is_known and frame.content_size is not None
        total += frame.content_size or 0
        position += frame.length
        is_last = False
        while not is_last:
            steps += 1
            if steps > _MAX_STEPS:
                return None
            block = int.from_bytes(_read_at(file, position, 3), "little")
            is_last, block_type, size = bool(block & 1), block >> 1 & 3, block >> 3
            if position + 3 > end or block_type == 3:
                raise ValueError("it ends early" if position + 3 > end else "invalid data")
            position += 3 + (1 if block_type == 1 else size)
        position += 4 * frame.has_checksum
    if position > end:
        raise ValueError("it ends early")
    return total if is_known else None


def _xz_size(file: BinaryIO, start: int) -> int | None:
    """Return the sum of the sizes in the indexes of all streams, which are followed from the end."""
    position, total = file.seek(0, 2), 0
    for _ in range(_MAX_STEPS):
        footer = _read_at(file, max(start, position - 12), 12)
        if footer[8:] == bytes(4):  # padding behind a stream
            position -= 4
            continue
        if footer[10:] != b"YZ" or zlib.crc32(footer[4:10]) != int.from_bytes(footer[:4], "little"):
            raise ValueError("it ends early, or has something else behind its end")
        length = (int.from_bytes(footer[4:8], "little") + 1) * 4
        if length > _MAX_XZ_INDEX:
            return None
        index_at = position - 12 - length
        blocks, size = _read_xz_index(_read_at(file, index_at, length) if index_at > start else b"")
        position, total = index_at - blocks - 12, total + size
        if position == start:
            return total
        if position < start:
            raise ValueError("it ends early")
    return None


def _read_xz_index(index: bytes) -> tuple[int, int]:
    """Return the length of the blocks of a stream, and that of the decompressed data."""
    if len(index) < 8 or index[0] or zlib.crc32(index[:-4]) != int.from_bytes(index[-4:], "little"):
        raise ValueError("its index is invalid")
    count, position = _read_varint(index, 1)
    blocks = total = 0
    for _ in range(count):
        unpadded, position = _read_varint(index, position)
        size, position = _read_varint(index, position)
        blocks, total = blocks + (unpadded + 3) // 4 * 4, total + size
    return blocks, total


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 63:
        value |= (data[position] & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if data[position - 1] < 0x80:
            return value, position
    raise ValueError("its index is invalid")


def _read_at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)
