"""Count of a rate limit in a small locked file, which the processes of a user on one host share."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from struct import Struct
from typing import TypeVar
from zlib import crc32

from .._exceptions import InvalidArgumentError
from .buckets import Reservation, SlidingWindow, TokenBucket, create_bucket
from .sharing import LimitScope, SharedBudget

__all__ = ["FileBudget", "HostBudget"]

Result = TypeVar("Result")

_LOCK_TIME = 0.005
"""Seconds to wait for a lock: a process that holds it for longer is stopped."""
_LOCK_PAUSE = 0.0001
_TRY_LOCK, _UNLOCK = 2 | 4, 8
"""Operations of ``flock``, here since ``fcntl`` is imported at its use: LOCK_EX | LOCK_NB, and LOCK_UN."""
_OLD = 2 * 86400
"""Seconds after which an unused file is removed."""
_SUFFIX = ".budget"

_HEADER = Struct("<32s13dI")
"""Kind, scope and boot of the host; counts; size of the times of a sliding window. A checksum and the times follow."""
_CHECKSUM = 4
_SIZE = _HEADER.size + _CHECKSUM
_KIND, _BOOT = 8, 8
_MAX_TIMES = 8192
_SIZES = {b"hcloudB1": 256, b"hcloudS1": 256 + 8 * _MAX_TIMES}
"""Size of the place of a scope in the file, by its kind."""
_MAX_SCOPES = 64


class FileBudget(SharedBudget):
    """Count in a file, shared by all processes of the user that name the same file, on one host.

    The file is created with mode 0600. It must be a regular file of the user's own, not a link. It can be deleted at
    any time; its content is checked, and replaced where it is damaged. An operation takes about 10 µs. If another
    process keeps the lock for more than a few milliseconds, or the file can't be written, the client counts alone.

    :param path: Path of the file, in an existing folder on a local disk
    """

    _file = -1  # also if the constructor fails
    _process = 0

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise InvalidArgumentError(f"path must be the path of a file, not {path!r}")
        self.path: str = os.path.abspath(os.fspath(path))  # noqa: PTH100  # pathlib takes longer to import
        self._lock = threading.Lock()
        self._identity = (0, 0)
        self._places: dict[LimitScope, tuple[int, bytes]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

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
        :raises TimeoutError: if another process keeps the lock
        :raises OSError: if the file can't be opened, read or written
        """
        if self._process != os.getpid():  # also in the child of a fork, where another thread may have held the lock
            self._lock, self._process, self._file = threading.Lock(), os.getpid(), -1
        if not (self._lock.acquire(blocking=False) or self._lock.acquire(timeout=_LOCK_TIME)):
            raise TimeoutError("another thread keeps the lock of the file")
        try:
            file = self._open_again()
            self._lock_file(file)
            try:
                place, label, bucket = self._load(file, scope, now)
                # Another process may have got the lock first, and have looked at the clock later.
                result = change(bucket, bucket.used_at)
                self._store(file, place, label, bucket)
            finally:
                self._flock(file, _UNLOCK)
        finally:
            self._lock.release()
        return result

    def _open_again(self) -> int:
        """Return the descriptor of the file, which is opened at first, after a fork, and after it was deleted.

        A program may have closed all descriptors, for instance to become a daemon, and the number be that of another
        file.
        """
        if self._file >= 0:
            try:
                state = os.fstat(self._file)
            except OSError:  # closed
                state = None
            if state is not None and (state.st_dev, state.st_ino) == self._identity:
                if state.st_nlink:
                    return self._file
                os.close(self._file)
        from fcntl import flock  # Windows does not have it

        self._file, self._flock = -1, flock
        file = self._open()
        try:
            self._identity = _check_file(file)
        except BaseException:
            os.close(file)
            raise
        self._file = file
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
                    raise TimeoutError("another process keeps the lock of the file") from None
                time.sleep(_LOCK_PAUSE)
            else:
                return

    def _load(self, file: int, scope: LimitScope, now: float) -> tuple[int, bytes, TokenBucket]:
        """Return the place of the scope's count in the file, the start of its content, and the count."""
        place, label = self._places.get(scope) or (0, _label(scope))
        head = os.pread(file, _SIZE, place)
        if not head.startswith(label):
            place, head = _find(file, label)
            self._places[scope] = place, label
        bucket = create_bucket(scope.burst)
        if not (head.startswith(label) and _restore(bucket, file, place, head) and bucket.resume_shared(now)):
            bucket = create_bucket(scope.burst)
            bucket.resume_shared(now)
        return place, label, bucket

    def _store(self, file: int, place: int, label: bytes, bucket: TokenBucket) -> None:
        times = bucket.sent[-_MAX_TIMES:].tobytes() if isinstance(bucket, SlidingWindow) else b""
        head = _HEADER.pack(label, *bucket.values, len(times))
        content = head + crc32(times, crc32(head)).to_bytes(_CHECKSUM, "little") + times
        if os.pwrite(file, content, place) < len(content):
            raise OSError("the disk is full")

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

    def __init__(self, key: str) -> None:
        super().__init__(key + _SUFFIX)
        self._name = key + _SUFFIX

    def _open(self) -> int:
        folder = _open_private_folder()
        try:
            try:
                return os.open(self._name, _flags() & ~os.O_CREAT, dir_fd=folder)
            except FileNotFoundError:
                _remove_old_files(folder)
                return os.open(self._name, _flags(), 0o600, dir_fd=folder)
        finally:
            os.close(folder)


def _flags() -> int:
    # O_NONBLOCK: opening a named pipe in place of the file would block.
    return os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def _check_file(file: int) -> tuple[int, int]:
    """Return what identifies an open file, which must be one of the user's own that nobody else can open."""
    state = os.fstat(file)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid() or state.st_nlink > 1:
        raise PermissionError("the file is not a regular file of this user, or it is a link")
    if state.st_mode & 0o077:
        os.fchmod(file, 0o600)
    return state.st_dev, state.st_ino


def _label(scope: LimitScope) -> bytes:
    kind = b"hcloudB1" if scope.burst is None else b"hcloudS1"
    return kind + bytes.fromhex(scope.key) + _boot()


def _find(file: int, label: bytes) -> tuple[int, bytes]:
    """Return the place of a scope in a file, and what is there: something else if it has no count yet."""
    place = 0
    for _ in range(_MAX_SCOPES):
        head = os.pread(file, _SIZE, place)
        size = _SIZES.get(head[:_KIND])
        if size is None or head.startswith(label[:-_BOOT]):
            return place, head
        place += size
    return 0, b""


def _restore(bucket: TokenBucket, file: int, place: int, head: bytes) -> bool:
    """Set a count to what is at a place of a file; return False if that is damaged."""
    if len(head) < _SIZE:
        return False
    _, *values, size = _HEADER.unpack_from(head)
    times = b""
    if isinstance(bucket, SlidingWindow):
        times = os.pread(file, min(size, 8 * _MAX_TIMES), place + _SIZE)
        if len(times) != size or size % 8:
            return False
        bucket.sent.frombytes(times)
    bucket.values = tuple(values)
    return bool(crc32(times, crc32(head[: _HEADER.size])).to_bytes(_CHECKSUM, "little") == head[_HEADER.size :])


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
    """Remove files that no program has used for days."""
    oldest = time.time() - _OLD
    for name in os.listdir(folder):
        if name.endswith(_SUFFIX):
            with suppress(OSError):  # another process removes it, too
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=folder)
