"""Files that this program keeps for itself between runs, in the user's cache folder.

A stored file is one header line (format, package version, checksum) and one line of JSON; never a pickle, which in a
shared folder would be code. Anything that does not fit is as good as absent: what is stored can save time, never
change an answer.
"""

from __future__ import annotations

import json
import os
import sys
import zlib

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


def path(name: str) -> str:
    """The file of that name in the cache folder."""
    return os.path.join(folder(), name)


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
