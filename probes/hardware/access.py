"""Whether this process may open a device node."""

from __future__ import annotations

from probes.reader import Reader


def writable(reader: Reader, path: str) -> bool | None:
    """Whether the node is there and may be written to; None when the system does not say.

    The program `test` asks the kernel, which knows of access lists that the mode bits do not show.
    """
    if not reader.exists(path):
        return False
    done = reader.run(["test", "-w", path])
    if done.error is not None or done.returncode not in (0, 1):
        return None
    return done.returncode == 0
