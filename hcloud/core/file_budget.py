"""Count of a rate limit in a small locked file, which the processes of a user on one host share."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from math import inf
from struct import Struct
from typing import Any, TypeVar
from zlib import crc32

from .._exceptions import InvalidArgumentError
from .buckets import Reservation, SlidingWindow, TokenBucket, create_bucket
from .sharing import LimitScope, SharedBudget, StoreBusyError

__all__ = ["FileBudget", "HostBudget"]

Result = TypeVar("Result")

_LOCK_TIME = 0.005
"""Seconds to wait for another process; one that holds the lock for longer was probably suspended."""
_THREAD_TIME = 0.25
"""Seconds to wait for another thread, which may wait for the interpreter while it holds the lock."""
_LOCK_PAUSE = 0.0001
_TRY_LOCK, _UNLOCK = 2 | 4, 8
"""Operations of ``flock``, here since ``fcntl`` is imported at its use: LOCK_EX | LOCK_NB, and LOCK_UN."""
_OPEN_TIME = 60.0
"""Seconds after which the file is opened again."""
_OLD = 2 * 86400
"""Seconds after which an unused file is removed."""
_SUFFIX = ".budget"
_NAME_LENGTH = 32 + len(_SUFFIX)

_HEADER = Struct("<32s13d3Q56s")
"""Kind, scope and boot of the host; counts; of a sliding window: position of its first time, of the next one after the
last, its version, and the latest times. A checksum follows, and then the other times in a ring."""
_BATCH = 8
"""Number of times that are written to the ring at once, as a write takes about a microsecond."""
_CHECKSUM = Struct("<I")
_SIZE = _HEADER.size + _CHECKSUM.size
_KIND, _BOOT = 8, 8
_TIMES = 256
"""Start of the ring in the place of a scope."""
_MAX_TIMES = 8192
_SIZES = {b"hcloudB1": _TIMES, b"hcloudS1": _TIMES + 8 * _MAX_TIMES}
"""Size of the place of a scope in the file, by its kind."""
_MAX_SCOPES = 64

_thread_locks: dict[int, threading.RLock] = {}
"""Lock of the threads of a process, by its ID. All budgets share it, as several may use the same file."""


class FileBudget(SharedBudget):
    """Count in a file, shared by all processes of the user that name the same file, on one host.

    The file is created with mode 0600. It must be a regular file of the user's own, not a link, and hold nothing else.
    Its counts are checked, and replaced where they are damaged. It can be deleted at any time. An operation takes about
    10 µs. If another process keeps the lock for more than a few milliseconds, or the file can't be written, the client
    counts alone.

    :param path: Path of the file, in an existing folder on a local disk
    """

    _is_own_name = False
    """True if only this library gives files such a name, so that what it can't read is damaged."""
    _file = -1  # also if the constructor fails
    _process = 0

    def __init__(self, path: str | os.PathLike[str]) -> None:
        value: Any = path
        if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
            raise InvalidArgumentError(f"path must be the path of a file, not {path!r}")
        self.path: str = os.path.abspath(os.fspath(path))  # noqa: PTH100  # pathlib takes longer to import
        self._initialize()

    def _initialize(self) -> None:
        self._identity, self._reopen_at = (0, 0), 0.0
        self._places: dict[LimitScope, _Place] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def __reduce__(self) -> tuple[type[FileBudget], tuple[str]]:
        return type(self), (self.path,)  # to pass it to a new process

    def reserve(self, scope: LimitScope, now: float) -> Reservation:
        return self._change(scope, now, TokenBucket.reserve)

    def resume(self, scope: LimitScope, now: float, reservation: Reservation) -> Reservation:
        return self._change(scope, now, lambda bucket, now: bucket.resume(reservation))

    def release(self, scope: LimitScope, now: float, reservation: Reservation) -> None:
        self._change(scope, now, lambda bucket, now: bucket.release(reservation))

    def observe(
        self, scope: LimitScope, now: float, reservation: Reservation, limit: int, remaining: int, until_reset: float
    ) -> None:
        response = (reservation.completed, limit, remaining, until_reset)
        self._change(scope, now, lambda bucket, now: bucket.observe(now, *response))

    def block(self, scope: LimitScope, now: float, reservation: Reservation, retry_after: float) -> float:
        return self._change(scope, now, lambda bucket, now: bucket.block(now, retry_after, reservation.completed))

    def _change(self, scope: LimitScope, now: float, change: Callable[[TokenBucket, float], Result]) -> Result:
        """Change the count that is in the file.

        :param change: Function of the count and the time
        :raises StoreBusyError: if another process keeps the lock
        :raises OSError: if the file can't be opened, read or written
        """
        process = os.getpid()
        if self._process != process:  # also in the child of a fork, where another thread may have held the lock
            self._lock = _thread_locks.setdefault(process, threading.RLock())
        lock = self._lock
        # Both locks are taken within the try statement: Ctrl-C may raise as soon as a lock is taken.
        try:
            if not (lock.acquire(False) or lock.acquire(timeout=_THREAD_TIME)):
                raise StoreBusyError("another thread keeps the lock of the file")
            if self._process != process:
                self._file, self._process = -1, process
                self._places.clear()
            file = self._open_again()
            try:
                self._lock_file(file)
                place = self._places.get(scope)
                if place is None:
                    place = self._places[scope] = _Place(scope)
                bucket = place.load(file, now)
                # Another process may have got the lock first, and have looked at the clock later.
                result = change(bucket, bucket.used_at)
                place.store(file)
            finally:
                self._flock(file, _UNLOCK)
        finally:
            try:  # noqa: SIM105  # suppress() is Python code, in which Ctrl-C may raise before the release
                lock.release()
            except RuntimeError:  # it was not taken
                pass
        return result

    def _open_again(self) -> int:
        """Return the descriptor of the file: opened at first, each minute, after a fork, and after it was deleted.

        A program may have closed all descriptors, for instance to become a daemon, so that the number belongs to
        another file. The path may lead to another file after a while: the program changed its user, the user logged in
        and has a runtime folder now, or the file was renamed.
        """
        if self._file >= 0:
            try:
                state = os.fstat(self._file)
            except OSError:  # closed
                state = None
            if state is not None and (state.st_dev, state.st_ino) == self._identity:
                if state.st_nlink and time.monotonic() < self._reopen_at:
                    return self._file
                os.close(self._file)
        from fcntl import flock  # Windows does not have it

        self._file, self._flock = -1, flock
        file = self._open()
        try:
            self._identity = _check_file(file, self._is_own_name)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        self._reopen_at = time.monotonic() + _OPEN_TIME
        self._places.clear()
        return file

    def _open(self) -> int:
        return os.open(self.path, _flags(), 0o600)

    def _lock_file(self, file: int) -> None:
        end = 0.0
        while True:
            try:
                self._flock(file, _TRY_LOCK)
            except BlockingIOError:
                now = time.monotonic()
                end = end or now + _LOCK_TIME
                if now >= end:
                    raise StoreBusyError("another process keeps the lock of the file") from None
                time.sleep(_LOCK_PAUSE)
            else:
                return

    def __del__(self) -> None:
        if self._file >= 0 and self._process == os.getpid():
            with suppress(OSError):
                state = os.fstat(self._file)
                if (state.st_dev, state.st_ino) == self._identity:
                    os.close(self._file)


class HostBudget(FileBudget):
    """Count of one scope in the user's runtime folder, or in a folder of the user's own below the temporary one.

    :param key: Name of the file: the key of the scope
    """

    _is_own_name = True

    def __init__(self, key: str) -> None:
        self.path: str = key + _SUFFIX  # in a folder that is looked up when it is opened
        self._initialize()

    def _open(self) -> int:
        folder = _open_private_folder()
        try:
            try:
                return os.open(self.path, _flags() & ~os.O_CREAT, dir_fd=folder)
            except FileNotFoundError:
                _remove_old_files(folder)
                return os.open(self.path, _flags(), 0o600, dir_fd=folder)
        finally:
            os.close(folder)


def _flags() -> int:
    # O_NONBLOCK: opening a named pipe in place of the file would block.
    return os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def _check_file(file: int, is_own_name: bool) -> tuple[int, int]:
    """Return what identifies an open file, which must be one of the user's own that nobody else can open."""
    state = os.fstat(file)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid() or state.st_nlink > 1:
        raise PermissionError("the file is not a regular file of this user, or it is a link")
    start = b"" if is_own_name else os.pread(file, _KIND, 0)
    if start.strip(b"\0") and not any(kind.startswith(start) for kind in _SIZES):
        raise FileExistsError("the file holds something else; delete it, or name another one")
    if state.st_mode & 0o077:
        os.fchmod(file, 0o600)
    return state.st_dev, state.st_ino


class _Place:
    """Place of a scope in a file, with the count as this process has read or written it."""

    def __init__(self, scope: LimitScope) -> None:
        self._burst = scope.burst
        self._label = (b"hcloudB1" if scope.burst is None else b"hcloudS1") + bytes.fromhex(scope.key) + _boot()
        self._offset = 0
        self._content: bytes | None = None
        self._start_anew()

    def _start_anew(self) -> None:
        self._bucket = create_bucket(self._burst)
        self._version, self._end = -1, 0
        if isinstance(self._bucket, SlidingWindow):
            self._bucket.version = int.from_bytes(os.urandom(4), "little")  # other processes keep the times of another

    def load(self, file: int, now: float) -> TokenBucket:
        """Return the count; a new one if that in the file is damaged, or not one by this clock."""
        content = os.pread(file, _SIZE, self._offset)
        if content != self._content:
            if not content.startswith(self._label):
                self._offset, content = _find(file, self._label)
            if not self._restore(file, content):
                self._start_anew()
        if not self._bucket.resume_shared(now):
            self._start_anew()
            self._bucket.resume_shared(now)
        self._content = None  # the count is about to change
        return self._bucket

    def _restore(self, file: int, content: bytes) -> bool:
        """Set the count to what is in the file; return False if that is damaged."""
        if not content.startswith(self._label) or content[_HEADER.size :] != _checksum(content[: _HEADER.size]):
            return False
        fields = _HEADER.unpack_from(content)
        bucket = self._bucket
        if isinstance(bucket, SlidingWindow) and not self._restore_times(file, bucket, *fields[-4:]):
            return False
        bucket.values = fields[1:-4]
        return bucket.is_plausible()

    def _restore_times(
        self, file: int, bucket: SlidingWindow, first: int, end: int, version: int, latest: bytes
    ) -> bool:
        """Add the times that this process does not know yet; return False if they are damaged."""
        is_known = version == self._version and len(bucket.sent) == self._end - bucket.expired
        if not (is_known and bucket.expired <= first <= self._end <= end):
            bucket.expire(len(bucket.sent))
            bucket.expired = self._end = first
        if end - first > _MAX_TIMES:
            return False
        bucket.expire(first - bucket.expired)
        known = len(bucket.sent)
        in_ring = end - end % _BATCH
        content = b""
        for start, stop in _parts(self._end, in_ring):
            content += os.pread(file, 8 * (stop - start), self._offset_of(start))
        in_ring = max(in_ring, first)
        content += latest[8 * max(0, self._end - in_ring) : 8 * (end - in_ring)]
        if len(content) != 8 * (end - self._end):
            return False
        bucket.sent.frombytes(content)
        self._version, self._end, bucket.version = version, end, version
        times = bucket.sent[max(0, known - 1) :].tolist()
        return sorted(times) == times

    def store(self, file: int) -> None:
        """Write the count to the file.

        :raises OSError: if the disk is full
        """
        bucket, first, end, version, latest = self._bucket, 0, 0, 0, b""
        if isinstance(bucket, SlidingWindow):
            sent = bucket.sent
            if len(sent) > _MAX_TIMES:
                bucket.expire(len(sent) - _MAX_TIMES)
            first, version = bucket.expired, bucket.version
            end = first + len(sent)
            in_ring = end - end % _BATCH
            known = self._end - self._end % _BATCH if version == self._version else first
            if known < in_ring:
                for start, stop in _parts(max(known, first), in_ring):
                    _write(file, sent[start - first : stop - first].tobytes(), self._offset_of(start))
            latest = sent[max(0, in_ring - first) :].tobytes()
            self._version, self._end = version, end
        content = _HEADER.pack(self._label, *bucket.values, first, end, version, latest)
        content += _checksum(content)
        _write(file, content, self._offset)
        self._content = content

    def _offset_of(self, position: int) -> int:
        return self._offset + _TIMES + 8 * (position % _MAX_TIMES)


def _parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split a range of positions where the ring begins again."""
    while start < end:
        stop = min(end, start + _MAX_TIMES - start % _MAX_TIMES)
        yield start, stop
        start = stop


def _checksum(content: bytes) -> bytes:
    return _CHECKSUM.pack(crc32(content))


def _write(file: int, content: bytes, offset: int) -> None:
    if os.pwrite(file, content, offset) < len(content):
        raise OSError("the disk is full")


def _find(file: int, label: bytes) -> tuple[int, bytes]:
    """Return the offset of the place of a scope, and its content: of another scope if it has no count yet.

    That is the place that was unused for longest, if the file has no further one.
    """
    offset = 0
    oldest: tuple[float, int] | None = None
    for _ in range(_MAX_SCOPES):
        content = os.pread(file, _SIZE, offset)
        size = _SIZES.get(content[:_KIND])
        if size is None or len(content) < _SIZE or content.startswith(label[:-_BOOT]):
            return offset, content
        if content.startswith(label[:_KIND]):
            is_of_this_boot = content[len(label) - _BOOT :].startswith(label[-_BOOT:])
            used_at = _HEADER.unpack_from(content)[4] if is_of_this_boot else -inf
            oldest = min(oldest or (inf, 0), (used_at, offset))
        offset += size
    return (oldest[1] if oldest else 0), b""


@cache
def _boot() -> bytes:
    """Return what changes when the host starts again, as its monotonic clock then does."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", "rb") as file:  # noqa: PTH123  # pathlib takes longer to import
        return bytes.fromhex(file.read(36).decode("ascii", "replace").replace("-", "")[: 2 * _BOOT])
    return bytes(_BOOT)


def _open_private_folder() -> int:
    """Return a descriptor of the folder of the user's own that holds the files.

    :raises OSError: if there is none, or others can write to it
    """
    user = os.geteuid()
    for runtime in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}"):  # the first is unset in a cron job
        if os.path.isabs(runtime):  # noqa: PTH117  # pathlib takes longer to import
            with suppress(OSError):
                folder = _open_folder(runtime)
                try:
                    return _make_folder("hcloud", folder)
                finally:
                    os.close(folder)
    from tempfile import gettempdir

    return _make_folder(f"{gettempdir()}/hcloud-{user}")


def _make_folder(path: str, parent: int | None = None) -> int:
    with suppress(FileExistsError):
        os.mkdir(path, 0o700, dir_fd=parent)
    return _open_folder(path, parent)


def _open_folder(path: str, parent: int | None = None) -> int:
    """Open a folder of the user's own that nobody else can enter."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    state = os.fstat(folder)
    if state.st_uid == os.geteuid() and not state.st_mode & 0o077:
        return folder
    os.close(folder)
    raise PermissionError(f"{path} is not a folder of this user alone")


def _remove_old_files(folder: int) -> None:
    """Remove files of other tokens that no program has used for days."""
    oldest = time.time() - _OLD
    for name in os.listdir(folder):
        if len(name) == _NAME_LENGTH and name.endswith(_SUFFIX):
            with suppress(OSError):  # another process removes it, too
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=folder)
