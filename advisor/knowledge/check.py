"""Everything that can be said against a rule pack, at once: what makes it unusable, and what is probably a slip."""

from __future__ import annotations

import os
from collections.abc import Iterable

from advisor import days
from advisor.errors import RulesError
from advisor.knowledge import build, link, reading, source
from advisor.knowledge.lints import lints
from advisor.knowledge.problems import Draft, Problem


def check(folder: str, *, today: int | None = None) -> list[Problem]:
    """Every error and warning about the pack in `folder`, sorted by file, line, column and code.

    `today` is a day number, the local date when omitted. Never raises `RulesError`: a folder that holds no pack is
    one problem. Warnings are about the pack's own files only, not about those of packs that it extends.
    """
    try:
        built = build.read(folder, keep=False)
    except RulesError as problem:
        return [_unusable(problem, folder)]
    m = built.material
    m.pack_file = m.pack_file or os.path.join(folder, "pack.yaml")
    unread = {_kind(p.file, built) for p in built.problems if p.code in ("syntax", "shape")}
    built.add([draft for draft in link.drafts(m) if not _follows(draft, unread)])
    found = lints(m, days.today() if today is None else today, partial=bool(unread))
    built.add([draft for draft in found if _layer(draft.file, built) == folder])
    return sorted(built.problems, key=lambda p: (p.file, p.line, p.column, p.code, p.message))


def errors(problems: Iterable[Problem]) -> int:
    """How many of `problems` make the pack unusable."""
    return sum(problem.level == "error" for problem in problems)


def _unusable(problem: RulesError, folder: str) -> Problem:
    """A pack that cannot even be walked, with the place of `extends` when that is to blame."""
    own = os.path.join(folder, "pack.yaml")
    file, message = problem.file or own, problem.message
    line, column = problem.line, problem.column
    parent, place = _extends(own)
    if parent is not None and line is None and file == os.path.join(folder, parent):
        file, message, (line, column) = own, f"extends {parent[:80]!r}: {message}", place
    elif line is None and os.path.basename(file) == "pack.yaml":
        file = own if os.path.realpath(file) == os.path.realpath(own) else file
        line, column = _extends(file)[1]
    return Problem("no-pack", "error", message, file, line or 1, column or 1, problem.nearest)


def _extends(file: str) -> tuple[str | None, tuple[int, int]]:
    """What a pack.yaml says that it extends, and where."""
    try:
        data, places = reading.parse(reading.read_text(file), file)
    except RulesError:
        return None, (1, 1)
    parent = data.get("extends") if isinstance(data, dict) else None
    return (parent, places[("extends",)]) if isinstance(parent, str) else (None, (1, 1))


def _layer(file: str, built: build.Built) -> str:
    """The folder of the pack that a file belongs to: that of an extended pack may be `own/../other`."""
    return max(
        (folder for folder, _ in built.chain if file.startswith(os.path.join(folder, ""))),
        key=len,
        default="",
    )


def _kind(file: str, built: build.Built) -> str:
    inside = os.path.join(_layer(file, built), "")
    return source.kind_of(file[len(inside) :].replace(os.sep, "/")) or ""


_NAMED = {
    "alternatives": ("alternative",),
    "categories": ("category",),
    "audiences": ("audience",),
    "criterion": ("claim",),
    "findings": ("finding",),
    "question": ("question", "option"),
    "constraint": ("constraint",),
    "pathway": ("pathway",),
    "profile": ("profile",),
}


def _follows(draft: Draft, unread: set[str]) -> bool:
    """Whether a problem only follows from files that could not be read, which are reported themselves."""
    whole = "pack" in unread  # Then nobody knows which pack it extends.
    if draft.code == "unknown-id":
        named = tuple(f"there is no {what} " for kind in unread for what in _NAMED.get(kind, ()))
        return whole or draft.message.startswith(named)
    return (
        (draft.code == "too-few-alternatives" and (whole or "alternatives" in unread))
        or (draft.code == "no-criteria" and (whole or not unread.isdisjoint(("criterion", "question"))))
        or (draft.message == "the pack has no parameters.yaml" and (whole or "parameters" in unread))
    )
