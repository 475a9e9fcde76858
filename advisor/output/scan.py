"""What a code base shows, as words, Markdown or JSON. Everything taken from its files is made safe to show."""

from __future__ import annotations

import re

from advisor.output.escape import markdown as safe
from advisor.output.text import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

SHORT = 8
"""Rows of a table unless everything is asked for."""
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def json(scan: Any) -> str:
    """One JSON object with the keys of `Scan`, in ASCII: nothing of a foreign file reaches a terminal as it is."""
    from advisor.output.json import pretty

    return _NOT_ASCII.sub(_escaped, pretty(scan.to_dict()))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def text(scan: Any, *, verbose: bool = False) -> str:
    """Lines of about 79 characters, ending in a newline."""
    lines = wrap(_title(scan))
    lines += wrap(_counts(scan))
    for title, rows in _tables(scan, verbose):
        lines += ["", title]
        for row in rows:
            first, *rest = row
            lines += wrap(f"{first}: {'; '.join(cell for cell in rest if cell)}", "  ", "      ")
    lines += ["", "Suggested answers"]
    for suggestion in scan.suggestions:
        lines += wrap(
            f"{suggestion.question}: {', '.join(suggestion.options)} ({suggestion.strength})", "  ", "      "
        )
        for place in suggestion.why:
            lines += wrap(_place(place), "      ", "        ")
    if not scan.suggestions:
        lines.append("  none")
    for title, notes in _notes(scan, verbose):
        lines += ["", title]
        for note in notes:
            lines += wrap(note, "  ", "    ")
    return "\n".join(lines) + "\n"


def markdown(scan: Any, *, verbose: bool = False) -> str:
    """GitHub-flavoured Markdown, ending in a newline."""
    lines = [f"# {safe(_title(scan))}", "", safe(_counts(scan))]
    for title, rows in _tables(scan, verbose):
        lines += ["", f"## {title}", ""]
        for first, *rest in rows:
            lines.append(f"- **{safe(first)}**: {safe('; '.join(cell for cell in rest if cell))}")
    lines += ["", "## Suggested answers", ""]
    for suggestion in scan.suggestions:
        lines.append(
            f"- **{suggestion.question}**: {', '.join(map(safe, suggestion.options))} ({suggestion.strength})"
        )
        lines += [f"  - {safe(_place(place))}" for place in suggestion.why]
    if not scan.suggestions:
        lines.append("None.")
    for title, notes in _notes(scan, verbose):
        lines += ["", f"## {title}", "", *[f"- {safe(note)}" for note in notes]]
    return "\n".join(lines) + "\n"


def _title(scan: Any) -> str:
    return f"What {scan.folder} shows"


def _counts(scan: Any) -> str:
    files = scan.files
    return f"{files.scanned} files looked into, {files.skipped} passed over, {files.unreadable} unreadable"


def _tables(scan: Any, verbose: bool) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """(title, rows) of what was found; a row is a name and remarks."""
    tables: tuple[tuple[str, Sequence[Any], Callable[[Any, bool], tuple[str, ...]]], ...] = (
        ("Frameworks", scan.frameworks, _framework),
        ("Parts that matter", scan.apis, _api),
        ("Requirements", scan.requirements, _requirement),
        ("Model files", scan.models, _model),
        ("What a switch would touch", scan.switch.frameworks, _touched),
    )
    for title, found, row in tables:
        if found:
            rows = [row(item, verbose) for item in (found if verbose else found[:SHORT])]
            if len(rows) < len(found):
                rows.append((f"{len(found) - len(rows)} more", "--verbose shows them"))
            yield title, rows


def _notes(scan: Any, verbose: bool) -> Iterator[tuple[str, list[str]]]:
    chosen = [d for d in scan.diagnostics if verbose or d.level == "warning" or d.file is None]
    if chosen:
        shown = chosen if verbose else chosen[:SHORT]
        notes = [f"{d.file}: {d.message}" if d.file else d.message for d in shown]
        if len(shown) < len(chosen):
            notes.append(f"{len(chosen) - len(shown)} more; --verbose shows them")
        yield "Notes", notes


def _place(place: Any) -> str:
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    return f"{where}: {place.text}"


def _places(places: Sequence[Any], verbose: bool) -> str:
    return ", ".join(
        p.file if p.line is None else f"{p.file}:{p.line}" for p in (places if verbose else places[:1])
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _framework(found: Any, verbose: bool) -> tuple[str, ...]:
    used = f"{_many(found.files, 'file')}, {_many(found.lines, 'line')}" if found.files else "not imported"
    return found.name, used, " ".join(found.versions), _places(found.places, verbose)


def _api(found: Any, verbose: bool) -> tuple[str, ...]:
    used = f"{_many(found.count, 'line')} in {_many(found.files, 'file')}"
    return found.title, used, _places(found.places, verbose)


def _requirement(found: Any, _verbose: bool) -> tuple[str, ...]:
    separator = ":" if found.kind == "image" and found.spec else ""
    return f"{found.name}{separator}{found.spec}", f"{found.file}:{found.line}"


def _model(found: Any, _verbose: bool) -> tuple[str, ...]:
    pointer = "only a Git LFS pointer" if found.pointer else ""
    return found.file, found.kind, found.detail or "", _size(found.bytes), pointer


def _touched(found: Any, _verbose: bool) -> tuple[str, ...]:
    code = f"{_many(found.files, 'file')}, {found.lines} of {_many(found.lines_of_files, 'line')}"
    models = f"{_many(found.models, 'model')} of {_size(found.model_bytes)}" if found.models else ""
    return found.framework, code, models


def _size(count: int) -> str:
    if count < 1000:
        return _many(count, "byte")
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 1000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return ""
