"""Compiled knowledge kept between runs, and what tells that a pack has changed since."""

from __future__ import annotations

import os
import zlib

from advisor.errors import RulesError
from advisor.store import folder, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["IGNORED", "MAX_FILES", "folder", "path", "read", "stamps", "write"]

MAX_FILES = 5000
IGNORED = frozenset({"schema", "README.md", "__pycache__"})
"""Names in a pack that hold no rules."""


def stamps(folder: str) -> list[list[Any]]:
    """[path inside the pack, size, both times, file number] of every file of a pack, sorted by path.

    That changes whenever the content may have: the change time cannot be set by a program, so a restored
    modification time does not hide an edit. Folders reached by a link are not entered. Raises `OSError`, and
    `RulesError` for more than 5,000 files.
    """
    found: list[list[Any]] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(os.path.join(folder, prefix)) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == "." or name in IGNORED:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if prefix.count("/") < 3:
                        pending.append(prefix + name + "/")
                elif entry.is_file():
                    stat = entry.stat()
                    found.append(
                        [prefix + name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
                    )
                    if len(found) > MAX_FILES:
                        raise RulesError(f"holds more than {MAX_FILES} files", file=folder)
    found.sort()
    return found


def path(pack: str, part: str) -> str:
    """The file that keeps one part (core, texts, files) of the pack that lies in the folder `pack`."""
    name = zlib.crc32(os.path.abspath(pack).encode("utf-8", "surrogateescape"))
    return os.path.join(folder(), f"rules-{name:08x}-{part}.json")
