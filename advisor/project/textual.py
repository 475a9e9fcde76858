"""Words that matter in files that are not Python, and a few in those that are: by regular expressions on bytes."""

from __future__ import annotations

import re

from advisor.project.catalogue import STEMS, WORDS, WORDS_IN_PYTHON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Lines = list[tuple[int, str]]

_STEMS = (*STEMS, b"tritonserver", b"Torch", b"llama", b"sglang", b"TensorFlowLite")
_WORDS = {api: re.compile(pattern) for api, pattern in WORDS.items()}
_WORDS_IN_PYTHON = {api: re.compile(pattern) for api, pattern in WORDS_IN_PYTHON.items()}
_JAVASCRIPT = re.compile(
    r"\s*\"(@tensorflow/tfjs[\w-]{0,40}|onnxruntime-(?:web|node))\"\s*:\s*\"([^\"\n]{0,60})\""
)
LINES = 1000
"""Lines of one file and one part that are counted, at most."""


def interesting(data: bytes) -> bool:
    """Whether any of the words can occur."""
    return any([stem in data for stem in _STEMS])


def elsewhere(data: bytes) -> Iterator[tuple[str, Lines]]:
    """(part, its lines) in a file that is not Python."""
    return _found(_WORDS, data)


def in_python(data: bytes) -> Iterator[tuple[str, Lines]]:
    """(part, its lines) for what imports do not show."""
    if b"KERAS" in data or b"tfhub" in data:
        yield from _found(_WORDS_IN_PYTHON, data)


def _found(words: dict[str, re.Pattern[bytes]], data: bytes) -> Iterator[tuple[str, Lines]]:
    for api, pattern in words.items():
        lines: dict[int, str] = {}
        number, last = 1, 0
        for match in pattern.finditer(data):
            number += data.count(b"\n", last, match.start())
            last = match.start()
            if number not in lines:
                begin = data.rfind(b"\n", max(0, last - 200), last) + 1 or max(0, last - 200)
                end = data.find(b"\n", last, last + 400)
                lines[number] = data[begin : end if end >= 0 else last + 200].decode("utf-8", "replace")
                if len(lines) >= LINES:
                    break
        if lines:
            yield api, list(lines.items())


def javascript(text: str) -> Iterator[tuple[str, str, int]]:
    """(package, specification, line) of machine-learning packages in package.json."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _JAVASCRIPT.match(line)
        if match is not None:
            yield match[1], match[2], number
