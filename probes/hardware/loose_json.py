"""JSON that a tool printed, with warnings or other lines before and after it."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from probes.record import whole

LIMIT = 4 * 1024 * 1024
"""Characters that are looked at."""
_STARTS = 64
_WORK = 4 * LIMIT

_START = re.compile(r"^[ \t]{0,8}[\[{]", re.MULTILINE)


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= 19 else None


def _real(digits: str) -> float | None:
    value = float(digits) if len(digits) <= 64 else math.inf
    return value if math.isfinite(value) else None


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_real, parse_constant=lambda name: None, strict=False
)


def parse(text: str) -> Any:
    """The first object, or array of objects, that starts a line and is whole; None when there is none.

    Numbers that are not finite or longer than 19 characters are None inside it.
    """
    text = text[:LIMIT]
    work = 0
    for count, start in enumerate(_START.finditer(text)):
        if count >= _STARTS or work > _WORK:
            break
        begin = start.end() - 1
        try:
            value = _DECODER.raw_decode(text, begin)[0]
        except json.JSONDecodeError as problem:
            work += problem.pos - begin
        except (ValueError, RecursionError):
            work += len(text) - begin
        else:
            # A log line such as "[0] reset done" begins like an array.
            if isinstance(value, dict) or (
                isinstance(value, list) and any(isinstance(v, dict) for v in value)
            ):
                return value
    return None


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """The value when it is text, else None."""
    return value if isinstance(value, str) else None


def number(value: Any) -> int | None:
    """A positive whole number from JSON, where it may stand as text."""
    if isinstance(value, str):
        value = whole(value)
    elif isinstance(value, float) and value < 1e18:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18 else None
