"""Comparisons and timelines as plain tables, in words or Markdown."""

from __future__ import annotations

from advisor.output.escape import markdown as safe
from advisor.output.escape import terminal
from advisor.output.text import shortened, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SHARES = 8
_BLOCKS = 20


def comparison(data: Any, *, markdown: bool = False) -> str:
    """A `Comparison`: one line per row, then the criteria that differ most."""
    rows = [
        (
            row.label,
            row.verdict.alternative or row.verdict.outcome,
            f"{row.verdict.acceptability:.3f}",
            f"{row.verdict.margin:+.3f}",
            ", ".join(a.id for a in row.alternatives if a.excluded_by) or "-",
        )
        for row in data.rows
    ]
    head: tuple[str, ...] = ("", "verdict", "accept.", "margin", "excluded")
    lines = _markdown(head, rows) if markdown else _columns(head, rows)
    lines += ["", "Shares of the margin in points of 100, the largest differences first"]
    shares = []
    for criterion in data.criteria[:SHARES]:
        cells = [_points(row.shares.get(criterion["id"])) for row in data.rows]
        shares.append((shortened(criterion["title"], 34), *cells))
    head = ("", *(f"({i})" for i in range(1, len(data.rows) + 1)))
    lines += ["", *_markdown(head, shares)] if markdown else _columns(head, shares)
    return "\n".join(lines) + "\n"


def _points(share: Any) -> str:
    if share is None:
        return "-"
    if isinstance(share, dict):
        return "/".join(f"{100 * v:.1f}" for v in share.values())
    return f"{100 * share:+.1f}"


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[terminal(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = []
    for number, row in enumerate(cells):
        mark = f"({number}) " if number and len(head) == 5 else "    " if len(head) == 5 else ""
        padded = [row[0].ljust(widths[0])] + [
            c.rjust(w) if i in (2, 3) or len(head) != 5 else c.ljust(w)
            for i, (c, w) in enumerate(zip(row[1:], widths[1:]), 1)
        ]
        lines.append((mark + "  ".join(padded)).rstrip())
    return lines


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(safe(c) for c in row) + " |" for row in rows]


def timeline(data: Any, *, markdown: bool = False) -> str:
    """A `Timeline`: a line per point with a bar of the first alternative's acceptability, then the turns."""
    first = next(iter(data.points[0].acceptability))
    head = ("date", "verdict", f"{first} first in", "")
    rows = [
        (
            p.date,
            p.alternative or p.outcome,
            f"{100 * p.acceptability[first]:.0f} %",
            _bar(p.acceptability[first]),
        )
        for p in data.points
    ]
    if markdown:
        lines = _markdown(head, rows)
    else:
        lines = [f"{a:<10}  {terminal(b):<12} {c:>20}  {d}".rstrip() for a, b, c, d in (head, *rows)]
    if data.turns:
        lines += ["", "When the verdict turned, and what was new by then"]
    for turn in data.turns:
        text = f"{turn.date}: {turn.before} -> {turn.after}"
        lines += [f"- {safe(text)}"] if markdown else wrap(text)
        for moved in turn.moved_by:
            change = "" if moved.change is None else f" {100 * moved.change:+.1f}"
            words = f"{moved.kind} {moved.id} ({moved.date}){change}: {moved.text}"
            lines += [f"  - {safe(words)}"] if markdown else wrap(words, "  ", "    ")
    return "\n".join(lines) + "\n"


def _bar(share: float) -> str:
    filled = round(share * _BLOCKS)
    return "#" * filled + "." * (_BLOCKS - filled)
