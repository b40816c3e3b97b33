"""Formats of disk images, recognized by their content."""

from __future__ import annotations

import struct
from typing import Literal

__all__ = ["HEAD_SIZE", "DiskFormat", "describe_unusable"]

DiskFormat = Literal["raw", "qcow2"]

HEAD_SIZE = 64 << 10
"""Number of bytes at the beginning of a disk that its format is recognized by."""

_CONVERT = "convert it first: qemu-img convert -O qcow2"
_EXTRACT = "extract the disk image from it first"
_RECOMPRESS = "use gzip, bzip2, xz or zstd"

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
    (32769, b"CD001", "an ISO image of a CD or DVD", "attach it as an ISO instead"),
    (32769, b"BEA01", "a UDF image of a DVD", "copy its content to a disk image"),
)
"""Offset and content that formats are recognized by, even if there is a partition table; their names; what to do."""

_FOOTERS: tuple[tuple[bytes, str, str], ...] = (
    (b"conectix", "a VHD image", _CONVERT),
    (b"koly", "a DMG image", _CONVERT),
)
"""Content of the last block that formats are recognized by."""

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


def describe_unusable(head: bytes, footer: bytes = b"", *, format: DiskFormat = "raw") -> str | None:
    """Return the format of a disk that no server could boot from, and what to do; None for a disk with partitions.

    :param head: First :data:`HEAD_SIZE` bytes of the disk
    :param footer: Last 512 bytes, if they are known
    :param format: Format of the image that the disk is in
    """
    as_it_is = f'pass format="{format}" to write it as it is'
    for offset, magic, name, advice in _FORMATS:
        if head.startswith(magic, offset):
            return f"is {name}; {advice}, or {as_it_is}"
    for magic, name, advice in _FOOTERS:
        if footer.startswith(magic):
            return f"is {name}; {advice}, or {as_it_is}"
    if _is_markup(head):
        return "is an HTML or XML page; check the URL or the download"
    if _has_gpt(head) or _has_mbr(head):
        return None
    known = next((name for offset, magic, name in _WITHOUT_TABLE if head.startswith(magic, offset)), None)
    if not any(head):
        reason = "begins with zeros in place of a partition table"
    elif known is None and all(9 <= byte <= 13 or 32 <= byte < 127 for byte in head[:512]):
        reason = "is a text, not a disk with a partition table"
    else:
        reason = f"is {known}, not a disk with a partition table" if known else "has no partition table"
    return f"{reason}; {as_it_is}"


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
