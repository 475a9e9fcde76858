"""One explained record in words or Markdown, whatever its kind."""

from __future__ import annotations

from advisor.output.escape import markdown as safe
from advisor.output.text import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FIRST = ("text", "title", "name", "about", "shows", "summary", "description", "why")
_LAST = ("source", "note")
_SKIPPED = frozenset({"id", "key", "today", "holder", "schema_version"})


def text(explained: dict[str, Any]) -> str:
    """Lines of at most 79 characters: the record's words first, then its fields, numbers and sources."""
    lines = wrap(f"{explained['kind'].capitalize()} {explained['id']}")
    for label, value in _rows(explained):
        lines += _shown(label, value, "")
    return "\n".join(lines) + "\n"


def markdown(explained: dict[str, Any]) -> str:
    """The same as nested Markdown lists."""
    lines = [f"# {safe(explained['kind'].capitalize())} {safe(str(explained['id']))}", ""]
    for label, value in _rows(explained):
        lines += _listed(label, value, 0)
    return "\n".join(lines) + "\n"


def _rows(explained: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    record = explained["record"]
    ordered = [k for k in _FIRST if k in record]
    ordered += [k for k in record if k not in ordered and k not in _LAST and k not in _SKIPPED]
    ordered += [k for k in _LAST if k in record]
    for key in ordered:
        if record[key] not in (None, [], {}, ""):
            yield key, record[key]
    if "holder" in record:
        yield ("criterion" if explained["kind"] == "claim" else "family"), record["holder"]
    if "today" in record:
        yield "independent judgement", f"{record['today']['status']}, favours {record['today']['favours']}"
    if explained["numbers"]:
        yield f"on {explained['as_of']['date']}", explained["numbers"]
    for what, ids in explained["referred_to_by"].items():
        yield what.replace("_", " "), ", ".join(ids)
    if explained["also"]:
        yield "same name", ", ".join(f"advisor explain {other}" for other in explained["also"])
    if explained["file"]:
        yield "file", f"{explained['file']}:{explained['line']}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:+.3f}"
    return str(value)


def _simple(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or (
        isinstance(value, list) and all(_simple(v) and not isinstance(v, list) for v in value)
    )


def _shown(label: str, value: Any, indent: str) -> list[str]:
    label = label.replace("_", " ")
    if isinstance(value, dict) and value and all(_simple(v) for v in value.values()) and len(value) <= 4:
        value = ", ".join(f"{k} {_words(v)}" for k, v in value.items())
    if _simple(value):
        return wrap(f"{label}: {_words(value)}", indent, indent + "  ")
    lines = wrap(f"{label}:", indent)
    items = value.items() if isinstance(value, dict) else ((_title(v), v) for v in value)
    for key, item in items:
        if isinstance(value, list) and isinstance(item, dict):
            item = {k: v for k, v in item.items() if k != "id"}
        lines += _shown(str(key), item, indent + "  ")
    return lines


def _words(value: Any) -> str:
    return ", ".join(_plain(v) for v in value) if isinstance(value, list) else _plain(value)


def _title(value: Any) -> str:
    if not isinstance(value, dict):
        return "-"
    return str(
        value.get("id") or value.get("since") or value.get("criterion") or value.get("alternative") or "-"
    )


def _listed(label: str, value: Any, depth: int) -> list[str]:
    mark = "  " * depth + f"- **{safe(label.replace('_', ' '))}**"
    if _simple(value):
        return [f"{mark}: {safe(_words(value))}"]
    lines = [mark]
    items = value.items() if isinstance(value, dict) else ((_title(v), v) for v in value)
    for key, item in items:
        lines += _listed(str(key), item, depth + 1)
    return lines
