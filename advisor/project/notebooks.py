"""Code of a notebook as one Python text, with the lines of the notebook file it came from."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_ASSIGNED = re.compile(r"\s*[\w, ]+=\s*[%!]")
_FOREIGN = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b|wandb\b|memit\b)\w")


def code(data: bytes) -> tuple[str, list[tuple[int, str]]] | None:
    """(Python text, installations by a shell command with their line in the text); None when it is no notebook.

    Magics and shell commands become `pass`, cells in other languages are left out.
    """
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        return None
    lines: list[str] = []
    shell: list[tuple[int, str]] = []
    for cell in _cells(notebook):
        foreign = False
        for position, line in enumerate(cell.split("\n")):
            if position == 0 and _FOREIGN.match(line):
                foreign = True
            stripped = line.lstrip()
            if (
                foreign
                or stripped.startswith(("%", "!", "?"))
                or stripped.endswith("?")
                or _ASSIGNED.match(line)
            ):
                if "install" in stripped:
                    shell.append((len(lines) + 1, stripped.lstrip("%!")))
                indent = line[: len(line) - len(stripped)]
                line = "" if foreign else f"{indent}pass"
            lines.append(line)
    return "\n".join(lines), shell


def _cells(notebook: Any) -> list[str]:
    """Sources of the code cells; format 4, and format 3 with its worksheets. Anything odd is left out."""
    if not isinstance(notebook, dict):
        return []
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        cells = [
            cell
            for sheet in notebook["worksheets"]
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    found = []
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            if isinstance(source, list):
                source = "".join(part for part in source if isinstance(part, str))
            if isinstance(source, str):
                found.append(source)
    return found


def lines_in_file(text: str, wanted: Iterable[int], data: bytes) -> dict[int, int | None]:
    """For lines of `text` (from 1, ascending) their lines in the notebook file, where each source line has its own."""
    rows: dict[bytes, list[int]] = {}
    for number, row in enumerate(data.split(b"\n"), 1):
        row = row.strip().removesuffix(b",")
        if row[:1] == b'"' and len(row) < 2000:
            rows.setdefault(row, []).append(number)
    lines = text.split("\n")
    found: dict[int, int | None] = {}
    last = 0
    for number in wanted:
        line = lines[number - 1] if number <= len(lines) else ""
        forms = [
            json.dumps(form, ensure_ascii=escaped).encode("utf-8", "replace")
            for form in (line + "\n", line)
            for escaped in (False, True)
        ]
        after = [n for form in forms for n in rows.get(form, ())[:1000] if n >= last]
        found[number] = last = min(after, default=0)
        if not last:
            found[number] = None
    return found
