"""Compiled knowledge kept between runs in the user's cache folder.

A stored file is one header line (format, package version, checksum) and one line of JSON; never a pickle, which in a
shared folder would be code. Anything that does not fit is as good as absent: the cache can cost time, never change
an answer.
"""

from __future__ import annotations

import json
import os
import sys
import zlib

from advisor.errors import RulesError
from advisor.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def folder() -> str:
    """The user's cache folder for this program (`ADVISOR_CACHE_DIR`, else the platform's convention)."""
    chosen = os.environ.get("ADVISOR_CACHE_DIR")
    if chosen:
        return chosen
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(base, "framework-advisor", "Cache")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "framework-advisor")
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".cache"), "framework-advisor")


def path(pack: str, part: str) -> str:
    """The file that keeps one part (core, texts, files) of the pack that lies in the folder `pack`."""
    name = zlib.crc32(os.path.abspath(pack).encode("utf-8", "surrogateescape"))
    return os.path.join(folder(), f"rules-{name:08x}-{part}.json")


def _header(body: bytes, form: int) -> bytes:
    return f"advisor {form} {__version__} {zlib.crc32(body):08x}\n".encode()


def read(file: str, form: int) -> Any:
    """The stored data, or None when it is absent, unreadable, of another version or damaged."""
    try:
        with open(file, "rb") as stream:
            header, body = stream.readline(200), stream.read()
        if header != _header(body, form):
            return None
        return json.loads(body)
    except (OSError, ValueError, RecursionError):
        return None


def write(file: str, form: int, data: Any) -> bool:
    """Store data atomically; False when the folder cannot be written, which is no error."""
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    temporary = f"{file}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_header(body, form) + body)
        os.replace(temporary, file)
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        return False
    return True


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
