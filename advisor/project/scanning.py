"""One pass over a folder: each file is read at most once, and only as far as it must be."""

from __future__ import annotations

import gc
import os
import warnings

from advisor.errors import UsageError
from advisor.project import contents, kinds, models, notebooks, python, requirements, textual
from advisor.project.catalogue import IMAGES
from advisor.project.findings import Model, Scan
from advisor.project.suggest import suggestions
from advisor.project.tally import Tally, clean
from advisor.project.walk import Entry, Passed, shown_path, walk
from advisor.record import Record
from advisor.version import __version__

_IMAGE_FRAMEWORKS = {package: framework for framework, package in IMAGES.values()}


class Limits(Record):
    """Bounds of a scan: `files` looked at in all; bytes of a file of code, of a notebook, of any other text.

    What is larger is passed over with a note. Of model files never more than 20 KiB are read.
    """

    files: int
    code: int
    notebook: int
    text: int


LIMITS = Limits(files=200_000, code=4_000_000, notebook=50_000_000, text=8_000_000)


def scan(folder: str | os.PathLike[str], limits: Limits = LIMITS) -> Scan:
    """What the code base in `folder` shows. Nothing in it is run, imported, unpickled or unpacked; links are not followed.

    The same files give the same result. Raises `UsageError` when `folder` is no folder that can be read.
    """
    root = os.fspath(folder)
    try:
        with os.scandir(root):
            pass
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UsageError(f"cannot be scanned: {reason}", file=shown_path(root), expected="a folder") from None
    tally = Tally()
    collecting = gc.isenabled()
    # Syntax trees have no cycles; collecting while they grow doubles the time.
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _pass(root, limits, tally)
    finally:
        if collecting:
            gc.enable()
    frameworks, apis = tally.results()
    return Scan(
        schema_version=1,
        advisor_version=__version__,
        folder=shown_path(root),
        files=tally.files(),
        frameworks=frameworks,
        apis=apis,
        requirements=tuple(tally.requirements),
        models=tuple(tally.models),
        suggestions=suggestions(tally),
        switch=tally.switch(),
        diagnostics=tally.diagnostics(),
    )


def _pass(root: str, limits: Limits, tally: Tally) -> None:
    ignored: dict[str, int] = {}
    links = special = 0

    def passed(what: Passed) -> None:
        nonlocal links, special
        if what.what == "folder":
            ignored[what.why] = ignored.get(what.why, 0) + 1
        elif what.what == "unreadable":
            tally.unreadable += 1
            tally.diagnose("warning", f"cannot be read: {what.why}", what.shown)
        elif what.what == "full":
            tally.complete = False
            tally.diagnose("warning", f"{what.why}; the others are left out", what.shown)
        else:
            tally.skipped += 1
            links += what.what == "link"
            special += what.what == "special"

    for seen, entry in enumerate(walk(root, passed)):
        if seen >= limits.files:
            tally.complete = False
            tally.diagnose("warning", f"more than {limits.files} files; the others are left out")
            break
        try:
            looked = _file(entry, limits, tally)
        except OSError as problem:
            tally.unreadable += 1
            tally.diagnose("warning", f"cannot be read: {problem.strerror or problem}", entry.shown)
        else:
            tally.scanned += looked
            tally.skipped += not looked
    if ignored:
        names = ", ".join(
            f"{name} ({count})" if count > 1 else name for name, count in sorted(ignored.items())[:8]
        )
        tally.diagnose("info", f"{sum(ignored.values())} folders ignored: {names}")
    if links:
        tally.diagnose("info", f"{links} links not followed")
    if special:
        tally.diagnose("info", f"{special} pipes, sockets or devices not opened")


def _file(entry: Entry, limits: Limits, tally: Tally) -> bool:
    """Look into one file; False when it was passed over. Raises `OSError`."""
    kind = kinds.kind_of(entry.name)
    if kind == "passed":
        return False
    if kind == "look":
        return _look(entry, limits, tally)
    limit = {"python": limits.code, "notebook": limits.notebook}.get(kind, limits.text)
    data = contents.whole(entry.path, limit)
    if data is None:
        tally.diagnose("info", f"more than {limit} bytes, not read", entry.shown)
        return False
    if kind == "notebook":
        _notebook(entry.shown, data, tally)
        return True
    if kind == "asks":
        _requirements(entry, data, tally)
    if kind == "python" or entry.name.lower() == "setup.py":
        _python(entry.shown, data, tally)
    else:
        _words(entry, data, tally)
    return True


def _look(entry: Entry, limits: Limits, tally: Tally) -> bool:
    ends = contents.ends(entry.path)
    found = models.identify(entry.name, ends.size, ends.head, ends.tail)
    size, file, is_pointer = ends.size, entry.shown, False
    if found is None:
        pointed = models.pointer(entry.name, ends.head)
        if pointed is not None:
            (found, size), is_pointer = pointed, True
    if found is None:
        first = ends.head.partition(b"\n")[0]
        if first.startswith(b"#!") and b"python" in first:
            data = contents.whole(entry.path, limits.code)
            if data is not None:
                _python(entry.shown, data, tally)
        return True
    if found.kind == "saved_model":
        file = entry.shown.rpartition("/")[0] or "."
        size += _variables(os.path.dirname(entry.path))
    tally.model(Model(file, found.kind, found.framework, size, found.detail, is_pointer))
    return True


def _variables(folder: str) -> int:
    """Bytes of the variables of a SavedModel."""
    size = 0
    try:
        with os.scandir(os.path.join(folder, "variables")) as entries:
            for position, entry in enumerate(entries):
                if position > 1000:
                    break
                if entry.is_file(follow_symlinks=False):
                    size += entry.stat(follow_symlinks=False).st_size
    except OSError:
        pass
    return size


def _python(file: str, data: bytes, tally: Tally) -> None:
    tally.python_files += 1
    if not python.interesting(data):
        return
    for api, lines in textual.in_python(data):
        tally.words(api, file, lines)
    if not python.imports(data):
        return
    code = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    found, parsed = python.uses(code)
    if not parsed and found:
        tally.diagnose("info", "no valid Python of this version, read line by line", file)
    if found:
        rows = code.split("\n")
        tally.code(file, found, lambda n: (n, rows[n - 1] if n <= len(rows) else ""), len(rows))


def _notebook(file: str, data: bytes, tally: Tally) -> None:
    tally.python_files += 1
    if not python.interesting(data):
        return
    read = notebooks.code(data)
    if read is None:
        tally.diagnose("warning", "no valid notebook", file)
        return
    code, shell = read
    found, _ = python.uses(code)
    wanted = sorted({use.line for use in found} | {line for line, _ in shell})
    places = notebooks.lines_in_file(code, wanted, data) if wanted else {}
    rows = code.split("\n")
    if found:
        tally.code(file, found, lambda n: (places.get(n), rows[n - 1] if n <= len(rows) else ""), len(rows))
    for line, command in shell:
        for name, spec, _ in requirements.install(command):
            tally.require("install", file, name, spec, places.get(line) or 1)


def _requirements(entry: Entry, data: bytes, tally: Tally) -> None:
    chosen = requirements.reader(entry.name)
    if chosen is not None:
        kind, read = chosen
        for name, spec, line in read(data.decode("utf-8-sig", "replace")):
            tally.require(kind, entry.shown, name, spec, line)


def _words(entry: Entry, data: bytes, tally: Tally) -> None:
    if b"\0" in data[:1024] or not textual.interesting(data):
        return
    for api, lines in textual.elsewhere(data):
        tally.words(api, entry.shown, lines)
    text = data.decode("utf-8", "replace")
    if (
        kinds.is_image(entry.name)
        or entry.name.endswith((".yml", ".yaml", ".sh", ".bash"))
        or "." not in entry.name
    ):
        for name, spec, line in requirements.install(text):
            tally.require("install", entry.shown, name, clean(spec), line)
    if kinds.is_image(entry.name) or entry.name.endswith((".yml", ".yaml")):
        for name, spec, line in requirements.images(text):
            tally.require("image", entry.shown, name, spec, line, _IMAGE_FRAMEWORKS[name])
    if entry.name == "package.json":
        for name, spec, line in textual.javascript(text):
            tally.require(
                "javascript", entry.shown, name, spec, line, "tensorflow" if "tfjs" in name else "onnx"
            )
