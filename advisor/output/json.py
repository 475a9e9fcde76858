"""The answer as one JSON object, keys in the order of the published schema."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.recommendation import Recommendation


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def render(recommendation: Recommendation) -> str:
    """One key a line, and one line per item of a list. Numbers are printed in full: the same result, the same bytes."""
    return pretty(recommendation.to_dict())


def pretty(data: Mapping[str, Any]) -> str:
    """A JSON object, readable, and still written by the fast encoder (which cannot indent)."""
    rows = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n  ".join(_encode(item) for item in value)
            rows.append(f" {_encode(key)}: [\n  {items}\n ]")
        else:
            rows.append(f" {_encode(key)}: {_encode(value)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"
