"""Sources of uploads: recognition of formats and compressions, rejection of everything else, iteration."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import ssl
import struct
import subprocess
import sys
import threading
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcloud import InvalidArgumentError, NetworkError
from hcloud.images import compression
from hcloud.images.qcow2 import Qcow2Header
from hcloud.images.source import Source

MIB = 1 << 20
HAS_ZSTD = sys.version_info >= (3, 14) or shutil.which("zstd") is not None
needs_zstd = pytest.mark.skipif(not HAS_ZSTD, reason="zstd is not available")
needs_qemu = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not on the PATH")


def mbr(*entries: tuple[int, int, int, int]) -> bytes:
    """Return a boot sector with partitions: status, type, first block, number of blocks."""
    table = b"".join(struct.pack("<B3xB3xII", *entry) for entry in entries)
    return bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa"


def at(offset: int, content: bytes, start: bytes = b"\xeb") -> bytes:
    """Return a disk of 128 KiB with content at an offset, and something else than zeros at the beginning."""
    disk = bytearray(128 << 10)
    disk[: len(start)] = start
    disk[offset : offset + len(content)] = content
    return bytes(disk)


MBR = mbr((0x80, 0x83, 2048, 4096))
DISK = (MBR + bytes(range(256)) * 2000).ljust(2 * MIB, b"\0")


def zstd(content: bytes, *, states_size: bool = True, checksum: bool = False) -> bytes:
    """Return a zstd frame with blocks that are not compressed."""
    header = b"\x28\xb5\x2f\xfd"
    header += bytes([0xC0 * states_size | 0x04 * checksum, 7 << 3])  # a window of 128 KiB
    header += len(content).to_bytes(8, "little") if states_size else b""
    blocks = [content[i : i + 0x20000] for i in range(0, len(content), 0x20000)] or [b""]
    body = b"".join(
        (len(block) << 3 | (number == len(blocks))).to_bytes(3, "little") + block
        for number, block in enumerate(blocks, 1)
    )
    return header + body + bytes(4 * checksum)


def qcow2(
    *,
    version: int = 3,
    backing: int = 0,
    bits: int = 16,
    size: int = 1 << 30,
    encryption: int = 0,
    features: int = 0,
    cluster: bytes = MBR,
) -> bytes:
    """Return a qcow2 image with one cluster of data."""
    length = 1 << bits
    header = struct.pack(
        ">4sIQIIQIIQQIIQQ", b"QFI\xfb", version, backing, 0, bits, size, encryption, 1, length, 0, 0, 0, 0, features
    )
    image = bytearray(4 * length)
    image[: len(header)] = header
    image[length : length + 8] = (1 << 63 | 2 * length).to_bytes(8, "big")
    image[2 * length : 2 * length + 8] = (1 << 63 | 3 * length).to_bytes(8, "big")
    image[3 * length : 3 * length + len(cluster)] = cluster
    return bytes(image)


def skippable(size: int) -> bytes:
    return b"\x53\x2a\x4d\x18" + size.to_bytes(4, "little") + b"x" * size


COMPRESSIONS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
each_compression = pytest.mark.parametrize(
    "compress", [pytest.param(name, marks=needs_zstd if name == "zstd" else ()) for name in COMPRESSIONS]
)


def open_bytes(content: bytes, format: Any = None) -> Source:
    return Source.open(io.BytesIO(content), format)


def rejection(content: bytes, format: Any = None) -> str:
    with pytest.raises(InvalidArgumentError) as raised:
        open_bytes(content, format)
    return str(raised.value)


# What is recognized


@each_compression
@pytest.mark.parametrize("image", [DISK, qcow2()], ids=["raw", "qcow2"])
def test_format_and_compression_are_recognized_by_content(compress: str, image: bytes, tmp_path: Path) -> None:
    content = COMPRESSIONS[compress](image)
    path = tmp_path / "backup.iso"  # a name says nothing
    path.write_bytes(content)
    is_raw = image is DISK
    size = None if is_raw and compress in ("gzip", "bzip2") else 2 * MIB if is_raw else 1 << 30
    with path.open("rb", buffering=0) as file:
        for source in (str(path), path, io.BytesIO(content), file):
            opened = Source.open(source)
            assert (opened.format, opened.compression) == ("raw" if is_raw else "qcow2", compress)
            assert (opened.size, opened.length, opened.url) == (size, len(content), None)
            assert b"".join(opened) == content
            assert b"".join(opened) == content, "a seekable file can be read again"
            assert opened.path == (path if source in (str(path), path) else None)
            opened.close()


@needs_zstd
@pytest.mark.parametrize("image", [DISK, qcow2()], ids=["raw", "qcow2"])
@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_pipe_is_read_once(compress: str, image: bytes) -> None:
    content = COMPRESSIONS[compress](image)
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(content)

    with os.fdopen(reader, "rb") as pipe:
        thread = threading.Thread(target=write)
        thread.start()
        source = Source.open(pipe)
        assert (source.format, source.compression, source.length) == (
            "raw" if image is DISK else "qcow2",
            compress,
            None,
        )
        expected = 1 << 30 if image is not DISK else 2 * MIB if compress == "zstd" else None
        assert source.size == expected
        assert b"".join(source) == content
        thread.join()
        with pytest.raises(InvalidArgumentError, match="was read already"):
            list(source)
        source.close()
        assert not pipe.closed


def test_the_path_of_a_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=(DISK,))
    thread.start()
    with Source.open(path) as source:
        assert (source.format, source.path, source.size, source.name) == ("raw", None, None, str(path))
        assert b"".join(source) == DISK
    thread.join()


def test_a_file_object_is_read_from_its_position_and_not_closed() -> None:
    file = io.BytesIO(b"header" + DISK)
    file.seek(6)
    with Source.open(file) as source:
        assert (source.size, b"".join(source)) == (len(DISK), DISK)
    assert not file.closed


class Reader:
    """Object that can only read, a few bytes at a time."""

    name = 5

    def __init__(self, content: bytes | None) -> None:
        self._file = None if content is None else io.BytesIO(content)

    def read(self, size: int) -> bytes | None:
        return None if self._file is None else self._file.read(min(size, 3000))


def test_an_object_that_reads_little_at_once() -> None:
    reader: Any = Reader(DISK)
    source = Source.open(reader)
    assert (source.format, source.size, source.name) == ("raw", None, "the file object")
    assert b"".join(source) == DISK


def test_an_object_that_reads_more_than_it_should() -> None:
    file = io.BytesIO(DISK)
    reader: Any = Reader(b"")
    reader.read = lambda size: file.read(3 * size // 2)
    assert b"".join(Source.open(reader)) == DISK


@pytest.mark.parametrize(
    "disk",
    [
        mbr((0, 0x83, 63, 1)),
        mbr((0, 0, 0, 0), (0x80, 7, 2048, 100)),
        mbr((0, 0xEE, 1, 0xFFFFFFFF)) + b"EFI PART\0\0\1\0",
        b"\x01" + bytes(511) + b"EFI PART\0\0\1\0",
        b"\x01" + bytes(4095) + b"EFI PART\0\0\1\0",
    ],
    ids=["MBR", "second entry", "GPT", "GPT without MBR", "GPT of 4K blocks"],
)
def test_disks_with_partitions(disk: bytes) -> None:
    assert open_bytes(disk.ljust(MIB, b"\0")).size == MIB


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (zstd(DISK, checksum=True), len(DISK)),
        (zstd(DISK) + skippable(100), len(DISK)),
        (skippable(0) + skippable(9) + zstd(DISK) + zstd(b"") + zstd(b"abc"), len(DISK) + 3),
        (zstd(DISK, states_size=False), None),
        (zstd(DISK) + zstd(b"abc", states_size=False), None),
    ],
)
@needs_zstd
def test_size_of_zstd_is_that_of_all_frames(content: bytes, size: int | None) -> None:
    source = open_bytes(content)
    assert (source.compression, source.format, source.size) == ("zstd", "raw", size)


@pytest.mark.parametrize(
    "content",
    [
        lzma.compress(DISK) + lzma.compress(b"abc"),
        lzma.compress(b"") + lzma.compress(DISK + b"abc") + bytes(8),
        lzma.compress(DISK, check=lzma.CHECK_NONE) + bytes(4) + lzma.compress(b"abc", check=lzma.CHECK_SHA256),
    ],
)
def test_size_of_xz_is_that_of_all_streams(content: bytes) -> None:
    assert open_bytes(content).size == len(DISK) + 3


@needs_zstd
@pytest.mark.parametrize("compress", ["gzip", "bzip2", "xz", "zstd"])
def test_the_beginning_may_be_in_several_parts(compress: str) -> None:
    function = COMPRESSIONS[compress]
    content = function(b"") + function(DISK[:100]) + function(DISK[100:])
    assert (open_bytes(content).format, open_bytes(content).compression) == ("raw", compress)


@needs_qemu
@pytest.mark.parametrize(
    "options",
    [
        *("-o cluster_size=512", "-o cluster_size=2M", "-o compat=0.10", "-c", "-c -o cluster_size=4k"),
        pytest.param("-c -o compression_type=zstd", marks=needs_zstd),
    ],
)
def test_images_of_qemu(tmp_path: Path, options: str) -> None:
    (tmp_path / "disk").write_bytes(DISK)
    command = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options.split(), "disk", "image"]
    subprocess.run(command, cwd=tmp_path, check=True)
    content = (tmp_path / "image").read_bytes()
    with Source.open(tmp_path / "image") as source:
        assert (source.format, source.size) == ("qcow2", len(DISK))
    head = Qcow2Header(content).disk_head(lambda position, size: content[position : position + size], 65536)
    assert head == DISK[:65536]
    (tmp_path / "disk").write_bytes(at(1080, b"\x53\xef"))
    subprocess.run(command, cwd=tmp_path, check=True)
    with pytest.raises(InvalidArgumentError, match=r'has a disk in it that is an ext2, .*; pass format="qcow2"'):
        Source.open(tmp_path / "image")
    with Source.open(tmp_path / "image", "qcow2") as source:
        assert source.size == 128 << 10


# What is rejected

OTHERS = {
    "an ISO image": at(32769, b"CD001", MBR),  # one that also boots from a disk has both
    "a VMDK image": at(0, b"KDMV"),
    "the descriptor of a VMDK image": at(0, b"# Disk DescriptorFile\n"),
    "a VDI image": at(0, b"<<< Oracle VM VirtualBox Disk Image >>>\n"),
    "a VHD image": at(0, b"conectix"),
    "a VHDX image": at(0, b"vhdxfile"),
    "a zip archive": at(0, b"PK\3\4"),
    "a 7z archive": at(0, b"7z\xbc\xaf\x27\x1c"),
    "a rar archive": at(0, b"Rar!\x1a\7"),
    "a tar archive": at(257, b"ustar\0"),
    "an HTML or XML page": b"\xef\xbb\xbf\n <!DOCTYPE HTML><title>Not found</title>",
    "a squashfs file system": at(0, b"hsqs"),
    "an ELF program": at(0, b"\x7fELF\2\1\1"),
    "a text": b'{"message": "Not found"}',
    "an ext2, ext3 or ext4 file system": at(1080, b"\x53\xef"),
    "an XFS file system": at(0, b"XFSB"),
    "an NTFS file system": at(3, b"NTFS    ", b"\xeb\x52\x90")[:510] + b"\x55\xaa",
    "a FAT file system": at(82, b"FAT32   ")[:446] + b"Remove disks or other media.".ljust(64) + b"\x55\xaa",
    "an LVM volume": at(512, b"LABELONE"),
    "a volume encrypted by LUKS": at(0, b"LUKS\xba\xbe"),
    "a QCOW image of version 1": at(0, b"QFI\xfb\0\0\0\1"),
    "compressed by lz4": at(0, b"\x04\x22\x4d\x18"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_rejected_unless_they_are_meant(name: str) -> None:
    content = OTHERS[name]
    for text in (rejection(content), rejection(gzip.compress(content))):
        assert f" is {name}" in text
    assert "after decompression by gzip" in rejection(gzip.compress(content))
    assert open_bytes(content, "raw").size == len(content)
    assert open_bytes(gzip.compress(content), "raw").compression == "gzip"
    assert "is not a qcow2 image" in rejection(content, "qcow2")


@pytest.mark.parametrize(("footer", "name"), [(b"conectix", "a VHD image"), (b"koly", "a DMG image")])
def test_formats_that_begin_like_a_raw_disk(footer: bytes, name: str) -> None:
    assert name in rejection(DISK + footer.ljust(512, b"\0"))
    assert open_bytes(DISK + footer.ljust(511, b"\0"))


@pytest.mark.parametrize(
    "disk",
    [
        bytes(510) + b"\x55\xaa",
        mbr((0x42, 0x83, 2048, 4096)),
        mbr((0x80, 0x83, 2048, 4096), (1, 0, 0, 0)),
        mbr((0x80, 0x83, 2048, 0)),
        mbr((0x80, 0x83, 0, 4096)),
        mbr((0x80, 0, 2048, 4096)),
        MBR[:511] + b"\0",
        b"\1" + bytes(511) + b"EFI PART\0\0\0\0",
        MBR[:100],
    ],
)
def test_disks_without_a_partition_table(disk: bytes) -> None:
    assert "partition table" in rejection(disk.ljust(MIB, b"\0") if len(disk) > 100 else disk)


def test_zeros_and_nothing() -> None:
    assert "begins with zeros" in rejection(bytes(MIB))
    assert open_bytes(bytes(MIB), "raw").size == MIB
    for format in (None, "raw", "qcow2"):
        assert rejection(b"", format) == "the file object is empty"
        for compress in (gzip.compress, bz2.compress, lzma.compress):
            assert "there is nothing in it" in rejection(compress(b""), format)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (qcow2(backing=200), "its backing file"),
        (qcow2(version=2, backing=200), "its backing file"),
        (qcow2(encryption=1), "is encrypted"),
        (qcow2(encryption=2), "is encrypted"),
        (qcow2(features=0b10), "marked as corrupt"),
        (qcow2(features=0b100), "in another file"),
        (qcow2(features=1 << 5), "unknown"),
        (qcow2(features=1 << 63), "unknown"),
        (qcow2(version=4), "version 4"),
        (qcow2(bits=8), "header is invalid"),
        (qcow2(size=0), "header is invalid"),
        (qcow2(size=1 << 63), "header is invalid"),
        (qcow2()[:71], "ends within its header"),
        (qcow2()[:103], "ends within its header"),
        (qcow2()[:200], "ends early"),
        (qcow2(cluster=b"\1"), "no partition table"),
        (qcow2(cluster=b""), "begins with zeros"),
    ],
)
def test_qcow2_that_cannot_be_used(content: bytes, text: str) -> None:
    assert text in rejection(content)
    if "partition" in text or "zeros" in text:
        assert open_bytes(content, "qcow2").size == 1 << 30
    else:
        assert text in rejection(content, "qcow2")
    assert open_bytes(content, "raw").format == "raw"


def test_qcow2_features_that_do_not_matter() -> None:
    assert open_bytes(qcow2(features=0b11001)).size == 1 << 30  # dirty, compressed by zstd, long entries
    assert open_bytes(qcow2(version=2, features=0b110)).size == 1 << 30, "version 2 has no features"


@needs_zstd
@pytest.mark.parametrize("compress", ["gzip", "bzip2", "xz", "zstd"])
def test_damaged_compressed_data(compress: str) -> None:
    content = COMPRESSIONS[compress](DISK)
    assert "compressed twice" in rejection(gzip.compress(content))
    assert open_bytes(gzip.compress(content), "raw").compression == "gzip"
    assert f"compressed by {compress}" in rejection(content[:12])
    if compress in ("xz", "zstd"):
        for damaged in (content[:-1], content[: len(content) // 2], content + b"x", content + bytes(3) + b"x"):
            assert f"compressed by {compress}, but" in rejection(damaged)


def test_magic_numbers_of_bzip2_are_complete() -> None:
    assert "bzip2" not in rejection(b"BZh is a text, not compressed data")


def test_zstd_on_a_machine_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "decompress_head", lambda *_: None)
    monkeypatch.setattr("hcloud.images.source.decompress_head", lambda *_: None)
    for text in (rejection(zstd(DISK)), rejection(zstd(qcow2()), "qcow2")):
        assert 'takes Python 3.14 or the program zstd to look into; pass format="raw" if it is a raw disk' in text
    raw = open_bytes(zstd(DISK), "raw")
    assert (raw.format, raw.compression, raw.size) == ("raw", "zstd", len(DISK))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python decompresses zstd")
def test_zstd_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "the program zstd" in rejection(zstd(DISK))


@pytest.mark.parametrize(
    "source", [None, 5, DISK, "", io.StringIO("text"), Reader(None), object(), Path, ["disk.raw"]], ids=type
)
def test_invalid_sources(source: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"must be a (path|file)|can't be read|binary mode"):
        Source.open(source)


@pytest.mark.parametrize("format", ["vmdk", "RAW", "", 5, True])
def test_invalid_formats(format: Any) -> None:
    assert "format must be 'raw' or 'qcow2'" in rejection(DISK, format)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    closed = io.BytesIO(DISK)
    closed.close()
    for source, text in (
        (tmp_path / "missing\x1b[2J", r"missing\\x1b\[2J can't be read: No such file"),
        (tmp_path, "Is a directory"),
        ("nul\0", r"nul\\x00 can't be read"),
        (closed, "closed"),
    ):
        with pytest.raises(InvalidArgumentError, match=text):
            Source.open(source)


# Hostile input


@pytest.mark.parametrize("compress", ["gzip", "bzip2", "xz"])
def test_little_memory_is_used_for_a_bomb(compress: str) -> None:
    content = COMPRESSIONS[compress](bytes(20 * MIB))
    tracemalloc.start()
    try:
        assert "begins with zeros" in rejection(content)
        assert tracemalloc.get_traced_memory()[1] < 12 * MIB
    finally:
        tracemalloc.stop()


def test_a_giant_dictionary_of_xz_is_rejected() -> None:
    content = bytearray(lzma.compress(DISK))
    length = (content[12] + 1) * 4
    assert content[14:16] == b"\x21\x01"  # the filter and the length of its properties, the exponent of the dictionary
    content[16] = 40  # 4 GiB
    content[12 + length - 4 : 12 + length] = zlib.crc32(content[12 : 12 + length - 4]).to_bytes(4, "little")
    assert "compressed by xz, but Memory usage limit" in rejection(bytes(content))


def test_a_giant_window_of_zstd_is_rejected() -> None:
    content = bytearray(zstd(DISK))
    content[5] = 18 << 3  # 256 MiB
    assert "it needs 256 MiB of memory" in rejection(bytes(content))
    content[5] = 31 << 3 | 7
    assert "MiB of memory" in rejection(bytes(content))
    content[4], content[5:9] = 0xC1, b"\x38\1" + bytes(2)
    assert "dictionary" in rejection(bytes(content))


def test_many_empty_parts() -> None:
    assert "nothing in it" in rejection(gzip.compress(b"") * 50_000)
    frames = zstd(b"")[:-3] + bytes(3) * 1_100_000  # blocks without an end
    assert rejection(frames)


def test_an_index_of_xz_that_is_too_long_is_not_read() -> None:
    content = bytearray(lzma.compress(DISK))
    content[-8:-4] = b"\xff\xff\xff\x3f"
    content[-12:-8] = zlib.crc32(content[-8:-2]).to_bytes(4, "little")
    assert open_bytes(bytes(content)).size is None


samples = st.sampled_from(
    [DISK[:200_000], qcow2(bits=9), gzip.compress(DISK), bz2.compress(DISK), lzma.compress(DISK), zstd(DISK[:200_000])]
)


@given(st.binary(max_size=2000) | st.builds(bytes.__add__, st.sampled_from([MBR, b"QFI\xfb\0\0\0\3"]), st.binary()))
def test_any_content_is_accepted_or_rejected(content: bytes) -> None:
    check(content)


@settings(max_examples=60)
@given(samples, st.integers(0, 5000), st.integers(0, 255), st.integers(1, 3000))
def test_any_damage_is_accepted_or_rejected(content: bytes, position: int, value: int, cut: int) -> None:
    damaged = bytearray(content)
    damaged[position % len(damaged)] = value
    damaged[-1 - position % len(damaged)] ^= value
    check(bytes(damaged))
    check(content[:-cut])


def check(content: bytes) -> None:
    with suppress(InvalidArgumentError):
        source = open_bytes(content)
        assert b"".join(source) == content
        assert source.size is None or source.size >= 0


@given(st.lists(st.binary(max_size=3000), max_size=4))
def test_sizes_are_those_of_what_is_decompressed(parts: list[bytes]) -> None:
    content = [MBR + parts[0] if parts else MBR, *parts[1:]]
    total = sum(map(len, content))
    assert open_bytes(b"".join(map(lzma.compress, content))).size == total
    zstd_content = b"".join(map(zstd, content))
    assert compression.stated_size("zstd", zstd_content, io.BytesIO(zstd_content), 0) == total


# URLs


class Handler(BaseHTTPRequestHandler):
    """Server of images that sends what the path says."""

    content: ClassVar[bytes] = b""
    requests: ClassVar[list[BaseHTTPRequestHandler]] = []

    def do_GET(self) -> None:
        self.requests.append(self)
        path = self.path.partition("?")[0]
        if path == "/missing":
            self.send_error(404)
            return
        if path.startswith("/to-"):
            self.send_response(302)
            target = (
                "http://127.0.0.1:1/?secret"
                if path == "/to-http"
                else f"/{path[4:]}"
                if path in ("/to-disk", "/to-parts")
                else self.path
            )
            self.send_header("Location", target)
            self.end_headers()
            return
        if "Range" in self.headers and path in ("/parts", "/to-parts"):
            self.send_response(206)
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            assert last == ""
            part = self.content[int(first) :]
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)
            return
        if "Range" in self.headers and path == "/once":
            self.send_error(403)
            return
        self.send_response(200)
        if path == "/encoded":
            self.send_header("Content-Encoding", "gzip")
        if path != "/unknown":
            self.send_header("Content-Length", str(len(self.content) + 10 * (path == "/short")))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate of 127.0.0.1, and its key, in one file."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def url(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of a server of images."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Handler, "content", gzip.compress(DISK))
    Handler.requests.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def text_of(error: BaseException) -> str:
    """Return the traceback and the message of an exception without the lines of this file, which have the secret."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(line for line in lines if "Source.open(" not in line)


@pytest.mark.parametrize("path", ["/disk", "/to-disk", "/encoded"])
def test_a_url_is_read_as_it_is(url: str, path: str) -> None:
    with Source.open(f"{url}{path}?token=secret#part") as source:
        assert (source.format, source.compression, source.size) == ("raw", "gzip", None)
        assert (source.url, source.length) == (f"{url}{path}?token=secret", len(Handler.content))
        assert source.name == f"{url}{path}"
        assert b"".join(source) == b"".join(source) == Handler.content
        assert "secret" not in repr(source) + repr(source.url) + repr(vars(source)["_response"])
    assert Handler.requests[-1].headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in Handler.requests[-1].headers


def test_a_url_without_length(url: str) -> None:
    with Source.open(f"{url}/unknown") as source:
        assert source.length is None
        assert b"".join(source) == Handler.content


VHD = DISK + b"conectix".ljust(512, b"\0")
"""Fixed VHD image: a raw disk with a footer."""


@pytest.mark.parametrize("path", ["/parts", "/to-parts"])
def test_the_end_of_a_url_is_looked_at_if_its_server_sends_parts(url: str, path: str) -> None:
    Handler.content = VHD
    secret = f"{url}{path}?secret"
    with pytest.raises(InvalidArgumentError, match="is a VHD image; convert it first: qemu-img convert") as raised:
        Source.open(secret)
    assert "secret" not in text_of(raised.value)
    Handler.content = DISK
    with Source.open(secret) as source:
        assert (source.format, source.size) == ("raw", len(DISK))
        assert b"".join(source) == DISK


@pytest.mark.parametrize("path", ["/disk", "/once", "/unknown"])
def test_a_server_that_sends_no_parts_gets_no_further_request_than_one(url: str, path: str) -> None:
    Handler.content = VHD
    with Source.open(f"{url}{path}") as source:
        assert source.format == "raw"
        assert [request.headers["Range"] for request in Handler.requests] == [None, f"bytes={len(DISK)}-"][
            : 1 if path == "/unknown" else 2
        ]
        assert b"".join(source) == VHD


def test_the_end_of_a_url_is_not_looked_at_if_it_is_compressed_or_specified_as_raw(url: str) -> None:
    with Source.open(f"{url}/parts"):
        assert len(Handler.requests) == 1
    Handler.content = VHD
    with Source.open(f"{url}/parts", "raw"):
        assert len(Handler.requests) == 2


def test_other_characters_of_a_url_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ``curl`` of the rescue system takes ASCII only."""
    urls: list[str] = []

    def get(url: str, name: str) -> Any:
        urls.append(url)
        raise InvalidArgumentError(name)

    monkeypatch.setattr("hcloud.images.source._get", get)
    for url in ("https://user:p%C3%A4@Größe.example:1/Dä+b%20'$(x)'", "https://[::1]:1/x?a=ß%2F&b"):
        with pytest.raises(InvalidArgumentError, match=r"^https://(Größe\.example|\[::1\]):1/"):
            Source.open(url)
    assert urls == [
        "https://user:p%C3%A4@xn--gre-6ka8i.example:1/D%C3%A4+b%20'$(x)'",
        "https://[::1]:1/x?a=%C3%9F%2F&b",
    ]


def test_a_url_is_fetched_again_when_it_is_needed(url: str) -> None:
    """The server of an upload boots meanwhile, for longer than a server of the web lets a connection rest."""
    with Source.open(f"{url}/disk?secret") as source:
        assert len(Handler.requests) == 1
        assert next(iter(source)) == Handler.content[:MIB]
        assert len(Handler.requests) == 2
        for content in (Handler.content[:-1], bytes(len(Handler.content))):
            Handler.content = content
            with pytest.raises(NetworkError, match="/disk has changed since it was fetched first"):
                list(source)


def test_a_url_that_cannot_be_fetched_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Source.open(f"{url}/disk?secret") as source:
        monkeypatch.setattr(Handler, "do_GET", lambda self: self.send_error(410))
        with pytest.raises(NetworkError, match="/disk can't be fetched: the server responds with status 410") as raised:
            list(source)
    assert "secret" not in text_of(raised.value)


def test_a_url_that_ends_early(url: str) -> None:
    Handler.content = gzip.compress(DISK) + bytes(3 * MIB)
    short = f"{url}/short?secret"
    with Source.open(short) as source, pytest.raises(NetworkError, match=r"/short (ended|can't be read)") as raised:
        list(source)
    assert "secret" not in text_of(raised.value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/missing", "can't be fetched: the server responds with status 404"),
        ("/to-http", "redirects to a URL that does not begin with https://"),
        ("/to-itself", "can't be fetched: TooManyRedirects"),
    ],
)
def test_urls_that_cannot_be_fetched(url: str, path: str, text: str) -> None:
    secret = f"{url.replace('//', '//user:secret@')}{path}?secret"
    with pytest.raises(InvalidArgumentError, match=text) as raised:
        Source.open(secret)
    assert "secret" not in text_of(raised.value)


def test_a_certificate_that_is_not_trusted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    url = f"{url}/disk?secret"
    with pytest.raises(InvalidArgumentError, match=r"can't be fetched: .*certificate") as raised:
        Source.open(url)
    assert "secret" not in text_of(raised.value)


@pytest.mark.parametrize(
    "invalid",
    [
        *("http://example.com/secret", "ftp://example.com/secret", "file:///secret", "s3://secret/x", "://secret"),
        *("https://", "https:///secret", "https://user:secret@/x", "https://secret:port/", "https://secret:0/"),
        *("https://example.com/\nsecret", "https://example.com/a secret", "https://[secret/", "https://x:99999/secret"),
    ],
)
def test_invalid_urls(invalid: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"must begin with https://|URL of the source is invalid") as raised:
        Source.open(invalid)
    assert "secret" not in str(raised.value)
