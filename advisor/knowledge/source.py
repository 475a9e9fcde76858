"""The files of a rule pack: found, read, validated, and remembered as long as they do not change."""

from __future__ import annotations

import os
from typing import Any

from advisor.errors import RulesError
from advisor.knowledge import reading
from advisor.knowledge.problems import Draft, Problem, error

_FIXED = ("pack", "parameters", "alternatives", "categories", "audiences")
_FOLDERS = {
    "findings": "findings",
    "questions": "question",
    "constraints": "constraint",
    "pathways": "pathway",
    "profiles": "profile",
    "tools": "tool",
    "support": "support",
    "cases": "case",
}


class Source:
    """One file: its path inside the pack, the path shown to people, its kind, and its validated data."""

    __slots__ = ("data", "kind", "lines", "name", "path")

    def __init__(self, name: str, path: str, kind: str, data: Any, lines: dict[str, int]) -> None:
        self.name = name
        self.path = path
        self.kind = kind
        self.data = data
        self.lines = lines


def kind_of(name: str) -> str | None:
    """The kind of rule that a file holds, by its path inside the pack; None for a file that is no rule."""
    parts = name.split("/")
    stem, extension = os.path.splitext(parts[-1])
    if extension not in (".yaml", ".yml"):
        return None
    if len(parts) == 1:
        return stem if stem in _FIXED else None
    if parts[0] == "criteria" and len(parts) == 3:
        return "criterion"
    return _FOLDERS.get(parts[0]) if len(parts) == 2 else None


def _ids(data: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """(id, path) of each record in a file, for `advisor rules list` and error places."""
    if not isinstance(data, dict):
        return []
    found: list[tuple[str, tuple[Any, ...]]] = [
        (str(data[key]), (key,)) for key in ("id", "key", "family") if isinstance(data.get(key), str)
    ]
    for key, value in data.items():
        if isinstance(value, list):
            found += [
                (item["id"], (key, i))
                for i, item in enumerate(value)
                if isinstance(item, dict) and isinstance(item.get("id"), str)
            ]
    return found


def validate(name: str, path: str, text: str, *, partial: bool) -> tuple[Source | None, list[Problem]]:
    """A file's text as a `Source`, or every problem in it. `partial`: the pack extends another."""
    from pydantic import ValidationError

    from advisor.knowledge import models

    kind = kind_of(name)
    assert kind is not None
    try:
        data, places = reading.parse(text, path)
    except RulesError as problem:
        place = (problem.line or 1, problem.column or 1)
        return None, [Problem("syntax", "error", str(problem.message), path, *place, None)]
    model = models.PartialParameters if kind == "parameters" and partial else models.KINDS[kind]
    try:
        validated = model.model_validate(data)
    except ValidationError as problem:
        return None, [_shape(e, data, places, path, model) for e in problem.errors(include_url=False)]
    lines = {ident: reading.nearest_place(places, where)[0] for ident, where in _ids(data)}
    plain = validated.model_dump(by_alias=True, exclude_none=True)
    return Source(name, path, kind, plain, lines), []


def _shape(found: Any, data: Any, places: reading.Places, path: str, model: Any) -> Problem:
    """A pydantic error in our words, with the place of the value and the nearest valid key."""
    from advisor.errors import nearest

    where = [part for part in found["loc"] if part not in ("list[FactValue]", "VersionRange")]
    # A union branch or a function name in the location is not a key of the file.
    real: list[Any] = []
    node = data
    for part in where:
        if (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            real.append(part)
            node = node[part]
        else:
            break
    line, column = reading.nearest_place(places, tuple(real))
    key = str(where[-1]) if where else ""
    close = None
    if found["type"] == "missing":
        message = f"the key {key!r} is missing"
    elif found["type"] == "extra_forbidden":
        parent = data
        for part in real[:-1]:
            parent = parent[part]
        message = f"the key {key[:80]!r} is not known here"
        close = nearest(key, _known_keys(model, real[:-1]))
    else:
        shown = repr(found.get("input"))
        message = f"{'.'.join(map(str, real)) or 'the file'}: {found['msg']}"
        if len(shown) <= 80 and not isinstance(found.get("input"), (dict, list)):
            message += f", not {shown}"
        if found["type"] == "literal_error":
            expected = found.get("ctx", {}).get("expected", "")
            close = nearest(
                found.get("input"), [w.strip(" '") for w in expected.replace(" or ", ",").split(",")]
            )
    return Problem("shape", "error", message, path, line, column, close)


def _known_keys(model: Any, path: list[Any]) -> list[str]:
    """The keys that a model allows at `path`, as far as the annotations tell."""
    import typing

    from pydantic import BaseModel

    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            return []
        field = next((f for n, f in current.model_fields.items() if (f.alias or n) == part), None)
        if field is None:
            return []
        pending, current = [field.annotation], None
        while pending:
            candidate = pending.pop()
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                current = candidate
            else:
                pending.extend(typing.get_args(candidate))
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [f.alias or n for n, f in current.model_fields.items()]
    return []


def place(draft: Draft, texts: dict[str, reading.Places]) -> Problem:
    """A problem with the line and column of its path; `texts` caches the places of files already parsed."""
    if draft.file not in texts:
        try:
            texts[draft.file] = reading.parse(reading.read_text(draft.file), draft.file)[1]
        except RulesError:
            texts[draft.file] = {}
    line, column = reading.nearest_place(texts[draft.file], draft.path)
    return Problem(draft.code, draft.level, draft.message, draft.file, line, column, draft.nearest)


def unknown_file(name: str, path: str) -> Draft:
    return error("unknown-file", f"{name}: no kind of rule has its files there", path)
