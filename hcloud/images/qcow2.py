"""qcow2 images: their header, and the beginning of the disk in them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from .compression import decompress_head

__all__ = ["Qcow2Header"]

_OFFSET = 0x00FF_FFFF_FFFF_FE00
"""Bits of a table's entry that are the position of a cluster in the file."""
_CONVERT = "convert it first: qemu-img convert -O qcow2"


class Qcow2Header:
    """Header of a qcow2 image that can be converted without another file or a password."""

    MAGIC = b"QFI\xfb"

    def __init__(self, head: bytes) -> None:
        """
        :param head: Beginning of the image
        :raises ValueError: if the header is invalid, or the image can't be converted
        """
        if len(head) < 72:
            raise ValueError("it ends within its header")
        version, backing_at, _, cluster_bits, size, encryption, _, table_at = struct.unpack_from(">4xIQIIQIIQ", head)
        if version not in (2, 3):
            raise ValueError(f"its version {version} is unknown; {_CONVERT}")
        if version == 3 and len(head) < 104:
            raise ValueError("it ends within its header")
        features = int.from_bytes(head[72:80], "big") if version == 3 else 0
        if backing_at:
            raise ValueError(f"it needs its backing file; {_CONVERT}")
        if encryption:
            raise ValueError(f"it is encrypted; {_CONVERT}")
        if features & 0b10:
            raise ValueError("it is marked as corrupt; repair it first: qemu-img check -r all")
        if features & 0b100:
            raise ValueError(f"its data is in another file; {_CONVERT}")
        if features >> 5:
            raise ValueError(f"it has features that are unknown; {_CONVERT}")
        if not 9 <= cluster_bits <= 21 or not 0 < size < 1 << 63:
            raise ValueError("its header is invalid")
        self.virtual_size: int = size
        """Size of the disk in bytes."""
        self.table_at: int = table_at
        """Position of the first table in the file."""
        self._bits: int = cluster_bits
        self._has_zero_flags = version == 3
        self._compression_is_zstd = bool(features & 0b1000)
        self._has_long_entries = bool(features & 0b10000)

    def disk_head(self, read_at: Callable[[int, int], bytes], size: int) -> bytes | None:
        """Return the first ``size`` bytes of the disk, None if they can't be read.

        :param read_at: Function that returns bytes at a position in the file, fewer than requested if it can't
        """
        if self._has_long_entries:
            return None
        head = b""
        cluster = 1 << self._bits
        for index in range(-(-min(size, self.virtual_size) // cluster)):
            first = read_at(self.table_at + 8 * (index * 8 // cluster), 8)
            table_at = int.from_bytes(first, "big") & _OFFSET
            entry = read_at(table_at + 8 * (index % (cluster // 8)), 8) if table_at else bytes(8)
            content = self._read_cluster(read_at, int.from_bytes(entry, "big"), min(cluster, size))
            if len(first) < 8 or len(entry) < 8 or content is None:
                return None
            head += content
        return head[:size]

    def _read_cluster(self, read_at: Callable[[int, int], bytes], entry: int, size: int) -> bytes | None:
        """Return the first bytes of a cluster.

        :param entry: Entry of the cluster in its table
        """
        if entry >> 62 & 1:
            bits = 62 - (self._bits - 8)
            position, sectors = entry & ((1 << bits) - 1), (entry >> bits & ((1 << self._bits - 8) - 1)) + 1
            data = read_at(position, sectors * 512 - position % 512)
            try:
                if self._compression_is_zstd:
                    return decompress_head("zstd", data, size)
                return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size) or None
            except (ValueError, zlib.error):
                return None
        position = entry & _OFFSET
        if not position or (self._has_zero_flags and entry & 1):
            return bytes(size)
        return read_at(position, size).ljust(size, b"\0") or None
