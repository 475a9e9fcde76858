"""The one object through which every detector sees a machine: files, folders, links, commands, environment.

A live reader asks this machine, a replay answers from a folder, and a capture writes down what a live one was asked.
Nothing here raises for what a machine does: what cannot be read is None, what cannot be run is a `Completed` that says
why.
"""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FILE_LIMIT = 4 * 1024 * 1024
BLOCK = 64 * 1024
"""Bytes asked for at once. Files below /proc/sys answer "out of memory" to a single read of 4 MiB or more."""
OUTPUT_LIMIT = 8 * 1024 * 1024
"""Bytes of a command's output that are kept; a command that writes more is stopped."""
NAMES_LIMIT = 10_000
TIMEOUT_S = 2.0
PROCESS = ("@process",)
"""No program: what the operating system tells this very process, as JSON (`probes.process`). A recording keeps it."""

PLATFORMS = {"linux": "linux", "darwin": "darwin", "win32": "windows", "cygwin": "windows"}


class Completed(NamedTuple):
    """A command that ran, or why it did not: `error` is None, "not found", "timed out", "too much output" or words."""

    argv: tuple[str, ...]
    returncode: int | None
    stdout: str
    stderr: str
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether it ran to its end with exit status 0."""
        return self.error is None and self.returncode == 0


class Reader:
    """What a detector may ask. `platform`: linux, darwin, windows or another name. `environ`: the environment.

    Paths are absolute and written with slashes. Text is decoded as UTF-8 with replacement characters.
    """

    platform: str
    environ: Mapping[str, str]

    def text(self, path: str) -> str | None:
        """The first `FILE_LIMIT` bytes of a file as text; None when it cannot be read."""
        raw = self.data(path)
        return None if raw is None else raw.decode("utf-8", "replace")

    def line(self, path: str) -> str | None:
        """The text of a one-line file without white space and NULs around it; None when it cannot be read or is empty."""
        text = self.text(path)
        return (text.strip("\0 \t\r\n") or None) if text is not None else None

    def data(self, path: str) -> bytes | None:
        """The first `FILE_LIMIT` bytes of a file; None when it cannot be read."""
        raise NotImplementedError

    def names(self, path: str) -> list[str]:
        """The names in a folder, sorted, at most `NAMES_LIMIT`; empty when it cannot be read."""
        raise NotImplementedError

    def exists(self, path: str) -> bool:
        """Whether there is a file, folder or device of that name."""
        raise NotImplementedError

    def link(self, path: str) -> str | None:
        """What a symbolic link points to, as written in it; None when it is none."""
        raise NotImplementedError

    def run(self, argv: Sequence[str], timeout: float = TIMEOUT_S) -> Completed:
        """Run a program without a shell, with no standard input, and stop it with its children after `timeout` s."""
        raise NotImplementedError


class Live(Reader):
    """This machine, or with `root` the tree below that folder (commands still run here)."""

    def __init__(self, root: str = "/") -> None:
        self.platform = PLATFORMS.get(sys.platform, sys.platform)
        self.environ: Mapping[str, str] = dict(os.environ)
        self._root = root.rstrip("/")

    def _path(self, path: str) -> str:
        return self._root + path

    def data(self, path: str) -> bytes | None:
        try:
            # A pipe or a device would never end or have side effects; sysfs and procfs files are regular ones.
            if not os.path.isfile(self._path(path)):
                return None
            # It may have become a pipe in between, which O_NONBLOCK does not wait for.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            number = os.open(self._path(path), flags | getattr(os, "O_NOCTTY", 0))
            with open(number, "rb", buffering=0) as file:
                return _blocks(file) if stat.S_ISREG(os.fstat(number).st_mode) else None
        except (OSError, ValueError):
            return None

    def names(self, path: str) -> list[str]:
        found = []
        try:
            with os.scandir(self._path(path)) as entries:
                for entry in entries:
                    found.append(entry.name)
                    if len(found) >= NAMES_LIMIT:
                        break
        except (OSError, ValueError):
            return []
        return sorted(found)

    def exists(self, path: str) -> bool:
        try:
            return os.path.lexists(self._path(path))
        except (OSError, ValueError):
            return False

    def link(self, path: str) -> str | None:
        try:
            return os.readlink(self._path(path))
        except (OSError, ValueError):
            return None

    def run(self, argv: Sequence[str], timeout: float = TIMEOUT_S) -> Completed:
        given = tuple(argv)
        if given == PROCESS:
            from probes.process import told

            if self._root:
                return Completed(given, None, "", "", "not found")
            return Completed(given, 0, told(), "", None)
        try:
            process = subprocess.Popen(
                given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=os.name == "posix",
                env=dict(self.environ, LC_ALL="C", LANG="C"),
            )
        except FileNotFoundError:
            return Completed(given, None, "", "", "not found")
        except OSError as problem:
            return Completed(given, None, "", "", problem.strerror or "failed")
        except ValueError as problem:
            return Completed(given, None, "", "", str(problem))
        return _collect(given, process, timeout)


def _blocks(file: io.FileIO) -> bytes:
    """At most `FILE_LIMIT` bytes of an open file."""
    blocks: list[bytes] = []
    left = FILE_LIMIT
    while left > 0:
        block = file.read(min(BLOCK, left))
        if not block:
            break
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)


def _collect(given: tuple[str, ...], process: subprocess.Popen[bytes], timeout: float) -> Completed:
    """Wait for a process and keep at most `OUTPUT_LIMIT` bytes of each stream; nothing of it outlives the call."""
    kept: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
    flooded = threading.Event()

    def drain(name: str, stream) -> None:  # type: ignore[no-untyped-def]
        size = 0
        with stream:
            while not flooded.is_set():
                try:
                    block = stream.read1(65536)
                except (OSError, ValueError):
                    return
                if not block:
                    return
                size += len(block)
                if size > OUTPUT_LIMIT:
                    flooded.set()
                    _stop(process)
                    return
                kept[name].append(block)

    threads = [
        threading.Thread(target=drain, args=(name, stream), daemon=True)
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
    ]
    for thread in threads:
        thread.start()
    error = None
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        error = "timed out"
    # Children that hold the pipes open would keep the threads waiting.
    for thread in threads:
        thread.join(0.2 if error is None else 0)
    _stop(process)
    for thread in threads:
        thread.join(0.5)
    if flooded.is_set():
        error = "too much output"
    texts = [b"".join(kept[name]).decode("utf-8", "replace") for name in ("stdout", "stderr")]
    return Completed(given, process.poll() if error is None else None, texts[0], texts[1], error)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything in its session."""
    try:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        pass
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        pass


class Fixed(Reader):
    """Answers given beforehand: for tests, and the base of a replay.

    `files`: path -> content (folders follow from the paths). `links`: path -> target. `folders`: further folders with
    their names. `commands`: argv -> `Completed` or standard output; anything else is not found.
    """

    def __init__(
        self,
        files: Mapping[str, object] | None = None,
        commands: Mapping[tuple[str, ...], object] | None = None,
        environ: Mapping[str, str] | None = None,
        platform: str = "linux",
        links: Mapping[str, str] | None = None,
        folders: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.platform = platform
        self.environ = dict(environ or {})
        self._files = {path: _bytes(content) for path, content in (files or {}).items()}
        self._links = dict(links or {})
        self._commands = dict(commands or {})
        self._folders: dict[str, dict[str, None]] = {
            path: dict.fromkeys(n) for path, n in (folders or {}).items()
        }
        for path in [*self._files, *self._links]:
            while "/" in path[1:]:
                path, _, name = path.rpartition("/")
                self._folders.setdefault(path, {})[name] = None
            self._folders.setdefault("/", {})[path.strip("/")] = None

    def data(self, path: str) -> bytes | None:
        content = self._files.get(path)
        return None if content is None else content[:FILE_LIMIT]

    def names(self, path: str) -> list[str]:
        return sorted(self._folders.get(path.rstrip("/") or "/", ()))[:NAMES_LIMIT]

    def exists(self, path: str) -> bool:
        path = path.rstrip("/") or "/"
        parent, _, name = path.rpartition("/")
        return (
            path in self._files
            or path in self._links
            or path in self._folders
            or name in self._folders.get(parent, ())
        )

    def link(self, path: str) -> str | None:
        return self._links.get(path)

    def run(self, argv: Sequence[str], timeout: float = TIMEOUT_S) -> Completed:
        given = tuple(argv)
        answer = self._commands.get(given)
        if isinstance(answer, Completed):
            return answer
        if answer is None:
            return Completed(given, None, "", "", "not found")
        return Completed(given, 0, _bytes(answer)[:OUTPUT_LIMIT].decode("utf-8", "replace"), "", None)


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")
