"""The answer as one JSON object, keys in the order of the published schema."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.recommendation import Recommendation


def render(recommendation: Recommendation) -> str:
    """Indented JSON with a final newline. Numbers are printed in full, so that the same result gives the same bytes."""
    return json.dumps(recommendation.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
