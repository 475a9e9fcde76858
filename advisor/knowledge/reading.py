"""YAML and JSON text to plain data, with the place of every value, in bounded time and memory.

Parser events are read instead of composed nodes: the C composer of PyYAML recurses and crashes the process on deep
nesting. Scalars follow YAML 1.2 (`no` and `2026-11-22` are text). Anchors, aliases and tags are refused, which
rules out alias bombs and object construction.
"""

from __future__ import annotations

import os
from typing import Any

from advisor.errors import AdvisorError, RulesError

MAX_BYTES = 2 * 1024 * 1024
"""The largest rule or answers file that is read; the built-in files are below 40 KiB."""
MAX_DEPTH = 40
MAX_VALUES = 200_000

Path = tuple[Any, ...]
Places = dict[Path, tuple[int, int]]
"""Path of keys and indices -> (line, column), both from 1. A key's own place is that of its value's key."""


def read_text(path: str, error: type[AdvisorError] = RulesError, *, shown: str | None = None) -> str:
    """The text of a file of at most `MAX_BYTES` bytes of UTF-8; otherwise raises `error` with the file's name."""
    shown = shown or path
    try:
        if os.path.isdir(path):
            raise error("is a folder, not a file", file=shown)
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise error(f"cannot be read: {problem.strerror}", file=shown) from None
    return decode(raw, error, shown)


def decode(raw: bytes, error: type[AdvisorError], shown: str) -> str:
    """UTF-8 bytes as text, refused when too large or not UTF-8."""
    if len(raw) > MAX_BYTES:
        raise error("is too large", file=shown, expected=f"at most {MAX_BYTES // 1024} KiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        column = problem.start - raw.rfind(b"\n", 0, problem.start)
        raise error("is not UTF-8 text", file=shown, line=line, column=column) from None


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def has_c_loader() -> bool:
    """Whether PyYAML was built with libyaml; without it reading rules takes about seven times as long."""
    import yaml

    return hasattr(yaml, "CSafeLoader")


_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first in "-+.0123456789":
        digits = text[1:] if first in "-+" else text
        if digits.isascii() and digits.isdigit() and len(digits) <= 18:
            # A leading zero is an identifier such as a version or an id, not an octal number.
            return text if len(digits) > 1 and digits[0] == "0" else int(text)
        if "." in digits and digits.replace(".", "", 1).isdigit() and len(digits) <= 24 and digits.isascii():
            return float(text)
    return text


def parse(text: str, shown: str, error: type[AdvisorError] = RulesError) -> tuple[Any, Places]:
    """Plain data of one YAML document (JSON is a subset) and the place of every value in it.

    Raises `error` for broken YAML, several documents, anchors, aliases, tags, repeated keys, keys that are not text,
    control characters, nesting deeper than `MAX_DEPTH` and more than `MAX_VALUES` values.
    """
    import yaml

    def fail(message: str, event: Any, expected: str | None = None) -> AdvisorError:
        mark = event.start_mark
        return error(message, file=shown, line=mark.line + 1, column=mark.column + 1, expected=expected)

    places: Places = {}
    # Frames of open collections: [container, path, pending key or None, set of keys or None]
    stack: list[list[Any]] = []
    root: Any = None
    documents = values = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=_loader()):
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise fail("holds several documents", event, "one YAML document per file")
                continue
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                stack.pop()
                continue
            if kind == "AliasEvent" or getattr(event, "anchor", None) is not None:
                raise fail("uses an anchor or alias", event, "plain data without & and *")
            if kind not in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
                continue
            if event.tag is not None and event.tag != "!":
                raise fail("uses a tag", event, "plain data without !")
            values += 1
            if values > MAX_VALUES:
                raise fail("holds too many values", event, f"at most {MAX_VALUES}")
            value: Any
            if kind == "ScalarEvent":
                value = event.value if event.style else _scalar(event.value)
                if unsafe := unsafe_text(event.value):
                    raise fail(f"holds {unsafe}", event, "plain text")
            else:
                value = {} if kind == "MappingStartEvent" else []
                if len(stack) >= MAX_DEPTH:
                    raise fail("is nested too deeply", event, f"at most {MAX_DEPTH} levels")
            place = (event.start_mark.line + 1, event.start_mark.column + 1)
            if not stack:
                root, path = value, ()
                places[()] = place
            else:
                frame = stack[-1]
                container = frame[0]
                if isinstance(container, list):
                    path = (*frame[1], len(container))
                    container.append(value)
                    places[path] = place
                elif frame[2] is None:
                    if kind != "ScalarEvent":
                        raise fail("has a key that is not a word", event, "a name before the colon")
                    key = event.value
                    if key in container:
                        raise fail(f"repeats the key {key[:80]!r}", event, "each key once")
                    frame[2] = key
                    inner: Path = (*frame[1], key)
                    places[inner] = place
                    continue
                else:
                    path = (*frame[1], frame[2])
                    container[frame[2]] = value
                    frame[2] = None
            if kind != "ScalarEvent":
                stack.append([value, path, None])
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        what = getattr(problem, "problem", None) or str(getattr(problem, "reason", problem))
        position = getattr(problem, "position", None)
        if mark is None and isinstance(position, int):
            # The reader counts characters only.
            before = text[:position]
            raise error(
                f"is not valid YAML: {what}",
                file=shown,
                line=before.count("\n") + 1,
                column=position - before.rfind("\n"),
            ) from None
        raise error(
            f"is not valid YAML: {what}",
            file=shown,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from None
    return root, places


_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


EXTRAS = ("tensorflow", "torch", "framework-advisor")
"""Packages whose extras may be named in an install command: `pip install tensorflow[and-cuda]` is no markup."""


def unsafe_text(text: str) -> str | None:
    """What makes `text` unfit to be shown anywhere (control characters, markup that a terminal library obeys), or None."""
    if not text.isprintable():
        for character in text:
            code = ord(character)
            if (code < 32 and character not in "\n\t") or 127 <= code < 160 or character in _BIDI:
                return f"the control character U+{code:04X}"
    start = text.find("[")
    while start >= 0:
        if text[:start].endswith(EXTRAS):
            start = text.find("[", start + 1)
            continue
        end = text.find("]", start)
        if end < 0:
            break
        if (text[start + 1] in "#/@" or "a" <= text[start + 1] <= "z") and "[" not in text[start + 1 : end]:
            return f"the markup {text[start : end + 1][:60]!r}"
        start = text.find("[", start + 1)
    return None


def nearest_place(places: Places, path: Path) -> tuple[int, int]:
    """The place of `path`, or of its closest ancestor that has one."""
    for end in range(len(path), -1, -1):
        if path[:end] in places:
            return places[path[:end]]
    return 1, 1
