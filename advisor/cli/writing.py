"""Results to standard output, or to a file all or nothing."""

from __future__ import annotations

import sys

from advisor.errors import OutputError, UsageError


def write(text: str, path: str | None) -> None:
    """Write `text` to `path`, or to standard output. A file is replaced only when all of it is on the disk."""
    if path is None:
        stream = sys.stdout
        encoding = stream.encoding or "utf-8"
        if encoding.lower().replace("-", "") != "utf8":
            text = text.encode(encoding, "backslashreplace").decode(encoding)
        stream.write(text)
        return
    import os
    import tempfile

    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, temporary = tempfile.mkstemp(prefix=".advisor-", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as problem:
        raise UsageError(f"--output cannot be written: {problem.strerror}", file=path) from None
    except OSError as problem:
        raise OutputError(f"cannot be written: {problem.strerror}", file=path) from None
