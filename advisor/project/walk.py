"""The files of a folder in a fixed order, without following links and without what others have put there."""

from __future__ import annotations

import os

from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IGNORED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".bzr",
        "node_modules",
        "bower_components",
        "__pycache__",
        "build",
        "dist",
        "site-packages",
        "dist-packages",
        ".venv",
        "__pypackages__",
        ".tox",
        ".nox",
        ".eggs",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".dvc",
        ".terraform",
        ".gradle",
        "Pods",
    ]
)
"""Names of folders that hold what tools have made or installed."""
MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
"""A folder that holds one of these is an environment."""
ENTRIES = 1_000_000
"""Entries of one folder that are looked at, at most."""


class Entry(Record):
    """A regular file: its path, its path relative to the folder as it is shown, and its name."""

    path: str
    shown: str
    name: str


class Passed(Record):
    """What was left out: `what` is folder (ignored), link, special, unreadable or full (more than `ENTRIES`)."""

    what: str
    shown: str
    why: str


def shown_path(path: str) -> str:
    """A relative path with forward slashes; bytes that are no UTF-8 as visible escapes."""
    if os.sep != "/":
        path = path.replace(os.sep, "/")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path


def walk(root: str, passed: Callable[[Passed], None]) -> Iterator[Entry]:
    """Every regular file below `root`, each folder sorted by name; what is left out goes to `passed`.

    Links are never followed, so no loop and nothing outside the tree is met. A folder is ignored by its name or
    because it is an environment; `root` itself never is, nor installed packages in an environment given as `root`.
    """
    ignored = IGNORED
    if any(os.path.exists(os.path.join(root, mark)) for mark in MARKS):
        ignored = IGNORED - {"site-packages", "dist-packages"}
    pending = [(root, "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            entries = _entries(folder)
        except OSError as problem:
            passed(Passed("unreadable", shown_path(prefix) or ".", problem.strerror or "error"))
            continue
        if prefix and any(entry.name in MARKS for entry in entries):
            passed(Passed("folder", shown_path(prefix), "an environment"))
            continue
        if len(entries) > ENTRIES:
            passed(Passed("full", shown_path(prefix) or ".", f"more than {ENTRIES} entries"))
            del entries[ENTRIES:]
        below = []
        for entry in entries:
            name = entry.name
            relative = prefix + name
            try:
                if entry.is_symlink() or _junction(entry):
                    passed(Passed("link", shown_path(relative), ""))
                elif entry.is_dir(follow_symlinks=False):
                    if name in ignored or name.endswith((".egg-info", ".dist-info")):
                        passed(Passed("folder", shown_path(relative), name))
                    else:
                        below.append((entry.path, relative + os.sep))
                elif entry.is_file(follow_symlinks=False):
                    yield Entry(entry.path, shown_path(relative), name)
                else:
                    passed(Passed("special", shown_path(relative), ""))
            except OSError as problem:
                passed(Passed("unreadable", shown_path(relative), problem.strerror or "error"))
        pending += reversed(below)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            found.append(entry)
            if len(found) > ENTRIES:
                break
    found.sort(key=_name)
    return found


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _junction(entry: os.DirEntry[str]) -> bool:
    # Windows, Python 3.12 and later.
    test = getattr(entry, "is_junction", None)
    return bool(test is not None and test())
