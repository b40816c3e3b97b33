"""Formats of disk images, recognized by their content."""

from __future__ import annotations

import struct
from typing import Literal

__all__ = ["HEAD_SIZE", "DiskFormat", "Qcow2Header", "describe_unusable"]

DiskFormat = Literal["raw", "qcow2"]

HEAD_SIZE = 64 << 10
"""Number of bytes at the beginning of a disk that its format is recognized by."""

_CONVERT = "convert it first: qemu-img convert -O qcow2"
_EXTRACT = "extract the disk image from it first"
_RECOMPRESS = "use gzip, bzip2, xz or zstd"
_AS_IT_IS = 'pass format="raw" to write it as it is'

_FORMATS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"KDMV", "a VMDK image", _CONVERT),
    (0, b"COWD", "a VMDK image", _CONVERT),
    (0, b"# Disk DescriptorFile", "the descriptor of a VMDK image", _CONVERT),
    (0, b"<<< ", "a VDI image", _CONVERT),
    (64, b"\x7f\x10\xda\xbe", "a VDI image", _CONVERT),
    (64, b"\xbe\xda\x10\x7f", "a VDI image", _CONVERT),
    (0, b"vhdxfile", "a VHDX image", _CONVERT),
    (0, b"conectix", "a VHD image", _CONVERT),
    (0, b"QED\0", "a QED image", _CONVERT),
    (0, b"QFI\xfb\0\0\0\1", "a QCOW image of version 1", _CONVERT),
    (0, b"WithoutFreeSpace", "a Parallels image", _CONVERT),
    (0, b"WithouFreSpacExt", "a Parallels image", _CONVERT),
    (0, b"MSWIM\0\0\0", "a WIM image", _CONVERT),
    (0, b"PK\3\4", "a zip archive", _EXTRACT),
    (0, b"PK\5\6", "an empty zip archive", _EXTRACT),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _EXTRACT),
    (0, b"Rar!\x1a\7", "a rar archive", _EXTRACT),
    (257, b"ustar", "a tar archive, such as an .ova or .tar.gz file", _EXTRACT),
    (0, b"!<arch>\n", "an ar archive, such as a Debian package", _EXTRACT),
    (0, b"\xed\xab\xee\xdb", "an RPM package", _EXTRACT),
    (0, b"070701", "a cpio archive, such as an initrd", _EXTRACT),
    (0, b"\x04\x22\x4d\x18", "compressed by lz4", _RECOMPRESS),
    (0, b"LZIP", "compressed by lzip", _RECOMPRESS),
    (0, b"\x89LZO\0\r\n\x1a\n", "compressed by lzop", _RECOMPRESS),
    (0, b"\x5d\0\0", "compressed by lzma", _RECOMPRESS),
    (0, b"\x1f\x9d", "compressed by compress", _RECOMPRESS),
    (32769, b"CD001", "an ISO image of a CD or DVD", f"attach it as an ISO instead, or {_AS_IT_IS}"),
    (32769, b"BEA01", "a UDF image of a DVD", _AS_IT_IS),
)
"""Offset and content that formats are recognized by, even if there is a partition table; their names; what to do."""

_WITHOUT_TABLE: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x7fELF", "an ELF program"),
    (0, b"hsqs", "a squashfs file system"),
    (0, b"sqsh", "a squashfs file system"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"LUKS\xba\xbe", "a volume encrypted by LUKS"),
    (0, b"XFSB", "an XFS file system"),
    (3, b"NTFS    ", "an NTFS file system"),
    (54, b"FAT1", "a FAT file system"),
    (82, b"FAT32", "a FAT file system"),
    (512, b"LABELONE", "an LVM volume"),
    (1080, b"\x53\xef", "an ext2, ext3 or ext4 file system"),
)
"""Offset and content of other formats, which are only recognized if there is no partition table."""


def describe_unusable(head: bytes) -> str | None:
    """Return the format of a disk that no server could boot from, and what to do; None for a disk with partitions.

    :param head: First :data:`HEAD_SIZE` bytes of the disk
    """
    for offset, magic, name, advice in _FORMATS:
        if head.startswith(magic, offset):
            return f"is {name}; {advice}"
    if _is_markup(head):
        return "is an HTML or XML page; check the URL or the download"
    if _has_gpt(head) or _has_mbr(head):
        return None
    names = [f"is {name}" for offset, magic, name in _WITHOUT_TABLE if head.startswith(magic, offset)]
    if not any(head):
        names.append("begins with zeros")
    elif all(9 <= byte <= 13 or 32 <= byte < 127 for byte in head[:512]):
        names.append("is a text")
    return f"{names[0] if names else 'has no partition table'}: it is no disk to boot from; {_AS_IT_IS}"


def _is_markup(head: bytes) -> bool:
    text = head[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--"))


def _has_gpt(head: bytes) -> bool:
    """Return True if the header of a GPT follows the first block, of 512 or 4,096 bytes."""
    return any(head.startswith(b"EFI PART\0\0\1\0", size) for size in (512, 4096))


def _has_mbr(head: bytes) -> bool:
    """Return True if there is a partition in an MBR; the boot sector of a file system has the same signature."""
    if head[510:512] != b"\x55\xaa":
        return False
    entries = [struct.unpack_from("<B3xB3xII", head, 446 + 16 * number) for number in range(4)]
    used = [(start, count) for _, partition_type, start, count in entries if partition_type and count]
    return all(status in (0, 0x80) for status, *_ in entries) and bool(used) and all(start for start, _ in used)


class Qcow2Header:
    """Header of a qcow2 image."""

    MAGIC = b"QFI\xfb"

    def __init__(self, head: bytes) -> None:
        """
        :param head: Beginning of the image
        :raises ValueError: if the header is invalid, or the image needs another file or a password
        """
        if len(head) < 72:
            raise ValueError("it ends within its header")
        self.version, backing_at, _, cluster_bits, size, encryption, _, table_at = struct.unpack_from(
            ">4xIQIIQIIQ", head
        )
        self.virtual_size: int = size
        """Size of the disk in bytes."""
        self.table_at: int = table_at
        """Position of the table of clusters in the file."""
        if self.version not in (2, 3):
            raise ValueError(f"its version {self.version} is unknown")
        features = 0
        if self.version == 3:
            if len(head) < 104:
                raise ValueError("it ends within its header")
            features = int.from_bytes(head[72:80], "big")
        if backing_at:
            raise ValueError("it needs a backing file; merge them first: qemu-img convert -O qcow2")
        if encryption:
            raise ValueError("it is encrypted; decrypt it first: qemu-img convert")
        if features & 0b10:
            raise ValueError("it is marked as corrupt; repair it first: qemu-img check -r all")
        if features & 0b100:
            raise ValueError("its data is in another file; merge them first: qemu-img convert -O qcow2")
        if features >> 5:
            raise ValueError("it has features that are not supported; convert it first: qemu-img convert -O qcow2")
        if not 9 <= cluster_bits <= 21 or not 0 < size < 1 << 63:
            raise ValueError("its header is invalid")
