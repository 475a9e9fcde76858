"""Several profiles, dates or rule packs side by side."""

from __future__ import annotations

from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from advisor.recommendation import Recommendation


class Row(Record):
    """What one column of the comparison decided, and each criterion's share of its margin."""

    label: str
    profile: str | None
    as_of: Any
    rules: Any
    verdict: Any
    alternatives: tuple[Any, ...]
    article: Any
    shares: dict[str, Any]


class Comparison(Record):
    """Rows in the order asked for; `criteria` are ids and titles, those that differ most between the rows first."""

    rows: tuple[Row, ...]
    criteria: tuple[dict[str, str], ...]


def compared(labelled: Sequence[tuple[str, Recommendation]]) -> Comparison:
    """A comparison of recommendations, each with its label."""
    rows = tuple(
        Row(
            label,
            r.profile,
            r.as_of,
            r.rules,
            r.verdict,
            r.alternatives,
            r.article,
            {c.id: c.contribution for c in r.criteria},
        )
        for label, r in labelled
    )
    titles: dict[str, str] = {}
    for _, r in labelled:
        for c in r.criteria:
            titles.setdefault(c.id, c.title)

    def spread(ident: str) -> float:
        values = [row.shares.get(ident, 0.0) for row in rows]
        numbers = [max(v.values()) - min(v.values()) if isinstance(v, dict) else v for v in values]
        return float(max(numbers) - min(numbers))

    order = sorted(titles, key=lambda ident: (-spread(ident), ident))
    return Comparison(rows, tuple({"id": ident, "title": titles[ident]} for ident in order))
