"""The nouns of a reason: criteria, claims and dated observations with their shares of the margin."""

from __future__ import annotations

from advisor.record import Record


class Observed(Record):
    """One observation of a claim: a finding, or the article itself (`id` "article"). `contribution` is its share of D."""

    id: str
    contribution: float
    text: str
    date: str
    date_basis: str
    source: str
    confidence: str
    verified: str
    direction: str


class ClaimShare(Record):
    """A claim's lean towards what the article favours, its standard deviation, and its share of D."""

    id: str
    text: str
    favours: str
    lean: float
    deviation: float
    contribution: float
    counted: bool
    stale: bool
    observations: tuple[Observed, ...]


class Reason(Record):
    """A criterion or question with its share of D; `text`, `ref` and `date` name what carries most of it."""

    id: str
    title: str
    contribution: float
    text: str
    ref: str
    date: str
    claims: tuple[ClaimShare, ...]
