"""Bytes of regular files, a bounded number of them, however large or odd the file."""

from __future__ import annotations

import os
import stat

from advisor.record import Record

HEAD = 4096
TAIL = 16384
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOCTTY", 0)
)


class Ends(Record):
    """The size of a file in bytes, its first `HEAD` bytes, and its last `TAIL` where they were asked for."""

    size: int
    head: bytes
    tail: bytes


def _opened(path: str) -> tuple[int, int]:
    """Descriptor and size. A pipe or device that took the place of a file since it was listed is refused."""
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(22, "not a regular file")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status.st_size


def _read(descriptor: int, count: int) -> bytes:
    parts = []
    while count > 0:
        part = os.read(descriptor, count)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def whole(path: str, limit: int) -> bytes | None:
    """All of a file, or None when it has more than `limit` bytes. Raises `OSError`."""
    descriptor, size = _opened(path)
    try:
        if size > limit:
            return None
        # A file in /proc says 0; a file may grow meanwhile.
        data = _read(descriptor, limit + 1 if size == 0 else size)
        return None if len(data) > limit else data
    finally:
        os.close(descriptor)


def ends(path: str) -> Ends:
    """The first bytes, and the last ones where only they can tell the kind. Raises `OSError`."""
    descriptor, size = _opened(path)
    try:
        head = _read(descriptor, min(size, HEAD))
        tail = b""
        if head[:4] == b"PK\x03\x04" or head[:1] == b"\x80" or path.endswith(".index"):
            os.lseek(descriptor, max(0, size - TAIL), os.SEEK_SET)
            tail = _read(descriptor, TAIL)
        return Ends(size, head, tail)
    finally:
        os.close(descriptor)
