"""New rule files from templates that load at once and say in comments what to fill in."""

from __future__ import annotations

import os
import re
from typing import Any

from advisor import days
from advisor.errors import OutputError, RulesError, UsageError, nearest
from advisor.knowledge import build, link, reading, schema, source, templates
from advisor.knowledge.material import Item, Material
from advisor.knowledge.problems import as_error
from advisor.knowledge.templates import filled

KINDS = ("criterion", "claim", "finding", "question", "constraint", "pathway", "profile", "case", "pack")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


def new(kind: str, ident: str, folder: str, category: str | None = None) -> list[str]:
    """Write a template of a `kind` of rule called `ident` into the pack in `folder`; returns the paths.

    A criterion needs the `category` that it belongs to, unless there is only one. For a claim `ident` is the
    criterion whose file gets it, for a finding the new source family; a question, constraint and pathway come with
    a case. For a pack `folder` is the new pack's own folder and `ident` its id. No file is ever overwritten.
    Raises `UsageError`, `RulesError` when the pack has errors, and `OutputError`.
    """
    if kind not in KINDS:
        what = f"there is no template for {kind[:80]!r}"
        raise UsageError(what, expected="one of " + ", ".join(KINDS), nearest=nearest(kind, KINDS))
    if not _SLUG.fullmatch(ident):
        raise UsageError(
            f"{ident[:80]!r} cannot be an id", expected="lower-case letters, digits, _ . - (64 at most)"
        )
    if kind == "pack":
        return _pack(ident, folder)
    m = _material(folder)
    if kind == "claim":
        return _claim(m, ident, folder)
    for table in _tables(m, kind):
        if ident in table:
            raise UsageError(f"the {kind} {ident!r} exists already", file=table[ident].source.path)
    if kind == "criterion":
        category = _category(m, category)
        return _write(folder, {f"criteria/{category}/{ident}.yaml": _criterion(m, ident, category)})
    values = _values(m, ident)
    files = {}
    if kind == "finding":
        values["claim"] = _some(m.claims, "claim", "a finding observes at least one")
        files[f"findings/{ident}.yaml"] = filled(templates.FINDING, **values)
    elif kind == "profile":
        _some(m.questions, "question", "a profile answers at least one")
        files[f"profiles/{ident}.yaml"] = filled(templates.PROFILE, **values)
    elif kind == "case":
        files[f"cases/{ident}.yaml"] = filled(templates.CASE, **values, expects="")
    else:
        template = {
            "question": templates.QUESTION,
            "constraint": templates.CONSTRAINT,
            "pathway": templates.PATHWAY,
        }
        files[f"{kind}s/{ident}.yaml"] = filled(template[kind], **values)
        if kind == "question":
            values["situation"] = f"answers: {{{values['ident']}: first}}"
        expects = {
            "constraint": "\n    constraints: {{{}: violated}}",
            "pathway": "\n    pathways: [{}]",
        }.get(kind, "")
        values["ident"], values["title"] = _free(m, ident), f"Example of {_title(ident)}"
        case = f"cases/{_free_file(folder, ident)}.yaml"
        files[case] = filled(templates.CASE, **values, expects=expects.format(_word(ident)))
    return _write(folder, files)


def _material(folder: str) -> Material:
    built = build.read(folder, keep=False)
    if not built.errors():
        built.add(link.drafts(built.material))
    if built.errors():
        raise as_error(built.problems, folder)
    return built.material


def _tables(m: Material, kind: str) -> tuple[dict[str, Item], ...]:
    if kind == "criterion":
        return (m.criteria,)
    if kind == "finding":
        return ({item.holder: item for item in m.findings.values()},)
    return (getattr(m, kind + "s"),)


def _some(table: dict[str, Item], what: str, why: str) -> str:
    if not table:
        raise UsageError(f"the pack has no {what} yet, and {why}")
    return next(iter(table))


def _category(m: Material, category: str | None) -> str:
    names = [name for name in m.categories if name != "situation"]
    if category is None and len(names) == 1:
        return names[0]
    if category is None:
        raise UsageError("a criterion needs a category", expected="one of " + ", ".join(names))
    if category not in m.categories:
        what = f"there is no category {category[:80]!r}"
        raise UsageError(what, expected="one of " + ", ".join(names), nearest=nearest(category, names))
    return category


def next_id(letter: str, width: int, taken: Any) -> str:
    """The id after the highest of the form letter and digits, with at least `width` digits."""
    numbers = [int(ident[1:]) for ident in taken if re.fullmatch(letter + "[0-9]{1,9}", ident)]
    return f"{letter}{max(numbers, default=0) + 1:0{width}d}"


def _free(m: Material, ident: str) -> str:
    """An id for the case of another record."""
    base, number = ident[:50] + "_example", 1
    while (name := base if number == 1 else f"{base}{number}") in m.cases:
        number += 1
    return _word(name)


def _free_file(folder: str, ident: str) -> str:
    name, number = ident, 1
    while any(os.path.lexists(os.path.join(folder, "cases", name + end)) for end in (".yaml", ".yml")):
        number += 1
        name = f"{ident}_{number}"
    return name


def _word(text: str) -> str:
    """`text` as YAML reads it back as text: an id may look like a number."""
    return text if reading.parse(text, "")[0] == text else f"'{text}'"


def _title(ident: str) -> str:
    words = re.sub(r"[_.-]+", " ", ident).strip()
    return (words[:1].upper() + words[1:])[:40]


def _values(m: Material, ident: str) -> dict[str, Any]:
    """What the templates are filled with: the next ids, and names that exist in the pack."""
    asked = sorted(m.questions.values(), key=lambda item: ("when" in item.data, item.data["order"]))
    if asked:
        question, option = _word(asked[0].data["key"]), _word(asked[0].data["options"][0]["id"])
        when, situation = f"{{answer: {{{question}: [{option}]}}}}", f"answers: {{{question}: {option}}}"
    else:
        question = option = ""
        when, situation = "{fact: {os: linux}}", "facts: {os: linux}"
    return {
        "ident": _word(ident),
        "title": _word(_title(ident)),
        "date": m.pack["reviewed"],
        "question": question,
        "option": option,
        "when": when,
        "situation": situation,
        "alternative": _word(next(iter(m.alternatives))),
        "order": min(10000, max((item.data["order"] for item in m.questions.values()), default=0) + 1),
        "claim_id": next_id("C", 3, m.claims),
        "finding_id": next_id("E", 3, m.findings),
        "question_id": next_id("Q", 2, [item.data["id"] for item in m.questions.values()]),
        "constraint_id": next_id("V", 2, [item.data["id"] for item in m.constraints.values()]),
    }


def _criterion(m: Material, ident: str, category: str) -> str:
    values = _values(m, ident)
    head = filled(templates.CRITERION, **values, category=_word(category))
    return head + "claims:\n" + filled(templates.CLAIM, **values)


def _claim(m: Material, criterion: str, folder: str) -> list[str]:
    """Add a claim after the last one of a criterion's file; nothing else in the file changes."""
    if criterion not in m.criteria:
        close = nearest(criterion, m.criteria)
        raise UsageError(
            f"there is no criterion {criterion!r}", expected="the criterion the claim is about", nearest=close
        )
    holder = m.criteria[criterion].source
    path = holder.path
    if os.path.join(folder, holder.name) != path:
        raise UsageError(f"the criterion {criterion!r} belongs to a pack that this one extends", file=path)
    text = reading.read_text(path)
    data, places = reading.parse(text, path)
    claim = filled(templates.CLAIM, **_values(m, criterion))
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if "claims" not in data:
        lines += ["claims:\n", claim]
    else:
        start = places[("claims",)][0]
        after = [places[(key,)][0] for key in data if places[(key,)][0] > start]
        end = min(after) - 1 if after else len(lines)
        first = lines[places[("claims", 0)][0] - 1] if data["claims"] else ""
        indent = " " * (len(first) - len(first.lstrip()))
        lines.insert(end, "".join(indent + line for line in claim.splitlines(keepends=True)))
    changed = "".join(lines)
    try:
        added = reading.parse(changed, path)[0]["claims"]
    except (RulesError, KeyError, TypeError):
        added = []
    before = data.get("claims") or []
    if (
        added[: len(before)] != before
        or len(added) != len(before) + 1
        or source.validate(holder.name, path, changed, partial=False)[1]
    ):
        raise UsageError(
            "the claims are not a plain block list",
            file=path,
            expected="claims as lines that start with a dash",
        )
    _put(path, changed, replace=True)
    return [path]


def _pack(ident: str, folder: str) -> list[str]:
    if ident in link.RESERVED or ident == "builtin":
        raise UsageError(f"{ident!r} cannot be the id of a pack")
    values = {"ident": _word(ident), "title": _word(_title(ident)), "date": days.text(days.today())}
    written = _write(folder, {name: filled(text, **values) for name, text in templates.PACK.items()})
    return written + schema.write(folder)


def _write(folder: str, files: dict[str, str]) -> list[str]:
    paths = {os.path.join(folder, *name.split("/")): text for name, text in files.items()}
    for path in paths:
        stem = os.path.splitext(path)[0]
        for taken in (path, stem + ".yml"):
            if os.path.lexists(taken):
                raise UsageError("exists already and is not overwritten", file=taken)
    for path, text in paths.items():
        _put(path, text, replace=False)
    return list(paths)


def _put(path: str, text: str, *, replace: bool) -> None:
    """Write a file as a whole or not at all; without `replace` only where none is."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as problem:
        raise OutputError(f"cannot be written: {problem.strerror}", file=path) from None
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
            if replace:
                os.replace(temporary, path)
            else:
                _move(temporary, path)
        finally:
            if os.path.lexists(temporary):
                os.unlink(temporary)
    except FileExistsError:
        raise UsageError("exists already and is not overwritten", file=path) from None
    except OSError as problem:
        raise OutputError(f"cannot be written: {problem.strerror}", file=path) from None


def _move(temporary: str, path: str) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):  # A file system without links.
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(temporary, path)
